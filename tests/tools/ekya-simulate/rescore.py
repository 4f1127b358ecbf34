#!/usr/bin/env python3
"""Scores the timelines of ekya-simulate --timeline --reference-scoring second by second, by the published simulator's rules.

  rescore.py PROFILES <SIMULATIONS

Prints the largest difference between the accuracies in the records and those of the timelines.
A change of shares at time k acts from the first whole second at or after k; samples 0, 1 ... T count alike. A model serves from
the first second at which the progress of its retraining has reached its cost. Progress is the sum of the shares of the seconds
before for the published simulator's policies, and the integral of the share over continuous time for all others.
"""
import csv
import json
import math
import pathlib
import sys

FULL_SHARE = 0.25


def curve(file):
    with open(file, newline="", encoding="utf-8") as text:
        rows = [(float(r["subsampling"]), float(r["c1"])) for r in csv.DictReader(text)]

    def scale(share):
        x = FULL_SHARE / (share + 1e-6)
        if x < rows[0][0]:
            return rows[0][1]
        if x > rows[-1][0]:
            return 0.0
        for (a, low), (b, high) in zip(rows, rows[1:]):
            if a <= x <= b:
                return low + (high - low) * (x - a) / (b - a)
        return rows[-1][1]

    return scale


def completion(alloc, training, cost, horizon):
    """When a retraining is complete in continuous time; infinite if it never is."""
    progress = 0.0
    ends = [start for start, _ in alloc[1:]] + [horizon]
    for (start, shares), end in zip(alloc, ends):
        share = shares.get(training, 0.0)
        if share > 0 and progress + share * (end - start) >= cost - 1e-7:
            return min(start + (cost - progress) / share, end)
        progress += share * (end - start)
    return math.inf


def score(window, profiles, scale, seconds, published):
    total = 0.0
    for index, stream in enumerate(window["streams"]):
        camera = stream["stream"]
        profile = profiles[camera]
        model = min(v[0] for v in profile["taskwise_infer_profiles"][window["window"]].values())
        truth = {row[0]: row for row in profile["taskwise_train_profiles"][window["window"]]}
        training = f"{camera}_{index}_train_{stream['retraining']}"
        cost = truth[stream["retraining"]][3] if stream["retraining"] else math.inf
        complete = math.inf if published else completion(window["alloc"], training, cost, seconds)
        progress, done, mean = 0.0, False, 0.0
        for second in range(seconds + 1):
            shares = [s for start, s in window["alloc"] if start <= second][-1]
            if not done and (progress >= cost if published else second >= complete - 1e-7):
                model, done = truth[stream["retraining"]][2], True
            mean += model * scale(shares[f"{camera}_{index}_inference"])
            progress += shares.get(training, 0.0)
        total += mean / (seconds + 1)
    return total / len(window["streams"])


def main():
    directory = pathlib.Path(sys.argv[1])
    scale = curve(directory / "real_inference_profiles.csv")
    profiles = {f.stem: json.loads(f.read_text(encoding="utf-8")) for f in directory.glob("*.json") if f.stem != "manifest"}
    largest, windows = 0.0, 0
    for line in sys.stdin:
        simulation = json.loads(line)
        for window in simulation["windows"]:
            held = max(sum(shares.values()) for _, shares in window["alloc"])
            if held > simulation["gpus"] + 1e-9:
                print(f"{simulation['policy']}: jobs hold {held} of {simulation['gpus']} devices")
            found = score(window, profiles, scale, int(simulation["window_seconds"]),
                          simulation["policy"].startswith("reference-"))
            largest = max(largest, abs(found - window["mean_accuracy"]))
            windows += 1
    print(f"{windows} windows, {'all within 1e-9' if largest <= 1e-9 else f'off by {largest}'}")


if __name__ == "__main__":
    main()
