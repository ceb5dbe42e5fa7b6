"""What a scan makes of a stretch of folders: new, changed, moved, returned, lost. Pure but for one look whether a moved file's old place is empty."""

import os
from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct, field

from revenge.services.library.entity import Fallen, KnownFile
from revenge.services.library.walk import Folder, Found, Slice

TO_PROBE = "new"


class Comparison(Struct):
    """What to write, and what to ask for."""

    total: int
    new: list[Found] = field(default_factory=list)
    changes: list[tuple[UUID, Found, str]] = field(default_factory=list)
    """Known files whose row changes: id, how the file lies now, and the state that puts it in."""
    unseen: list[UUID] = field(default_factory=list)
    """Known files that nobody has looked into yet: an earlier scan ended before it came this far."""
    to_probe: list[UUID] = field(default_factory=list)
    """Files that were looked into, and are others now."""
    to_match: list[UUID] = field(default_factory=list)
    """Files whose contents are known while their name, or what lies beside them, says something new."""
    lost: list[UUID] = field(default_factory=list)
    errors: list[Fallen] = field(default_factory=list)
    """Files that still cannot be read, though nothing changed."""
    changed: int = 0
    returned: int = 0


def compare(seen: Slice, known: Sequence[KnownFile], elsewhere: Sequence[KnownFile], root: str) -> Comparison:
    """Compare what lies in the folders with what was known of them; `elsewhere` are known files with the inodes of unknown ones."""
    result = Comparison(len(seen.files))
    here = {(file.folder, file.name): file for file in known}
    moved: set[UUID] = set()
    for found in seen.files:
        was = here.pop((found.folder, found.name), None)
        if was is not None:
            _known(result, was, found, root)
            continue
        was = next((file for file in elsewhere if file.id not in moved and _same(file, found) and not os.path.lexists(_path(file))), None)
        if was is None:
            result.new.append(found)
        else:
            moved.add(was.id)
            _moved(result, was, found)
    blind = [folder for folder, _ in seen.blind]
    result.lost = [file.id for file in here.values() if not file.missing and file.id not in moved and not _is_below(file.folder, blind)]
    return result


def unknown(seen: Slice, known: Sequence[KnownFile]) -> list[Found]:
    """Return the found files that are not known under their path."""
    here = {(file.folder, file.name) for file in known}
    return [file for file in seen.files if (file.folder, file.name) not in here]


def _known(result: Comparison, was: KnownFile, found: Found, root: str) -> None:
    """Take in a file that is where it was."""
    if was.state == TO_PROBE:
        result.changes.append((was.id, found, TO_PROBE))
        result.unseen.append(was.id)
    elif not _same(was, found):
        result.changes.append((was.id, found, TO_PROBE))
        result.to_probe.append(was.id)
        result.changed += 1
    elif was.state == "failed":
        path = os.path.join(root, *found.folder, found.name)  # noqa: PTH118 - a path for people
        result.errors.append(Fallen(path, was.error or "It cannot be read.", was.fault or "unreadable"))
    elif was.missing or not was.kept or was.companions != found.companions:
        result.changes.append((was.id, found, was.state))
        result.to_match.append(was.id)
        result.returned += was.missing


def _moved(result: Comparison, was: KnownFile, found: Found) -> None:
    """Take in a file that lay elsewhere: its contents are known, its name may say something new."""
    result.changes.append((was.id, found, was.state))
    if was.state == TO_PROBE:
        result.unseen.append(was.id)
        return
    (result.to_probe if was.state != "probed" else result.to_match).append(was.id)
    result.returned += was.missing and was.state == "probed"
    result.changed += not was.missing


def _same(was: KnownFile, found: Found) -> bool:
    return (was.size, was.mtime_ns, was.inode) == (found.size, found.mtime_ns, found.inode)


def _path(file: KnownFile) -> str:
    return os.path.join(file.root, *file.folder, file.name)  # noqa: PTH118 - for lexists


def _is_below(folder: Folder, tops: Sequence[Folder]) -> bool:
    return any(folder[: len(top)] == top for top in tops)
