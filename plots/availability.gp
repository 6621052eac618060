# Availability over time, a panel for each point, with a second column that looks closely at the incidents.
#
# Block p * clouds + c of the data holds panel p, cloud c. Columns: time, mean, low, high. Bands mark incidents.

set multiplot
do for [p = 1:panel_top_count] {
    do for [z = 0:zooms] {
        set tmargin at screen panel_top[p]
        set bmargin at screen panel_bottom[p]
        set lmargin at screen (z == 0 ? left_x : zoom_left_x)
        set rmargin at screen (z == 0 ? middle_x : right_x)
        set xrange [(z == 0 ? 0 : zoom_low):(z == 0 ? x_high : zoom_high)]
        set yrange [y_low:y_high]
        step = z == 0 ? x_step : zoom_step
        set xtics step out nomirror offset 0, 0.3
        set ytics y_step out nomirror
        if (z == 0) { set format y y_format } else { set format y "" }
        if (p == panel_top_count) { set xlabel (z == 0 ? axis_text : zoom_text) offset 0, 0.6 } else { unset xlabel }
        set format x (p == panel_top_count ? "%g" : "")

        set object 1 rectangle from graph 0, graph 0 to graph 1, graph 1 behind fillstyle empty noborder
        do for [m = 1:mark_low_count] {
            if (mark_panel[m] == p) {
                set object m + 1 rectangle from mark_low[m], graph 0 to mark_high[m], graph 1 behind \
                    fillcolor rgb "#e4e4e4" fillstyle solid noborder
                if (mark_shown[m] == z) {
                    set label 1000 + m mark_text[m] at mark_low[m], graph 1 offset 0, mark_row[m] left font small_font \
                        textcolor rgb "#505050" front
                }
            }
        }
        if (z == 0) { set label 1 panel_text[p] at screen left_x, screen panel_text_y[p] left offset 0, -0.3 }
        if (z == zooms) {
            do for [k = 1:clouds] {
                i = (p - 1) * clouds + k
                set label 100 + k cloud[k] at screen label_x, screen label_y[i] left
                set arrow 100 + k from graph 1, first end_y[i] to screen label_x - 0.8 / width_mm, screen label_y[i] \
                    nohead linetype slot[k] linewidth 0.7
            }
        }
        plot for [k = 1:clouds] data index ((p - 1) * clouds + k - 1) using 1:3:4 with filledcurves \
                 linetype slot[k] fillstyle transparent solid 0.18 noborder, \
             for [k = 1:clouds] data index ((p - 1) * clouds + k - 1) using 1:2 with lines linetype slot[k] linewidth 1.1
        do for [m = 1:mark_low_count] { unset label 1000 + m; unset object m + 1 }
        do for [k = 1:clouds] { unset label 100 + k; unset arrow 100 + k }
        unset label 1
        unset label 9001; unset label 9002; unset label 9003
    }
}
unset multiplot
