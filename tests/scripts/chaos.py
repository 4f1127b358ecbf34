#!/usr/bin/env python3
"""chaos.py: random faults against a running ekya-serve, and the checks behind them. Run by chaos.sh.

Every fault says which streams it concerns. Checked are: the service lives; every stream answers again soon after the last fault
that concerned it; no stream is silent for more than two seconds through a fault that concerns others alone; every record that
was written fits its schema (those that a fault has damaged aside); no frame is answered twice; frames are lost only where a
fault concerned the stream; memory, open files, processes and the store do not grow; at the end nothing is left.
"""
import argparse
import json
import os
import pathlib
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
STREAMS = ["north", "east", "yard", "door"]
WINDOW = 10            # seconds
QUIET = 2.0            # seconds that a stream may be silent because of another one's fault
RECOVERY = 75          # seconds in which a stream answers again after a fault that concerned it
CLASSES = ["car", "person", "truck"]


class Camera:
    """A server of video at a port that stays the same."""

    def __init__(self, chaos, name, kind):
        self.chaos, self.name, self.kind, self.port, self.process = chaos, name, kind, 0, None
        self.start()

    def start(self):
        server = {"rtsp": ["/usr/bin/python3", HERE / "rtsp_server.py", self.chaos.work / "cars.mp4"],
                  "mjpeg": [sys.executable, HERE / "mjpeg_server.py", self.chaos.work / "pictures", "--fps", "5"]}[self.kind]
        for _ in range(50):   # a port that was in use a moment ago may be so for a while
            self.process = subprocess.Popen([*map(str, server), "--port", str(self.port)], stdout=subprocess.PIPE,
                                            stderr=subprocess.DEVNULL, text=True)
            ready = self.process.stdout.readline().split()
            if ready[:1] == ["ready"]:
                self.port = int(ready[1])
                return
            self.process.wait()
            time.sleep(0.2)
        raise RuntimeError(f"camera {self.name} does not start")

    def stop(self):
        self.process.kill()
        self.process.wait()

    @property
    def url(self):
        return f"{'rtsp' if self.kind == 'rtsp' else 'http'}://127.0.0.1:{self.port}/cam"


class Watch(threading.Thread):
    """How long each stream has been silent, looked at ten times a second."""

    def __init__(self, store):
        super().__init__(daemon=True)
        self.files = {s: store / "run" / f"{s}.answers.jsonl" for s in STREAMS}
        self.sizes = dict.fromkeys(STREAMS, -1)
        self.since = dict.fromkeys(STREAMS, time.monotonic())
        self.longest = dict.fromkeys(STREAMS, 0.0)   # since reset()
        self.lock = threading.Lock()

    def run(self):
        while True:
            now = time.monotonic()
            with self.lock:
                for stream, file in self.files.items():
                    try:
                        size = file.stat().st_size
                    except OSError:
                        size = -1
                    if size != self.sizes[stream]:
                        self.sizes[stream], self.since[stream] = size, now
                    self.longest[stream] = max(self.longest[stream], now - self.since[stream])
            time.sleep(0.1)

    def reset(self):
        with self.lock:
            self.longest = dict.fromkeys(STREAMS, 0.0)
            return time.monotonic()

    def silent(self, stream):
        with self.lock:
            return time.monotonic() - self.since[stream]


