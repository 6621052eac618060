# Unallocated GPU of every policy and trace: bars from zero, with intervals.
#
# Columns of the data: y, mean, low, high, slot, ...

set lmargin at screen left_x
set rmargin at screen right_x
set tmargin at screen top_y
set bmargin at screen bottom_y
set xrange [0:x_high]
set yrange [y_low:0]
set border 1
unset ytics
set xtics x_step out nomirror scale 0.5
set grid xtics back linetype 1 linecolor rgb "#e4e4e4" linewidth 0.5 dashtype solid
set xlabel axis_text offset 0, 0.3
half = 0.33
set style fill solid 0.85 noborder

do for [i = 1:row_y_count] {
    set label row_text[i] at screen row_x, first row_y[i] left
    set label value_text[i] at screen value_x, first row_y[i] left font small_font
}
do for [i = 1:group_y_count] {
    set label group_text[i] at screen 2.0 / width_mm, first group_y[i] left textcolor rgb "#303030"
}
do for [i = 1:rule_y_count] {
    set arrow from screen 2.0 / width_mm, first rule_y[i] to screen 1 - 2.0 / width_mm, first rule_y[i] nohead \
        linecolor rgb "#d8d8d8" linewidth 0.5 dashtype solid
}
set arrow from 0, graph 0 to 0, graph 1 nohead linecolor rgb "#404040" linewidth 0.6 dashtype solid front

plot for [t = 1:7] data using (($5 == t) ? 0.0 : NaN):1:(0.0):2:($1 - half):($1 + half) with boxxyerror linetype t dashtype solid, \
     data using 2:1:3:4 with xerrorbars linecolor rgb "#000000" linewidth 0.9 pointtype 0 dashtype solid
