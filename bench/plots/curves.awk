# Turns the CSV of ekya-simulate into curves for curves.gp, and places the labels at their ends so that none overlap.
#   -v x=COLUMN -v panel=COLUMN or '' -v series=policy or noise -v order=SERIES,... (as drawn; others are left out)
# The column bound of policy best is a curve of its own. Where curves are noises, uniform without noise is drawn in all
# panels. Output: gnuplot statements, accuracies in %.
BEGIN { FS = ","; wishes = split(order, wish, ","); gap = 0.06 }   # gap: least distance of labels, part of the axis

function add(p, s, at_x, accuracy) {
    if (accuracy == "") return
    accuracy *= 100
    at_x += 0
    if (!(p in panel_seen)) { panel_seen[p] = 1; panels[++panel_count] = p }
    n = ++points[p, s]
    xs[p, s, n] = at_x
    ys[p, s, n] = accuracy
    if (low == "" || accuracy < low) low = accuracy
    if (high == "" || accuracy > high) high = accuracy
    if (left == "" || at_x < left) left = at_x
    if (right == "" || at_x > right) right = at_x
    if (!(at_x in tick)) { tick[at_x] = 1; ticks = ticks (ticks == "" ? "" : ", ") at_x }
}

FNR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
{
    p = panel == "" ? "" : $column[panel]
    accuracy = $column["mean_accuracy"]
    if (series == "noise") {
        if ($column["policy"] !~ /^uniform/) add(p, "noise " ($column["noise"] + 0), $column[x], accuracy)
        else if ($column["noise"] + 0 == 0) { shared_series[++shared] = $column["policy"]; shared_x[shared] = $column[x]; shared_y[shared] = accuracy }
    } else {
        add(p, $column["policy"], $column[x], accuracy)
        if ($column["policy"] == "best" && "bound" in column) add(p, "bound", $column[x], $column["bound"])
    }
}

# Labels by height; then neighbours that are too close push each other apart until all have room.
function place_labels(k,    i, j, t, round, lack) {
    for (i = 1; i <= k; ++i) { place[i] = end_y[i]; rank[i] = i }
    for (i = 2; i <= k; ++i)
        for (j = i; j > 1 && place[rank[j]] > place[rank[j - 1]]; --j) { t = rank[j]; rank[j] = rank[j - 1]; rank[j - 1] = t }
    for (round = 0; round < 500; ++round)
        for (i = 2; i <= k; ++i) {
            lack = gap * (top - bottom) - (place[rank[i - 1]] - place[rank[i]])
            if (lack > 0) { place[rank[i - 1]] += lack / 2; place[rank[i]] -= lack / 2 }
        }
}

END {
    if (panel_count == 0) { print "curves.awk: no rows" > "/dev/stderr"; exit 1 }
    for (i = 1; i <= shared; ++i) for (q = 1; q <= panel_count; ++q) add(panels[q], shared_series[i], shared_x[i], shared_y[i])
    step = high - low > 25 ? 10 : 5
    bottom = int(low / step) * step
    top = int(high / step + 1) * step
    printf "bottom = %g; top = %g; step = %g; left = %g; right = %g; ticks = \"%s\"; panels = %d\narray panel_value[panels]; array panel_count[panels]\n", \
        bottom, top, step, left, right, ticks, panel_count
    for (q = 1; q <= panel_count; ++q) {
        p = panels[q]
        k = 0
        for (i = 1; i <= wishes; ++i) {
            n = points[p, wish[i]]
            if (n == 0) continue
            name[++k] = wish[i]
            end_x[k] = xs[p, wish[i], n]
            end_y[k] = ys[p, wish[i], n]
            printf "$curve_%d_%d << EOD\n", q, k
            for (j = 1; j <= n; ++j) print xs[p, wish[i], j], ys[p, wish[i], j]
            print "EOD"
        }
        place_labels(k)
        printf "panel_value[%d] = \"%s\"; panel_count[%d] = %d\n", q, p, q, k
        printf "array series_%d[%d]; array end_x_%d[%d]; array end_%d[%d]; array place_%d[%d]\n", q, k, q, k, q, k, q, k
        for (i = 1; i <= k; ++i)
            printf "series_%d[%d] = \"%s\"; end_x_%d[%d] = %g; end_%d[%d] = %g; place_%d[%d] = %g\n", \
                q, i, name[i], q, i, end_x[i], q, i, end_y[i], q, i, place[i]
    }
}
