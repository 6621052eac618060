# Coming back after the first incident: share of touched replicas back against the time since it began, with what was published.
#
# Block p * (clouds + 1) + c of the data holds panel p, cloud c: minutes, share, low, high. The last block of a panel holds the
# published points: minutes, share, low, high, linetype.

set multiplot
set logscale x
do for [p = 1:panel_top_count] {
    set tmargin at screen panel_top[p]
    set bmargin at screen panel_bottom[p]
    set lmargin at screen panel_left[p]
    set rmargin at screen panel_right[p]
    set xrange [x_low[p]:x_high[p]]
    set yrange [0:105]
    set grid xtics ytics back linetype 1 linecolor rgb "#e4e4e4" linewidth 0.5 dashtype solid
    lowest = panel_lowest[p]
    set xtics ("" x_low[p]) out nomirror offset 0, 0.3
    do for [i = 1:tick_count] { if (tick_panel[i] == p) { set xtics add (tick_label[i] tick[i]) } }
    set ytics 25 out nomirror
    if (panel_first[p]) { set format y "%g %%" } else { set format y "" }
    if (lowest) { set xlabel axis_text offset 0, 0.6 } else { unset xlabel }
    set label 1 panel_text[p] at screen panel_left[p], screen panel_text_y[p] left
    do for [k = 1:clouds] {
        i = (p - 1) * clouds + k
        if (known[i] == 1) {
            set label 100 + k name[i] at screen label_x[i], screen label_y[i] left
            set arrow 100 + k from first end_x[i], first end_y[i] to screen label_x[i] - 0.8 / width_mm, screen label_y[i] \
                nohead linetype slot[k] linewidth 0.5
        }
    }
    b = (p - 1) * (clouds + 1)
    plot data index (b + clouds) using 3:2:($4 - $3):(0) with vectors nohead linecolor rgb "#b8b8b8" linewidth 3.2 dashtype solid, \
         for [k = 1:clouds] data index (b + k - 1) using 1:2 with lines linetype slot[k] linewidth 1.0, \
         for [k = 1:clouds] data index (b + k - 1) using 1:2:3:4 with xerrorbars linetype slot[k] linewidth 0.9 pointtype 0 \
             dashtype solid, \
         for [k = 1:clouds] data index (b + k - 1) using 1:2 with points linetype slot[k] pointsize 0.6, \
         for [t = 1:7] data index (b + clouds) using (($5 == t) ? $1 : NaN):2 with points linetype t pointtype 6 pointsize 1.3 \
             linewidth 1.0
    do for [k = 1:clouds] { unset label 100 + k; unset arrow 100 + k }
    unset label 1
    unset label 9001; unset label 9002; unset label 9003
}
unset multiplot