def stat_of(pid):
    """Name, parent and state of a process; None if it has ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
    return (name, int(rest[1]), rest[0]) if rest[0] not in "ZX" else None


class Chaos:
    def __init__(self, options):
        self.options, self.work = options, options.work
        self.store = options.work / "disk" / "store"
        self.rng = random.Random(options.seed)
        self.small_disk = os.path.ismount(options.work / "disk")
        self.sockets = options.work / "tmp"
        self.sockets.mkdir()
        self.messages = options.work / "messages"
        self.found, self.counts, self.silences = [], {}, {}
        # (begin, end, streams) on the wall clock. The first models serve in the middle of a window.
        self.concerned = [(time.time(), time.time() + 60, STREAMS)]
        self.starved = {}                        # until when, by stream
        self.damaged = set()                     # files that a fault has damaged
        self.offsets, self.seen = {}, {}         # JSON Lines and records looked at so far
        self.frames = dict.fromkeys(STREAMS, 0)
        self.lost = dict.fromkeys(STREAMS, 0)
        self.unexplained = 0
        self.last_frame = {}
        self.minutes = []
        self.validators = {}
        for file in (HERE.parents[1] / "schemas").glob("*.schema.json"):
            schema = json.loads(file.read_text())
            self.validators[schema["title"]] = jsonschema.Draft7Validator(schema)
        (self.work / "configs.json").write_text(json.dumps({"schema": "ekya.configs/1", "configs": [
            {"epochs": 6, "data_fraction": 1, "layers": "all", "batch_size": 32, "head_width": 0, "learning_rate": 0.02}]}))
        self.cameras = {s: Camera(self, s, kind) for s, kind in zip(STREAMS, ["rtsp", "rtsp", "mjpeg", "mjpeg"])}
        self.write_list(STREAMS)
        self.serve()
        self.watch = Watch(self.store)

    # What the faults use.

    def finding(self, text):
        self.found.append(text)
        print(f"FOUND: {text}", file=sys.stderr, flush=True)

    def write_list(self, names, text=None):
        streams = [{"id": s, "source": self.cameras[s].url} for s in names]
        text = text or json.dumps({"schema": "ekya.streams/1", "classes": CLASSES, "streams": streams})
        aside = self.work / "streams.new"
        aside.write_text(text)
        aside.rename(self.work / "streams.json")

    def serve(self):
        command = [os.path.join(os.environ["EKYA_BIN"], "ekya-serve"), "--streams", self.work / "streams.json",
                   "--teacher", self.options.teacher, "--window", WINDOW, "--bootstrap", 1, "--base-epochs", 3,
                   "--crop-size", 16, "--width", 0.125, "--configs", self.work / "configs.json", "--profile-option=--trial-epochs=3",
                   "--device", "cpu", "--keep-hours", 0.05, "--keep-gigabytes", 0.12, "--least-free", 0.03,
                   "--ingest-option=--longest-backoff=2", "--ingest-option=--open-timeout=4", "--fraction", 0.2,
                   "--label-option=--class-map=cell phone=car", "--store", self.store]
        with open(self.messages, "ab") as log:
            self.service = subprocess.Popen(list(map(str, command)), stderr=log, stdout=log,
                                            env=os.environ | {"TMPDIR": str(self.sockets)})

    def tree(self):
        """The service's processes: pid -> (name, command line)."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit() and (found := stat_of(entry)):
                parents[int(entry)] = found
        below, ancestors = {}, [self.service.pid]
        while ancestors:
            parent = ancestors.pop()
            for pid, (name, its_parent, _) in parents.items():
                if its_parent == parent and pid not in below:
                    try:
                        line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    except OSError:
                        continue
                    below[pid] = (name, line)
                    ancestors.append(pid)
        return below

    def target(self):
        """One of the service's processes, and the streams that it works for."""
        below = self.tree()
        if not below:
            return None, "nothing", STREAMS
        pid = self.rng.choice(sorted(below))
        name, line = below[pid]
        streams = [s for s in STREAMS if f"--stream {s} " in line]
        return pid, name, streams or STREAMS

    def left_of(self):
        """Processes that work for the store, the service's or not."""
        done = subprocess.run(["pgrep", "-f", "--", f"--store {self.store}( |$)"], capture_output=True, text=True, check=False)
        return [int(p) for p in done.stdout.split()]

    def send(self, pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass

    # The faults. Each returns the streams it concerned and what it was, in words.

    def fault_kill(self):
        pid, name, streams = self.target()
        if pid:
            self.send(pid, signal.SIGKILL)
        return streams, f"SIGKILL of {name}"

    def fault_terminate(self):
        pid, name, streams = self.target()
        if pid:
            self.send(pid, signal.SIGTERM)
        return streams, f"SIGTERM of {name}"

    def fault_stop(self):
        pid, name, streams = self.target()
        seconds = self.rng.choice([3, 10, 60])
        if pid:
            self.send(pid, signal.SIGSTOP)
            time.sleep(seconds)
            self.send(pid, signal.SIGCONT)
        return streams, f"SIGSTOP of {name} for {seconds} s"

    def fault_no_memory(self):
        pid, name, streams = self.target()
        if pid:
            try:
                now = 4096 * int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[0])
                subprocess.run(["prlimit", f"--pid={pid}", f"--as={now + (4 << 20)}"], check=False, capture_output=True)
            except (OSError, IndexError):
                pass
        return streams, f"no more memory for {name}"

    def fault_no_files(self):
        pid, name, streams = self.target()
        if pid:
            subprocess.run(["prlimit", f"--pid={pid}", "--nofile=12"], check=False, capture_output=True)
        return streams, f"no more open files for {name}"

    def fault_service_killed(self):
        self.service.kill()
        self.service.wait()
        end = time.monotonic() + 5
        while self.left_of() and time.monotonic() < end:
            time.sleep(0.1)
        for pid in self.left_of():
            self.finding(f"outlives its service: {stat_of(pid)}")
            self.send(pid, signal.SIGKILL)
        self.serve()
        return STREAMS, "SIGKILL of the service"

    def fault_service_ended(self):
        self.end_service()
        self.serve()
        return STREAMS, "SIGTERM of the service"

    def fault_disk_full(self):
        if not self.small_disk:
            return [], "full disk (not possible here)"
        rest = self.work / "disk" / "rest"
        seconds = self.rng.choice([2, 6, 15])
        try:
            with open(rest, "wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 20))
        except OSError:
            pass
        time.sleep(seconds)
        rest.unlink()
        return STREAMS, f"full disk for {seconds} s"

    def fault_camera_off(self):
        camera = self.cameras[self.rng.choice(STREAMS)]
        seconds = self.rng.choice([2, 8, 30])
        camera.stop()
        time.sleep(seconds)
        camera.start()
        return [camera.name], f"camera off for {seconds} s"

    def fault_camera_hangs(self):
        camera = self.cameras[self.rng.choice(STREAMS)]
        seconds = self.rng.choice([2, 8, 30])
        camera.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        camera.process.send_signal(signal.SIGCONT)
        return [camera.name], f"camera hangs for {seconds} s"

    def fault_camera_lies(self):
        """Something else answers at its port: noise, a redirection, an escape sequence, silence."""
        camera = self.cameras[self.rng.choice(STREAMS)]
        camera.stop()
        said = self.rng.choice([
            self.rng.randbytes(4096),
            b"RTSP/1.0 404 \x1b[31mgone\x07\r\nCSeq: 1\r\n\r\n",
            b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.apple.mpegurl\r\n\r\n#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n",
            b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n",
            b""])
        end = time.monotonic() + 8
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.settimeout(0.5)
            try:
                server.bind(("127.0.0.1", camera.port))
                server.listen(8)
            except OSError:
                end = 0
            held = []
            while time.monotonic() < end:
                try:
                    peer, _ = server.accept()
                    peer.settimeout(0.5)
                    held.append(peer)
                    peer.sendall(said)
                except OSError:
                    pass
            for peer in held:
                peer.close()
        camera.start()
        return [camera.name], "another server at the camera's port"

    def fault_sockets(self):
        """Noise, half a greeting, or nothing, from many peers of the sockets of one or all streams."""
        listening = [p for p in self.sockets.rglob("*") if p.is_socket()]
        peers, reached = [], set()
        for path in self.rng.sample(listening, min(len(listening), 4)):
            reached.add(path.name)
            for _ in range(8):
                peer = socket.socket(socket.AF_UNIX)
                peer.settimeout(0.2)
                try:
                    peer.connect(str(path))
                    peer.sendall(self.rng.choice([self.rng.randbytes(3000), b"\xff" + bytes(8) + b"\x7f\x03", b"GET / HTTP/1.1\r\n\r\n",
                                                  b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL" + bytes(48) + b"\x02" + b"\xff" * 8, b""]))
                except OSError:
                    pass
                peers.append(peer)
        time.sleep(2)
        for peer in peers:
            peer.close()
        return [], f"noise to {len(reached)} sockets"

    def fault_damage(self):
        """A stored file is cut, emptied, or has a byte changed."""
        kind = self.rng.choice(["models/*/weights.pt", "models/*/card.json", "windows/*/manifest.json", "windows/*/labels.json",
                                "windows/*/crops.png", "profiles/*.json", "retrainings/*.json", "results/*.json", "serving.json"])
        stream = self.rng.choice(STREAMS)
        files = sorted((self.store / "streams" / stream).glob(kind))
        if not files:
            return [], f"damage of {kind} (none is there)"
        file = self.rng.choice(files[-3:])
        try:
            size = file.stat().st_size
            with open(file, "r+b") as opened:
                how = self.rng.choice(["cut", "empty", "byte"])
                if how == "byte":
                    opened.seek(self.rng.randrange(max(size, 1)))
                    opened.write(b"\xa5")
                else:
                    opened.truncate(size // 2 if how == "cut" else 0)
        except OSError:
            return [], f"damage of {kind} (gone)"
        self.damaged.add(file)
        return [stream], f"damage of {kind.split('/')[-1]}"

    def fault_strangers(self):
        """Files and directories in the store that nobody there has made."""
        stream = self.store / "streams" / self.rng.choice(STREAMS)
        made = [stream / "windows" / "00009.bak", stream / "windows" / "9+BASH_VERSINFO[$(touch pwned; echo 0)]",
                stream / "windows" / "two\nlines", stream / "models" / "\x1b[31mred", self.store / "streams" / "..x" / "windows",
                stream / "windows" / "99999999999999999999"]
        for path in made:
            try:
                path.mkdir(parents=True, exist_ok=True)
            except OSError:
                pass
        link = stream / "windows" / "00000.link"
        try:
            link.symlink_to("/etc")
        except OSError:
            pass
        time.sleep(WINDOW)
        for path in (*made, self.store / "streams" / "..x"):
            try:
                path.rmdir()
            except OSError:
                pass
        link.unlink(missing_ok=True)
        return [], "strange names in the store"

    def fault_list(self):
        """The stream list is broken for a while, or a camera leaves it and comes back."""
        kind = self.rng.choice(["broken", "empty", "hostile", "leaves", "missing"])
        concerned = []
        if kind == "leaves":
            gone = self.rng.choice(STREAMS)
            self.write_list([s for s in STREAMS if s != gone])
            concerned = [gone]
        elif kind == "missing":
            (self.work / "streams.json").unlink()
        else:
            self.write_list([], {"broken": '{"schema": "ekya.streams/1", "classes": ["car', "empty": " ",
                                 "hostile": json.dumps({"schema": "ekya.streams/1", "classes": ["a\x1b[31m", "b,c\n"],
                                                        "streams": [{"id": "../../x", "source": "concat:/etc/passwd"}]})}[kind])
        self.service.send_signal(signal.SIGHUP)
        time.sleep(4)
        self.write_list(STREAMS)
        return concerned, f"stream list {kind}"

    def fault_rivals(self):
        """Other programs want to write the same store."""
        program = os.environ["EKYA_BIN"]
        stream = self.rng.choice(STREAMS)
        rival = self.rng.choice([
            ["ekya-serve", "--streams", self.work / "streams.json", "--teacher", self.options.teacher],
            ["ekya-window", "--streams", self.work / "streams.json", "--teacher", self.options.teacher, "--next"],
            ["ekya-models", "--stream", stream, "--json"],
            ["ekya-models", "--stream", stream, "--roll-back"]])
        try:
            done = subprocess.run([os.path.join(program, rival[0]), *map(str, rival[1:]), "--store", self.store], timeout=30,
                                  capture_output=True, check=False)
            if done.returncode < 0 or done.returncode > 128:
                self.finding(f"{rival[0]} beside the service ended by signal: {done.returncode}")
        except subprocess.TimeoutExpired:
            self.finding(f"{rival[0]} beside the service hangs")
        roll_back = "--roll-back" in rival
        return [stream] if roll_back else [], f"{rival[0]}{' --roll-back' if roll_back else ''} beside the service"

    FAULTS = {"kill": 4, "terminate": 2, "stop": 3, "no_memory": 2, "no_files": 2, "service_killed": 1, "service_ended": 1,
              "disk_full": 2, "camera_off": 2, "camera_hangs": 2, "camera_lies": 2, "sockets": 3, "damage": 3,
              "strangers": 1, "list": 2, "rivals": 2}

    # The checks.

    def record_is_valid(self, record, file):
        name = record.get("schema") if isinstance(record, dict) else None
        if name not in self.validators:
            return f"{file}: schema {name!r} is not known"
        error = jsonschema.exceptions.best_match(self.validators[name].iter_errors(record))
        return f"{file}: /{'/'.join(map(str, error.path))}: {error.message[:200]}" if error else ""

    def check_records(self):
        checked = 0
        for directory, names, files in os.walk(self.store):
            names[:] = [n for n in names if not n.startswith(".") and n != "quarantine"]
            for name in files:
                file = pathlib.Path(directory) / name
                if name.startswith(".") or file.suffix not in (".json", ".jsonl") or file in self.damaged:
                    continue
                checked += self.check_lines(file) if file.suffix == ".jsonl" else self.check_file(file)
        return checked

    def check_file(self, file):
        try:
            status = file.stat()
            if self.seen.get(file) == (status.st_mtime_ns, status.st_ino):
                return 0
            record = json.loads(file.read_text())
        except FileNotFoundError:
            return 0
        except ValueError as error:
            if file not in self.damaged:
                self.finding(f"{file}: {error}")
            return 0
        self.seen[file] = (status.st_mtime_ns, status.st_ino)
        if problem := self.record_is_valid(record, file):
            self.finding(problem)
        if record.get("schema") == "ekya.accuracy/1":
            self.account(record)
        return 1

    def check_lines(self, file):
        try:
            with open(file, "rb") as opened:
                inode = os.fstat(opened.fileno()).st_ino
                place = self.offsets.get(inode, 0)
                opened.seek(place)
                text = opened.read()
        except FileNotFoundError:
            return 0
        whole = text[:text.rfind(b"\n") + 1]   # the last line may be in the making
        self.offsets[inode] = place + len(whole)
        for line in whole.splitlines():
            try:
                record = json.loads(line)
            except ValueError as error:
                self.finding(f"{file}: {error}: {line[:100]!r}")
                continue
            if problem := self.record_is_valid(record, file):
                self.finding(problem)
            if record.get("schema") == "ekya.inference/1" and ".answers" in file.name:
                last = self.last_frame.get(record["stream"], -1)
                if record["frame"] <= last:
                    self.finding(f"stream {record['stream']}: frame {record['frame']} is answered behind {last}")
                self.last_frame[record["stream"]] = record["frame"]
        return whole.count(b"\n")

    def account(self, accuracy):
        stream = accuracy["stream"]
        if accuracy["frames"] != accuracy["seen"] + accuracy["lost"]:
            self.finding(f"stream {stream}, window {accuracy['window']}: {accuracy['frames']} frames, but {accuracy['seen']} seen "
                         f"and {accuracy['lost']} lost")
        self.frames[stream] += accuracy["frames"]
        self.lost[stream] += accuracy["lost"]
        if accuracy["lost"] and not self.explained(stream):
            self.unexplained += accuracy["lost"]
            self.finding(f"stream {stream}, window {accuracy['window']}: {accuracy['lost']} frames lost without a fault")

    def explained(self, stream):
        """Whether a fault concerned the stream in the last windows."""
        since = time.time() - 4 * WINDOW - RECOVERY
        return any(end > since and stream in streams for _, end, streams in self.concerned)

    def measure(self):
        below = self.tree()
        memory, files = 0, 0
        for pid in [*below, self.service.pid]:
            try:
                for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        memory += int(line.split()[1]) / 1024
                files = max(files, len(os.listdir(f"/proc/{pid}/fd")))
            except OSError:
                pass
        service = 0
        try:
            service = int(pathlib.Path(f"/proc/{self.service.pid}/statm").read_text().split()[1]) * 4096 / 2**20
        except (OSError, IndexError):
            pass
        store = sum(f.lstat().st_size for f in self.store.rglob("*") if f.is_file()) / 2**20 if self.store.exists() else 0
        return {"processes": len(below) + 1, "memory_mib": round(memory, 1), "service_mib": round(service, 1), "most_open_files": files,
                "sockets": sum(p.is_socket() for p in self.sockets.rglob("*")), "store_mib": round(store, 1)}

    # The run.

    def end_service(self):
        self.service.terminate()
        begun = time.monotonic()
        try:
            code = self.service.wait(20)
            if code not in (143, -signal.SIGTERM):
                self.finding(f"the service ended with {code} on SIGTERM")
        except subprocess.TimeoutExpired:
            self.finding("the service does not end on SIGTERM within 20 s")
            self.service.kill()
            self.service.wait()
        while self.left_of() and time.monotonic() < begun + 20:
            time.sleep(0.1)
        for pid in self.left_of():
            self.finding(f"outlives its service: {stat_of(pid)}")
            self.send(pid, signal.SIGKILL)

    def answering(self, streams, seconds, why):
        """Waits until all of them answer again, and have done so for a while."""
        begin = time.monotonic()
        end = begin + seconds
        for stream in streams:
            while (self.watch.silent(stream) > QUIET / 2 or self.watch.sizes[stream] < 0
                   or self.watch.since[stream] < begin + QUIET):
                if self.service.poll() is not None:
                    self.finding(f"the service has ended with {self.service.returncode} after: {why}")
                    self.serve()
                if time.monotonic() > end:
                    self.finding(f"stream {stream} is silent for {self.watch.silent(stream):.0f} s after: {why}")
                    return
                time.sleep(0.1)

    def fault(self, names):
        name = self.rng.choices(names, [self.FAULTS[n] for n in names])[0]
        begin = time.time()
        self.watch.reset()
        streams, what = getattr(self, f"fault_{name}")()
        self.counts[name] = self.counts.get(name, 0) + 1
        self.concerned.append((begin, time.time(), streams))
        self.concerned = self.concerned[-100:]
        print(f"{time.strftime('%H:%M:%S')} {what}{': ' + ', '.join(streams) if len(streams) < len(STREAMS) else ''}", flush=True)
        # A program without descriptors or memory may go on for some windows before it is started again.
        if name in ("no_files", "no_memory"):
            self.starved.update(dict.fromkeys(streams, time.monotonic() + 6 * WINDOW))
        others = [s for s in STREAMS if s not in streams and self.starved.get(s, 0) < time.monotonic()]
        if others:
            time.sleep(QUIET)
        longest = max((self.watch.longest[s] for s in others), default=0.0)
        self.silences[name] = max(self.silences.get(name, 0.0), longest)
        if longest > QUIET:
            silent = ", ".join(f"{s} {self.watch.longest[s]:.1f} s" for s in others if self.watch.longest[s] > QUIET)
            self.finding(f"silent through a fault of others ({what}): {silent}")
        self.answering(STREAMS, RECOVERY, what)

    def run(self):
        names = self.options.faults.split(",") if self.options.faults else list(self.FAULTS)
        self.watch.start()
        self.answering(STREAMS, 180, "the start")
        begin = time.monotonic()
        end, minute = begin + 3600 * self.options.hours, begin + 60
        while time.monotonic() < end and len(self.found) < 50:
            time.sleep(self.rng.uniform(1, 8))
            self.fault(names)
            if time.monotonic() >= minute:
                minute = time.monotonic() + 60
                row = {"minute": round((time.monotonic() - begin) / 60, 1), "records": self.check_records(), **self.measure(),
                       "frames": sum(self.frames.values()), "lost": sum(self.lost.values()), "findings": len(self.found)}
                self.minutes.append(row)
                self.write_report()
                print("  ".join(f"{k} {v}" for k, v in row.items()), flush=True)
        self.answering(STREAMS, RECOVERY, "the last fault")
        self.end_service()
        self.check_records()
        self.check_end()
        self.say()

    def check_end(self):
        if parts := [p for p in self.store.rglob(".*part*")]:
            self.finding(f"half written: {parts[:3]}")
        if left := [p for p in self.sockets.rglob("*") if p.is_socket()]:
            self.finding(f"sockets are left: {left[:3]}")
        if self.options.hours >= 1:
            quarter = len(self.minutes) // 4
            second, last = self.minutes[quarter:2 * quarter], self.minutes[-quarter:]
            for what, slack in (("memory_mib", 64), ("service_mib", 8), ("most_open_files", 8), ("store_mib", 40), ("sockets", 4)):
                before, behind = (statistics.median(m[what] for m in part) for part in (second, last))
                print(f"{what}: median of the second quarter {before}, of the last {behind}")
                if behind > 1.1 * before + slack:
                    self.finding(f"{what} grows: {before} in the second quarter, {behind} in the last")

    def write_report(self):
        if self.options.report:
            lines = [",".join(self.minutes[0])] + [",".join(map(str, m.values())) for m in self.minutes]
            pathlib.Path(self.options.report).write_text("\n".join(lines) + "\n")

    def say(self):
        print(f"\n{'fault':16} {'times':>5} {'others silent, s':>17}")
        for name, times in sorted(self.counts.items()):
            print(f"{name:16} {times:5d} {self.silences[name]:17.1f}")
        print(f"{sum(self.frames.values())} frames, {sum(self.lost.values())} lost, {self.unexplained} of them without a fault; "
              f"{len(self.found)} findings")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--hours", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--report", default="")
    parser.add_argument("--faults", default="")
    options = parser.parse_args()
    unknown = [f for f in options.faults.split(",") if f and f not in Chaos.FAULTS]
    if unknown:
        print("faults: " + ", ".join(Chaos.FAULTS), file=sys.stderr)
        sys.exit(0 if unknown == ["help"] else 2)
    chaos = Chaos(options)
    try:
        chaos.run()
    finally:
        chaos.service.kill()
        for camera in chaos.cameras.values():
            camera.stop()
        if chaos.found:
            print("--- the service's last words", file=sys.stderr)
            print(chaos.messages.read_text(errors="replace")[-4000:], file=sys.stderr)
    sys.exit(1 if chaos.found else 0)


if __name__ == "__main__":
    main()
