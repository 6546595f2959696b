"""ffmpeg for the servers of tests, from a wheel: the machine needs none of its own.

The wheel has no `ffprobe`, which Gradio asks about each segment of a streamed video: run as a
program, this file answers in its place, from what ffmpeg prints about a file. Standard library
only, as it runs in any environment.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

TIMES = re.compile(r"Duration: (\d+):(\d+):(\d+\.\d+)(?:, start: (\d+\.\d+))?")
STREAM = re.compile(r"Stream #\d+:\d+.*?: (?P<kind>Video|Audio): (?P<codec>\w+)(?P<rest>.*)")
SOUND = re.compile(r"(?P<rate>\d+) Hz, (?P<layout>\w+)")
START = re.compile(r"start (\d+\.\d+)")
CHANNELS = {"mono": "1", "stereo": "2"}


def path_with_ffmpeg(folder: Path) -> str:
    """A `PATH` whose first folder, `folder`, holds `ffmpeg` and `ffprobe`."""
    import imageio_ffmpeg

    folder.mkdir(exist_ok=True)
    programs = {
        "ffmpeg": imageio_ffmpeg.get_ffmpeg_exe(),
        "ffprobe": f"{shlex.quote(sys.executable)} {shlex.quote(__file__)}",
    }
    for name, command in programs.items():
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)])


def film_of(file: Path) -> tuple[str, int]:
    """The codec of a film and how many pictures it has."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(file)]
    command += ["-map", "0:v", "-c", "copy", "-f", "framecrc", "-"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    codec = next(line for line in lines if line.startswith("#codec_id 0: "))
    return codec.rpartition(" ")[2], sum(not line.startswith("#") for line in lines)


def probe(path: str) -> dict[str, Any]:
    """What `ffprobe -print_format json -show_format -show_streams` says of a file, in part."""
    command = ["ffmpeg", "-hide_banner", "-nostdin", "-i", path]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    sys.stderr.write(told)  # what ffprobe says there, too, is read by pydub
    times = TIMES.search(told)
    if times is None:
        raise SystemExit(told)
    hours, minutes, seconds, start = times.groups()
    length = {"duration": str(int(hours) * 3600 + int(minutes) * 60 + float(seconds))}
    streams: list[dict[str, Any]] = []
    for stream in STREAM.finditer(told):
        begin = START.search(stream["rest"])
        sound = SOUND.search(stream["rest"])
        streams.append(
            {
                "index": len(streams),
                "codec_type": stream["kind"].lower(),
                "codec_name": stream["codec"],
                "start_time": begin[1] if begin else start or "0",
                **length,
            }
        )
        if sound is not None:
            streams[-1] |= {"sample_rate": sound["rate"], "channels": CHANNELS[sound["layout"]]}
    return {"streams": streams, "format": {"filename": path, "start_time": start or "0", **length}}


if __name__ == "__main__":
    print(json.dumps(probe(sys.argv[-1])))
