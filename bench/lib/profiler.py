"""Judges micro-profiles against what training every configuration gave: profiler.py WORK CSV NAME:WINDOW_SECONDS...

WORK/NAME/store is a store with estimates (profiles/) and exhaustive measurements (truth/); WORK/NAME/predicted.json, live.json,
accuracies.json, typical.json and oracle.json are ekya-simulate's records of planning with the estimates, of planning as live with them
(--as-live), with their accuracies and true costs, with true levels and mean gains, and with the truth; predicted.0.json and so on are the
same where the truth is one of several trainings, others.0.json planning with what the others gave. The CSV has a row for each stream, window and configuration; a table goes to stdout.
"""
import csv
import json
import pathlib
import statistics
import sys


def read(directory):
    """Records of a directory by window."""
    records = [json.loads(path.read_text()) for path in sorted(directory.glob("[0-9]*.json"))]
    return {record["window"]: record for record in records}


def name_of(config):
    return (f"e{config['epochs']}-f{config['data_fraction']:g}-{config['layers']}-b{config['batch_size']}"
            f"-h{config['head_width']}-lr{config['learning_rate']:g}")


def kendall(a, b):
    """Kendall's tau-b, which allows for ties; None if one side is all equal."""
    concordant = discordant = ties_a = ties_b = 0
    for i in range(len(a)):
        for j in range(i):
            x, y = a[i] - a[j], b[i] - b[j]
            concordant += x * y > 0
            discordant += x * y < 0
            ties_a += x == 0
            ties_b += y == 0
    pairs = len(a) * (len(a) - 1) / 2
    scale = ((pairs - ties_a) * (pairs - ties_b)) ** 0.5
    return (concordant - discordant) / scale if scale else None


def ranks(values):
    """Ranks from 1, equal values share their mean rank."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    result = [0.0] * len(values)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for i in range(first, last + 1):
            result[order[i]] = (first + last) / 2 + 1
        first = last + 1
    return result


def correlation(a, b):
    """Spearman's."""
    a, b = ranks(a), ranks(b)
    if len(set(a)) < 2 or len(set(b)) < 2:
        return None
    return statistics.correlation(a, b)


def value(accuracy_before, accuracy, device_seconds, window):
    """Mean accuracy over a window that is retrained in with a share of one half; ending too late brings nothing."""
    seconds = 2 * device_seconds
    if seconds >= window:
        return accuracy_before
    return (seconds * accuracy_before + (window - seconds) * accuracy) / window


def judge(store, window_seconds):
    """Rows of all configurations, and per stream and window what is judged as a whole."""
    rows, windows = [], []
    for stream in sorted(path for path in (store / "streams").iterdir() if path.is_dir()):
        estimates, truths = read(stream / "profiles"), read(stream / "truth")
        for window in sorted(set(estimates) & set(truths)):
            estimate, truth = estimates[window], truths[window]
            real = {name_of(entry["config"]): entry for entry in truth["retraining"]}
            predicted_values, true_values = [], []
            for entry in estimate["retraining"]:
                name = name_of(entry["config"])
                rows.append({"stream": stream.name, "window": window, "config": name, "predicted": entry["accuracy"],
                             "accuracy_error": entry.get("accuracy_error", ""), "measured": real[name]["accuracy"],
                             "measured_error": real[name].get("accuracy_error", ""), "predicted_now": entry.get("accuracy_now", ""),
                             "measured_now": real[name].get("accuracy_now", ""), "before_predicted": estimate["accuracy"], "before_measured": truth["accuracy"],
                             "predicted_device_seconds": entry["device_seconds"], "measured_device_seconds": real[name]["device_seconds"]})
                predicted_values.append(value(estimate["accuracy"], entry["accuracy"], entry["device_seconds"], window_seconds))
                true_values.append(value(truth["accuracy"], real[name]["accuracy"], real[name]["device_seconds"], window_seconds))
            if not estimate["retraining"]:
                continue
            windows.append({"window": window, "labels": estimate.get("labels", 0), "cost": estimate["profiling_seconds"],
                            "exhaustive": sum(entry["device_seconds"] for entry in truth["retraining"]),
                            "tau_accuracy": kendall([e["accuracy"] for e in estimate["retraining"]], [real[name_of(e["config"])]["accuracy"] for e in estimate["retraining"]]),
                            "tau_value": kendall(predicted_values, true_values)})
    return rows, windows


def simulated(file):
    with open(file, encoding="utf-8") as lines:
        return {record["policy"]: record["mean_accuracy"] for record in map(json.loads, lines)}


def regrets(directory, kind):
    """Points that planning with estimates of this kind loses, by policy: against planning with the truth; where that is the mean of
    several trainings, the mean against each, judged by it, of planning with it and of planning with the others."""
    def losses(planned, reached):
        best = simulated(directory / planned)
        return {policy: 100 * (best[policy] - accuracy) for policy, accuracy in simulated(directory / reached).items()}

    def means(planned):
        folds = [losses(f"{planned}.{one}.json", f"{kind}.{one}.json") for one in range(len(list(directory.glob("oracle.*.json"))))]
        return {policy: statistics.fmean(fold[policy] for fold in folds) for policy in (folds[0] if folds else ())}
    return losses("oracle.json", f"{kind}.json"), means("oracle"), means("others")


