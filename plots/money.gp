# Who paid whom: bands from payers, left, to receivers, right, as wide as the money. A panel for each cloud, in its colour.
#
# A block of the data is a band; panel p has flows[p] of them, after the first first_flow[p]. Columns: x, low, high.

set multiplot
unset border
unset xtics
unset ytics
colour(slot) = word("#0072b2 #d55e00 #009e73 #e69f00 #cc79a7 #000000 #56b4e9", int(slot))
do for [p = 1:panel_top_count] {
    set tmargin at screen panel_top[p]
    set bmargin at screen panel_bottom[p]
    set lmargin at screen panel_left[p]
    set rmargin at screen panel_right[p]
    set xrange [0:1]
    set yrange [0:1]
    set label 1 panel_text[p] at screen 2.0 / width_mm, screen panel_text_y[p] + 2.0 / height_mm left
    do for [i = 1:end_x_count] {
        if (end_panel[i] == p) {
            if (end_left[i]) {
                set label 100 + i end_text[i] at screen end_x[i], screen end_y[i] right font small_font
            } else {
                set label 100 + i end_text[i] at screen end_x[i], screen end_y[i] left font small_font
            }
            set arrow 100 + i from graph (end_left[i] ? 0 : 1), first end_low[i] to graph (end_left[i] ? 0 : 1), first end_high[i] \
                nohead front linecolor rgb colour(slot[p]) linewidth 2 dashtype solid
        }
    }
    plot for [b = first_flow[p]:first_flow[p] + flows[p] - 1] data index b using 1:2:3 with filledcurves \
        fillcolor rgb colour(slot[p]) fillstyle transparent solid 0.3 noborder
    do for [i = 1:end_x_count] { unset label 100 + i; unset arrow 100 + i }
    unset label 1
    unset label 9001; unset label 9002; unset label 9003
}
unset multiplot
