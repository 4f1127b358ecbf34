#!/usr/bin/env python3
"""What every tool promises, checked for one tool: contract.py TOOL [CHECK...]

  EKYA_BIN         directory of the programs [build/release/bin]
  EKYA_TEST_VIDEO  what make_video.sh left [build/release/tests/tools/video]

TOOLS has one entry for each tool: a call that succeeds, and what it reads and writes. Each check
runs in a fresh directory that holds `video`, a link to the fixture, and `store`, a copy of its
store.
Standard library only. Exit: 0 all held; 1 not, each failure on a line; 2 wrong command line; 77 the
fixture that the tool needs is not there.
"""
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib

import compare

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BIN = pathlib.Path(os.environ.get("EKYA_BIN", ROOT / "build/release/bin")).resolve()
VIDEO = pathlib.Path(os.environ.get("EKYA_TEST_VIDEO", BIN.parent / "tests/tools/video")).resolve()
LONGEST = 60  # seconds that one call may take
STREAM, OTHER_STREAM = "crossing", "main-street"  # of the fixture
WINDOW = f"store/streams/{STREAM}/windows/00002"
MODEL = f"store/streams/{STREAM}/models/base"


@dataclasses.dataclass
class Input:
    """A file of records that an option names."""

    flag: str
    good: str  # such a file: in the fixture, or in the repository
    lines: bool = True  # JSON Lines: messages name the line; else one JSON document
    stdin: bool = False  # `-` is stdin
    absent: int = 1  # exit code if it does not exist
    empty: int = 1  # exit code if it is empty
    replaces: tuple = ()  # options of the command that it takes the place of


@dataclasses.dataclass
class Tool:
    command: str  # a call that succeeds; video/ and store/ are the fixture's
    video: bool = True  # needs the fixture
    fails: bool = False  # the call is only well-formed: what needs a success is not checked
    writes: str = "records"  # to --output: records, other, or nothing (no --output)
    required: tuple = ()  # options that the call cannot do without
    streams: bool = False  # takes --streams and --stream
    inputs: tuple = ()
    damage: dict = dataclasses.field(default_factory=dict)  # file of the store -> exit code
    endpoints: tuple = ()  # options that name a socket which others could reach
    apart: tuple = ()  # settings that need an option which the call does not have
    footer: tuple = ("Reads:", "Writes:", "Exit:", "Example:", "Source:")


def model_files(code):
    return {f"{MODEL}/card.json": code, f"{MODEL}/weights.pt": code,
            f"store/streams/{STREAM}/serving.json": code}


def whole_model_files(code):
    """Without the record of what serves: in its place the newest model serves."""
    return {file: code for file, code in model_files(code).items() if f"{MODEL}/" in file}


def window_files(code, labels=True):
    files = ["manifest.json", "crops.png"] + (["labels.json"] if labels else [])
    return {f"{WINDOW}/{file}": code for file in files}


