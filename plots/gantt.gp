# When one service was down, and why: a row for each cause.
#
# Columns: y, start, end, linetype, open.

set lmargin at screen left_x
set rmargin at screen right_x
set tmargin at screen top_y
set bmargin at screen bottom_y
set xrange [0:x_high]
set yrange [y_low:0]
set border 1
unset ytics
set xtics x_step out nomirror offset 0, 0.3
set grid xtics back linetype 1 linecolor rgb "#e8e8e8" linewidth 0.5 dashtype solid
set xlabel axis_text offset 0, 0.6
do for [i = 1:mark_low_count] {
    set object i rectangle from first mark_low[i], first mark_bottom[i] to first mark_high[i], first mark_top[i] behind \
        fillcolor rgb "#ececec" fillstyle solid noborder
}
do for [i = 1:row_y_count] {
    set label row_text[i] at screen 4.0 / width_mm, first row_y[i] left font small_font
    set label total_text[i] at screen total_x, first row_y[i] left font small_font
}
do for [i = 1:group_y_count] { set label group_text[i] at screen 2.0 / width_mm, first group_y[i] left textcolor rgb "#303030" }
do for [i = 1:rule_y_count] {
    set arrow from screen 2.0 / width_mm, first rule_y[i] to screen 1 - 2.0 / width_mm, first rule_y[i] nohead \
        linecolor rgb "#d8d8d8" linewidth 0.5 dashtype solid
}
plot data using 2:1:2:($3 - $2 < thin ? $2 + thin : $3):($1 - 0.3):($1 + 0.3):4 with boxxyerror linecolor variable \
         fillstyle solid 1 noborder
