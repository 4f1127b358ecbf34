#!/usr/bin/env python3
"""One table of what a GPU does with ekya's kernels and networks, beside plain PyTorch. Run it by scripts/gpu-check.sh.

ekya-bench-gpu and PyTorch (eager, written as one would: networks of torchvision, data copied to the card batch by batch) measure
in turns on the same card. With MPS two of our processes run side by side, each with its part of the card's threads.
"""
import argparse
import os
import subprocess
import sys
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import throughput  # noqa: E402

CASES = [('resnet18', 0.25, 32), ('resnet18', 1, 64), ('mobilenet_v2', 0.5, 32), ('shufflenet_v2', 0.5, 32)]
BATCHES = (1, 16, 128)


class Ours:
    """ekya-bench-gpu, which answers one command after the other."""

    def __init__(self, program, environment=None):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **(environment or {})})

    def tell(self, command):
        self.process.stdin.write(command + '\n')
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f'ekya-bench-gpu ended with {self.process.wait()}')
        return float(line)

    def ask(self, command):
        self.tell(command)
        return self.answer()


class Plain:
    """The PyTorch side."""

    def __init__(self, name, width, size, batch, mixed):
        self.size, self.batch, self.mixed = size, batch, mixed
        self.network = getattr(throughput, name)(width, size, 5).cuda()
        self.crops = torch.randint(0, 256, (max(4 * batch, 64), size, size, 3), dtype=torch.uint8)
        self.labels = torch.arange(len(self.crops)).cuda() % 5

    def autocast(self):
        return torch.autocast('cuda', torch.bfloat16, enabled=self.mixed)

    def inference(self, seconds):
        network, crops = self.network.eval(), self.crops[:self.batch]

        def once():
            with torch.inference_mode(), self.autocast():
                x = throughput.standardised(crops.cuda())
                probability, index = network(x).float().softmax(1).max(1)
                return probability.cpu(), index.cpu()
        for _ in range(5):
            once()
        images, begin = 0, time.monotonic()
        while time.monotonic() - begin < seconds:
            once()
            images += self.batch
        return images / (time.monotonic() - begin)

    def training(self, seconds):
        network = self.network.train()
        optimiser = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9, nesterov=True, weight_decay=5e-4)
        loss_of = torch.nn.CrossEntropyLoss(weight=torch.ones(5).cuda(), label_smoothing=0.05)
        x = throughput.standardised(self.crops.cuda())

        def epoch():
            for indices in torch.randperm(len(x), device='cuda').split(self.batch):
                batch = augmented(x[indices])
                optimiser.zero_grad()
                with self.autocast():
                    logits = network(batch)
                loss_of(logits.float(), self.labels[indices]).backward()
                optimiser.step()
            torch.cuda.synchronize()
        epoch()
        epoch()
        images, begin = 0, time.monotonic()
        while time.monotonic() - begin < seconds:
            epoch()
            images += len(x)
        return images / (time.monotonic() - begin)


def augmented(x):
    """As throughput.augmented, with all random numbers drawn on the card."""
    count = x.size(0)

    def between(low, high):
        return torch.rand(count, device='cuda') * (high - low) + low
    scale = torch.exp(between(-1, 1) * 0.13976)
    mirror = torch.where(torch.rand(count, device='cuda') < 0.5, -1.0, 1.0)
    zero = torch.zeros(count, device='cuda')
    theta = torch.stack([torch.stack([scale * mirror, zero, between(-0.24, 0.24)], 1),
                         torch.stack([zero, scale, between(-0.24, 0.24)], 1)], 1)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    moved = F.grid_sample(x, grid, mode='bilinear', padding_mode='border', align_corners=False)
    contrast = torch.exp(between(-1, 1) * 0.47)
    return moved * contrast.view(-1, 1, 1, 1) + between(-0.6, 0.6).view(-1, 1, 1, 1)


def kernels(ours, say):
    copy = ours.ask('copy')
    say(f'copy on the card: {copy:.0f} GB/s read and written')
    say('\n| kernel | GB/s | of copy |\n|---|---|---|')
    for name in ('crops-bgr', 'crops-nv12', 'letterbox-bgr', 'letterbox-nv12', 'difference-bgr', 'difference-nv12'):
        rate = ours.ask(name)
        say(f'| {name} | {rate:.0f} | {100 * rate / copy:.0f} % |')
    say(f'\nsuppression of boxes, 16 images of 1,000: {ours.ask("nms"):.2f} ms')


def networks(ours, say, seconds, cases):
    say('\n| network | precision | batch | inference, images/s | PyTorch | ratio | training, images/s | PyTorch | ratio |')
    say('|---|---|---|---|---|---|---|---|---|')
    for name, width, size in cases:
        for precision in ('full', 'mixed'):
            for batch in BATCHES:
                case = f'{name} {width} {size} {batch} {precision}'
                plain = Plain(name, width, size, batch, precision == 'mixed')
                row = f'| {name} x{width} {size} px | {precision} | {batch} '
                mine, other = ours.ask(f'inference {seconds} {case}'), plain.inference(seconds)
                row += f'| {mine:,.0f} | {other:,.0f} | {mine / other:.2f} '
                if batch > 1:  # batch norm needs two
                    mine, other = ours.ask(f'training {seconds} {case}'), plain.training(seconds)
                    row += f'| {mine:,.0f} | {other:,.0f} | {mine / other:.2f} |'
                else:
                    row += '| | | |'
                say(row)


def side_by_side(program, say, seconds):
    say('\n| MPS: inference / training | inference, images/s | training, images/s |\n|---|---|---|')
    for part in (25, 50, 75, 100):
        rest = 100 if part == 100 else 100 - part
        one = Ours(program, {'CUDA_MPS_ACTIVE_THREAD_PERCENTAGE': str(part)})
        other = Ours(program, {'CUDA_MPS_ACTIVE_THREAD_PERCENTAGE': str(rest)})
        one.tell(f'inference {3 * seconds} resnet18 1 64 128 mixed')
        other.tell(f'training {3 * seconds} resnet18 1 64 128 mixed')
        say(f'| {part} % / {rest} % | {one.answer():,.0f} | {other.answer():,.0f} |')
        for process in (one, other):
            process.process.stdin.close()
            process.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--program', required=True, help='ekya-bench-gpu')
    parser.add_argument('--seconds', type=float, default=1, help='of each measurement')
    parser.add_argument('--mps', action='store_true', help='the MPS daemon runs: also two processes side by side')
    parser.add_argument('--networks', type=int, default=len(CASES), help='so many of the networks')
    arguments = parser.parse_args()

    def say(text):
        print(text, flush=True)
    say(f'{torch.cuda.get_device_name()}, PyTorch {torch.__version__}, {time.strftime("%Y-%m-%d", time.gmtime())}')
    ours = Ours(arguments.program)
    kernels(ours, say)
    networks(ours, say, arguments.seconds, CASES[:arguments.networks])
    swap = ours.ask('swap 0 resnet18 0.25 32 8 mixed')
    say(f'\na new model, weights from the file, until it has answered 8 crops: {swap:.1f} ms')
    say(f'memory of the card after 1,000 of them: {ours.ask("growth 1000 resnet18 0.25 32 8 mixed"):+.0f} MiB')
    if arguments.mps:
        side_by_side(arguments.program, say, arguments.seconds)


if __name__ == '__main__':
    main()
