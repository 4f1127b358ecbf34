#!/usr/bin/env python3
"""What bench/contended.sh leaves to a program: streams, capacities, the tables.

contended.py streams DATA_DIR DIRECTORY    writes DIRECTORY/streams.json, a list of eight streams
contended.py capacity CORES                prints what holds the loop to that many cores
contended.py table STORE CAPACITY,... POLICY,... [RESULTS]
                                           prints both tables; RESULTS/contended.{csv,json}
"""
import csv
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys

FRAMES = 300  # of each stream: ten windows of 30

# Segments of the streams: sequence, first frame, frame behind the last one (None = the end). Cuts
# are moved to the key frame at or before them, as FFmpeg's concat lists can cut only there.
DAY, DUSK = "0016E5", "0001TP"
STREAMS = {
    "day": [(DAY, 0, None)],
    "day-dusk": [(DAY, 97, None), (DUSK, 0, None)],
    "dusk-day": [(DUSK, 0, None), (DAY, 0, None)],
    "late-dusk-day": [(DUSK, 41, None), (DAY, 97, None), (DAY, 0, 97)],
    "day-dusk-day": [(DAY, 0, 126), (DUSK, 0, None), (DAY, 126, None)],
    "late-day-dusk": [(DAY, 155, None), (DUSK, 0, None), (DAY, 0, 155)],
    "dusk-day-dusk": [(DUSK, 0, 70), (DAY, 155, None), (DUSK, 70, None), (DAY, 0, 155)],
    "swapped-day": [(DAY, 218, None), (DAY, 0, None)],
}


def packets(video):
    """(pts, dts, is key frame) of a video's packets in the order of decoding, in seconds."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
               "packet=pts_time,dts_time,flags", "-of", "csv=p=0", str(video)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = [line.split(",") for line in shown.split()]
    return [(float(pts), float(dts), flags.startswith("K")) for pts, dts, flags, *_ in rows]


class Sequence:
    """One video with its boxes, and where it can be cut."""

    def __init__(self, directory, name):
        self.video = directory / f"{name}.mp4"
        all_packets = packets(self.video)
        self.times = sorted(pts for pts, _, _ in all_packets)
        # A key frame's packet is the first one of what follows it, so a list that ends at its dts
        # has all frames before it and none behind.
        self.cuts = {self.times.index(pts): dts for pts, dts, key in all_packets if key}
        with open(directory / f"{name}.csv", newline="", encoding="utf-8") as file:
            self.boxes = list(csv.DictReader(file))

    def cut_before(self, frame):
        return max(cut for cut in self.cuts if cut <= frame)

    def cut_behind(self, frame):
        return min((cut for cut in self.cuts if cut >= frame), default=len(self.times))


def write_stream(directory, name, segments, sequences):
    """NAME.ffconcat and NAME.csv of at least FRAMES frames; returns how many there are."""
    lines, rows, count = ["ffconcat version 1.0"], [], 0
    for of, first, end in segments:
        sequence = sequences[of]
        first = sequence.cut_before(first)
        end = len(sequence.times) if end is None else sequence.cut_before(end)
        end = min(end, sequence.cut_behind(first + FRAMES - count))
        if end <= first:
            continue
        period = sequence.times[1] - sequence.times[0]
        lines.append(f"file '{os.path.relpath(sequence.video, directory)}'")
        if first > 0:
            lines.append(f"inpoint {sequence.times[first]:.6f}")
        if end < len(sequence.times):
            lines.append(f"outpoint {sequence.cuts[end]:.6f}")
        lines.append(f"duration {(end - first) * period:.6f}")
        rows += [{**box, "frame": int(box["frame"]) - first + count} for box in sequence.boxes
                 if first <= int(box["frame"]) < end]
        count += end - first
    if count < FRAMES:
        sys.exit(f"contended.py: error: stream {name} has only {count} frames")
    (directory / f"{name}.ffconcat").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with open(directory / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return count


def make_streams(data, directory):
    data, directory = pathlib.Path(data).resolve(), pathlib.Path(directory).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    sequences = {name: Sequence(data, name) for name in (DAY, DUSK)}
    for name, segments in STREAMS.items():
        write_stream(directory, name, segments, sequences)
    entries = [{"id": name, "source": f"{name}.ffconcat", "annotations": f"{name}.csv",
                "allow": [f"{data}/"]}   # the lists name its videos
               for name in STREAMS]
    record = {"schema": "ekya.streams/1",
              "classes": json.loads((data / "classes.json").read_text(encoding="utf-8")),
              "streams": entries}
    (directory / "streams.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def print_capacity(text):
    """CPUS GPUS NAME: the CPUs that make one device, the part of it that is shared out, a name."""
    try:
        cores = float(text)
    except ValueError:
        sys.exit(f"contended.py: error: {text} is not a number of cores")
    usable = sorted(os.sched_getaffinity(0))
    if not 0 < cores <= len(usable):
        sys.exit(f"contended.py: error: {text} is not in (0, {len(usable)}], the cores there are")
    whole = math.ceil(cores)
    print(",".join(map(str, usable[:whole])), f"{cores / whole:g}", f"{cores:g}-cores")


def summary(record, cores):
    """One row of the table, from a policy's part of ekya.results/1."""
    windows = [w for stream in record["streams"] for w in stream["windows"] if w["scored"]]
    waits = [w["models"][-1]["from_time"] - w["models"][0]["from_time"] for w in windows
             if len(w["models"]) > 1]
    frames = sum(w["frames"] for w in windows)
    return {"cores": cores, "policy": record["policy"],
            "mean_accuracy": round(record["mean_accuracy"], 4),
            "new_models": len(waits),
            "seconds_until_new_model": round(statistics.fmean(waits), 2) if waits else "",
            "analysed": round(sum(w["analysed"] for w in windows) / frames, 4) if frames else "",
            "lost_frames": sum(w["lost"] for w in windows), "frames": frames,
            "device_seconds": round(record["device_seconds"], 1)}


