# Results against two varied keys: a map for each cloud. Light to dark blue, so that the numbers stay readable and the order shows in
# grey.
#
# Block p of the data holds panel p. Columns: level of x, level of y, shade.

set palette defined (0 "#f4fafd", 1 "#4aa3dc")
unset colorbox
set cbrange [low:high]
set multiplot
do for [p = 1:panel_top_count] {
    set tmargin at screen panel_top[p]
    set bmargin at screen panel_bottom[p]
    set lmargin at screen panel_left[p]
    set rmargin at screen panel_right[p]
    set xrange [-0.5:x_level_count - 0.5]
    set yrange [-0.5:y_level_count - 0.5]
    unset border
    lowest = panel_lowest[p]
    set xtics ((lowest ? x_level[1] : "") 0) nomirror scale 0 offset 0, 0.3
    do for [i = 2:x_level_count] { set xtics add ((lowest ? x_level[i] : "") i - 1) }
    set ytics ((panel_first[p] ? y_level[1] : "") 0) nomirror scale 0
    do for [i = 2:y_level_count] { set ytics add ((panel_first[p] ? y_level[i] : "") i - 1) }
    if (lowest) { set xlabel x_text offset 0, 0.6 } else { unset xlabel }
    if (p == 1) { set label 2 y_text at screen 2.0 / width_mm, screen y_text_y left }
    set label 1 panel_text[p] at screen panel_left[p], screen panel_text_y[p] left
    if (numbers) {
        do for [i = 1:cell_x_count] {
            if (cell_panel[i] == p) { set label 100 + i cell_text[i] at first cell_x[i], first cell_y[i] center front font small_font }
        }
    }
    plot data index (p - 1) using 1:2:($1 - 0.48):($1 + 0.48):($2 - 0.46):($2 + 0.46):3 with boxxyerror \
        fillcolor palette fillstyle solid 1 noborder
    do for [i = 1:cell_x_count] { unset label 100 + i }
    unset label 1; unset label 2
    unset label 9001; unset label 9002; unset label 9003
}
unset multiplot