ESTIMATES = "examples/worked-example/estimates.jsonl"
ON_STREAM = f"--streams video/streams.json --store store --stream {STREAM}"
ON_ALL = "--streams video/streams.json --store store"
TOOLS = {
    "ekya-doctor": Tool("--streams video/streams.json --store store", streams=True,
                        writes="other"),
    "ekya-export": Tool(f"--store store --stream {STREAM}", writes="other",
                        required=("--stream",), damage=model_files(1)),
    "ekya-infer": Tool(f"{ON_STREAM} --window 6 --device cpu", required=("--streams",),
                       streams=True, damage=whole_model_files(1),
                       inputs=(Input("--replay", "answers.jsonl", absent=2, empty=0,
                                     replaces=("--window",)),),
                       endpoints=("--frames ipc://frames --control",
                                  "--frames ipc://frames --events",
                                  "--frames ipc://frames --publish"),
                       apart=("answers-megabytes",)),
    "ekya-ingest": Tool(f"{ON_ALL} --window 6", required=("--streams",), streams=True,
                        endpoints=("--publish",)),
    "ekya-keys": Tool("--keys keys", video=False, required=("--keys",)),
    "ekya-label": Tool(f"{ON_ALL} --window 2 --replace", required=("--streams", "--window"),
                       streams=True, damage=window_files(3, labels=False),
                       inputs=(Input("-i", f"{WINDOW}/manifest.json", stdin=True, empty=0,
                                     replaces=("--window",)),)),
    "ekya-loop": Tool("--streams video/streams.json --store loop", video=False, fails=True,
                      required=("--streams",), writes="nothing"),
    "ekya-metrics": Tool("--store store", video=False, fails=True, writes="nothing"),
    "ekya-models": Tool("--store store --json",
                        endpoints=(f"--stream {STREAM} --serve base --swap",),
                        footer=("Reads:", "Writes:", "Exit:", "Example:")),
    "ekya-mqtt": Tool("--store store --broker tcp://127.0.0.1:1", fails=True, writes="nothing",
                      required=("--broker",)),
    "ekya-preview": Tool("--store store --listen 127.0.0.1:0", fails=True, writes="nothing"),
    "ekya-profile": Tool(f"{ON_ALL} --window 3 --inference-only --device cpu",
                         required=("--streams", "--window"), streams=True,
                         damage={**window_files(3), **model_files(3)},
                         inputs=(Input("-i", f"{WINDOW}/labels.json", stdin=True, empty=0,
                                       replaces=("--window",)),
                                 Input("--configs", "video/configs.json", lines=False)),
                         apart=("repeats",)),
    "ekya-report": Tool("tests/tools/ekya-report/store", video=False, writes="other"),
    "ekya-run": Tool("--share 0.5 -- true", video=False, writes="nothing"),
    "ekya-schedule": Tool("-i tests/tools/ekya-schedule/thief/stdin --window-seconds 10",
                          video=False,
                          inputs=(Input("-i", "tests/tools/ekya-schedule/thief/stdin", stdin=True,
                                        replaces=("-i",)),)),
    "ekya-serve": Tool("--streams video/streams.json --store serve", video=False, fails=True,
                       required=("--streams",), writes="nothing"),
    "ekya-simulate": Tool(f"--estimates {ESTIMATES} --gpus 1", video=False,
                          required=("--estimates",),
                          inputs=(Input("--estimates", ESTIMATES, stdin=True,
                                        replaces=("--estimates",)),)),
    # Nobody runs the store.
    "ekya-status": Tool("--store store", fails=True, writes="other"),
    "ekya-top": Tool("--store store --once --json"),
    "ekya-tail": Tool("--store store", fails=True, endpoints=("--connect",)),
    "ekya-train": Tool(f"{ON_STREAM} --window 3 --epochs 1 --layers head --device cpu",
                       required=("--streams", "--window"), streams=True,
                       damage={**window_files(1), **model_files(1)},
                       inputs=(Input("--plan", "tests/tools/ekya-train/plan/plan.json",
                                     lines=False, replaces=("--window", "--epochs", "--layers")),)),
    "ekya-window": Tool(f"{ON_ALL} --window 3", video=False, fails=True, required=("--streams",),
                        writes="other"),
    "ekya-worker": Tool("--socket 99", video=False, fails=True, writes="nothing",
                        required=("--socket",), footer=("Reads:", "Writes:", "Exit:", "Example:")),
}


class Failure(Exception):
    """A promise that did not hold."""


def hold(condition, text):
    if not condition:
        raise Failure(text)


@dataclasses.dataclass
class Outcome:
    code: int  # negative: ended by that signal
    stdout: str
    stderr: str


def without(words, flags):
    """The command without these options and their values."""
    kept, skip = [], False
    for word in words:
        if skip and not word.startswith("--"):
            skip = False
            continue
        skip = word in flags
        if not skip:
            kept.append(word)
    return kept


