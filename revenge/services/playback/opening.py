"""What a viewing begins with: which file, how it reaches the player, and where it goes on."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from revenge.core.caller import Caller
from revenge.core.errors import Invalid, absent
from revenge.core.facts import MediaFacts
from revenge.media.keyframes import CLOCK
from revenge.media.rendition import COPIED_VIDEO
from revenge.services.library.entity import Shelf, StoredFile
from revenge.services.library.service import Files
from revenge.services.playback.abilities import Abilities
from revenge.services.playback.bounds import Bounds
from revenge.services.playback.choice import choose, stamp_of
from revenge.services.playback.decide import decide
from revenge.services.playback.entity import Decision, SessionRequest, resume_at
from revenge.services.playback.indexes import Indexes, entry_of
from revenge.services.playback.levels import Levels
from revenge.services.playback.profiles import abilities
from revenge.services.playback.progress import Progresses

_RECORDED = "mpegts"
_THIN = 50_000
"""Bits per second that no broadcast of a picture stays below."""


class Opened(Struct, frozen=True):
    """What was found for a viewing."""

    file: StoredFile
    facts: MediaFacts
    decision: Decision
    start_ms: int


class Opening:
    """Chooses, decides, and looks up where somebody was."""

    def __init__(self, files: Files, shelves: Mapping[str, Shelf], progress: Progresses, indexes: Indexes, levels: Levels) -> None:
        self.files = files
        self.shelves = shelves
        self.progress = progress
        self.indexes = indexes
        self.levels = levels

    async def open(self, request: SessionRequest, caller: Caller, agent: str, bounds: Bounds) -> Opened:
        """Return what a viewing begins with.

        NotFound, Conflict or Unavailable as `choice.choose` says; Invalid for a kind of item or a profile that is not known.
        """
        client = abilities(request.client, agent)
        file = await self._choose(request, caller)
        assert file.facts is not None  # `choose` takes no other
        decision = await self._decide(file, file.facts, client, bounds)
        length = await self._length(file, file.facts)
        encoded = {track.index for track in file.facts.audio} - {*decision.copy_audio} if decision.method != "direct" else ()
        decision = replace(decision, gains=await self.levels.gains(file, encoded), made_for=stamp_of(file))
        start = request.start_ms if request.start_ms is not None else await self._resume(request, caller)
        return Opened(file, replace(file.facts, duration_ms=length), decision, min(start, length))

    async def _choose(self, request: SessionRequest, caller: Caller) -> StoredFile:
        item = request.item
        if item.kind not in self.shelves:
            kinds = ", ".join(self.shelves)
            raise Invalid(f"Items of kind {item.kind!r} cannot be played; choose one of {kinds}.", code="kind_unknown", field="item.kind")
        files = await self.files.of_item(item, caller)
        return await choose(files or absent(item.kind, item.id), request.file_id)

    async def _decide(self, file: StoredFile, facts: MediaFacts, client: Abilities, bounds: Bounds) -> Decision:
        """Decide; read the file for its keyframes when nothing but they are missing to send the picture as it is, or its length is nonsense."""
        index = await self.indexes.known(file)
        decision = decide(facts, client, entry_of(index), bounds)
        if index is not None or decision.method == "direct" or facts.video is None:
            return decision
        copied = facts.video.codec in COPIED_VIDEO and decide(facts, client, "clean", bounds).copy_video
        if not copied and not _is_doubtful(facts):
            return decision
        return decide(facts, client, entry_of(await self.indexes.found(file, facts)), bounds)

    async def _length(self, file: StoredFile, facts: MediaFacts) -> int:
        """Return how long the film is (ms): what the file says, unless its clock jumps, and it knows only the two ends."""
        if facts.container != _RECORDED or (index := await self.indexes.known(file)) is None or not index.sections:
            return facts.duration_ms
        return index.end * 1000 // CLOCK

    async def _resume(self, request: SessionRequest, caller: Caller) -> int:
        known = await self.progress.progress_of(request.item.kind, [request.item.id], caller)
        return resume_at(known.get(request.item.id))


def _is_doubtful(facts: MediaFacts) -> bool:
    """Return whether a recording is so thin for its length that its clock must have jumped: it knows only the two ends."""
    return facts.container == _RECORDED and facts.size * 8000 < facts.duration_ms * _THIN
