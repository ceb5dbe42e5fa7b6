"""Making whole renditions in process, and looking at them as players do."""

import io
import os
import random
import subprocess
from collections.abc import Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from revenge.media.child import audio, facts, keys, text, video
from revenge.media.child.transport import join
from revenge.media.child.units import units, without_adts
from revenge.media.hls import media, stamped, subtitle_media
from revenge.media.keyframes import KeyframeIndex
from revenge.media.master import master
from revenge.media.muxed import Muxed
from revenge.media.orders import INIT, MuxOrder
from revenge.media.plan import Cut, bounds, cut, durations, reordering
from revenge.media.probed import Probed
from revenge.media.render import picture_order, sound_order
from revenge.media.rendition import Rendition, Source


@contextmanager
def descriptor(path):
    fd = os.open(path, os.O_RDONLY)
    try:
        yield fd
    finally:
        os.close(fd)


def source_of(path: Path) -> Source:
    """The film as a scan would know it, its index read in full where it is not cheap."""
    with descriptor(path) as fd:
        probed = facts.examine(fd)
        assert isinstance(probed, Probed), probed
        index = probed.index or keys.thorough(probed.facts, fds=[fd])
    return Source(str(path), path.name, probed.facts, index and KeyframeIndex.unpack(index))


def piece(source: Source, rendition: Rendition, number: int, table: bytes | None = None) -> bytes:
    place = Cut(0, 0, 0, last=False) if number == INIT else cut(source, rendition, number)
    with descriptor(source.path) as fd:
        if rendition.kind != "audio":
            return video.make(picture_order(source, rendition, number, place, 1), table, fds=[fd])
        return audio.make(sound_order(source, rendition, number, place), fds=[fd])


def transport(source: Source, muxed: Muxed, number: int) -> bytes:
    """A segment of a transport stream, as `Renderer.muxed` has it made."""
    place, edges = cut(source, muxed.video, number), bounds(source, muxed.video)
    span = Cut(edges[number] if number else 0, place.edge, place.edge, place.last)
    init, *segments = pieces(source, muxed.video)
    with descriptor(source.path) as fd:
        sound = b"".join(audio.make(sound_order(source, muxed.audio, at, span), fds=[fd]) for at in (INIT, number))
    return join(MuxOrder(init + segments[number], reordering(source, muxed.video), sound))


@cache
def pieces(source: Source, rendition: Rendition, table: bytes | None = None) -> list[bytes]:
    """Initialisation and all segments, made in a random order; once per run."""
    numbers = list(range(INIT, len(durations(source, rendition))))
    random.shuffle(numbers)
    made = {number: piece(source, rendition, number, table) for number in numbers}
    return [made[number] for number in sorted(made)]


class Seen:
    """What a demuxer makes of some bytes or a file."""

    def __init__(self, what: bytes | str | Path, index: int | None = None) -> None:
        with av.open(io.BytesIO(what) if isinstance(what, bytes) else str(what)) as container:
            stream = container.streams[index or 0]
            self.kind, self.base = stream.type, stream.time_base
            self.start = Fraction(container.start_time or 0, 1_000_000)
            self.packets = [packet for packet in container.demux(stream) if packet.pts is not None and packet.size]
            self.times = sorted(packet.pts * self.base for packet in self.packets)
            self.decoding = [packet.dts for packet in self.packets]
            self.payloads = [payload(bytes(packet), stream.type) for packet in self.packets]

    @property
    def steps(self) -> list[Fraction]:
        return [after - before for before, after in zip(self.times, self.times[1:], strict=False)]

    @property
    def in_order(self) -> bool:
        return all(a < b for a, b in zip(self.decoding, self.decoding[1:], strict=False))


def payload(data: bytes, kind: str) -> bytes:
    """The coded content: start codes, lengths, parameter sets and ADTS headers are the container's business."""
    if kind != "video":
        return without_adts(data)
    found = [unit.rstrip(b"\0") for unit in units(data)] if data[:2] == b"\0\0" else []
    return max(found, key=len, default=data)


def pictures(data: bytes) -> list:
    with av.open(io.BytesIO(data)) as container:
        return list(container.decode(video=0))


def samples(what: bytes | Path, stream: int = 0, layout: str = "stereo") -> np.ndarray:
    """The sound's first channel, decoded in one go."""
    with av.open(io.BytesIO(what) if isinstance(what, bytes) else str(what)) as container:
        track = container.streams.audio[stream]
        resampler = av.AudioResampler("fltp", layout, track.rate)
        frames = [part for frame in container.decode(track) for part in resampler.resample(frame)]
        return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def lay_out(folder: Path, source: Source, videos: Sequence[Rendition], audios: Sequence[Rendition] = (), words=()) -> Path:
    """Playlists and segments on disk, as they would be served."""
    for rendition in (*videos, *audios):
        home = folder / rendition.name
        home.mkdir(parents=True)
        (home / "index.m3u8").write_text(media(source, rendition))
        init, *segments = pieces(source, rendition)
        (home / "init.mp4").write_bytes(init)
        for number, segment in enumerate(segments):
            (home / f"{number}.m4s").write_bytes(segment)
    for track in words:
        home = folder / f"s{track.index}"
        home.mkdir()
        (home / "index.m3u8").write_text(subtitle_media(source))
        with descriptor(source.path) as fd:
            (home / "all.vtt").write_bytes(stamped(text.embedded(track.index, None, fds=[fd])))
    (folder / "master.m3u8").write_text(master(source, videos, audios, words))
    return folder / "master.m3u8"


def ffmpeg_plays(playlist: Path) -> str:
    """What FFmpeg's command line has to say about a playlist it plays to the end; empty when it is content."""
    command = [
        "ffmpeg",
        "-v",
        "warning",
        "-nostdin",
        "-i",
        playlist,
        "-map",
        "0:v?",
        "-map",
        "0:a?",
        "-fps_mode",
        "passthrough",
        "-f",
        "framemd5",
        "-",
    ]
    played = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert played.returncode == 0, played.stderr
    return "".join(line for line in played.stderr.splitlines(keepends=True) if "Can't support the subtitle" not in line)
