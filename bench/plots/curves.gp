# Accuracy over streams or GPUs, in panels side by side. Set with -e: here='DIRECTORY of this file', curves='FILE that
# curves.awk wrote', output='FILE.svg' or '.png', title, subtitle, x_label, x_log=0 or 1, panel='gpus', 'policy' or ''.
load here."/style.gp"
load curves
left_px = 85.0; plot_px = panels == 1 ? 460.0 : 300.0; label_px = 205.0; top_px = panel eq "" ? 75.0 : 100.0; bottom_px = 55.0
between_px = 45
w = left_px + panels * (plot_px + label_px) + (panels - 1) * between_px
h = top_px + 310 + bottom_px
eval start(output, w, h)

heading(value) = panel eq "gpus" ? value.(value eq "1" ? " GPU" : " GPUs") : panel eq "policy" ? label(value) : ""

set multiplot
set label 1 title at screen 16 / w, screen 1 - 24 / h left font ",16" textcolor rgb "#101010"
set label 2 subtitle at screen 16 / w, screen 1 - 47 / h left textcolor rgb "#606060"
set label 3 "accuracy, mean over windows" at screen 16 / w, screen 0.5 * (1 + (bottom_px - top_px) / h) center rotate textcolor rgb "#303030"
set tmargin at screen 1 - top_px / h
set bmargin at screen bottom_px / h
set yrange [bottom : top]
set ytics step
set format y "%.0f %%"
set xlabel x_label textcolor rgb "#303030"
# Points keep off the axis.
if (x_log) { set logscale x 2; set xrange [left / (right * 1.0 / left) ** 0.05 : right * 1.0001] } \
else { set xrange [left - 0.05 * (right - left) : right] }
eval "set xtics (".ticks.")"

do for [p = 1 : panels] {
    set lmargin at screen (left_px + (p - 1) * (plot_px + label_px + between_px)) / w
    set rmargin at screen (left_px + plot_px + (p - 1) * (plot_px + label_px + between_px)) / w
    if (p > 1) { unset label 1; unset label 2; unset label 3 }
    set label 4 heading(panel_value[p]) at graph 0, graph 1.07 left font ",14" textcolor rgb "#101010"
    count = panel_count[p]
    draw = "plot "
    do for [i = 1 : count] {
        eval "s = series_".p."[i]; end_y = end_".p."[i]; label_y = place_".p."[i]; end_x = end_x_".p."[i]"
        set label 10 + i label(s) at graph 1.08, first label_y left textcolor rgb colour_in(panel_value[p], s)
        set arrow 10 + i from first end_x, first end_y to graph 1.07, first label_y nohead linewidth 0.6 linecolor rgb colour_in(panel_value[p], s)
        draw = draw."$curve_".p."_".i." with linespoints linecolor rgb colour_in(panel_value[".p."], series_".p."[".i."]) pointtype points(series_".p."[".i."]) dashtype dashes(series_".p."[".i."]) linewidth width(series_".p."[".i."]) pointsize 0.8,"
    }
    eval draw
    do for [i = 1 : count] { unset label 10 + i; unset arrow 10 + i }
}
unset multiplot
