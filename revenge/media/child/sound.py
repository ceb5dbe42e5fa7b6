"""A sound stream as samples at known places."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

import av
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from revenge.media.child.source import base_of, only, packets, rewind, start_of, stream_of
from revenge.media.errors import MediaError

_RUN_UP_S = Fraction(3, 2)
"""How far before a moment to begin reading: containers interleave loosely, and decoders need to warm up."""
_UNEVEN = {"vorbis", "wmav1", "wmav2", "opus"}
"""Codecs whose frames differ in length, and so lie on no grid."""


class Track:
    """The stream and its clock."""

    def __init__(self, container: InputContainer, index: int, start_us: int | None) -> None:
        stream = stream_of(container, index)
        if not isinstance(stream, AudioStream) or stream.codec_context is None or not stream.sample_rate:
            raise MediaError("The stream is no sound that can be decoded.")
        self.picture = container.streams.video[0] if container.streams.video else None
        only(container, stream)
        self.container, self.stream = container, stream
        self.rate: int = stream.sample_rate
        self.base, self.start = base_of(stream), start_of(container, start_us)
        self.codec: str = stream.codec_context.codec.canonical_name
        self.first = self._first()
        """The first sample of the track: the origin of its frames. Each track has its own."""

    def exact(self, stamp: int) -> Fraction:
        """A time stamp in samples from the film's start."""
        return (stamp * self.base - self.start) * self.rate

    def stand_before(self, moment: Fraction) -> None:
        """Stand so that every packet from that moment (seconds) on is still ahead.

        Matroska is entered by its picture: it has no cues for sound, and would be read from the start.
        """
        by = self.picture if self.picture is not None and "matroska" in self.container.format.name else self.stream
        target = self.start + moment - _RUN_UP_S
        try:
            if target > self.start:
                self.container.seek(int(target / base_of(by)), stream=by)
                return
        except (av.FFmpegError, OSError):
            pass
        rewind(self.container, by)

    def _first(self) -> int:
        stamp = next((packet.pts for packet in packets(self.container, self.stream)), None)
        if stamp is None:
            raise MediaError("The sound track is empty.")
        return round(self.exact(stamp))


def placed(track: Track, moment: Fraction) -> Iterator[tuple[AudioFrame, int]]:
    """Decoded frames from some way before that moment (seconds) on, each with its first sample's place, counted from the film's start.

    Frames follow each other without gap as long as their stamps agree to 50 ms; stamps in milliseconds are snapped to the track's own frames.
    """
    track.stand_before(moment)
    coarse = track.base > Fraction(1, track.rate) and track.codec not in _UNEVEN
    expected: int | None = None
    for packet in chain(packets(track.container, track.stream), [None]):
        try:
            frames = track.stream.decode(packet)
        except (av.InvalidDataError, av.EOFError):
            continue
        for frame in frames:
            if frame.pts is not None:
                exact = track.exact(frame.pts)
                if expected is None or abs(exact - expected) > track.rate // 20:
                    size = frame.samples if coarse else 1
                    expected = track.first + round((exact - track.first) / size) * size
            if expected is not None and frame.samples:
                yield frame, expected
                expected += frame.samples


def unbroken(track: Track, begin: int) -> Iterator[AudioFrame]:
    """The decoded sound from exactly that sample on, silence where the file has none; nothing after the file's end."""
    at, fifo, clock = begin, AudioFifo(), Fraction(1, track.rate)
    for frame, place in placed(track, Fraction(begin, track.rate)):
        if place + frame.samples <= at:
            continue
        yield from silence(frame.format.name, frame.layout.name, track.rate, place - at)
        frame.pts, frame.time_base = None, clock
        if place >= at:
            yield frame
        else:
            fifo.write(frame)
            fifo.read(at - place)
            rest = fifo.read()
            if rest is not None:
                yield rest
        at = place + frame.samples


def blocks(track: Track, begin: int, size: int, rate: int, layout: str) -> Iterator[AudioFrame]:
    """The sound from that sample (of the output's rate) on, in blocks of that size; the last one is filled up with silence."""
    fifo, resampler = AudioFifo(), AudioResampler("fltp", layout, rate)
    for frame in chain(unbroken(track, begin * track.rate // rate), [None]):
        for part in resampler.resample(frame):
            part.pts, part.time_base = None, Fraction(1, rate)
            fifo.write(part)
        if frame is None and fifo.samples % size:
            for quiet in silence("fltp", layout, rate, size - fifo.samples % size):
                fifo.write(quiet)
        while fifo.samples >= size and (block := fifo.read(size)) is not None:
            yield block


def silence(form: str, layout: str, rate: int, samples: int) -> Iterator[AudioFrame]:
    """So many samples of silence, in frames of at most a second."""
    while samples > 0:
        frame = AudioFrame(form, layout, min(samples, rate))
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), None
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        yield frame
        samples -= frame.samples
