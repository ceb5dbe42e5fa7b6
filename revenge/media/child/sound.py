"""A sound stream as samples at known places."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, islice

import av
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.filter.graph import Graph

from revenge.media.child.source import AnyPacket, base_of, only, packets, passing_over, running_on, start_of, stream_of
from revenge.media.errors import MediaError
from revenge.media.orders import Anchor, Section

_RUN_UP_S = Fraction(3, 2)
"""How far before a moment to begin reading: containers interleave loosely, and decoders need to warm up."""
_UNEVEN = {"vorbis", "wmav1", "wmav2", "opus"}
"""Codecs whose frames differ in length, and so lie on no grid."""


class Track:
    """The stream and its clock."""

    def __init__(
        self,
        container: InputContainer,
        index: int,
        start_us: int | None,
        sections: Sequence[Section] = (),
        anchors: Sequence[Anchor] = (),
    ) -> None:
        stream = stream_of(container, index)
        if not isinstance(stream, AudioStream) or stream.codec_context is None or not stream.sample_rate:
            raise MediaError("The stream is no sound that can be decoded.")
        self.picture = container.streams.video[0] if container.streams.video else None
        only(container, stream)
        self.container, self.stream = container, stream
        self.rate: int = stream.sample_rate
        self.base, self.start = base_of(stream), start_of(container, start_us)
        self.codec: str = stream.codec_context.codec.canonical_name
        self._sections, self._anchors = sections, anchors
        self._head = list(islice(self._packets(), 1))
        self.first = round(self.exact(self._head[0].pts or 0)) if self._head else 0
        """The first sample of the track: the origin of its frames. Each track has its own; one without any is silent."""
        self._on_grid = self.base > Fraction(1, self.rate) and self.codec not in _UNEVEN

    def exact(self, stamp: int) -> Fraction:
        """A time stamp in samples from the film's start."""
        return (stamp * self.base - self.start) * self.rate

    def snapped(self, exact: Fraction, size: int) -> int:
        """A place in whole samples; stamps too coarse for that are moved onto the track's grid of frames of that size."""
        return self.first + round((exact - self.first) / size) * size if self._on_grid else round(exact)

    def packets_from(self, moment: Fraction) -> Iterator[AnyPacket]:
        """Packets from some way before that moment (seconds) on.

        Near the start it reads on from where opening left it: after a seek Matroska would leave out what sounds before its clock's zero.
        Further on it enters Matroska by its picture, which has cues; for sound it would be read from the start.
        """
        if self._sections:
            self._enter()
            return self._packets()
        by = self.picture if self.picture is not None and "matroska" in self.container.format.name else self.stream
        target = self.start + moment - _RUN_UP_S
        if target > self.start:
            try:
                self.container.seek(int(target / base_of(by)), stream=by)
            except (av.FFmpegError, OSError):
                return self._packets()
            self._head = []
        return chain(self._head, self._packets())

    def _packets(self) -> Iterator[AnyPacket]:
        return running_on(packets(self.container, self.stream), self._sections, self.base, self.start)

    def _enter(self) -> None:
        """Stand some way before the piece, where only bytes tell the way."""
        position = next((anchor.position for anchor in self._anchors if anchor.position is not None), 0)
        self._head = []
        self.container.seek(position, unsupported_byte_offset=True)


def placed(track: Track, moment: Fraction) -> Iterator[tuple[AudioFrame, int]]:
    """Decoded frames from some way before that moment (seconds) on, each with its first sample's place, counted from the film's start.

    Frames follow each other without gap as long as their stamps agree to 50 ms. The first one's place follows from the second, since a
    decoder's first frame may be cut, and stamps in milliseconds are snapped to the track's own frames.
    """
    frames = _decoded(track, moment)
    held = next(frames, None)
    expected: int | None = None
    for frame in frames:
        exact = track.exact(frame.pts or 0)
        if expected is None or abs(exact - expected) > track.rate // 20:
            expected = track.snapped(exact, frame.samples)
        if held is not None:
            yield held, expected - held.samples if _follows(track, held, frame) else track.snapped(track.exact(held.pts or 0), held.samples)
            held = None
        yield frame, expected
        expected += frame.samples
    if held is not None:
        yield held, track.snapped(track.exact(held.pts or 0), held.samples)


