# Availability of every cloud and point, on an axis of nines: -log10(1 - A).
#
# Blocks of the data: 0 means with intervals, 1 bounds (no down time was seen, so only a lower bound is known),
# 2 intervals that reach 100 %. Columns: y, nines, low, high, linetype, ...

set lmargin at screen left_x
set rmargin at screen right_x
set tmargin at screen top_y
set bmargin at screen bottom_y
set xrange [x_low:x_high]
set yrange [y_low:0]
set border 1
unset ytics
set grid xtics back linetype 1 linecolor rgb "#d8d8d8" linewidth 0.5 dashtype solid
unset xtics
set xtics out nomirror scale 0.5
set xtics (tick_label[1] tick[1])
do for [i = 2:tick_count] {
    set xtics add (tick_label[i] tick[i])
}
set xlabel axis_text offset 0, 0.3

set style textbox opaque noborder fillcolor rgb "white" margins 0.4, 0.1 # names of points stand before the grid
do for [i = 1:row_y_count] {
    set label row_text[i] at screen row_x, first row_y[i] left
    set label value_text[i] at screen value_x, first row_y[i] left font small_font
}
do for [i = 1:group_y_count] {
    set label group_text[i] at screen 2.0 / width_mm, first group_y[i] left front boxed textcolor rgb "#303030"
}
do for [i = 1:rule_y_count] {
    set arrow from screen 2.0 / width_mm, first rule_y[i] to screen 1 - 2.0 / width_mm, first rule_y[i] nohead \
        linecolor rgb "#d8d8d8" linewidth 0.5 dashtype solid
}

plot data index 0 using 2:1:3:4:5 with xerrorbars linecolor variable linewidth 1.2 pointtype 0 dashtype solid, \
     for [t = 1:7] data index 0 using (($5 == t) ? $2 : NaN):1 with points linetype t pointsize 0.7, \
     data index 1 using 3:1:(x_high - $3):(0):5 with vectors head size char 0.7, 20 filled linecolor variable \
        linewidth 1.2 dashtype solid, \
     for [t = 1:7] data index 1 using (($5 == t) ? $3 : NaN):1 with points linetype t pointtype 6 pointsize 0.8, \
     data index 2 using 2:1:(x_high - $2):(0):5 with vectors head size char 0.7, 20 filled linecolor variable \
        linewidth 1.2 dashtype solid
