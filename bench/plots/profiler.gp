# Distribution of the micro-profiler's errors, a curve for each data set; dashed, on what the labels were drawn from. Set with -e: here='DIRECTORY of this file',
# data='FILE of profiler.csv', output='FILE.svg' or '.png'.
load here."/style.gp"
eval start(output, 640, 400)
set datafile separator comma
sets = system(sprintf("tail -n +2 '%s' | cut -d, -f1 | sort -u | tr '\\n' ' '", data))
set title "Micro-profiler: absolute error of the predicted accuracy" textcolor rgb "#101010"
set xlabel "off by at most so many points" textcolor rgb "#303030"
set ylabel "part of the predictions" textcolor rgb "#303030"
set xrange [0:40]
set yrange [0:1]
set key bottom right
colour_of(i) = i == 1 ? 0xD55E00 : i == 2 ? 0x0072B2 : 0x009E73
errors(i, kind) = sprintf("< awk -F, -v set=%s -v kind=%s 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next } $1 == set && $at[\"measured\" kind] != \"\" { e = 100 * ($at[\"predicted\" kind] - $at[\"measured\" kind]); print (e < 0 ? -e : e) }' '%s' | sort -n | awk '{ e[NR] = $1 } END { print \"0,0\"; for (i = 1; i <= NR; ++i) print e[i] \",\" i / NR }'", word(sets, i), kind, data)
plot for [i = 1 : words(sets)] errors(i, '""') using 1:2 with steps linewidth 2.5 linecolor rgb colour_of(i) title word(sets, i).", next window", \
     for [i = 1 : words(sets)] errors(i, '_now') using 1:2 with steps linewidth 1.5 dashtype 2 linecolor rgb colour_of(i) title word(sets, i).", the labels' window"