def read_policies(store, capacities, policies):
    """(cores, record) of every policy that is done; as the user ordered them."""
    for capacity in capacities:
        for policy in policies:
            file = store / capacity / policy.replace(":", "-") / "results.json"
            if file.exists():
                record = json.loads(file.read_text(encoding="utf-8"))["policies"][0]
                yield float(capacity.removesuffix("-cores")), {**record, "policy": policy}


def cores_needed(curve, accuracy):
    """Fewest cores at which a curve [(cores, accuracy)] reaches the accuracy, linear between its
    points: (cores, whether it may be fewer); None if it never does."""
    curve = sorted(curve)
    if curve[0][1] >= accuracy:
        return curve[0][0], True
    for (c0, a0), (c1, a1) in zip(curve, curve[1:]):
        if a1 >= accuracy:
            return c0 + (c1 - c0) * (accuracy - a0) / (a1 - a0), False
    return None


def print_table(rows):
    for policy in dict.fromkeys(row["policy"] for row in rows):
        for row in (r for r in rows if r["policy"] == policy):
            wait = row["seconds_until_new_model"]
            wait = f"{wait:.1f}" if wait != "" else "-"
            print(f"| {policy} | {row['cores']:g} | {100 * row['mean_accuracy']:.1f} | {wait} | "
                  f"{row['new_models']} | {100 * row['analysed']:.1f} | {row['lost_frames']} |")


def print_savings(rows):
    """For each policy and capacity: with how many cores best reaches the same accuracy."""
    curves = {}
    for row in rows:
        curves.setdefault(row["policy"], []).append((row["cores"], row["mean_accuracy"]))
    if len(curves.get("best", [])) < 2:
        return
    print("\n| policy | cores | mean accuracy % | cores that best needs | factor |")
    print("|---|---|---|---|---|")
    for policy, curve in curves.items():
        for cores, accuracy in curve if policy != "best" else []:
            needed = cores_needed(curves["best"], accuracy)
            text, factor = "more than measured", "-"
            if needed:
                at_most, at_least = ("<= ", ">= ") if needed[1] else ("", "")
                text = f"{at_most}{needed[0]:.2f}"
                factor = f"{at_least}{cores / needed[0]:.1f}"
            print(f"| {policy} | {cores:g} | {100 * accuracy:.1f} | {text} | {factor} |")


def make_table(store, capacities, policies, results=None):
    records = list(read_policies(pathlib.Path(store), capacities.split(","), policies.split(",")))
    if not records:
        sys.exit(f"contended.py: error: {store}: no policy has results")
    rows = [summary(record, cores) for cores, record in records]
    print("| policy | cores | mean accuracy % | seconds until a new model serves | new models | "
          "frames analysed % | frames lost |\n|---|---|---|---|---|---|---|")
    print_table(rows)
    print_savings(rows)
    if results is None:
        return
    directory = pathlib.Path(results)
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "contended.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    detail = [{"cores": cores, "policy": record["policy"],
               "mean_accuracy": record["mean_accuracy"],
               "streams": {s["stream"]: [w["accuracy"] if w["scored"] else None
                                         for w in s["windows"]] for s in record["streams"]}}
              for cores, record in records]
    text = ",\n ".join(json.dumps(entry) for entry in detail)
    (directory / "contended.json").write_text(f"[{text}]\n", encoding="utf-8")


def main(arguments):
    actions = {"streams": (make_streams, 2, 2), "capacity": (print_capacity, 1, 1),
               "table": (make_table, 3, 4)}
    action, least, most = actions.get(arguments[0] if arguments else "", (None, 0, 0))
    if action is None or not least <= len(arguments) - 1 <= most:
        sys.exit(__doc__)
    action(*arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
