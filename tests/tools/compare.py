#!/usr/bin/env python3
"""Compares what a case printed with what it should print, for run_case.sh. Standard library only.

compare.py stdout CASE FILE          exit 1 and differences on stdout if FILE is not CASE/stdout
compare.py stderr CASE FILE          the same for CASE/stderr, whose lines must each occur in FILE
compare.py rewrite-stdout CASE FILE  writes CASE/stdout
compare.py rewrite-stderr CASE FILE  writes CASE/stderr; lines that still hold, such as regular expressions, stay
compare.py records A B [TOLERANCE]   compares two files of JSON Lines in the same way
"""

import json
import math
import os
import re
import sys

# What the schemas call "(measured)", and what follows from it.
MEASURED = {
    "seconds", "device_seconds", "decision_seconds", "profiling_seconds", "latency", "latency_p50", "latency_p99", "sha256", "utc",
}
# "seconds" is measured in labels, cards and progress, but is the length of a window here.
LENGTHS = {"ekya.accuracy/1", "ekya.window-end/1"}
VARIABLES = ("VIDEO", "CASE", "BIN")
MOST_DIFFERENCES = 20


def is_measured(key, place, schema):
    if key == "seconds" and schema in LENGTHS:
        return False
    if key == "share" and re.search(r"/inference/\d+$", place):  # of an estimate: what keeps up in real time
        return True
    return key in MEASURED


def without_measured(value, place="", schema=""):
    if isinstance(value, dict):
        schema = value.get("schema", schema)
        return {
            key: without_measured(part, f"{place}/{key}", schema)
            for key, part in value.items()
            if not is_measured(key, place, schema)
        }
    if isinstance(value, list):
        return [without_measured(part, f"{place}/{i}", schema) for i, part in enumerate(value)]
    return value


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def differences(expected, found, tolerance, place=""):
    """One line for each place where two JSON values differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys()):
            if key not in found:
                yield f"{place}/{key}: missing"
            elif key not in expected:
                yield f"{place}/{key}: not expected"
            else:
                yield from differences(expected[key], found[key], tolerance, f"{place}/{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{place}: {len(found)} elements, expected {len(expected)}"
        for i, (a, b) in enumerate(zip(expected, found)):
            yield from differences(a, b, tolerance, f"{place}/{i}")
    elif is_number(expected) and is_number(found):
        if not math.isclose(expected, found, rel_tol=tolerance, abs_tol=tolerance * 1e-3):
            yield f"{place}: {found}, expected {expected}"
    elif expected != found or type(expected) is not type(found):
        yield f"{place}: {json.dumps(found)}, expected {json.dumps(expected)}"


def parsed(line):
    """The JSON object or array of a line, or None: then the line is compared as text."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return without_measured(value) if isinstance(value, (dict, list)) else None


def line_differences(expected, found, tolerance):
    for number in range(max(len(expected), len(found))):
        if number >= len(found):
            yield f"{number + 1}: missing: {expected[number]}"
        elif number >= len(expected):
            yield f"{number + 1}: not expected: {found[number]}"
        else:
            a, b = parsed(expected[number]), parsed(found[number])
            if a is not None and b is not None:
                for text in differences(a, b, tolerance):
                    yield f"{number + 1}: {text}"
            elif expected[number] != found[number]:
                yield f"{number + 1}: {found[number]}\n    expected: {expected[number]}"


def read_lines(file):
    with open(file, encoding="utf-8", errors="replace") as stream:
        return stream.read().splitlines()


def with_values(line):
    for name in VARIABLES:
        line = line.replace("$" + name, os.environ.get(name, "$" + name))
    return line


def with_variables(line):
    for name in VARIABLES:
        if os.environ.get(name):
            line = line.replace(os.environ[name], "$" + name)
    return line


def occurs(line, text):
    if line.startswith("re:"):
        return re.search(line[3:], text, re.MULTILINE) is not None
    return with_values(line) in text


def tolerance_of(case):
    file = os.path.join(case, "tolerance")
    return float(read_lines(file)[0]) if os.path.exists(file) else 1e-6


def report(what, found):
    found = list(found)
    for text in found[:MOST_DIFFERENCES]:
        print(f"{what}:{text}")
    if len(found) > MOST_DIFFERENCES:
        print(f"{what}: {len(found) - MOST_DIFFERENCES} more differences")
    return 1 if found else 0


def compare_stdout(case, file):
    expected = [with_values(line) for line in read_lines(os.path.join(case, "stdout"))]
    return report("stdout", line_differences(expected, read_lines(file), tolerance_of(case)))


def compare_stderr(case, file):
    text = "\n".join(read_lines(file))
    missing = [line for line in read_lines(os.path.join(case, "stderr")) if line and not occurs(line, text)]
    return report("stderr", (f" does not say: {line}" for line in missing))


def rewrite_stdout(case, file):
    with open(os.path.join(case, "stdout"), "w", encoding="utf-8") as out:
        for line in read_lines(file):
            value = parsed(line)
            out.write((with_variables(line) if value is None else json.dumps(value, sort_keys=True)) + "\n")
    return 0


def rewrite_stderr(case, file):
    lines = read_lines(file)
    target = os.path.join(case, "stderr")
    if os.path.exists(target):
        old = [line for line in read_lines(target) if line]
        if old and all(occurs(line, "\n".join(lines)) for line in old):
            return 0
    with open(target, "w", encoding="utf-8") as out:
        out.writelines(with_variables(line) + "\n" for line in lines)
    return 0


def compare_records(a, b, tolerance="1e-6"):
    return report(b, line_differences(read_lines(a), read_lines(b), float(tolerance)))


COMMANDS = {
    "stdout": compare_stdout,
    "stderr": compare_stderr,
    "rewrite-stdout": rewrite_stdout,
    "rewrite-stderr": rewrite_stderr,
    "records": compare_records,
}

if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
