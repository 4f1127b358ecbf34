#!/usr/bin/env python3
"""A service manager, as far as sd_notify(3) goes: notify_listener.py SOCKET FILE

Appends what services say at SOCKET to FILE, until it is ended."""
import os
import socket
import sys

open(sys.argv[2], "w", encoding="utf-8").close()
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
    listener.bind(sys.argv[1])
    os.chmod(sys.argv[1], 0o777)
    while True:
        text = listener.recv(4096).decode(errors="replace")
        with open(sys.argv[2], "a", encoding="utf-8") as file:
            file.write(text.replace("\n", " ") + "\n")
