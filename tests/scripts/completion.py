#!/usr/bin/env python3
"""Types into a shell on a terminal of its own, and looks at what TAB makes of it.

completion.py SHELL FILE... <cases   where a case is a line: what is typed | what must then be seen
The files are sourced (bash), or lie in directories of functions (zsh). Exit: 0 all was seen; 1 not,
each on a line.
"""
import os
import pathlib
import pty
import re
import select
import sys
import time

LONGEST = 10  # seconds until a case is seen


def start(shell):
    words = {"bash": ["bash", "--noprofile", "--norc", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell]
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="dumb", PS1="$ ", COLUMNS="200", LC_ALL="C")
        os.execvp(words[0], words)
    return terminal


def see(terminal, pattern):
    """Reads until the pattern is there. @return whether it came, and all that was read"""
    text, end = "", time.monotonic() + LONGEST
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if ready:
            try:
                text += os.read(terminal, 65536).decode(errors="replace")
            except OSError:
                break
        if re.search(pattern, text):
            return True, text
    return False, text


def main(shell, files):
    terminal = start(shell)
    if shell == "bash":
        prepare = "bind 'set bell-style none'; bind 'set show-all-if-ambiguous on'; "
        prepare += "".join(f". '{file}'; " for file in files)
    else:
        directories = " ".join(f"'{pathlib.Path(file).parent}'" for file in files)
        prepare = f"unsetopt beep; fpath=({directories} $fpath); autoload -Uz compinit; compinit -u -D; "
    os.write(terminal, (prepare + "echo rea''dy\n").encode())
    ready, text = see(terminal, r"ready\r?\n")
    if not ready:
        print(f"{shell} does not start: {text!r}")
        return 1
    failed = 0
    for case in sys.stdin:
        typed, expected = case.rstrip("\n").split(" | ")
        os.write(terminal, (typed + "\t").encode())
        seen, text = see(terminal, expected)
        if not seen:
            failed = 1
            print(f"{shell}: {typed}<TAB> gives {text!r}, expected {expected}")
        os.write(terminal, b"\x15echo do''ne\n")  # the line is dropped
        see(terminal, r"done\r?\n")
    os.write(terminal, b"exit\n")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