def _decoded(track: Track, moment: Fraction) -> Iterator[AudioFrame]:
    """Frames that have a time; what cannot be decoded is passed over."""
    for packet in chain(track.packets_from(moment), [None]):
        frames: list[AudioFrame] = []
        with passing_over():
            frames = track.stream.decode(packet)
        yield from (frame for frame in frames if frame.pts is not None and frame.samples)


def _follows(track: Track, first: AudioFrame, second: AudioFrame) -> bool:
    gap = track.exact(second.pts or 0) - track.exact(first.pts or 0) - first.samples
    return abs(gap) <= track.rate // 20


def unbroken(track: Track, begin: int) -> Iterator[AudioFrame]:
    """The decoded sound from exactly that sample on, silence where the file has none; nothing after the file's end."""
    at, clock = begin, Fraction(1, track.rate)
    for frame, place in placed(track, Fraction(begin, track.rate)):
        if place + frame.samples <= at:
            continue
        yield from silence(frame.format.name, frame.layout.name, track.rate, place - at)
        frame.pts, frame.time_base = None, clock
        if place >= at:
            yield frame
        else:
            fifo = AudioFifo()
            fifo.write(frame)
            fifo.read(at - place)
            rest = fifo.read()
            if rest is not None:
                yield rest
        at = place + frame.samples


def blocks(track: Track, begin: int, size: int, rate: int, layout: str, gain: int = 0) -> Iterator[AudioFrame]:
    """The sound from that sample (of the output's rate) on, in blocks of that size; the last one is filled up with silence.

    `gain`: tenths of a decibel to make it louder by.
    """
    fifo = AudioFifo()
    alike = _alike(unbroken(track, begin * track.rate // rate), rate, layout)
    for part in _louder(alike, gain, rate, layout) if gain else alike:
        part.pts, part.time_base = None, Fraction(1, rate)
        fifo.write(part)
        while fifo.samples >= size and (block := fifo.read(size)) is not None:
            yield block
    if rest := fifo.samples:
        for quiet in silence("fltp", layout, rate, size - rest):
            fifo.write(quiet)
        if (block := fifo.read(size)) is not None:
            yield block


def _alike(frames: Iterator[AudioFrame], rate: int, layout: str) -> Iterator[AudioFrame]:
    """The same sound in one rate and layout; a broadcast may go from stereo to surround and back."""
    resampler: AudioResampler | None = None
    before: tuple[str, str, int] | None = None
    for frame in chain(frames, [None]):
        shape = (frame.format.name, frame.layout.name, frame.sample_rate) if frame is not None else None
        if shape != before and resampler is not None:
            yield from resampler.resample(None)
        if frame is not None:
            if resampler is None or shape != before:
                resampler, before = AudioResampler("fltp", layout, rate), shape
            yield from resampler.resample(frame)


def _louder(frames: Iterator[AudioFrame], gain: int, rate: int, layout: str) -> Iterator[AudioFrame]:
    """Every sample times the same number."""
    graph = Graph()
    source = graph.add_abuffer(format="fltp", sample_rate=rate, layout=layout, time_base=Fraction(1, rate))
    graph.link_nodes(source, graph.add("volume", f"volume={gain / 10}dB:precision=float"), graph.add("abuffersink")).configure()
    at = 0
    for frame in frames:
        frame.pts, frame.time_base = at, Fraction(1, rate)
        at += frame.samples
        graph.push(frame)
        louder = graph.pull()
        assert isinstance(louder, AudioFrame)
        yield louder


def silence(form: str, layout: str, rate: int, samples: int) -> Iterator[AudioFrame]:
    """So many samples of silence, in frames of at most a second."""
    while samples > 0:
        frame = AudioFrame(form, layout, min(samples, rate))
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), None
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        yield frame
        samples -= frame.samples
