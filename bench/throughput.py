#!/usr/bin/env python3
"""Ours against plain PyTorch: images per second of retraining and inference. Run it by throughput.sh.

Both sides do the same on the same libtorch, network, batch and threads, in turns: crops from bytes, standardised one by one;
retraining with shift, zoom, mirror image and light drawn anew for each crop, label smoothing, class weights, SGD with
Nesterov momentum; inference down to class and probability. Written as one would in PyTorch: networks of torchvision, modules
and optimiser as they are, frozen layers run in evaluation mode without gradients. Detectors: throughput_detector.py.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
import torchvision
from torch import nn


def resnet18(width, size, classes):
    from torchvision.models.resnet import BasicBlock
    channels = [max(8, 8 * int(c * width / 8 + 0.5)) for c in (64, 128, 256, 512)]
    layers = nn.Sequential()
    kernel = 7 if size >= 128 else 3
    layers.append(nn.Conv2d(3, channels[0], kernel, 2, kernel // 2, bias=False))
    layers.append(nn.BatchNorm2d(channels[0]))
    layers.append(nn.ReLU(inplace=True))
    if size > 48:
        layers.append(nn.MaxPool2d(3, 2, 1))
    previous = channels[0]
    for stage, out in enumerate(channels):
        for block in range(2):
            stride = 2 if stage > 0 and block == 0 else 1
            way_round = None
            if stride != 1 or previous != out:
                way_round = nn.Sequential(nn.Conv2d(previous, out, 1, stride, bias=False), nn.BatchNorm2d(out))
            layers.append(BasicBlock(previous, out, stride, way_round))
            previous = out
    layers.extend([nn.AdaptiveAvgPool2d(1), nn.Flatten()])
    return nn.Sequential(layers, nn.Linear(previous, classes))


def mobilenet_v2(width, size, classes):
    setting = [[1, 16, 1, 1], [6, 24, 2, 2 if size > 48 else 1], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]]
    whole = torchvision.models.mobilenet_v2(num_classes=classes, width_mult=width, inverted_residual_setting=setting, dropout=0.0)
    return nn.Sequential(nn.Sequential(whole.features, nn.AdaptiveAvgPool2d(1), nn.Flatten()), whole.classifier)


def shufflenet_v2(width, size, classes):
    published = {0.5: [48, 96, 192], 1.0: [116, 232, 464], 1.5: [176, 352, 704], 2.0: [244, 488, 976]}
    stages = published.get(width, [max(8, 8 * int(c * width / 8 + 0.5)) for c in published[1.0]])
    whole = torchvision.models.ShuffleNetV2([4, 8, 4], [24, *stages, 2048 if width >= 2 else 1024], num_classes=classes)
    pool = [whole.maxpool] if size > 48 else []
    features = nn.Sequential(whole.conv1, *pool, whole.stage2, whole.stage3, whole.stage4, whole.conv5, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(features, whole.fc)


def centred(x):
    """Mean 0 and deviation 1, each picture for itself."""
    x = x - x.mean((1, 2, 3), keepdim=True)
    return x * torch.rsqrt(x.square().mean((1, 2, 3), keepdim=True) + 0.003)


def standardised(crops):
    return centred(crops.permute(0, 3, 1, 2).float() / 255)


def between(count, low, high):
    return torch.rand(count) * (high - low) + low


def movement(count, shift, zoom):
    """Where each output pixel comes from: shifts, zooms and mirror images, [N, 2, 3]. @param shift of the side, either way"""
    scale = torch.exp(between(count, -1, 1) * torch.log(torch.tensor(1 + zoom)))
    mirror = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    zero = torch.zeros(count)
    return torch.stack([torch.stack([scale * mirror, zero, between(count, -2 * shift, 2 * shift)], 1),
                        torch.stack([zero, scale, between(count, -2 * shift, 2 * shift)], 1)], 1)


def moved_and_lit(x, theta, padding):
    count = x.size(0)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    moved = F.grid_sample(x, grid, mode="bilinear", padding_mode=padding, align_corners=False)
    contrast = torch.exp(between(count, -1, 1) * torch.log(torch.tensor(1.6)))
    return moved * contrast.view(-1, 1, 1, 1) + between(count, -0.6, 0.6).view(-1, 1, 1, 1)


def augmented(x):
    return moved_and_lit(x, movement(x.size(0), shift=0.12, zoom=0.15), "border")


class Plain:
    """The PyTorch side."""

    def __init__(self, arguments):
        self.a = arguments
        torch.manual_seed(1)
        torch.set_num_threads(arguments.threads)
        self.format = torch.channels_last if arguments.channels_last else torch.contiguous_format
        self.crops = torch.randint(0, 256, (arguments.images, arguments.input_size, arguments.input_size, 3), dtype=torch.uint8)
        self.labels = torch.arange(arguments.images) % arguments.classes
        self.serving = self.network().eval()

    def network(self):
        return globals()[self.a.network](self.a.width, self.a.input_size, self.a.classes).to(memory_format=self.format)

    def retraining(self, head_only):
        network = self.network().train()
        features, head = network[0], network[1]
        if head_only:
            features.eval().requires_grad_(False)
        optimiser = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.02, momentum=0.9, nesterov=True, weight_decay=5e-4)
        loss_of = nn.CrossEntropyLoss(weight=torch.ones(self.a.classes), label_smoothing=0.05)
        x = standardised(self.crops)
        for _ in range(self.a.epochs):
            for indices in torch.randperm(len(x)).split(self.a.batch):
                batch = augmented(x[indices]).contiguous(memory_format=self.format)
                optimiser.zero_grad()
                with torch.autocast("cpu", torch.bfloat16, enabled=self.a.precision == "mixed"):
                    with torch.set_grad_enabled(not head_only):
                        pooled = features(batch)
                    logits = head(pooled)
                loss = loss_of(logits.float(), self.labels[indices])
                loss.item()
                loss.backward()
                optimiser.step()

    def inference(self):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.a.precision == "mixed"):
            for crops in self.crops.split(self.a.batch):
                logits = self.serving(standardised(crops).contiguous(memory_format=self.format))
                probability, index = logits.float().softmax(1).max(1)
                list(zip(index.tolist(), probability.tolist()))

    def measure(self, what):
        begin = time.process_time()
        self.inference() if what == "inference" else self.retraining(what == "head")
        return time.process_time() - begin


class Ours:
    """ekya-bench-nn in a process of its own; both take turns."""

    def __init__(self, arguments, weights):
        options = ["task", "network", "width", "input_size", "input_height", "classes", "batch", "images", "epochs", "threads", "precision"]
        flags = [f"--{name.replace('_', '-')}={getattr(arguments, name)}" for name in options] + [f"--weights={weights}"]
        self.process = subprocess.Popen([arguments.program, *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"throughput.py: error: {self.process.args[0]} ended with {self.process.wait()}")
        return float(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def works_of(arguments):
    if arguments.task == "detection":
        return ("inference", "head", "last_stage", "all")
    if arguments.precision == "mixed":
        return ("inference", "all") if arguments.network == "resnet18" else ("inference",)
    return ("inference", "head", "all")


def compare(arguments, ours, plain):
    detects = arguments.task == "detection"
    size = f"{arguments.input_size}x{arguments.input_height}" if arguments.input_height else str(arguments.input_size)
    for what in works_of(arguments):
        passes = 1 if what == "inference" else arguments.epochs
        times = {"ours": [], "plain": []}
        for run in range(arguments.runs + 1):
            for name, side in (("ours", ours), ("plain", plain)):
                seconds = side.measure(what)
                if run > 0:   # the first one warms up
                    times[name].append(seconds)
        if detects and what == "inference":
            plain.require_as_many(ours.measure("boxes"))
        speed = {name: arguments.images * passes / statistics.median(values) for name, values in times.items()}
        print(f"{'detector ' if detects else ''}{arguments.network},{arguments.width:g},{size},{arguments.batch},{arguments.threads},"
              f"{arguments.precision},{what},{speed['ours']:.0f},{speed['plain']:.0f},{speed['ours'] / speed['plain']:.2f},"
              f"{ours.measure('memory'):.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="ekya-bench-nn")
    parser.add_argument("--task", default="classification", choices=["classification", "detection"])
    parser.add_argument("--network", default="resnet18", choices=["resnet18", "mobilenet_v2", "shufflenet_v2"], help="detection: resnet18")
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--input-size", default="32", help="pixels; WIDTHxHEIGHT unless square")
    parser.add_argument("--classes", type=int, help="[5, detection 1]")
    parser.add_argument("--batch", type=int, help="[32, detection 4]")
    parser.add_argument("--images", type=int, default=320)
    parser.add_argument("--epochs", type=int, help="[3, detection 5]")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--channels-last", action="store_true", help="PyTorch with channels last in memory, as ours")
    parser.add_argument("--precision", default="full", choices=["full", "mixed", "auto"],
                        help="of both sides; mixed: inference and, of ResNets, all layers; auto: what ours takes, PyTorch full")
    arguments = parser.parse_args()
    detects = arguments.task == "detection"
    if detects and arguments.network != "resnet18":
        parser.error("detection: resnet18 alone is written for PyTorch")
    width, _, height = arguments.input_size.partition("x")
    arguments.input_size, arguments.input_height = int(width), int(height or 0)
    for name, usual in (("classes", (5, 1)), ("batch", (32, 4)), ("epochs", (3, 5))):
        if getattr(arguments, name) is None:
            setattr(arguments, name, usual[detects])

    with tempfile.TemporaryDirectory() as directory:
        weights = os.path.join(directory, "weights.pt")
        ours = Ours(arguments, weights)
        ours.measure("memory")   # its weights are written
        if detects:
            from throughput_detector import PlainDetector
            plain = PlainDetector(arguments, weights)
        else:
            plain = Plain(arguments)
        compare(arguments, ours, plain)
        ours.close()


if __name__ == "__main__":
    main()
