"""A player that forgives nothing: it asks for segments in any order, jumps about, changes renditions, and compares all it gets with the film.

Times are seconds from the film's start; a segment's stamps are two seconds late.
"""

import io
import random
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise

import av
import numpy as np
from av.container import InputContainer
from av.error import InvalidDataError
from av.video.frame import VideoFrame

from revenge.media.orders import INIT
from revenge.media.plan import announced, durations
from revenge.media.rendition import Rendition, Source
from tests.media.rendering import Seen, piece

LATE = 2
IN_STEP_S = 0.040
"""How far picture and sound may be apart."""
_HEARD_RATE = 48000
_AROUND = 4800


@dataclass(frozen=True)
class Shown:
    """A picture as a player would show it: when, and a small grey copy."""

    at: float
    small: np.ndarray


class StrictPlayer:
    """Plays one film; every method raises AssertionError at the first thing a viewer could notice."""

    def __init__(self, source: Source, seed: int = 1) -> None:
        self.source = source
        self.random = random.Random(seed)
        self._had: dict[tuple[Rendition, int], bytes] = {}

    def ask(self, rendition: Rendition, number: int) -> bytes:
        """A segment, or the initialisation segment, as the engine makes it; asked for once."""
        key = rendition, number
        if key not in self._had:
            self._had[key] = piece(self.source, rendition, number)
        return self._had[key]

    def count(self, rendition: Rendition) -> int:
        return len(durations(self.source, rendition))

    def whole(self, rendition: Rendition) -> bytes:
        """All of a rendition, asked for in a random order."""
        numbers = list(range(INIT, self.count(rendition)))
        self.random.shuffle(numbers)
        for number in numbers:
            self.ask(rendition, number)
        return b"".join(self.ask(rendition, number) for number in sorted(numbers))

    @cached_property
    def own(self) -> Seen:
        """The film's own picture."""
        assert self.source.facts.video is not None
        return Seen(self.source.path, self.source.facts.video.index)

    @cached_property
    def film(self) -> list[Shown]:
        """The film's own pictures, decoded in one go."""
        with av.open(self.source.path) as container:
            start = Fraction(container.start_time or 0, 1_000_000)
            stream = container.streams[self.source.facts.video.index]
            return [_shown(frame, start) for frame in container.decode(stream)]

    @property
    def frame(self) -> float:
        """The longest step between two pictures of the film."""
        return float(max(self.own.steps))

    def check_picture(self, rendition: Rendition) -> None:
        """No gap, no overlap, rising decoding times, every picture of the film once and when it is due, segments where the playlist says."""
        seen = Seen(self.whole(rendition))
        assert seen.in_order, "decoding times rise"
        due = [float(time - self.own.start) for time in self.own.times]
        got = [float(time) - LATE for time in seen.times]
        assert len(got) == len(due), "every picture is there once"
        late = [abs(one - other) for one, other in zip(got[1:], due[1:], strict=True)]
        assert max(late, default=0) <= 0.001, "every picture is shown when it is due"
        assert got[0] == 0 or abs(got[0] - due[0]) <= 0.001
        if rendition.copies:
            assert seen.payloads == self.own.payloads, "a copy is what the film has, byte by byte"
        self._check_bounds(rendition)

    def _check_bounds(self, rendition: Rendition) -> None:
        begins = [0.0, *accumulate(length / 1_000_000 for length in announced(self.source, rendition))]
        end: Fraction | None = None
        for number in range(self.count(rendition)):
            packets = Seen(self.ask(rendition, INIT) + self.ask(rendition, number)).packets
            first = float(packets[0].dts * packets[0].time_base) - LATE
            if number:
                assert 0 <= first - begins[number] <= self.frame + 0.3 * bool(self._soft(rendition)), (
                    "a segment begins where the playlist says"
                )
            if end is not None:
                assert abs(end - packets[0].dts * packets[0].time_base) <= self.frame, "nothing is missing between two segments"
            end = (packets[-1].dts + packets[-1].duration) * packets[-1].time_base
            assert packets[0].is_keyframe

    def _soft(self, rendition: Rendition) -> bool:
        return rendition.copies and self.source.index is not None and self.source.index.soft > 0

    def check_alone(self, rendition: Rendition) -> None:
        """Every segment that begins with a clean entry is decoded whole with nothing but its initialisation segment."""
        if self._soft(rendition):
            return
        for number in range(self.count(rendition)):
            data = self.ask(rendition, INIT) + self.ask(rendition, number)
            with av.open(io.BytesIO(data), options={"err_detect": "explode"}) as container:
                try:
                    frames = list(container.decode(video=0))
                except InvalidDataError as error:
                    raise AssertionError(f"segment {number} cannot be decoded alone: {error}") from error
            assert len(frames) == len(Seen(data).packets), f"segment {number} shows all its pictures"

    def check_seeks(self, rendition: Rendition, times: int = 50) -> None:
        """A jump anywhere lands in a segment that shows that moment."""
        begins = [0.0, *accumulate(length / 1_000_000 for length in announced(self.source, rendition))]
        shows = [
            [float(time) - LATE for time in Seen(self.ask(rendition, INIT) + self.ask(rendition, n)).times]
            for n in range(self.count(rendition))
        ]
        last = shows[-1][-1]
        for _ in range(times):
            wanted = self.random.uniform(0, last)
            number = min(bisect_right(begins, wanted), len(shows)) - 1
            following = shows[number + 1][0] if number + 1 < len(shows) else last + self.frame
            early = self.frame + (0.3 if self._soft(rendition) else 0)
            assert shows[number][0] - early <= wanted <= max(following, shows[number][-1] + self.frame), f"{wanted} is in segment {number}"

    def check_content(self, rendition: Rendition) -> None:
        """Every picture shows what the film shows at that time: the nearest of its neighbours in time is the nearest in looks."""
        with av.open(io.BytesIO(self.whole(rendition))) as container:
            got = [_shown(frame, Fraction(LATE)) for frame in container.decode(video=0)]
        assert len(got) == len(self.film)
        for number in range(2, len(got) - 2, 5):
            near = range(max(0, number - 2), min(len(self.film), number + 3))
            looks = {other: float(np.abs(got[number].small - self.film[other].small).mean()) for other in near}
            assert looks[number] <= min(looks.values()) + 0.05, f"picture {number} is shown at another's time"

    def check_switches(self, first: Rendition, second: Rendition) -> None:
        """Changing between two renditions cut alike: every picture once, none twice."""
        count = self.count(first)
        assert count == self.count(second)
        taken = [self.random.choice([first, second]) for _ in range(count)]
        times: list[Fraction] = []
        for number, rendition in enumerate(taken):
            times += Seen(self.ask(rendition, INIT) + self.ask(rendition, number)).times
        assert all(a < b for a, b in pairwise(times)), "no picture comes back"
        assert times == Seen(self.whole(first)).times

    def check_sound(self, rendition: Rendition) -> None:
        """One frame after the other without gap, from the film's start to its end, and in step with the film."""
        seen = Seen(self.whole(rendition))
        assert len(set(seen.steps)) == 1, "no gap and no overlap"
        assert seen.in_order
        assert abs(float(seen.times[0]) - LATE) < IN_STEP_S
        assert abs(self.lag(rendition)) <= IN_STEP_S / 2, "sound is in step"

    def lag(self, rendition: Rendition) -> float:
        """Seconds by which the sound is late against the film's own, by what is heard in a second of it."""
        with av.open(self.source.path) as container:
            start = Fraction(container.start_time or 0, 1_000_000)
            began, film = _heard(container, rendition.track, start)
        with av.open(io.BytesIO(self.whole(rendition))) as container:
            since, heard = _heard(container, 0, Fraction(LATE))
        first = max(began, since) + 0.5
        part = film[round((first - began) * _HEARD_RATE) :][:_HEARD_RATE]
        around = heard[round((first - since) * _HEARD_RATE) - _AROUND :][: len(part) + 2 * _AROUND]
        size = 1 << (len(around) + len(part)).bit_length()
        product = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(part, size)), size)
        return (int(product[: len(around) - len(part) + 1].argmax()) - _AROUND) / _HEARD_RATE


def _heard(container: InputContainer, index: int, start: Fraction) -> tuple[float, np.ndarray]:
    """When the decoded sound begins, and its first channel."""
    stream, frames, began = container.streams[index], [], 0.0
    resampler = av.AudioResampler("fltp", "mono", _HEARD_RATE)
    for frame in container.decode(stream):
        if not frames:
            began = float(frame.pts * frame.time_base - start)
        frames += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    return began, np.concatenate(frames)


def _shown(frame: VideoFrame, start: Fraction) -> Shown:
    small = frame.reformat(width=96, height=54, format="gray").to_ndarray().astype(np.int16)
    return Shown(float(Fraction(frame.pts) * frame.time_base - start), small)