class Case:
    """One tool in one directory."""

    def __init__(self, name, directory):
        self.name, self.tool, self.directory = name, TOOLS[name], directory
        if VIDEO.is_dir():
            (directory / "video").symlink_to(VIDEO)
            shutil.copytree(VIDEO / "store", directory / "store")

    def path(self, file):
        """The file here, or else in the repository."""
        return file if (self.directory / file).exists() else str(ROOT / file)

    def words(self, text=None):
        words = (self.tool.command if text is None else text).split()
        return [self.path(word) if word.startswith(("tests/", "examples/")) else word
                for word in words]

    def command_with(self, one, file):
        return without(self.words(), (one.flag, *one.replaces)) + [one.flag, file]

    def start(self, arguments, environment=(), **streams):
        environment = {**os.environ, "LC_ALL": "C", "CUDA_VISIBLE_DEVICES": "",
                       **dict(environment)}
        return subprocess.Popen([BIN / self.name, *arguments], cwd=self.directory,
                                env=environment, stderr=subprocess.PIPE, **streams)

    def call(self, arguments, stdin=subprocess.DEVNULL, text=None, environment=()):
        if text is not None:
            stdin = subprocess.PIPE
        process = self.start(arguments, environment, stdin=stdin, stdout=subprocess.PIPE)
        try:
            out, err = process.communicate(None if text is None else text.encode(), LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failure(f"{' '.join(arguments)}: did not end within {LONGEST} s") from None
        return Outcome(process.returncode, out.decode(errors="replace"),
                       err.decode(errors="replace"))

    def files(self):
        """What lies here, to see that nothing was touched."""
        found = {}
        for path in sorted(self.directory.rglob("*")):
            facts = path.lstat()
            found[path.relative_to(self.directory)] = (facts.st_size, facts.st_mtime_ns)
        return found

    def succeeds(self, arguments, **how):
        outcome = self.call(arguments, **how)
        hold(outcome.code == 0, f"{' '.join(arguments)}: exit {outcome.code}: {outcome.stderr}")
        return outcome

    def refuses(self, code, arguments, *texts, **how):
        """Ends with this code and a message of the usual form that holds the texts."""
        before = self.files()
        outcome = self.call(arguments, **how)
        what = f"{' '.join(arguments) or 'no options'}: "
        hold(outcome.code == code, f"{what}exit {outcome.code}, expected {code}: {outcome.stderr}")
        lines = [line for line in outcome.stderr.splitlines()
                 if line.startswith(f"{self.name}: error: ")]
        hold(lines, f"{what}no line '{self.name}: error: ...': {outcome.stderr}")
        for text in texts:
            hold(any(text in line for line in lines), f"{what}'{text}' is not said: {lines}")
        if code == 2:
            hold(outcome.stdout == "", f"{what}writes to stdout: {outcome.stdout[:80]}")
            touched = set(before.items()) ^ set(self.files().items())
            hold(not touched, f"{what}touched {sorted(str(name) for name, _ in touched)}")
        return outcome


CHECKS = {}


def check(function):
    CHECKS[function.__name__.replace("_", "-")] = function
    return function


def schemas_in(text):
    return set(re.findall(r"\bekya\.[a-z-]+/\d+", text))


def part_of_help(text, title):
    """From a title of the help's end to the next one."""
    return re.search(rf"^{title}(.*?)(?=^[A-Z][a-z]+:|\Z)", text, re.M | re.S).group(1)


@check
def help_says_what_it_is(case):
    outcome = case.succeeds(["--help"])
    hold(outcome.stderr == "", f"--help writes to stderr: {outcome.stderr}")
    hold(case.succeeds(["-h"]).stdout == outcome.stdout, "-h is not --help")
    lines = outcome.stdout.splitlines()
    hold(re.fullmatch(r"[A-Z].+\.", lines[0]), f"the first line is no sentence: {lines[0]}")
    hold(f"Usage: {case.name} " in lines[1], f"the second line is no usage: {lines[1]}")
    places = [outcome.stdout.find(f"\n{title} ") for title in case.tool.footer]
    hold(-1 not in places and places == sorted(places),
         f"does not end with {', '.join(case.tool.footer)}")
    for code in ("0 done", "1 the work failed", "2 wrong command line", "128+n"):
        hold(code in part_of_help(outcome.stdout, "Exit:"), f"Exit: does not say '{code}'")
    for record in schemas_in(outcome.stdout):
        name, version = record.removeprefix("ekya.").split("/")
        hold((ROOT / f"schemas/{name}.v{version}.schema.json").exists(),
             f"names {record}, which has no schema")
    example = part_of_help(outcome.stdout, "Example:")
    calls = [part for part in re.split(r"&&|\||--\s|\n", example)
             if re.search(rf"{case.name}\b", part)]
    hold(calls, f"the example does not call {case.name}")
    for flag in re.findall(r"(?<=\s)--[a-z-]+", " ".join(calls)):
        hold(re.search(rf"^ .*{flag}\b", outcome.stdout, re.M), f"the example has {flag}")


@check
def help_names_its_inputs(case):
    """Records of an input are among those that the help says are read."""
    text = case.succeeds(["--help"]).stdout
    for one in case.tool.inputs:
        if one.flag == "-i":
            hold(schemas_in(part_of_help(text, "Reads:")), "Reads: names no record")
        hold(re.search(rf"^ .*{one.flag}\b", text, re.M), f"{one.flag} is not in the help")


@check
def version(case):
    outcome = case.succeeds(["--version"])
    hold(re.fullmatch(rf"{case.name} \d+\.\d+\.\d+\n", outcome.stdout),
         f"--version says {outcome.stdout}")


@check
def unknown_flag(case):
    words = case.words()
    at = words.index("--") if "--" in words else len(words)
    case.refuses(2, words[:at] + ["--nosuch", "7"] + words[at:], "--nosuch",
                 f"see {case.name} --help")


@check
def bad_value(case):
    case.refuses(2, ["--log-level", "loud", *case.words()], "--log-level")


@check
def settings(case):
    """Options come from a file and the environment too; --print-config writes such a file."""
    variable = case.name.upper().replace("-", "_") + "_LOG_LEVEL"
    file = case.directory / "settings.toml"
    before = case.files()
    printed = case.succeeds(["--print-config", "--log-level=debug", *case.words()]).stdout
    hold(before == case.files(), "--print-config touches something")
    given = tomllib.loads(printed)
    hold(list(given) == [case.name] and given[case.name]["log-level"] == "debug",
         f"--print-config does not say what was given: {printed}")
    # The same again, and all defaults with it.
    defaults = [line[1:] for line in printed.splitlines()
                if re.match(r"#[a-z-]+ = \S", line) and not line.endswith("not printed")
                and line[1:].split(" ")[0] not in case.tool.apart]
    hold(defaults, "--print-config says no default")
    file.write_text(printed + "\n".join(defaults) + "\n")
    positional = case.words()[case.words().index("--"):] if "--" in case.words() else []
    again = case.succeeds(["--config", "settings.toml", "--print-config", *positional]).stdout
    hold({**tomllib.loads("\n".join(defaults)), **given[case.name]}
         .items() >= tomllib.loads(again)[case.name].items() >= given[case.name].items(),
         f"--config does not read what --print-config writes: {again}")
    file.write_text("nosuch = 7\n")
    case.refuses(2, ["--config", "settings.toml", *case.words()], "settings.toml:1: nosuch")
    file.write_text("log-level = 'debug'\nquiet = true\n")
    outcome = case.succeeds(["--config", "settings.toml", "--print-config", "--quiet=false",
                             *case.words()], environment={variable: "info"})
    effective = tomllib.loads(outcome.stdout)[case.name]
    hold(effective["log-level"] == "info" and effective["quiet"] is False,
         f"command line, environment and file do not count in this order: {outcome.stdout}")


def renders(command, text, path):
    """What a program that is installed says of a page."""
    if shutil.which(command[0]):
        path.write_text(text)
        outcome = subprocess.run([*command, path], capture_output=True, check=False)
        hold(outcome.returncode == 0 and not outcome.stderr,
             f"{' '.join(command)}: {outcome.stderr.decode(errors='replace')}")


@check
def pages(case):
    """The manual page and completion say every option of --help, and their readers read them."""
    flags = set(re.findall(r"^ +(?:-\w,)?(--[a-z-]+)", case.succeeds(["--help"]).stdout, re.M))
    hold({"--config", "--quiet", "--print-config"} <= flags, f"--help has not all: {flags}")
    page = case.succeeds(["--help-man"]).stdout
    bash = case.succeeds(["--help-completion", "bash"]).stdout
    zsh = case.succeeds(["--help-completion", "zsh"]).stdout
    for name, text in (("man", page.replace("\\-", "-")), ("bash", bash), ("zsh", zsh)):
        missing = sorted(flag for flag in flags
                         if not re.search(rf"{flag}(?![a-z-])", text))
        hold(not missing, f"{name}: lacks {missing}")
    renders(["groff", "-man", "-Tutf8", "-ww", "-z"], page, case.directory / "page.1")
    renders(["bash", "-n"], bash, case.directory / "completion.bash")
    renders(["zsh", "-n"], zsh, case.directory / "_completion")


@check
def missing_option(case):
    for flag in case.tool.required:
        case.refuses(2, without(case.words(), (flag,)), flag)


@check
def stream_list(case):
    if not case.tool.streams:
        return
    command = without(case.words(), ("--streams",))
    lists = {"empty.json": ("", "not valid JSON"),
             "broken.json": ('{"schema":"ekya.streams/1","classes":', "not valid JSON"),
             "other.json": ('{"schema":"ekya.plan/1"}',
                            '/schema: "ekya.plan/1" found, "ekya.streams/1" is expected')}
    for name, (text, message) in lists.items():
        (case.directory / name).write_text(text)
        case.refuses(1, command + ["--streams", name], f"{name}: ", message)
    case.refuses(1, command + ["--streams", "nosuch.json"], "nosuch.json: cannot open")
    case.refuses(2, without(case.words(), ("--stream",)) + ["--stream", "nosuch"],
                 '--stream: "nosuch" is not in the stream list')


@check
def succeeds(case):
    """stdout carries records, of the kinds that the help names, and nothing else."""
    if case.tool.fails:
        return
    outcome = case.succeeds(case.words())
    if case.tool.writes != "records":
        return
    written = part_of_help(case.succeeds(["--help"]).stdout, "Writes:")
    lines = outcome.stdout.splitlines()
    hold(lines, "nothing was written")
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            raise Failure(f"stdout has what is no record: {line[:80]}") from None
        hold(record.get("schema") in schemas_in(written),
             f"writes {record.get('schema')}, which the help does not name")


def prepare(case, one):
    """The text of a good input. Answers that can be replayed are made first."""
    if one.flag == "--replay":
        lines = case.succeeds(case.words()).stdout.splitlines(keepends=True)
        answers = [line for line in lines if '"ekya.inference/1"' in line]
        (case.directory / one.good).write_text("".join(answers[:5]))
    return (case.directory / case.path(one.good)).read_text()


@check
def broken_inputs(case):
    for one in case.tool.inputs:
        good = prepare(case, one)
        first = json.loads(good.splitlines()[0]) if one.lines else json.loads(good)
        place = "in:2:" if one.lines else "in:"
        texts = {place + " not valid JSON": good.splitlines()[0] + '\n{"schema":\n' if one.lines
                 else good[: len(good) // 2],
                 f'/schema: "ekya.nosuch/1" found, "{first["schema"]}" is expected':
                     json.dumps({**first, "schema": "ekya.nosuch/1"}) + "\n",
                 ("in:1: /" if one.lines else "in: /"):
                     json.dumps({"schema": first["schema"]}) + "\n"}
        for message, text in texts.items():
            (case.directory / "in").write_text(text)
            case.refuses(1, case.command_with(one, "in"), message)
            if one.stdin:
                case.refuses(1, case.command_with(one, "-"), message.replace("in:", "stdin:"),
                             text=text)
        (case.directory / "in").write_bytes(b"\xff\x00\x01")
        case.refuses(1, case.command_with(one, "in"), "not valid JSON")


@check
def absent_input(case):
    for one in case.tool.inputs:
        case.refuses(one.absent, case.command_with(one, "nosuch.jsonl"), "nosuch.jsonl")


@check
def empty_input(case):
    for one in case.tool.inputs:
        (case.directory / "in").write_text("")
        if one.empty == 0:
            outcome = case.succeeds(case.command_with(one, "in"))
            hold(outcome.stdout == "", f"{one.flag}: nothing in, but out: {outcome.stdout[:80]}")
        else:
            case.refuses(one.empty, case.command_with(one, "in"), "in: ")


@check
def stdin_is_a_file(case):
    """The same records from a file, a redirected file and a pipe give the same."""
    for one in case.tool.inputs if not case.tool.fails else ():
        if not one.stdin:
            continue
        text = prepare(case, one)
        expected = case.succeeds(case.command_with(one, case.path(one.good))).stdout.splitlines()
        hold(expected, f"{one.flag}: nothing was written")
        with open(case.directory / case.path(one.good), encoding="utf-8") as file:
            redirected = case.succeeds(case.command_with(one, "-"), stdin=file)
        piped = case.succeeds(case.command_with(one, "-"), text=text)
        for name, outcome in (("redirected", redirected), ("piped", piped)):
            found = list(compare.line_differences(expected, outcome.stdout.splitlines(), 1e-6))
            hold(not found, f"{one.flag}: {name} is not as from the file: {found[:3]}")


@check
def output_exists(case):
    if case.tool.writes == "nothing":
        return
    (case.directory / "out").write_text("mine\n")
    case.refuses(2, case.words() + ["-o", "out"],
                 "out: exists already; use --overwrite to replace it")


@check
def output_is_replaced(case):
    if case.tool.writes == "nothing" or case.tool.fails:
        return
    (case.directory / "out").write_text("mine\n")
    outcome = case.succeeds(case.words() + ["-o", "out", "--overwrite"])
    hold(outcome.stdout == "", "writes to stdout as well")
    text = (case.directory / "out").read_bytes()
    hold(text and text != b"mine\n", "the output file was not replaced")
    if case.tool.writes == "records":
        hold(json.loads(text.splitlines()[0])["schema"], "the output file holds no record")
    left = [path.name for path in case.directory.iterdir() if "out" in path.name]
    hold(left == ["out"], f"leaves {left}")


@check
def output_that_is_no_file(case):
    """-o /dev/null must not turn the device into a file; a FIFO stands for it."""
    if case.tool.writes == "nothing" or case.tool.fails:
        return
    os.mkfifo(case.directory / "out")
    with open(case.directory / "read", "wb") as read, \
            subprocess.Popen(["timeout", str(LONGEST), "cat", "out"], cwd=case.directory,
                             stdout=read) as reader:
        case.succeeds(case.words() + ["-o", "out", "--overwrite"])
        reader.wait()
        hold((case.directory / "read").stat().st_size, "nothing was written to a FIFO")
    hold((case.directory / "out").is_fifo(), "a FIFO was replaced by a file")


def ends_without_reader(case, allowed, characters):
    """The reader leaves after so many characters; the tool ends and does not hang."""
    read, write = os.pipe()
    if characters == 0:
        os.close(read)
    process = case.start(case.words(), stdin=subprocess.DEVNULL, stdout=write)
    os.close(write)
    if characters > 0:
        os.read(read, characters)
        os.close(read)
    try:
        _, err = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Failure("goes on without a reader") from None
    hold(process.returncode in allowed,
         f"exit {process.returncode} without a reader: {err.decode(errors='replace')}")


@check
def closed_pipe(case):
    """Nobody reads from the start: what was to be written is lost, which is an error."""
    if case.tool.writes != "nothing" and not case.tool.fails:
        ends_without_reader(case, {-signal.SIGPIPE, 1}, 0)


@check
def pipe_closed_later(case):
    if case.tool.writes != "nothing" and not case.tool.fails:
        ends_without_reader(case, {-signal.SIGPIPE, 0, 1}, 1)


def spoil(path):
    """A copy that was cut off, or for weights one flipped bit, which only a checksum shows."""
    data = bytearray(path.read_bytes())
    if path.suffix == ".pt":
        data[len(data) // 2] ^= 1
    else:
        del data[len(data) // 2:]
    path.write_bytes(data)


MESSAGES = {".json": "not valid JSON", ".png": "damaged PNG", ".pt": "SHA-256"}


def take_back(path):
    """Out of the quarantine of its stream, where tools put a damaged file, or the directory that it is part of."""
    stream = next((p for p in path.parents if p.parent.name == "streams"), path.parent)
    for place in (path.parent, path):
        aside = stream / "quarantine" / "-".join(place.relative_to(stream).parts)
        if place != stream and aside.exists():
            aside.rename(place)


@check
def damaged_store(case):
    """A damaged or missing file is named; of two streams the other one's records are written."""
    for file, code in case.tool.damage.items():
        path = case.directory / file
        kept = path.read_bytes()
        spoil(path)
        damaged = case.refuses(code, case.words(), file, MESSAGES[path.suffix])
        take_back(path)
        path.unlink()
        # Without this record there is no model that could be named.
        missing = case.refuses(code, case.words(),
                               "no serving model" if path.name == "serving.json" else file)
        take_back(path)
        path.write_bytes(kept)
        for outcome in (damaged, missing) if code == 3 else ():
            hold(f"error: failed streams: {STREAM}" in outcome.stderr, f"{file}: who failed?")
            written = {json.loads(line)["stream"] for line in outcome.stdout.splitlines()}
            hold(written == {OTHER_STREAM}, f"{file}: wrote records of {sorted(written)}")


@check
def open_endpoint(case):
    """A socket that other machines can reach is refused without keys."""
    for flag in case.tool.endpoints:
        case.refuses(2, case.words() + flag.split() + ["tcp://192.0.2.1:5599"],
                     "other machines may reach this; it needs --keys DIR")


def run_check(name, function):
    with tempfile.TemporaryDirectory(prefix="ekya-contract.") as directory:
        function(Case(name, pathlib.Path(directory)))


def main(arguments):
    if not arguments or any(name not in CHECKS for name in arguments[1:]):
        print(__doc__, "\nChecks:", ", ".join(CHECKS), file=sys.stderr)
        return 2
    name = arguments[0]
    if name not in TOOLS:
        print(f"{name}: has no entry in TOOLS of {__file__}")
        return 1
    if TOOLS[name].video and not VIDEO.is_dir():
        print(f"skipped: {VIDEO} is not there")
        return 77
    failures = 0
    for title in arguments[1:] or CHECKS:
        try:
            run_check(name, CHECKS[title])
        except Failure as failure:
            failures += 1
            print(f"{name}: {title}: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
