"""The PyTorch side of throughput.py for detectors: network, targets, loss and suppression as one would write them there.

A ResNet-18, a feature pyramid down to stride 4 and a head without anchors: logarithms of the distances to a box's four sides,
then a logit of each class that is high at centres of objects (program_builder.cpp, detection_objective.cpp).
"""
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

import throughput

STRIDE, SIDES = 4, 4
FRAME_WIDTH, FRAME_HEIGHT = 640, 480
MIN_SCORE, MOST_PEAKS, MOST_OVERLAP = 0.3, 300, 0.5


def channels(published, width):
    return max(8, 8 * int(published * width / 8 + 0.5))


class Strided(nn.Conv2d):
    """1x1, every other pixel. oneDNN 2.7, which libtorch 1.13 has, writes beyond its memory in the gradient of such convolutions
    where the number of channels is no multiple of 16, and the process may crash (network.cpp): pixels are left out before."""

    def forward(self, x):
        if self.in_channels % 16 == 0:
            return super().forward(x)
        return F.conv2d(x[:, :, ::self.stride[0], ::self.stride[1]], self.weight)


class ConvNorm(nn.Module):
    def __init__(self, before, out, kernel):
        super().__init__()
        self.conv = nn.Conv2d(before, out, kernel, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(out)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Level(ConvNorm):
    def __init__(self, before, out):
        super().__init__(before, out, 1)
        self.smooth = ConvNorm(out, out, 3)

    def forward(self, level, coarser):
        return self.smooth(super().forward(level) + F.interpolate(coarser, size=level.shape[2:], mode="nearest"))


class Head(ConvNorm):
    def __init__(self, wide, classes):
        super().__init__(wide, wide, 3)
        self.out = nn.Conv2d(wide, SIDES + classes, 1)
        nn.init.normal_(self.out.weight, 0, 0.01)
        nn.init.constant_(self.out.bias[:SIDES], math.log(1.5))
        nn.init.constant_(self.out.bias[SIDES:], math.log(0.02 / 0.98))

    def forward(self, x):
        return self.out(super().forward(x))


class Detector(nn.Module):
    """Tensors have the names that ekya's have."""

    def __init__(self, width, classes):
        from torchvision.models.resnet import BasicBlock
        super().__init__()
        wide, outs = channels(128, max(width, 0.25)), [channels(c, width) for c in (64, 128, 256, 512)]
        self.conv1 = nn.Conv2d(3, outs[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(outs[0])
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        previous = outs[0]
        for stage, out in enumerate(outs):
            blocks = nn.Sequential()
            for block in range(2):
                stride = 2 if stage > 0 and block == 0 else 1
                way_round = None
                if stride != 1 or previous != out:
                    way_round = nn.Sequential(Strided(previous, out, 1, stride, bias=False), nn.BatchNorm2d(out))
                blocks.append(BasicBlock(previous, out, stride, way_round))
                previous = out
            self.add_module(f"layer{stage + 1}", blocks)
        self.neck = nn.ModuleDict({"stride32": ConvNorm(outs[3], wide, 1), "stride16": Level(outs[2], wide),
                                   "stride8": Level(outs[1], wide), "stride4": Level(outs[0], wide)})
        self.head = Head(wide, classes)

    def forward(self, x, trained="all"):
        with torch.set_grad_enabled(torch.is_grad_enabled() and trained == "all"):
            x = self.maxpool(F.relu(self.bn1(self.conv1(x)), inplace=True))
            stride4 = self.layer1(x)
            stride8 = self.layer2(stride4)
            stride16 = self.layer3(stride8)
        with torch.set_grad_enabled(torch.is_grad_enabled() and trained != "head"):
            x = self.neck["stride32"](self.layer4(stride16))
            x = self.neck["stride16"](stride16, x)
            x = self.neck["stride8"](stride8, x)
            x = self.neck["stride4"](stride4, x)
        return self.head(x)

    def train_only(self, trained):
        self.train()
        thawed = {"all": [self], "last_stage": [self.layer4, self.neck, self.head], "head": [self.head]}[trained]
        if trained != "all":
            self.eval().requires_grad_(False)
            for part in thawed:
                part.train().requires_grad_(True)
        return self


def random_frames(count):
    """As ekya-bench-nn draws them: BGR bytes [N, H, W, 3] and boxes [N, 30, 4]."""
    engine = np.random.RandomState(1)   # std::mt19937's numbers
    columns, rows = 6, 5
    width, height = FRAME_WIDTH // columns, FRAME_HEIGHT // rows
    frames, boxes = [], []
    for _ in range(count):
        frame = (90 + (engine.randint(0, 2**32, FRAME_WIDTH * FRAME_HEIGHT * 3, np.uint32) >> 28)).astype(np.uint8)
        frame = frame.reshape(FRAME_HEIGHT, FRAME_WIDTH, 3)
        drawn = engine.randint(0, 2**32, (columns * rows, 4), np.uint32).astype(np.int64)
        boxes.append([])
        for tile, (a, b, c, d) in enumerate(drawn):
            w, h = 24 + a % 56, 24 + b % 48
            x, y = width * (tile % columns) + c % (width - w), height * (tile // columns) + d % (height - h)
            frame[y:y + h, x:x + w] += 100
            boxes[-1].append([x, y, x + w, y + h])
        frames.append(frame)
    return np.stack(frames), np.array(boxes, np.float32)


class Letterbox:
    """Whole frames as large as they fit into the input, the rest grey."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.scale = min(width / FRAME_WIDTH, height / FRAME_HEIGHT)
        self.inner = round(FRAME_HEIGHT * self.scale), round(FRAME_WIDTH * self.scale)
        self.top, self.left = (height - self.inner[0]) // 2, (width - self.inner[1]) // 2
        self.corner = torch.tensor([self.left, self.top, self.left, self.top])
        self.limits = torch.tensor([FRAME_WIDTH, FRAME_HEIGHT, FRAME_WIDTH, FRAME_HEIGHT])

    def inputs(self, frames):
        x = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255
        x = F.interpolate(x, self.inner, mode="bilinear", align_corners=False).flip(1)   # of half the size: means of four
        right, below = self.width - self.inner[1] - self.left, self.height - self.inner[0] - self.top
        x = F.pad(x, (self.left, right, self.top, below), value=114 / 255)
        return throughput.centred(x)

    def into(self, boxes):
        return (boxes * self.scale + self.corner.numpy()).astype(np.float32)

    def back(self, boxes):
        return torch.minimum(((boxes - self.corner) / self.scale).clamp_min(0), self.limits)


def moved_boxes(boxes, labels, theta, width, height):
    """Where they come to lie, those that can be seen; which of them are seen too little to be learned."""
    side = np.array([width, height, width, height], np.float32)
    scale = np.array([theta[0][0], theta[1][1]] * 2, np.float32)
    shift = np.array([theta[0][2], theta[1][2]] * 2, np.float32)
    moved = ((2 * boxes / side - 1 - shift) / scale + 1) * side / 2
    moved = np.concatenate([np.minimum(moved[:, :2], moved[:, 2:]), np.maximum(moved[:, :2], moved[:, 2:])], 1)
    seen = np.clip(moved, 0, side)
    part = (seen[:, 2:] - seen[:, :2]).prod(1) / (moved[:, 2:] - moved[:, :2]).prod(1)
    there = part > 0.1
    return seen[there], labels[there], part[there] < 0.3


class Targets:
    """Centres as blobs; the cells in the middle of an object, which tell its box."""

    def __init__(self, pictures, classes, height, width):
        heat = np.zeros((len(pictures), classes, height, width), np.float32)
        counts = np.ones((len(pictures), 1, height, width), np.float32)
        cells, corners, weights = [], [], []
        self.objects = 0
        for i, (boxes, labels, ignored) in enumerate(pictures):
            for x0, y0, x1, y1 in boxes[ignored]:
                counts[i, 0, int(y0 // STRIDE):math.ceil(y1 / STRIDE), int(x0 // STRIDE):math.ceil(x1 / STRIDE)] = 0
            boxes, labels = boxes[~ignored], labels[~ignored]
            taken = np.zeros((height, width), bool)
            sides = boxes[:, 2:] - boxes[:, :2]
            self.objects += len(boxes)
            for j in np.argsort(sides.prod(1), kind="stable"):   # of overlapping ones the smaller
                cx, cy = (min(int(c / STRIDE), most - 1) for c, most in zip((boxes[j, :2] + boxes[j, 2:]) / 2, (width, height)))
                rx, ry = (int(0.54 * side / (2 * STRIDE)) for side in sides[j])
                xs = np.arange(max(cx - rx, 0), min(cx + rx, width - 1) + 1)
                ys = np.arange(max(cy - ry, 0), min(cy + ry, height - 1) + 1)
                blob = np.outer(np.exp(-((ys - cy) * 6 / (2 * ry + 1)) ** 2 / 2), np.exp(-((xs - cx) * 6 / (2 * rx + 1)) ** 2 / 2))
                here = np.s_[ys[0]:ys[-1] + 1, xs[0]:xs[-1] + 1]
                np.maximum(heat[i, labels[j]][here], blob, out=heat[i, labels[j]][here], casting="same_kind")
                counts[i, 0, cy, cx] = 1
                v, u = np.nonzero(~taken[here])
                taken[here] = True
                if len(v) == 0:
                    continue
                weight = blob[v, u]
                cells.append((i * height + ys[v]) * width + xs[u])
                corners.append(np.broadcast_to(boxes[j], (len(v), 4)))
                weights.append(weight / weight.sum())
        self.heat, self.counts = torch.from_numpy(heat), torch.from_numpy(counts)
        self.cells = torch.from_numpy(np.concatenate(cells)) if cells else None
        if cells:
            self.corners = torch.from_numpy(np.concatenate(corners))
            self.weights = torch.from_numpy(np.concatenate(weights)).float()


def centres_of(cells, height, width):
    y, x = torch.div(cells, width, rounding_mode="floor") % height, cells % width
    return STRIDE * (torch.stack([x, y], 1) + 0.5)


def boxes_around(centres, distances):
    return torch.cat([centres - distances[:, :2], centres + distances[:, 2:]], 1)


def loss_of(outputs, pictures, class_weights):
    height, width = outputs.shape[2:]
    logits = outputs[:, SIDES:]
    targets = Targets(pictures, logits.shape[1], height, width)
    probability = logits.sigmoid()
    found = -(1 - probability) ** 2 * F.logsigmoid(logits) * class_weights
    false_alarm = -(1 - targets.heat) ** 4 * probability ** 2 * F.logsigmoid(-logits)
    loss = (torch.where(targets.heat == 1, found, false_alarm) * targets.counts).sum()
    if targets.cells is not None:
        told = outputs.permute(0, 2, 3, 1).reshape(-1, outputs.shape[1])[targets.cells, :SIDES]
        boxes = boxes_around(centres_of(targets.cells, height, width), told.clamp(-4, 6).exp() * STRIDE)
        loss = loss + 2 * (torchvision.ops.generalized_box_iou_loss(boxes, targets.corners) * targets.weights).sum()
    return loss / max(1, targets.objects)


def boxes_of(outputs):
    """Of each picture in its input's pixels: boxes, labels and scores, by falling score, without doubles."""
    height, width = outputs.shape[2:]
    scores = outputs[:, SIDES:].sigmoid()
    peaks = (scores == F.max_pool2d(scores, 3, 1, 1)) & (scores >= MIN_SCORE)
    for distances, heat, there in zip(outputs[:, :SIDES], scores, peaks):
        label, y, x = there.nonzero(as_tuple=True)
        score, order = heat[label, y, x].sort(descending=True)
        score, order = score[:MOST_PEAKS], order[:MOST_PEAKS]
        label, y, x = label[order], y[order], x[order]
        boxes = boxes_around(STRIDE * (torch.stack([x, y], 1) + 0.5), STRIDE * distances[:, y, x].T.clamp_max(6).exp())
        kept = torchvision.ops.batched_nms(boxes, score, label, MOST_OVERLAP)
        yield boxes[kept], label[kept], score[kept]


class PlainDetector:
    """The PyTorch side. @param weights of ekya-bench-nn, that both serve."""

    def __init__(self, arguments, weights):
        self.a = arguments
        torch.manual_seed(1)
        torch.set_num_threads(arguments.threads)
        self.format = torch.channels_last if arguments.channels_last else torch.contiguous_format
        self.letterbox = Letterbox(arguments.input_size, arguments.input_height or arguments.input_size)
        self.frames, boxes = random_frames(arguments.images)
        self.boxes = self.letterbox.into(boxes)
        self.labels = np.arange(boxes.shape[1]) % arguments.classes
        self.serving = self.network().eval()
        self.serving.load_state_dict(torch.load(weights))
        self.found = 0

    def network(self):
        return Detector(self.a.width, self.a.classes).to(memory_format=self.format)

    def autocast(self):
        return torch.autocast("cpu", torch.bfloat16, enabled=self.a.precision == "mixed")

    def augmented(self, x, boxes):
        theta = throughput.movement(len(x), shift=0.1, zoom=0.25)
        pictures = [moved_boxes(of_frame, self.labels, one, x.shape[3], x.shape[2]) for one, of_frame in zip(theta.tolist(), boxes)]
        return throughput.moved_and_lit(x, theta, "zeros"), pictures

    def retraining(self, trained):
        network = self.network().train_only(trained)
        parameters = [p for p in network.parameters() if p.requires_grad]
        optimiser = torch.optim.SGD(parameters, lr=0.02, momentum=0.9, nesterov=True, weight_decay=5e-4)
        class_weights = torch.ones(self.a.classes).view(1, -1, 1, 1)
        x = torch.cat([self.letterbox.inputs(self.frames[i:i + self.a.batch]) for i in range(0, len(self.frames), self.a.batch)])
        for _ in range(self.a.epochs):
            for indices in torch.randperm(len(x)).split(self.a.batch):
                batch, pictures = self.augmented(x[indices], self.boxes[indices.numpy()])
                optimiser.zero_grad()
                with self.autocast():
                    outputs = network(batch.contiguous(memory_format=self.format), trained)
                loss = loss_of(outputs.float(), pictures, class_weights)
                loss.item()
                loss.backward()
                nn.utils.clip_grad_norm_(parameters, 5)
                optimiser.step()
        return network

    def inference(self):
        self.found = 0
        with torch.inference_mode(), self.autocast():
            for first in range(0, len(self.frames), self.a.batch):
                x = self.letterbox.inputs(self.frames[first:first + self.a.batch])
                outputs = self.serving(x.contiguous(memory_format=self.format)).float()
                for boxes, labels, scores in boxes_of(outputs):
                    boxes = self.letterbox.back(boxes)
                    there = ((boxes[:, 2:] - boxes[:, :2]) > 0).all(1)
                    answers = list(zip(boxes[there].tolist(), labels[there].tolist(), scores[there].tolist()))
                    self.found += len(answers)

    def measure(self, what):
        begin = time.process_time()
        self.inference() if what == "inference" else self.retraining(what)
        return time.process_time() - begin

    def require_as_many(self, boxes):
        """Both serve the same weights on the same frames."""
        mine = self.found / len(self.frames)
        if abs(mine - boxes) > 0.02 * boxes:
            sys.exit(f"throughput.py: error: PyTorch finds {mine:.2f} boxes in a frame, ours {boxes:.2f}")
