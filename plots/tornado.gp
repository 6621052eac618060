# What a metric hangs on: a bar for each varied key, a panel for each cloud (its colour) and each difference (grey).
#
# Block p of the data holds panel p. Columns: y, bar, low, high, second, low, high, sigma. Of shares of variance (is_share) the
# second is a narrow bar with an interval, of elementary effects a circle.

set multiplot
do for [p = 1:panel_top_count] {
    set tmargin at screen panel_top[p]
    set bmargin at screen panel_bottom[p]
    set lmargin at screen panel_left[p]
    set rmargin at screen panel_right[p]
    set xrange [x_low:x_high]
    set yrange [-key_count:0]
    set border 1
    unset ytics
    set xtics x_step out nomirror offset 0, 0.3
    if (panel_lowest[p]) { set format x "%g"; set xlabel axis_text offset 0, 0.6 } else { set format x ""; unset xlabel }
    set grid xtics back linetype 1 linecolor rgb "#e4e4e4" linewidth 0.5 dashtype solid
    set label 1 panel_text[p] at screen panel_left[p], screen panel_text_y[p] left
    if (panel_first[p]) {
        do for [k = 1:key_count] { set label 100 + k key[k] at screen key_x, first -k + 0.5 left font small_font }
    }
    set style fill solid 0.35 noborder
    if (slot[p] == 0) { set linetype 20 linecolor rgb "#606060" } else { set linetype 20 linecolor rgb word("#0072b2 #d55e00 #009e73 #e69f00 #cc79a7 #000000 #56b4e9", slot[p]) }
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead linecolor rgb "#000000" linewidth 0.7 dashtype solid
    if (is_share) {
        plot data index (p - 1) using (0):1:(0):2:($1 - 0.34):($1 + 0.34) with boxxyerror linetype 20, \
             data index (p - 1) using (0):1:(0):5:($1 - 0.14):($1 + 0.14) with boxxyerror linetype 20 fillstyle solid 1 noborder, \
             data index (p - 1) using 2:($1 - 0.24):3:4 with xerrorbars linecolor rgb "#202020" linewidth 0.8 pointtype 0 dashtype solid, \
             data index (p - 1) using 5:($1 + 0.03):6:7 with xerrorbars linecolor rgb "#808080" linewidth 0.8 pointtype 0 dashtype solid
    } else {
        plot data index (p - 1) using (0):1:(0):2:($1 - 0.3):($1 + 0.3) with boxxyerror linetype 20, \
             data index (p - 1) using 2:1:3:4 with xerrorbars linecolor rgb "#202020" linewidth 0.8 pointtype 0 dashtype solid, \
             data index (p - 1) using 8:1 with points linecolor rgb "#202020" pointtype 2 pointsize 0.45 linewidth 0.8, \
             data index (p - 1) using 5:1 with points linecolor rgb "white" pointtype 7 pointsize 0.55, \
             data index (p - 1) using 5:1 with points linecolor rgb "#202020" pointtype 6 pointsize 0.55 linewidth 0.8
    }
    do for [k = 1:key_count] { unset label 100 + k }
    unset label 1
    unset label 9001; unset label 9002; unset label 9003
}
unset multiplot
