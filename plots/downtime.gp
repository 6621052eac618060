# How long outages last: the share that lasts longer than a time, both logarithmic. A panel for each point.
#
# Block p * clouds + c of the data holds panel p, cloud c. Columns: duration in s, share, low, high.

set multiplot
set logscale xy
do for [p = 1:panel_top_count] {
    set tmargin at screen panel_top[p]
    set bmargin at screen panel_bottom[p]
    set lmargin at screen panel_left[p]
    set rmargin at screen panel_right[p]
    set xrange [x_low:x_high]
    set yrange [y_low:1]
    set grid xtics ytics back linetype 1 linecolor rgb "#e4e4e4" linewidth 0.5 dashtype solid
    lowest = panel_lowest[p]
    set xtics ((lowest ? tick_label[1] : "") tick[1]) out nomirror offset 0, 0.3
    set ytics ((panel_first[p] ? share_label[1] : "") share[1]) out nomirror
    do for [i = 2:tick_count] { set xtics add ((lowest ? tick_label[i] : "") tick[i]) }
    do for [i = 2:share_count] { set ytics add ((panel_first[p] ? share_label[i] : "") share[i]) }
    if (lowest) { set xlabel axis_text offset 0, 0.6 } else { unset xlabel }
    if (panel_first[p] == 1) { set ylabel share_text offset 1, 0 } else { unset ylabel }
    set label 1 panel_text[p] at screen panel_left[p], screen panel_text_y[p] left
    do for [k = 1:clouds] {
        i = (p - 1) * clouds + k
        set label 100 + k name[i] at screen label_x[i], screen label_y[i] left
        if (known[i] == 1) {
            set arrow 100 + k from first end_x[i], first end_y[i] to screen label_x[i] - 0.8 / width_mm, screen label_y[i] \
                nohead linetype slot[k] linewidth 0.5
        }
    }
    plot for [k = 1:clouds] data index ((p - 1) * clouds + k - 1) using 1:3:4 with filledcurves \
             linetype slot[k] fillstyle transparent solid 0.18 noborder, \
         for [k = 1:clouds] data index ((p - 1) * clouds + k - 1) using 1:2 with lines linetype slot[k] linewidth 1.1
    do for [k = 1:clouds] { unset label 100 + k; unset arrow 100 + k }
    unset label 1
    unset label 9001; unset label 9002; unset label 9003
}
unset multiplot