def mean(values):
    known = [v for v in values if v is not None]
    return statistics.fmean(known) if known else float("nan")


def spread(errors):
    return f"{statistics.median(errors):.1f} / {statistics.fmean(errors):.1f} / {sorted(errors)[int(0.9 * len(errors))]:.1f}"


def table(name, work, window_seconds, rows, windows):
    errors = [100 * abs(row["predicted"] - row["measured"]) for row in rows]
    biases = [100 * (row["predicted"] - row["measured"]) for row in rows]
    kept = [100 * abs(row["before_predicted"] - row["measured"]) for row in rows]
    gains = [100 * abs((row["predicted"] - row["before_predicted"]) - (row["measured"] - row["before_measured"])) for row in rows]
    now = [100 * abs(row["predicted_now"] - row["measured_now"]) for row in rows if row["predicted_now"] != "" and row["measured_now"] != ""]
    before = {(row["stream"], row["window"]): 100 * abs(row["before_predicted"] - row["before_measured"]) for row in rows}.values()
    costs = [abs(row["predicted_device_seconds"] / row["measured_device_seconds"] - 1) for row in rows]
    with_bars = [row for row in rows if row["accuracy_error"] != ""]
    each_window = {}
    for w in windows:
        each_window[w["window"]] = each_window.get(w["window"], 0) + w["cost"]
    lines = [("streams x windows, configurations", f"{len(windows)}, {len(rows)}"),
             ("labels that accuracies are measured on, median", f"{statistics.median(w['labels'] for w in windows):.0f}"),
             ("absolute error of the accuracy in the window, points: median / mean / 90th percentile", spread(errors)),
             ("  bias", f"{statistics.fmean(biases):+.1f}"),
             ("  median if retraining were said to change nothing", f"{statistics.median(kept):.1f}"),
             ("  of the gain over the deployed model, median", f"{statistics.median(gains):.1f}"),
             ("  on objects without label of the window that the labels are of", spread(now) if now else "not measured"),
             ("absolute error of the deployed model's accuracy in the window, median", f"{statistics.median(before):.1f}"),
             ("relative error of device-seconds, median", f"{100 * statistics.median(costs):.0f} %"),
             ("exhaustive cost over profiling cost", f"{sum(w['exhaustive'] for w in windows) / sum(w['cost'] for w in windows):.1f}"),
             ("profiling, part of the window's device time, all streams: mean / most",
              f"{100 * mean(each_window.values()) / window_seconds:.1f} % / {100 * max(each_window.values()) / window_seconds:.1f} %"),
             ("Kendall's tau of predicted and true accuracies, mean of windows", f"{mean([w['tau_accuracy'] for w in windows]):.2f}"),
             ("  of the values of configurations at half of the device", f"{mean([w['tau_value'] for w in windows]):.2f}")]
    if with_bars:
        z = [abs(row["predicted"] - row["measured"]) / max(row["accuracy_error"], 1e-9) for row in with_bars]
        lines += [("within one / two error bars (68 % / 95 % expected)",
                   f"{100 * mean([v <= 1 for v in z]):.0f} % / {100 * mean([v <= 2 for v in z]):.0f} %"),
                  ("error bar, median, points", f"{100 * statistics.median(row['accuracy_error'] for row in with_bars):.1f}"),
                  ("Spearman correlation of error bar and absolute error",
                   "{:.2f}".format(correlation([r["accuracy_error"] for r in with_bars], [abs(r["predicted"] - r["measured"]) for r in with_bars]) or 0))]
    for kind, what in (("accuracies", "estimated accuracies"), ("predicted", "estimated accuracies and costs"), ("live", "the same, as live"),
                       ("typical", "each window's true level and each configuration's mean gain")):
        against_truth, against_single, against_others = regrets(work / name, kind)
        for policy, loss in against_truth.items():
            single = (f" (mean against single trainings: {against_single[policy]:.2f}, against planning with the others: {against_others[policy]:.2f})"
                      if against_single else "")
            lines.append((f"regret of planning with {what}, points: {policy}", f"{loss:.2f}{single}"))
    print(f"{name}, windows of {window_seconds:g} s")
    for label, text in lines:
        print(f"  {label}: {text}")


def main(work, output, sets):
    fields, all_rows = None, []
    for entry in sets:
        name, window_seconds = entry.split(":")
        rows, windows = judge(work / name / "store", float(window_seconds))
        if not rows:
            sys.exit(f"profiler.py: error: {work / name / 'store'}: no window has both estimates and truth")
        table(name, work, float(window_seconds), rows, windows)
        all_rows += [{"set": name, **row} for row in rows]
        fields = list(all_rows[0])
    with open(output, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writeheader()
        for row in all_rows:
            writer.writerow({key: round(v, 6) if isinstance(v, float) else v for key, v in row.items()})


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:])
