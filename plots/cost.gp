# Cost against availability: down and to the right is better. A panel for each point, the same axes in all.
#
# Block p of the data holds panel p. Columns: nines, low, high, cost, low, high, linetype, bound. After those of all panels come their
# frontiers: nines, cost.

set multiplot
do for [p = 1:panel_top_count] {
    set tmargin at screen panel_top[p]
    set bmargin at screen panel_bottom[p]
    set lmargin at screen panel_left[p]
    set rmargin at screen panel_right[p]
    set xrange [x_low:x_high]
    set yrange [y_low:y_high]
    set grid xtics ytics back linetype 1 linecolor rgb "#e4e4e4" linewidth 0.5 dashtype solid
    lowest = panel_lowest[p]
    set xtics ((lowest ? tick_label[1] : "") tick[1]) out nomirror offset 0, 0.3
    do for [i = 2:tick_count] { set xtics add ((lowest ? tick_label[i] : "") tick[i]) }
    if (lowest) { set xlabel axis_text offset 0, 0.6 } else { unset xlabel }
    if (panel_first[p] == 1) { set ylabel cost_text offset 0, 0; set format y "%g" } else { unset ylabel; set format y "" }
    set label 1 panel_text[p] at screen panel_left[p], screen panel_text_y[p] left offset 0, -0.3
    set label 2 panel_note[p] at graph 0.5, graph 0.5 center textcolor rgb "#606060"
    do for [i = 1:name_x_count] {
        if (name_panel[i] == p) { set label 100 + i name_text[i] at screen name_x[i], screen name_y[i] left }
    }
    plot data index (panel_top_count + p - 1) using 1:2 with lines linecolor rgb "#a8a8a8" linewidth 0.8 dashtype solid, \
         data index (p - 1) using 1:4:2:3:5:6:7 with xyerrorbars linecolor variable linewidth 1.1 pointtype 0 dashtype solid, \
         for [t = 1:7] data index (p - 1) using (($7 == t && $8 == 0) ? $1 : NaN):4 with points linetype t pointsize 0.8, \
         for [t = 1:7] data index (p - 1) using (($7 == t && $8 == 1) ? $2 : NaN):4 with points linetype t pointtype 6 pointsize 0.9, \
         data index (p - 1) using (($8 == 1) ? $2 : NaN):4:(x_high - $2):(0):7 with vectors head size char 0.7, 20 filled \
             linecolor variable linewidth 1.1 dashtype solid
    do for [i = 1:name_x_count] { unset label 100 + i }
    unset label 1
    unset label 9001; unset label 9002; unset label 9003
}
unset multiplot
