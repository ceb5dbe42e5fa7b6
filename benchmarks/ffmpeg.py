"""The ffmpeg and ffprobe programs: the films that are played, and the peer that makes the same pieces of them."""

import os
import subprocess
import time
from pathlib import Path

from msgspec import Struct

_QUIET = ["ffmpeg", "-v", "error", "-nostdin", "-y"]
_GROUPS = (1.5, 4.5, 2.0, 3.5)
"""Seconds between the keyframes of a film, again and again: none is as another, as scene changes make them."""
_AS_OURS = [
    "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", "23", "-bf", "3", "-pix_fmt", "yuv420p",
    "-x264-params", "open-gop=0:scenecut=0:b-pyramid=normal:keyint=100000",
]  # fmt: skip
"""What the node encodes with, so that both do the same work."""


class Cost(Struct, frozen=True):
    """What one run took: seconds on the clock, and of processor time."""

    seconds: float
    cpu: float


def film(path: Path, seconds: int) -> Path:
    """A film of 1280x720 at 24 pictures a second with B-frames, closed groups of different lengths, and stereo AAC, as Matroska."""
    marks, at = [], 0.0
    while at < seconds:
        marks.append(f"{at:.3f}")
        at += _GROUPS[len(marks) % len(_GROUPS)]
    _run(
        [
            *_QUIET, "-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate=24:duration={seconds},noise=alls=2:allf=t",
            "-f", "lavfi", "-i", f"sine=frequency=330:sample_rate=48000:duration={seconds}", "-ac", "2",
            "-c:v", "libx264", "-preset", "superfast", "-bf", "2", "-pix_fmt", "yuv420p", "-x264-params", "scenecut=0:keyint=1000",
            "-force_key_frames", ",".join(marks), "-c:a", "aac", "-b:a", "128k", str(path),
        ]
    )  # fmt: skip
    return path


def long_film(path: Path, minutes: int) -> Path:
    """A small picture that lasts: ten minutes of it, again and again. The path's ending says the container."""
    part = path.with_name("part.mkv")
    if not part.exists():
        _run(
            [
                *_QUIET, "-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=24:duration={min(minutes, 10) * 60}",
                "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "62", "-pix_fmt", "yuv420p", str(part),
            ]
        )  # fmt: skip
    _run([*_QUIET, "-stream_loop", str(max(0, minutes // 10 - 1)), "-i", str(part), "-c", "copy", str(path)])
    return path


def copied(source: Path, place: Path, begin: float, seconds: float | None) -> Cost:
    """A piece of the film (all of it without a length) as HLS of fragmented MP4, copied, by a process that starts for it."""
    return _run([*_from(source, begin, seconds), "-c", "copy", *_hls(place)])


def encoded(source: Path, place: Path, begin: float, seconds: float | None, most: int, threads: int) -> Cost:
    """The same with the picture encoded, at most so many bit/s."""
    cuts = ["-force_key_frames", "expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+4))", "-maxrate", str(most), "-bufsize", str(most)]
    return _run([*_from(source, begin, seconds), *_AS_OURS, "-threads", str(threads), *cuts, "-c:a", "copy", *_hls(place)])


def packets(source: Path) -> Cost:
    """Every packet of the picture listed by ffprobe: where the keyframes are."""
    words = ["-select_streams", "v:0", "-show_packets", "-show_entries", "packet=pts,flags", "-of", "csv"]
    return _run(["ffprobe", "-v", "error", *words, str(source)])


def _from(source: Path, begin: float, seconds: float | None) -> list[str]:
    seek = ["-ss", f"{begin:.3f}"] if begin else []
    length = [] if seconds is None else ["-t", f"{seconds:.3f}"]
    return [*_QUIET, *seek, "-i", str(source), *length, "-map", "0:v:0", "-map", "0:a:0"]


def _hls(place: Path) -> list[str]:
    place.mkdir(exist_ok=True)
    return ["-f", "hls", "-hls_time", "4", "-hls_list_size", "0", "-hls_segment_type", "fmp4", str(place / "index.m3u8")]


def _run(command: list[str]) -> Cost:
    began, before = time.perf_counter(), os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(time.perf_counter() - began, used)
