#!/usr/bin/env python3
"""Scores the timelines of ekya-simulate --timeline --reference-scoring second by second, by the published simulator's rules.

  rescore.py PROFILES <SIMULATIONS

Prints the largest difference between the accuracies in the records and those of the timelines.
A change of shares at time k acts from the first whole second at or after k; progress is the sum of the shares of the seconds
before; a model serves from the first second at which its progress has reached its cost; samples 0, 1 ... T count alike.
"""
import csv
import json
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


def score(window, profiles, scale, seconds):
    total = 0.0
    for index, stream in enumerate(window["streams"]):
        camera = stream["stream"]
        profile = profiles[camera]
        model = min(v[0] for v in profile["taskwise_infer_profiles"][window["window"]].values())
        truth = {row[0]: row for row in profile["taskwise_train_profiles"][window["window"]]}
        training = f"{camera}_{index}_train_{stream['retraining']}"
        progress, done, mean = 0.0, False, 0.0
        for second in range(seconds + 1):
            shares = [s for start, s in window["alloc"] if start <= second][-1]
            if training in shares and not done and progress >= truth[stream["retraining"]][3]:
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
            found = score(window, profiles, scale, int(simulation["window_seconds"]))
            largest = max(largest, abs(found - window["mean_accuracy"]))
            windows += 1
    print(f"{windows} windows, {'all within 1e-9' if largest <= 1e-9 else f'off by {largest}'}")


if __name__ == "__main__":
    main()
