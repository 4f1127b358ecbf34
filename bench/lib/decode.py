#!/usr/bin/env python3
"""Times decoding: groups of commands that run at once, in turns, and prints CSV.

stdin: JSON, {"rounds": N, "streams": N, "cases": [{"name", "baseline": bool, "seconds", "commands": [[word, ...], ...], "store": path or null}, ...]};
the commands of one case start together. CPU time is user + system of the processes (wait4), peak memory the sum of each
one's own peak. The median over the rounds is printed; ratio = to the cheapest baseline of the same length.
"""
import json
import os
import shutil
import statistics
import sys
import time


def run(case):
    """One run of a case: wall seconds, CPU seconds, peak MiB."""
    if case.get("store"):
        shutil.rmtree(case["store"], ignore_errors=True)
    began = time.monotonic()
    children = [os.posix_spawnp(c[0], c, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)])
                for c in case["commands"]]
    cpu = peak = 0
    for command, child in zip(case["commands"], children):
        _, status, used = os.wait4(child, 0)
        if status != 0:
            sys.exit(f"decode.sh: error: exit {os.waitstatus_to_exitcode(status)}: {' '.join(command)}")
        cpu += used.ru_utime + used.ru_stime
        peak += used.ru_maxrss / 1024
    return time.monotonic() - began, cpu, peak


def main():
    job = json.load(sys.stdin)
    measured = {}
    for number in range(job["rounds"]):
        for index, case in enumerate(job["cases"]):   # in turns, so that a change of the machine's speed meets all
            print(f"round {number + 1} of {job['rounds']}: {case['name']}, {case['seconds']} s", file=sys.stderr)
            measured.setdefault(index, []).append(run(case))
    medians = {i: [statistics.median(column) for column in zip(*runs)] for i, runs in measured.items()}
    print("case,streams,seconds,wall_seconds,cpu_seconds,cpu_ratio,peak_mib")
    for i, case in enumerate(job["cases"]):
        cheapest = min(medians[j][1] for j, other in enumerate(job["cases"])
                       if other["baseline"] and other["seconds"] == case["seconds"])
        wall, cpu, peak = medians[i]
        print(f"{case['name']},{job['streams']},{case['seconds']},{wall:.2f},{cpu:.2f},{cpu / cheapest:.3f},{peak:.0f}")


if __name__ == "__main__":
    main()
