# The house style: what every chart has in common.
#
# Given: format, out, width_mm, height_mm, title_text, subtitle_text, caption_text and their heights on the page.
# Colours are Wong's eight for colour-blind readers (Nature Methods 8:441, 2011; gnuplot's "podo") without the yellow,
# which does not show on white. A cloud keeps its colour, dash and mark in every chart, and the dash and the mark say
# it in grey. Text is 8.25 pt at final size, 7.1 pt in captions. Enhanced text is off everywhere: names are shown as
# they are.

if (format eq "svg") {
    set terminal svg size width_mm * 96 / 25.4, height_mm * 96 / 25.4 fixed noenhanced background "white" \
        font "DejaVu Sans,11" linewidth 1.3
    small_font = "DejaVu Sans,9.5"
} else {
if (format eq "png") {
    set terminal pngcairo size width_mm * 200 / 25.4, height_mm * 200 / 25.4 noenhanced background "white" \
        font "DejaVu Sans,8.25" fontscale 2.083 linewidth 2.6 pointscale 2
    small_font = "DejaVu Sans,7.1"
} else {
    set terminal pdfcairo size width_mm / 25.4, height_mm / 25.4 noenhanced background "white" \
        font "DejaVu Sans,8.25" fontscale 0.75 linewidth 1.3 pointscale 0.8
    small_font = "DejaVu Sans,7.1"
}
}
set output out
set encoding utf8
set datafile separator "\t"
set datafile missing "NaN"

set colorsequence podo
set linetype 1 lc rgb "#0072b2" dt solid pt 7
set linetype 2 lc rgb "#d55e00" dt (9, 4) pt 5
set linetype 3 lc rgb "#009e73" dt (2, 3) pt 9
set linetype 4 lc rgb "#e69f00" dt (10, 3, 2, 3) pt 13
set linetype 5 lc rgb "#cc79a7" dt (14, 3) pt 11
set linetype 6 lc rgb "#000000" dt (5, 2, 1, 2, 1, 2) pt 3
set linetype 7 lc rgb "#56b4e9" dt (3, 6) pt 2
set linetype cycle 7

set border 3 linewidth 0.6 linecolor rgb "#404040"
set tics nomirror out scale 0.5
unset grid
unset key
unset title

# Page text: outside any plot, so it is placed on the screen.
set label 9001 title_text at screen 2.0 / width_mm, screen title_y left front offset 0, -0.5
if (strlen(subtitle_text) > 0) {
    set label 9002 subtitle_text at screen 2.0 / width_mm, screen subtitle_y left front offset 0, -0.4 \
        font small_font textcolor rgb "#303030"
}
set label 9003 caption_text at screen 2.0 / width_mm, screen caption_y left front offset 0, -0.4 \
    font small_font textcolor rgb "#505050"
