# Fragmented GPU against arrived demand: a panel for each trace, a line and a ribbon for each policy.
#
# Block (panel - 1) * policies + k - 1 of the data. Columns: arrived, mean, low, high, ...

set multiplot
do for [p = 1:panel_top_count] {
    set lmargin at screen left_x
    set rmargin at screen right_x
    set tmargin at screen panel_top[p]
    set bmargin at screen panel_bottom[p]
    set xrange [0:x_high]
    set yrange [0:y_high]
    lowest = p == panel_top_count
    set xtics x_step out nomirror offset 0, 0.3
    set format x (lowest ? "%g" : "")
    set ytics y_step out nomirror
    set grid ytics back linetype 1 linecolor rgb "#e4e4e4" linewidth 0.5 dashtype solid
    set ylabel y_text offset 1.2, 0
    if (lowest) { set xlabel axis_text offset 0, 0.6 } else { unset xlabel }
    set label 1 panel_text[p] at screen left_x, screen panel_text_y[p] left offset 0, -0.3
    if (full_x < x_high) {
        set arrow 1 from full_x, graph 0 to full_x, graph 1 nohead back linecolor rgb "#b0b0b0" linewidth 0.6 dashtype solid
    }
    do for [k = 1:policies] {
        i = (p - 1) * policies + k
        if (label_known[i] == 1) {
            set label 100 + k policy[k] at screen label_x, screen label_y[i] left
            set arrow 100 + k from end_x[i], end_y[i] to screen label_x - 0.8 / width_mm, screen label_y[i] nohead \
                linetype ((k - 1) % 7 + 1) linewidth 0.7
        }
    }
    plot for [k = 1:policies] data index ((p - 1) * policies + k - 1) using 1:3:4 with filledcurves \
             linetype ((k - 1) % 7 + 1) fillstyle transparent solid 0.18 noborder, \
         for [k = 1:policies] data index ((p - 1) * policies + k - 1) using 1:2 with lines linetype ((k - 1) % 7 + 1) linewidth 1.1
    do for [k = 1:policies] { unset label 100 + k; unset arrow 100 + k }
    unset label 1
    unset label 9001; unset label 9002; unset label 9003
}
unset multiplot
