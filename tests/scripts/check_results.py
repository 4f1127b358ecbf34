#!/usr/bin/env python3
"""check_results.py RESULTS WINDOW,... FRAMES: what ekya.results/1 says adds up.

Every stream that did not fail has every window named, with an accuracy and FRAMES frames; frames seen and lost are all
frames; means are means; retrainings are those that were swapped in.
"""

import json
import math
import sys


def mean(values):
    values = [value for value in values if value is not None]
    return sum(values) / len(values) if values else None


def same(a, b):
    return a == b or (a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9))


def window_problems(window, frames):
    if window["accuracy"] is None or not window["objects"]:
        yield "no accuracy"
    if not window["scored"]:
        yield "not scored"
    if window["frames"] != frames:
        yield f"{window['frames']} frames, expected {frames}"
    if window["seen"] + window["lost"] != window["frames"]:
        yield f"seen {window['seen']} + lost {window['lost']} are not the {window['frames']} frames"
    if window["analysed"] > window["seen"]:
        yield f"analysed {window['analysed']} of {window['seen']} seen"
    if window["analysed"] > 0 and not window["models"]:
        yield "no model served"
    retraining = window.get("retraining")
    if retraining and retraining["moments"][-1]["what"] != "ended":
        yield "a retraining without an end"
    if retraining and retraining["outcome"] in ("served", "refused") and not retraining["model"]:
        yield "an unnamed model was taken over or refused"


def stream_problems(stream, windows, frames):
    if stream["failed"]:
        return
    found = [window["window"] for window in stream["windows"]]
    if found != windows:
        yield f"has windows {found}, expected {windows}"
    for window in stream["windows"]:
        for problem in window_problems(window, frames):
            yield f"window {window['window']}: {problem}"
    if not same(stream["mean_accuracy"], mean([w["accuracy"] for w in stream["windows"] if w["scored"]])):
        yield f"mean_accuracy {stream['mean_accuracy']} is not the windows' mean"
    if stream["retrainings"] != sum(1 for w in stream["windows"] if w.get("retraining") and w["retraining"]["outcome"] == "served"):
        yield f"{stream['retrainings']} retrainings are not those whose models were taken over"


def policy_problems(policy, windows, frames):
    for stream in policy["streams"]:
        for problem in stream_problems(stream, windows, frames):
            yield f"stream {stream['stream']}: {problem}"
    if not same(policy["mean_accuracy"], mean([s["mean_accuracy"] for s in policy["streams"]])):
        yield f"mean_accuracy {policy['mean_accuracy']} is not the streams' mean"
    if policy["retrainings"] != sum(s["retrainings"] for s in policy["streams"]):
        yield "retrainings are not the streams' sum"
    if policy["policy"] == "none":
        served = {m["model"] for s in policy["streams"] for w in s["windows"] for m in w["models"]}
        if policy["retrainings"] or served - {"base"}:
            yield f"policy none served {sorted(served)} with {policy['retrainings']} retrainings"


def main(file, windows, frames):
    with open(file, encoding="utf-8") as stream:
        results = json.load(stream)
    problems = [
        f"policy {policy['policy']}: {problem}"
        for policy in results["policies"]
        for problem in policy_problems(policy, [int(w) for w in windows.split(",")], int(frames))
    ]
    if not results["policies"]:
        problems.append("no policy")
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
