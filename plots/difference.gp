# Paired differences between clouds, with zero drawn. One column of panels for availability, a second for cost if the run
# has one. Filled: decided; hollow: not decided.
#
# Block k of the data holds column k. Columns: y, difference, low, high, decided, parameter interval's low and high, and the
# smallest difference that matters.

set multiplot
do for [k = 1:panel_left_count] {
    set lmargin at screen panel_left[k]
    set rmargin at screen panel_right[k]
    set tmargin at screen top_y
    set bmargin at screen bottom_y
    set xrange [x_low[k]:x_high[k]]
    set yrange [y_low:0]
    set border 1
    unset ytics
    step = x_step[k]
    set xtics step out nomirror scale 0.5
    set grid xtics back linetype 1 linecolor rgb "#e4e4e4" linewidth 0.5 dashtype solid
    set xlabel axis_text[k] offset 0, 0.3
    set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead linecolor rgb "#000000" linewidth 0.9 dashtype solid
    do for [i = 1:row_y_count] {
        small = smallest[(k - 1) * row_y_count + i]
        if (small > 0) {
            set object i rectangle from first -small, first row_y[i] - 0.45 to first small, first row_y[i] + 0.45 behind \
                fillcolor rgb "#dcdcdc" fillstyle solid noborder
        }
    }
    if (k == 1) {
        do for [i = 1:row_y_count] { set label 100 + i row_text[i] at screen row_x, first row_y[i] left }
        do for [i = 1:group_y_count] {
            set label 1000 + i group_text[i] at screen 2.0 / width_mm, first group_y[i] left textcolor rgb "#303030"
        }
        do for [i = 1:rule_y_count] {
            set arrow 1 + i from screen 2.0 / width_mm, first rule_y[i] to screen 1 - 2.0 / width_mm, first rule_y[i] nohead \
                linecolor rgb "#d8d8d8" linewidth 0.5 dashtype solid
        }
    }
    do for [i = 1:row_y_count] {
        set label 2000 + i verdict_text[(k - 1) * row_y_count + i] at screen verdict_x[k], first row_y[i] left font small_font
    }
    plot data index (k - 1) using 2:1:6:7 with xerrorbars linecolor rgb "#707070" linewidth 0.7 pointtype 0 dashtype solid, \
         data index (k - 1) using 3:1:($4 - $3):(0) with vectors nohead linecolor rgb "#202020" linewidth 2.2 dashtype solid, \
         data index (k - 1) using (($5 == 1) ? $2 : NaN):1 with points linecolor rgb "#202020" pointtype 7 pointsize 0.7, \
         data index (k - 1) using (($5 == 0) ? $2 : NaN):1 with points linecolor rgb "white" pointtype 7 pointsize 0.7, \
         data index (k - 1) using (($5 == 0) ? $2 : NaN):1 with points linecolor rgb "#202020" pointtype 6 pointsize 0.7
    do for [i = 1:row_y_count] { unset label 100 + i; unset label 2000 + i; unset object i }
    do for [i = 1:group_y_count] { unset label 1000 + i }
    do for [i = 1:rule_y_count] { unset arrow 1 + i }
    unset label 9001; unset label 9002; unset label 9003
}
unset multiplot
