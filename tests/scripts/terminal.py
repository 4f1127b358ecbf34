#!/usr/bin/env python3
"""Runs a program in a terminal of its own, sends it keys, and says what it leaves.

  terminal.py ROWS COLUMNS KEYS COMMAND...

KEYS is one text; a "+" in it resizes the terminal to twice as many columns, "!" sends SIGTERM to the
program. Each key is sent when the program has drawn something and then nothing for 0.2 s. What the
program wrote goes to stdout.
Exit: that of the program, 128 + n if signal n ended it; 99 if it left the terminal in another mode
than it found it in, or on its alternate screen; 98 if it did not end within 10 s.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

LONGEST = 10
QUIET = 0.2


def main(rows, columns, keys, command):
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)

    def resize(wide):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, wide, 0, 0))

    resize(columns)
    before = termios.tcgetattr(terminal)
    written, left, end, last = b"", list(keys), time.monotonic() + LONGEST, None
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.02)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:  # the program has ended
                break
            written, last = written + data, time.monotonic()
        elif left and last is not None and time.monotonic() - last > QUIET:
            key = left.pop(0)
            if key == "+":
                resize(2 * columns)
                os.kill(process, signal.SIGWINCH)
            elif key == "!":
                os.kill(process, signal.SIGTERM)
            else:
                os.write(terminal, key.encode())
            last = time.monotonic()
        elif os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
    else:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        return 98
    same = termios.tcgetattr(terminal) == before
    status = os.waitpid(process, 0)[1]
    sys.stdout.buffer.write(written)
    entered, gone = written.rfind(b"\x1b[?1049h"), written.rfind(b"\x1b[?1049l")
    if not same or (entered >= 0 and gone < entered):
        return 99
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    if len(sys.argv) < 5:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
