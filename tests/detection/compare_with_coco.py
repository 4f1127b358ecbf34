#!/usr/bin/env python3
"""Compares the score of a window for detection with pycocotools: compare_with_coco.py PROGRAM

PROGRAM is score-detection. Windows of random objects and answers to them, with analysed, skipped
and lost frames, are scored by both: F1, precision and recall by the matches at IoU 0.3 that
COCOeval finds, average precision by its accumulation at IoU 0.5. They must agree within 1e-6.
Which boxes hold in a frame that was not analysed is worked out here once more.
pycocotools is that of this interpreter, or of .venv-tests, which scripts/setup.sh makes.
Exit: 0 they agree; 1 they do not; 2 wrong command line; 77 there is no pycocotools.
"""
import contextlib
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

CHECKERS = pathlib.Path(__file__).resolve().parents[2] / ".venv-tests/bin/python"
CLASSES = ("bicycle", "bus", "car", "pedestrian")
WINDOWS = 200
TOLERANCE = 1e-6

try:
    import numpy
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
except ImportError as error:
    if CHECKERS.exists() and pathlib.Path(sys.prefix) != CHECKERS.parents[1]:
        os.execv(CHECKERS, [str(CHECKERS), *sys.argv])
    print(f"skipped: {error}; scripts/setup.sh installs pycocotools", file=sys.stderr)
    sys.exit(77)


def random_box(rng):
    x, y = rng.uniform(0, 500), rng.uniform(0, 400)
    return [x, y, x + rng.uniform(8, 80), y + rng.uniform(8, 60)]


def jittered(rng, box):
    amount = rng.choice((0.02, 0.1, 0.25))
    width, height = box[2] - box[0], box[3] - box[1]
    dx, dy = rng.gauss(0, amount * width), rng.gauss(0, amount * height)
    wider, higher = rng.uniform(-amount, amount) * width, rng.uniform(-amount, amount) * height
    return [box[0] + dx, box[1] + dy, box[2] + dx + wider, box[3] + dy + higher]


def random_score(rng, coarse):
    """Coarse ones: many answers are equally sure."""
    return round(rng.random(), 1) if coarse else rng.random()


def random_answers(rng, objects, classes, coarse):
    """Found, found twice, taken for another class, missed; and what is not there at all."""
    answers = []
    for thing in objects:
        for _ in range(rng.choice((0, 1, 1, 1, 1, 2))):
            name = thing["class"] if rng.random() < 0.85 else rng.choice(classes)
            answers.append({"box": jittered(rng, thing["box"]), "class": name,
                            "score": random_score(rng, coarse)})
    for _ in range(rng.choice((0, 0, 1, 3))):
        answers.append({"box": random_box(rng), "class": rng.choice(classes),
                        "score": random_score(rng, coarse)})
    rng.shuffle(answers)
    return answers


class Window:
    """Objects of every frame, and what inference answered for those that reached it."""

    def __init__(self, rng):
        self.frames = rng.choice((1, 5, 30, 60))
        self.carry = rng.choice(("last", "track"))
        classes = CLASSES[:rng.randint(1, len(CLASSES))]
        crowded, coarse = rng.choice((0, 2, 6, 12)), rng.random() < 0.5
        analysed = rng.choice((1, 0.5))
        self.truth, self.answers = [], {}
        for frame in range(self.frames):
            # Of the last class there are answers only.
            known = classes[:-1] if len(classes) > 2 else classes
            self.truth.append([{"box": random_box(rng), "class": rng.choice(known), "score": 1}
                               for _ in range(rng.randint(0, crowded))])
            if rng.random() < 0.1:
                continue  # lost
            is_analysed = rng.random() < analysed
            objects = []
            if is_analysed or self.carry == "track":
                objects = random_answers(rng, self.truth[-1], classes, coarse)
            self.answers[frame] = (is_analysed, objects)

    def boxes(self):
        """What holds in each frame."""
        holds = []
        for frame in range(self.frames):
            analysed, objects = self.answers.get(frame, (False, None))
            if objects is not None and (analysed or self.carry == "track"):
                holds = objects
            yield holds

    def write(self, directory):
        with open(directory / "answers.jsonl", "w", encoding="utf-8") as out:
            for frame, (analysed, objects) in self.answers.items():
                print(json.dumps(record(frame, analysed, objects)), file=out)
        with open(directory / "truth.jsonl", "w", encoding="utf-8") as out:
            for frame, objects in enumerate(self.truth):
                print(json.dumps(record(frame, True, objects)), file=out)


