#!/usr/bin/env python3
"""A synthetic store of a service, to measure ekya-report on: report_store.py STORE

  --windows N   retraining windows [1000]
  --streams N   cameras [8]
  --seconds N   of a window [200]
  --labels N    labels of each window and camera [100]
  --no-shares   without use.jsonl: shares are then drawn from plans
Numbers are made up, records are whole: they fit their schemas. Standard library only.
"""
import argparse
import datetime
import json
import math
import pathlib
import random

BEGIN = 1764547200  # 2025-12-01T00:00:00Z
CLASSES = ["car", "person", "truck", "bicycle"]
LAYERS = ["head", "last_stage", "all"]


def config(epochs, layers):
    return {"epochs": epochs, "data_fraction": 1.0, "layers": layers, "batch_size": 32,
            "head_width": 0, "learning_rate": 0.02}


def name_of(c):
    return f"e{c['epochs']}-f1-{c['layers']}-b32-h0-lr0.02"


def write(path, record):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, separators=(",", ":")) + "\n")


def utc(time):
    moment = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Camera:
    def __init__(self, number):
        self.id = f"camera-{number:02d}"
        self.random = random.Random(number)
        self.level = 0.75 + 0.1 * self.random.random()
        self.model = "base"

    def agreement(self, window, labels):
        share = self.level + 0.1 * math.sin(window / 40 + self.level * 60)
        share = min(0.99, max(0.3, share + self.random.gauss(0, 0.04)))
        half = 1.96 * math.sqrt(share * (1 - share) / labels)
        return {"model": self.model, "labels": labels, "share": share,
                "low": max(0, share - half), "high": min(1, share + half)}

    def write_window(self, root, window, o):
        place = root / "streams" / self.id
        begin = BEGIN + window * o.seconds
        frames = 10 * o.seconds
        agreement = self.agreement(window, o.labels)
        mix = [abs(math.sin(window / 60 + i)) + 0.1 for i in range(len(CLASSES))]
        asked = int(o.labels * 1.4)
        write(place / "windows" / f"{window:05d}" / "labels.json", {
            "schema": "ekya.labels/1", "stream": self.id, "window": window,
            "teacher": "golden.onnx", "fraction": 0.3, "complete": True, "seconds": 0.5,
            "labels": [{"crop": i, "class": CLASSES[i % 4], "score": 0.9}
                       for i in range(o.labels)],
            "yield": {"asked": asked, "given": o.labels, "nothing": (asked - o.labels) // 2,
                      "below_score": asked - o.labels - (asked - o.labels) // 2,
                      "other_classes": {}},
            "agreement": agreement})
        configs = [config(epochs, layers) for layers in LAYERS for epochs in (5, 15, 30)]
        write(place / "profiles" / f"{window:05d}.json", {
            "schema": "ekya.profile/1", "stream": self.id, "window": window,
            "accuracy": agreement["share"], "model": self.model, "labels": o.labels,
            "retraining": [{"config": c, "accuracy": min(1, agreement["share"] + 0.01 * i),
                            "device_seconds": 1 + 3 * i, "accuracy_error": 0.03}
                           for i, c in enumerate(configs)],
            "inference": [{"config": {"frame_stride": s, "input_size": 0},
                           "relative_accuracy": 1 - 0.01 * s, "share": 0.05 / s}
                          for s in (1, 2, 3, 5, 10, 30)],
            "profiling_seconds": 0.4,
            "scene": {"class_shares": {c: m / sum(mix) for c, m in zip(CLASSES, mix)}},
            "drift": {"drifted": self.random.random() < 0.1,
                      "class_distance": 0.2 * self.random.random(), "chance_distance": 0.08}})
        models = [{"model": self.model, "from_frame": window * frames,
                   "from_time": window * o.seconds}]
        if window > 0 and self.random.random() < 0.6:
            chosen = self.random.choice(configs)
            start = o.seconds * (0.1 + 0.1 * self.random.random())
            end = o.seconds * (0.3 + 0.5 * self.random.random())
            served = self.random.random() < 0.8
            model = f"w{window:05d}-{name_of(chosen)}"
            write(place / "retrainings" / f"{window:05d}.json", {
                "schema": "ekya.retraining/1", "stream": self.id, "window": window,
                "config": name_of(chosen), "expected_accuracy": min(1, agreement["share"] + 0.05),
                "expected_end": end, "outcome": "served" if served else "refused", "model": model,
                "moments": [{"what": "planned", "time": start, "share": 0.05},
                            {"what": "started", "time": start, "share": 0.05},
                            {"what": "share", "time": (start + end) / 2, "share": 0.1},
                            {"what": "trained", "time": end, "share": 0},
                            {"what": "ended", "time": end + 0.1, "share": 0}],
                "granted": 0.075 * (end - start), "used": 0.07 * (end - start)})
            if served:
                self.model = model
                models.append({"model": model, "from_frame": int(window * frames + 10 * end),
                               "from_time": window * o.seconds + end})
        write(place / "results" / f"{window:05d}.json", {
            "schema": "ekya.accuracy/1", "stream": self.id, "window": window, "utc": utc(begin),
            "complete": True, "seconds": o.seconds, "frames": frames, "seen": frames,
            "analysed": frames - 10, "lost": 0, "objects": 0, "correct": 0, "accuracy": None,
            "models": models, "device_seconds": 10, "latency_p50": 0.004, "latency_p99": 0.02})

    def write_shares(self, root, o):
        place = root / "jobs" / f"{self.id}.infer"
        place.mkdir(parents=True, exist_ok=True)
        seconds = o.windows * o.seconds
        with open(place / "use.1.jsonl", "w") as first, open(place / "use.jsonl", "w") as second:
            for second_of_run in range(seconds):
                share = 0.04 if second_of_run % o.seconds < 0.2 * o.seconds else 0.95 / o.streams
                line = (f'{{"paused":false,"schema":"ekya.job-use/1","seconds":1.0000012345678,'
                        f'"share":{share},"throttled":0.0,"time":{BEGIN + second_of_run}.1234567,'
                        f'"used":0.02432103250000002}}\n')
                (first if second_of_run < seconds / 2 else second).write(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=pathlib.Path)
    parser.add_argument("--windows", type=int, default=1000)
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=200)
    parser.add_argument("--labels", type=int, default=100)
    parser.add_argument("--no-shares", action="store_true")
    o = parser.parse_args()
    cameras = [Camera(number) for number in range(o.streams)]
    for window in range(o.windows):
        for camera in cameras:
            camera.write_window(o.store, window, o)
        step = {"inference": {"frame_stride": 1, "input_size": 0}}
        write(o.store / "plans" / f"{window:05d}.json", {
            "schema": "ekya.plan/1", "policy": "best", "window": window, "gpus": 1,
            "horizon": 0.9 * o.seconds, "min_accuracy": 0, "mean_accuracy": 0.8,
            "decision_seconds": 0.001, "violations": [],
            "streams": [{"stream": camera.id, "retraining": None, "expected_accuracy": 0.8,
                         "steps": [{"start": 0, "inference_share": 0.04,
                                    "retraining_share": 0.0, **step},
                                   {"start": 0.3 * o.seconds, "inference_share": 0.95 / o.streams,
                                    "retraining_share": 0.0, **step}]}
                        for camera in cameras]})
    for camera in cameras:
        place = o.store / "streams" / camera.id
        (place / "models").mkdir(exist_ok=True)
        write(place / "serving.json", {"schema": "ekya.serving/1", "stream": camera.id,
                                       "model": camera.model, "previous": "base"})
        if not o.no_shares:
            camera.write_shares(o.store, o)


if __name__ == "__main__":
    main()
