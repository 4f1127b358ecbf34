#!/usr/bin/env python3
"""A camera that speaks MJPEG over HTTP: sends the .jpg files of a directory over and over, as multipart/x-mixed-replace.

Says "ready PORT" on stdout when it listens. --stall-after sends nothing more after that many pictures of its first connection,
which stays open, as a camera does whose encoder hangs; later connections are served.
"""
import argparse
import pathlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Camera(BaseHTTPRequestHandler):
    pictures = []
    fps = 10.0
    stall_after = None
    first = threading.Lock()   # taken by the first connection

    def do_GET(self):
        stall_after = self.stall_after if self.first.acquire(blocking=False) else None
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        self.end_headers()
        began = time.monotonic()
        count = 0
        try:
            while count != stall_after:
                picture = self.pictures[count % len(self.pictures)]
                self.wfile.write(b"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture))
                self.wfile.write(picture + b"\r\n")
                count += 1
                time.sleep(max(0.0, began + count / self.fps - time.monotonic()))
            while True:
                time.sleep(1)
        except OSError:
            return   # the viewer has gone

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path, help="of .jpg files")
    parser.add_argument("--port", type=int, default=0, help="0 = any that is free [%(default)s]")
    parser.add_argument("--fps", type=float, default=Camera.fps)
    parser.add_argument("--stall-after", type=int, help="pictures of the first connection [never]")
    options = parser.parse_args()
    Camera.pictures = [file.read_bytes() for file in sorted(options.directory.glob("*.jpg"))]
    Camera.fps = options.fps
    Camera.stall_after = options.stall_after
    ThreadingHTTPServer.daemon_threads = True
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Camera)
    print("ready", server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
