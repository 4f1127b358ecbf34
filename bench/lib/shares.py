"""What jobs were granted and used in a live run, and for how long inference was below a_MIN: shares.py LOOP VIDEO A_MIN

LOOP is a store of ekya-loop.sh, VIDEO holds streams.json and the annotations. A job's grant is its share x time (ekya.job-use/1).
  most used      the largest part of its grant that any job with a share used, over its whole life and at least 0.2 device-seconds
  training       the least part of its grant that a retraining used, and the median: a retraining always has work. In brackets the least of
                 those that were granted a whole core, which is all that one thread can use: what they wait for the disk is missing
  inference      the least part that an inference used in a second in most of which its limit kept it from CPU time (so it had work)
  below a_MIN    the longest time that the accuracy of one second (live protocol: all objects of all frames, results carry over) was
                 below a_MIN; in brackets of it while inference had skipped frames, so that more share would have helped
"""
import csv
import json
import pathlib
import statistics
import sys


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def granted(stretch):
    return 0 if stretch["paused"] or not stretch["share"] else stretch["seconds"] * stretch["share"]


def job_figures(run):
    most, trainings, whole_core, inference = 0, [], [], []
    for path in sorted(run.glob("jobs/**/use.jsonl")):
        stretches = lines(path)
        cores = json.loads((path.parent / "job.json").read_text())["cores"]
        grant = sum(map(granted, stretches))
        used = sum(s["used"] for s in stretches if granted(s))
        if grant >= 0.2:
            most = max(most, used / grant)
        kind = path.parent.name.rsplit(".", 1)[-1]
        if kind == "train" and grant >= 0.2:
            limited = all(s["share"] * cores < 0.97 for s in stretches)
            (trainings if limited else whole_core).append(used / grant)
        if kind == "infer":
            for s in stretches:
                if granted(s) and s["seconds"] > 0.9 and s["throttled"] > 0.5 * s["seconds"]:
                    inference.append(s["used"] / granted(s))
    return most, trainings, whole_core, inference


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def annotations(path):
    frames = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            box = [float(row[key]) for key in ("x0", "y0", "x1", "y1")]
            frames.setdefault(int(row["frame"]), []).append((box, row["class"]))
    return frames


def by_second(answers, truth):
    """(second, accuracy, frames that were skipped) of one stream."""
    seconds, carried = {}, []
    for answer in answers:
        if answer["analysed"]:
            carried = [(o["box"], o["class"]) for o in answer["objects"]]
        entry = seconds.setdefault(int(answer["time"]), [0, 0, 0])
        entry[2] += not answer["analysed"]
        for box, name in truth.get(answer["frame"], []):
            best = max(carried, key=lambda c: overlap(c[0], box), default=None)
            entry[1] += 1
            entry[0] += best is not None and overlap(best[0], box) >= 0.3 and best[1] == name
    return [(second, right / all_ if all_ else None, skipped) for second, (right, all_, skipped) in sorted(seconds.items())]


def longest_below(seconds, floor, only_skipped):
    longest = run = 0
    for _, accuracy, skipped in seconds:
        below = accuracy is not None and accuracy < floor and (skipped > 0 or not only_skipped)
        run = run + 1 if below else 0
        longest = max(longest, run)
    return longest


def percent(values, choose):
    return f"{100 * choose(values):.1f} %" if values else "-"


def main():
    loop, video, floor = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), float(sys.argv[3])
    streams = json.loads((video / "streams.json").read_text())["streams"]
    print(f"{'policy':<9}{'mean acc.':>10}{'retrained':>10}{'most used':>11}{'training: least, median':>28}{'inference: least':>18}{'below a_MIN':>14}")
    for policy in json.loads((loop / "results.json").read_text())["policies"]:
        run = loop / policy["policy"]
        most, trainings, whole_core, inference = job_figures(run)
        seconds = [by_second(lines(run / "run" / f"{s['id']}.answers.jsonl"), annotations(video / s["annotations"])) for s in streams]
        below = max(longest_below(s, floor, False) for s in seconds)
        for_share = max(longest_below(s, floor, True) for s in seconds)
        training = f"{percent(trainings, min)}, {percent(trainings, statistics.median)} ({percent(whole_core, min)})"
        print(f"{policy['policy']:<9}{100 * policy['mean_accuracy']:>8.1f} %{policy['retrainings']:>10}{100 * most:>9.1f} %"
              f"{training:>28}{percent(inference, min):>18}{f'{below} s ({for_share})':>14}")


main()
