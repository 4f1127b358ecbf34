# From the CSV files of bench/figures.sh (figure6, figure8, figure10a, figure11b, capacity; whichever are given): a table in
# Markdown that holds them against the same quantities of the paper, read off its figures. Differences in points.
BEGIN { FS = ","; split("best thief reference-thief", planner, " ") }
FNR == 1 {
    delete at
    for (i = 1; i <= NF; ++i) at[$i] = i
    figure = FILENAME; sub(/.*\//, "", figure); sub(/\.csv$/, "", figure); given[figure] = 1
    next
}
{
    g = $at["gpus"]; s = $at["streams"]
    if (figure == "capacity") {
        target = $at["target"]
        capacity[$at["policy"], g] = s
        if ($at["policy"] ~ /^uniform/ && s > capacity["uniform", g]) capacity["uniform", g] = s
        next
    }
    accuracy[figure, $at["policy"], s, g, $at["noise"] + 0] = a = 100 * $at["mean_accuracy"]
    if (s > most[figure]) most[figure] = s
    if ($at["policy"] ~ /^uniform/) {
        if (!((figure, s, g) in high) || a > high[figure, s, g]) high[figure, s, g] = a
        if (!((figure, s, g) in low) || a < low[figure, s, g]) low[figure, s, g] = a
    }
}

function number(x) { return sprintf("%.1f", x > -0.05 && x < 0 ? 0 : x) }
# over(FIGURE, POLICY, STREAMS, GPUS, BASE): gain over high or low at each number of GPUs
function over(figure, policy, s, gpus, base,    list, n, i, text) {
    n = split(gpus, list, " ")
    for (i = 1; i <= n; ++i) {
        if (!((figure, policy, s, list[i], 0) in accuracy)) return "-"
        text = text (i > 1 ? " / " : "") number(accuracy[figure, policy, s, list[i], 0] - (base == "high" ? high[figure, s, list[i]] : low[figure, s, list[i]]))
    }
    return text
}
function lost(policy, noise, gpus,    list, n, i, text, s) {
    n = split(gpus, list, " "); s = most["figure11b"]
    for (i = 1; i <= n; ++i) {
        if (!(("figure11b", policy, s, list[i], noise) in accuracy)) return "-"
        text = text (i > 1 ? " / " : "") number(accuracy["figure11b", policy, s, list[i], 0] - accuracy["figure11b", policy, s, list[i], noise])
    }
    return text
}
function supported(policy, gpus,    list, n, i, text) {
    n = split(gpus, list, " ")
    for (i = 1; i <= n; ++i) text = text (i > 1 ? " / " : "") ((policy, list[i]) in capacity ? capacity[policy, list[i]] : "-")
    return text
}
function gain_row(what, paper, figure, s, gpus, base,    i, row) {
    for (i = 1; i <= 3; ++i) row = row " | " over(figure, planner[i], s, gpus, base)
    print "| " what " | " paper row " |"
}
function ablation(policy, gpus,    list, n, i, text, s) {
    n = split(gpus, list, " "); s = most["figure10a"]
    for (i = 1; i <= n; ++i) text = text (i > 1 ? " / " : "") number(accuracy["figure10a", policy, s, list[i], 0] - accuracy["figure10a", "uniform:cheapest:0.5", s, list[i], 0])
    return text
}

END {
    print "| points | Ekya in the paper | best | thief | reference-thief |"
    print "|---|---|---|---|---|"
    if ("figure6" in given) {
        gain_row("over the best uniform, 8 streams, 1 / 2 GPUs (Figure 6)", "11.2 / 9.0", "figure6", 8, "1 2", "high")
        gain_row("over the worst uniform, the same", "30.0 / 22.9", "figure6", 8, "1 2", "low")
    }
    if ("figure8" in given)
        gain_row("over the best uniform, 10 streams, 1 / 2 / 4 / 8 GPUs (Figure 8a)", "2.0 / 3.4 / 7.1 / 9.3", "figure8", 10, "1 2 4 8", "high")
    if ("figure11b" in given) {
        print "| lost with noise of 20 points, 1 / 2 / 4 / 8 GPUs (Figure 11b) | 0.8 / 2.4 / 2.7 / 2.2 | " lost("best", 0.2, "1 2 4 8") " | " lost("thief", 0.2, "1 2 4 8") " | |"
        print "| lost with noise of 50 points, the same | 2.7 / 5.2 / 3.5 / 3.8 | " lost("best", 0.5, "1 2 4 8") " | " lost("thief", 0.5, "1 2 4 8") " | |"
    }
    if ("capacity" in given)
        printf "| streams at %g %% (the paper: 75 %%) on 1 / 2 / 4 / 8 GPUs; best uniform: %s (Table 2: 2 / 4) | 2 / 8 | %s | %s | %s |\n", 100 * target, \
            supported("uniform", "1 2 4 8"), supported("best", "1 2 4 8"), supported("thief", "1 2 4 8"), supported("reference-thief", "1 2 4 8")
    if ("figure10a" in given) {
        print "\n| over uniform 2, 50 %, on 2 / 4 / 6 / 8 GPUs (Figure 10a) | paper | here |"
        print "|---|---|---|"
        print "| fixed shares | 13.5 / 3.7 / 2.4 / 3.6 | " ablation("thief-fixed-resources", "2 4 6 8") " |"
        print "| fixed configuration | 3.5 / 6.4 / 4.8 / 5.2 | " ablation("thief-fixed-config:cheapest", "2 4 6 8") " |"
        print "| thief | 17.3 / 10.7 / 8.6 / 9.3 | " ablation("thief", "2 4 6 8") " |"
        print "| best | | " ablation("best", "2 4 6 8") " |"
    }
}
