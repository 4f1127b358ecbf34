# CPU seconds per decision over the number of streams, both logarithmic. Set with -e: here='DIRECTORY of this file',
# data='FILE.csv' of decision_time.sh, output='FILE.svg' or '.png'.
load here."/style.gp"
w = 760.0; h = 520.0
eval start(output, w, h)
set datafile separator comma
set datafile missing NaN

set label 1 "CPU time of one scheduling decision" at screen 16 / w, screen 1 - 24 / h left font ",16" textcolor rgb "#101010"
set label 2 "random streams, 18 retraining configurations, streams/8 GPUs, quantum 0.1, one thread" \
    at screen 16 / w, screen 1 - 47 / h left textcolor rgb "#606060"
set tmargin at screen 1 - 75 / h
set bmargin at screen 60 / h
set lmargin at screen 90 / w
set rmargin at screen 1 - 150 / w
set logscale xy
set xlabel "streams" textcolor rgb "#303030"
set xtics ("10" 10, "30" 30, "100" 100, "300" 300, "1000" 1000, "3000" 3000, "10,000" 10000)
set ytics ("1 µs" 1e-6, "10 µs" 1e-5, "100 µs" 1e-4, "1 ms" 1e-3, "10 ms" 1e-2, "100 ms" 0.1, "1 s" 1, "10 s" 10, "100 s" 100, "1000 s" 1000)

# Growth is measured with inference accuracy in steps and GPUs in proportion; other rows are other experiments.
grows(policy) = strcol("inference") eq "steps" && abs(column("gpus") * 8 - column("streams")) < 1e-6 && strcol("policy") eq policy
streams(policy) = grows(policy) ? column("streams") : NaN
policies = "best thief thief-once uniform none"

array last_x[5] = [0, 0, 0, 0, 0]; array last_y[5]
low = 1e9; high = 0; right = 10; drawn = ""
do for [i = 1 : 5] {
    stats data using (streams(word(policies, i))):"cpu_seconds" name "s" nooutput
    if (s_records > 0) {
        drawn = drawn." ".word(policies, i)
        low = s_min_y < low ? s_min_y : low; high = s_max_y > high ? s_max_y : high
        right = s_max_x > right ? s_max_x : right
        last_x[i] = s_max_x; last_y[i] = s_max_y
    }
}
# A curve that ends early has its label above the end, out of the way of the others.
do for [i = 1 : 5] {
    p = word(policies, i)
    if (last_x[i] == right) { set label 10 + i label(p) at last_x[i], last_y[i] left offset 1, 0 textcolor rgb colour(p) }
    if (last_x[i] > 0 && last_x[i] < right) { set label 10 + i label(p) at last_x[i], last_y[i] right offset -1, 0.5 textcolor rgb colour(p) }
}
set xrange [8 : right]
bottom = 10 ** floor(log10(low))
set yrange [bottom : 10 ** ceil(log10(high))]
# How steep proportional and quadratic growth are.
if (right > 3000) {
    set arrow 1 from 300, 3 * bottom to right, 3 * bottom * right / 300 nohead linewidth 0.8 linecolor rgb "#909090"
    set arrow 2 from 300, 3 * bottom to 2000, 3 * bottom * (2000 / 300.0) ** 2 nohead linewidth 0.8 linecolor rgb "#909090"
    set label 3 "proportional" at right, 3 * bottom * right / 300 left offset 1, 0 textcolor rgb "#909090"
    set label 4 "quadratic" at 2000, 3 * bottom * (2000 / 300.0) ** 2 left offset 0.5, 0 textcolor rgb "#909090"
}
plot for [p in drawn] data using (streams(p)):"cpu_seconds" with linespoints \
    linecolor rgb colour(p) pointtype points(p) dashtype dashes(p) linewidth width(p) pointsize 0.8
