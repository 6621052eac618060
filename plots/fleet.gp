# Where it happened: a map for each cloud, sites as rows, moments as columns, the same in all maps.
#
# Block p of the data holds panel p. Columns: column, row downwards, level (1: all but all up, 8: less than 75 %; 0: unknown), ... The
# shades go from light to dark in the same order, so they hold in grey and for any eye.

array shade[8] = ["#e4ebef", "#d2dfdc", "#f0e0a8", "#f1c36c", "#e79645", "#cc6127", "#9b3413", "#561405"]
set multiplot
set border 0
unset ytics
set label 2 legend_title at screen site_x, screen legend_y left font small_font
do for [i = 1:legend_x_count] {
    set object i rectangle from screen legend_x[i], screen legend_y - legend_height / 2 to \
        screen legend_x[i] + legend_width - 0.5 / width_mm, screen legend_y + legend_height / 2 fillcolor rgb shade[i] fillstyle solid 1 noborder
    set label 10 + i legend_text[i] at screen legend_x[i] + legend_width / 2, screen legend_y center front font small_font \
        textcolor rgb (legend_dark[i] == 1 ? "#ffffff" : "#101010")
}
do for [p = 1:panel_top_count] {
    set tmargin at screen panel_top[p]
    set bmargin at screen panel_bottom[p]
    set lmargin at screen panel_left[p]
    set rmargin at screen panel_right[p]
    set xrange [-0.5:time_count - 0.5]
    set yrange [-site_count + 0.5:0.5]
    lowest = panel_lowest[p]
    unset xtics
    set label 1 panel_text[p] at screen site_x, screen panel_text_y[p] left
    do for [i = 1:site_count] { set label 100 + i site[i] at screen site_x, first 1 - i left font small_font }
    do for [i = 1:time_count] {
        if (lowest) { set label 200 + i time[i] at first i - 1, graph 0 center offset 0, -0.8 font small_font }
    }
    do for [i = 1:word_x_count] {
        if (word_panel[i] == p) { set label 300 + i word_text[i] at first word_x[i], graph 1 center offset 0, 0.5 font small_font \
            textcolor rgb "#303030" }
    }
    do for [i = 1:cell_x_count] {
        if (cell_panel[i] == p) { set label 1000 + i cell_text[i] at first cell_x[i], first cell_y[i] center front font small_font \
            textcolor rgb (cell_dark[i] == 1 ? "#ffffff" : "#101010") }
    }
    plot for [l = 1:8] data index (p - 1) using ($3 == l ? $1 : NaN):2:($1 - 0.49):($1 + 0.49):($2 - 0.46):($2 + 0.46) \
        with boxxyerror fillcolor rgb shade[l] fillstyle solid 1 noborder
    do for [i = 1:cell_x_count] { unset label 1000 + i }
    do for [i = 1:site_count] { unset label 100 + i }
    do for [i = 1:time_count] { unset label 200 + i }
    do for [i = 1:word_x_count] { unset label 300 + i }
    do for [i = 1:legend_x_count] { unset object i; unset label 10 + i }
    unset label 1; unset label 2
    unset label 9001; unset label 9002; unset label 9003
}
unset multiplot
