"""Why jobs wait."""

from msgspec import Struct

from revenge.services.jobs.entity import Wait


class Situation(Struct, frozen=True):
    """What is known about a queue when somebody asks why it does not move."""

    waiting: int
    later: int
    slots: int
    idle_slots: int
    running_here: int
    streams: int
    store_away: bool


def waits(there: Situation) -> list[Wait]:
    """Return every reason that holds, the one that weighs most first; none where nothing waits."""
    found: list[Wait] = []
    if there.waiting and there.store_away:
        found.append(Wait("store_away", "The shared store does not answer; jobs are handed out when it is back.", there.waiting))
    if there.waiting and there.slots < there.idle_slots:
        found.append(Wait("watched", _watched(there), there.streams))
    if there.waiting and there.slots and there.running_here >= there.slots:
        found.append(Wait("full", f"All {there.slots} places of this node are taken.", there.slots))
    if there.later:
        found.append(Wait("later", f"{there.later} failed and wait before they are tried again.", there.later))
    return found


def _watched(there: Situation) -> str:
    people = "somebody watches" if there.streams == 1 else f"{there.streams} people watch"
    return f"While {people}, {f'only {there.slots} run at once' if there.slots else 'none of these run'}."