def record(frame, analysed, objects):
    return {"schema": "ekya.inference/1", "stream": "scored", "window": 0, "frame": frame,
            "time": frame / 10, "analysed": analysed, "model": "base" if analysed else "",
            "objects": objects, "latency": 0}


def coco_of(window):
    """The window as COCO takes it."""
    def entries(frame, objects, first):
        for index, thing in enumerate(objects):
            x0, y0, x1, y1 = thing["box"]
            yield {"id": first + index, "image_id": frame + 1, "iscrowd": 0,
                   "category_id": CLASSES.index(thing["class"]) + 1, "score": thing["score"],
                   "bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0)}

    def of(frames):
        coco, annotations = COCO(), []
        for frame, objects in enumerate(frames):
            annotations.extend(entries(frame, objects, len(annotations) + 1))
        coco.dataset = {"images": [{"id": i + 1} for i in range(window.frames)],
                        "categories": [{"id": i + 1} for i in range(len(CLASSES))],
                        "annotations": annotations}
        coco.createIndex()
        return coco

    return of(window.truth), of(window.boxes())


def coco_score(window):
    """The fields of ekya.accuracy/1 that are compared, by COCOeval."""
    evaluation = COCOeval(*coco_of(window), iouType="bbox")
    params = evaluation.params
    params.iouThrs = numpy.array([0.3, 0.5])
    params.areaRng, params.areaRngLbl, params.maxDets = [[0, 1e10]], ["all"], [10_000]
    evaluation.evaluate()
    evaluation.accumulate()
    classes = []
    for index, name in enumerate(CLASSES):
        images = [e for e in evaluation.evalImgs
                  if e is not None and e["category_id"] == index + 1]
        objects = sum(len(e["gtIds"]) for e in images)
        answers = sum(len(e["dtIds"]) for e in images)
        matched = int(sum((e["dtMatches"][0] > 0).sum() for e in images))
        precisions = evaluation.eval["precision"][1, :, index, 0, 0]
        if objects or answers:
            classes.append({"class": name, "objects": objects, "answers": answers,
                            "matched": matched, "precision": matched / answers if answers else 0,
                            "recall": matched / objects if objects else 0,
                            "average_precision": float(precisions.mean()) if objects else None})
    objects, answers, matched = (sum(c[k] for c in classes)
                                 for k in ("objects", "answers", "matched"))
    precisions = [c["average_precision"] for c in classes if c["objects"]]
    return {"frames": window.frames, "seen": len(window.answers), "objects": objects,
            "correct": matched,
            "accuracy": 2 * matched / (objects + answers) if objects + answers else None,
            "detection": {
                "answers": answers, "matched": matched, "classes": classes,
                "mean_average_precision": sum(precisions) / len(precisions) if precisions else None}}


def differences(ours, theirs, place=""):
    if isinstance(theirs, dict):
        for key, value in theirs.items():
            yield from differences(ours.get(key), value, f"{place}/{key}")
    elif isinstance(theirs, list) and len(ours) == len(theirs):
        for index, value in enumerate(theirs):
            yield from differences(ours[index], value, f"{place}/{index}")
    elif isinstance(theirs, float) and isinstance(ours, (int, float)):
        if abs(ours - theirs) > TOLERANCE:
            yield f"{place}: {ours} found, pycocotools {theirs}"
    elif ours != theirs:
        yield f"{place}: {ours} found, pycocotools {theirs}"


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    rng = random.Random(20)
    compared, failed = {"answers": 0, "precisions": 0}, 0
    with tempfile.TemporaryDirectory(prefix="ekya-coco.") as name:
        directory = pathlib.Path(name)
        for number in range(WINDOWS):
            window = Window(rng)
            window.write(directory)
            out = subprocess.run(
                [sys.argv[1], directory / "answers.jsonl", directory / "truth.jsonl",
                 str(window.frames), window.carry], check=True, capture_output=True, text=True)
            with contextlib.redirect_stdout(io.StringIO()):
                theirs = coco_score(window)
            for difference in differences(json.loads(out.stdout), theirs):
                print(f"window {number} ({window.carry}): {difference}", file=sys.stderr)
                failed = 1
            compared["answers"] += theirs["detection"]["answers"]
            compared["precisions"] += sum(c["average_precision"] is not None
                                          for c in theirs["detection"]["classes"])
    print(f"{WINDOWS} windows, {compared['answers']} answers, "
          f"{compared['precisions']} average precisions compared")
    return failed


if __name__ == "__main__":
    sys.exit(main())
