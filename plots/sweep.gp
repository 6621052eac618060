# Results against one varied key: a panel for each metric, a line with a ribbon for each cloud.
#
# Block p * clouds + c of the data holds panel p, cloud c. Columns: x, y, low, high, bound.

set multiplot
do for [p = 1:panel_top_count] {
    set tmargin at screen panel_top[p]
    set bmargin at screen panel_bottom[p]
    set lmargin at screen panel_left[p]
    set rmargin at screen panel_right[p]
    set xrange [x_low:x_high]
    set yrange [y_low[p]:y_high[p]]
    set grid ytics back linetype 1 linecolor rgb "#e4e4e4" linewidth 0.5 dashtype solid
    lowest = panel_lowest[p]
    if (level_count > 0) {
        set xtics ((lowest ? level[1] : "") 0) out nomirror offset 0, 0.3
        do for [i = 2:level_count] { set xtics add ((lowest ? level[i] : "") i - 1) }
    } else {
        set xtics x_step out nomirror offset 0, 0.3
        set format x (lowest ? "%g" : "")
    }
    set ytics ("" y_low[p]) out nomirror
    do for [i = 1:tick_count] { if (tick_panel[i] == p) { set ytics add (tick_label[i] tick[i]) } }
    if (lowest) { set xlabel axis_text offset 0, 0.6 } else { unset xlabel }
    set label 1 panel_text[p] at screen 2.0 / width_mm, screen panel_text_y[p] left
    do for [k = 1:clouds] {
        i = (p - 1) * clouds + k
        if (known[i] == 1) {
            set label 100 + k name[i] at screen label_x[i], screen label_y[i] left
            set arrow 100 + k from first end_x[i], first end_y[i] to screen label_x[i] - 0.8 / width_mm, screen label_y[i] \
                nohead linetype slot[k] linewidth 0.5
        }
    }
    plot for [k = 1:clouds] data index ((p - 1) * clouds + k - 1) using 1:3:4 with filledcurves \
             linetype slot[k] fillstyle transparent solid 0.18 noborder, \
         for [k = 1:clouds] data index ((p - 1) * clouds + k - 1) using 1:2 with lines linetype slot[k] linewidth 1.1, \
         for [k = 1:clouds] data index ((p - 1) * clouds + k - 1) using 1:2 with points linetype slot[k] pointsize 0.6, \
         for [k = 1:clouds] data index ((p - 1) * clouds + k - 1) using 1:($5 == 1 ? $2 : NaN) with points \
             linecolor rgb "white" pointtype 7 pointsize 0.3
    do for [k = 1:clouds] { unset label 100 + k; unset arrow 100 + k }
    unset label 1
    unset label 9001; unset label 9002; unset label 9003
}
unset multiplot
