#!/usr/bin/python3
"""A camera that speaks RTSP: serves a video file at rtsp://ADDRESS:PORT/cam in real time, to each client from its beginning.

GStreamer's RTSP server (Debian: gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good). Says "ready PORT" on stdout
when it listens. --drop loses that share of the RTP packets behind the payloader, as a bad radio link does.
"""
import argparse
import random
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PAYLOADERS = {"h264": "rtph264pay", "jpeg": "rtpjpegpay", "mpeg4": "rtpmp4vpay"}


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="video in MP4 or Matroska")
    parser.add_argument("--codec", choices=PAYLOADERS, default="h264", help="what the file holds [%(default)s]")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 = any that is free [%(default)s]")
    parser.add_argument("--password", help="asked of the user \"viewer\" [none]")
    parser.add_argument("--drop", type=float, default=0, help="share of RTP packets lost; in [0, 1) [%(default)s]")
    return parser.parse_args()


def lose_packets(media, share):
    """Drops packets of the media's stream at random, the same ones in every run."""
    source = media.get_element().get_by_name("pay0").get_static_pad("src")
    rng = random.Random(1)

    def on_data(pad, info):
        if info.type & Gst.PadProbeType.BUFFER_LIST:   # the packets of one picture: each has its own luck
            packets = info.get_buffer_list()
            for i in range(packets.length()):
                pad.push(packets.get(i))
            return Gst.PadProbeReturn.DROP
        return Gst.PadProbeReturn.DROP if rng.random() < share else Gst.PadProbeReturn.OK

    source.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, on_data)


def ask_password(server, factory, password):
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("viewer", password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    for right in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role("viewer", right, True)
    factory.set_permissions(permissions)


def main():
    options = parse()
    Gst.init(None)
    demuxer = "qtdemux" if options.file.endswith(".mp4") else "matroskademux"
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f'( filesrc location="{options.file}" ! {demuxer} ! {PAYLOADERS[options.codec]} name=pay0 pt=96 )')
    if options.drop > 0:
        factory.connect("media-configure", lambda _, media: lose_packets(media, options.drop))
    server = GstRtspServer.RTSPServer()
    server.set_address(options.address)
    server.set_service(str(options.port))
    if options.password:
        ask_password(server, factory, options.password)
    server.get_mount_points().add_factory("/cam", factory)
    if server.attach(None) == 0:
        sys.exit(f"rtsp_server.py: port {options.port} cannot be used")
    print("ready", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
