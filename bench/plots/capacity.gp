# Streams that a policy supports, bars in one panel per number of GPUs. Set with -e: here='DIRECTORY of this file',
# data='FILE.csv' of ekya-simulate --capacity, policies='A B ...' from top to bottom, output='FILE.svg' or '.png', title, subtitle.
load here."/style.gp"
set datafile separator comma
set datafile missing NaN

# All numbers of GPUs in the file, in its order.
gpus = ""
stats data using (g = strcol("gpus"), gpus = strstrt(" ".gpus." ", " ".g." ") ? gpus : gpus." ".g, column("streams")) name "s" nooutput
panels = words(gpus)
count = words(policies)
left_px = 190.0; plot_px = 150.0; between_px = 30.0; top_px = 105.0; row_px = 30.0
w = left_px + panels * (plot_px + between_px)
h = top_px + count * row_px + 20
w = w > 640 ? w : 640.0
eval start(output, w, h)
place(policy) = sum [i = 1 : count] (word(policies, i) eq policy ? i : 0)

set multiplot
set label 1 title at screen 16.0 / w, screen 1 - 24 / h left font ",16" textcolor rgb "#101010"
set label 2 subtitle at screen 16.0 / w, screen 1 - 47 / h left textcolor rgb "#606060"
set tmargin at screen 1 - top_px / h
set bmargin at screen 20 / h
set yrange [count + 0.5 : 0.5]
set xrange [0 : 1.15 * (s_max > 0 ? s_max : 1)]
set border 2
unset xtics
unset ytics
do for [i = 1 : count] {
    set label 10 + i label(word(policies, i)) at graph -0.06, first i right textcolor rgb colour(word(policies, i))
}
unset grid
set style fill solid 1 noborder
set boxwidth 0.7
do for [p = 1 : panels] {
    g = word(gpus, p)
    set lmargin at screen (left_px + (p - 1) * (plot_px + between_px)) / w
    set rmargin at screen (left_px + (p - 1) * (plot_px + between_px) + plot_px) / w
    set label 3 g.(g eq "1" ? " GPU" : " GPUs") at graph 0, graph 1.06 left font ",14" textcolor rgb "#101010"
    if (p > 1) { unset label 1; unset label 2; do for [i = 1 : count] { unset label 10 + i } }
    shown(policy) = strcol("gpus") eq g ? place(policy) : NaN
    plot data using (0):(shown(strcol("policy"))):(0):"streams":(shown(strcol("policy")) - 0.32):(shown(strcol("policy")) + 0.32):(colour(strcol("policy"))) \
             with boxxyerror linecolor rgb variable, \
         data using "streams":(shown(strcol("policy"))):(sprintf(" %d", column("streams"))) with labels left textcolor rgb "#303030"
}
unset multiplot
