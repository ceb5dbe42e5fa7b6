"""What a film's path says about it. Pure and quick (some 50 µs a name): guessit is only asked where `certain` is False.

People name films in two ways, `Title (2010)/Title (2010).mkv` and `Title.2010.1080p.BluRay.x264-GROUP.mkv`, and in everything
between. A name is read as: title, then year, then tags. The file and its folder are read alike and then joined.
"""

import re

from msgspec import Struct
from msgspec.structs import replace

from revenge.media import names_words as words
from revenge.media.names_reading import Reading, clean, read
from revenge.media.names_words import ignored, is_video
from revenge.media.titles import match_key, title_sort

__all__ = ["NameGuess", "extra_kind", "ignored", "is_video", "match_key", "owns_folder", "parse", "title_sort"]


class NameGuess(Struct, frozen=True, omit_defaults=True):
    """What a name says; None where it says nothing."""

    title: str
    """Never empty: the file's own name where nothing better is known."""
    year: int | None = None
    edition: str | None = None
    """`Director's Cut`, `Extended` …; several are joined by a comma."""
    part: int | None = None
    """Which part of a film that was cut into files (`cd2`)."""
    resolution: str | None = None
    """`2160p`, `1080p` …, as the name claims."""
    source: str | None = None
    """`bluray`, `remux`, `web`, `tv`, `dvd`, `vhs` or `cam`."""
    stereo: str | None = None
    """How a 3D picture is packed: `side_by_side`, `top_bottom`, `frames` or `unknown`."""
    version: str | None = None
    """A label behind the year: `4K` of `Title (2010) - 4K.mkv`."""
    extra: str | None = None
    """`trailer`, `featurette`, `behind_the_scenes`, `deleted`, `sample` …: not the film itself."""
    imdb: str | None = None
    tmdb: str | None = None
    tvdb: str | None = None
    certain: bool = True
    """False: the name is odd, another opinion is worth its time."""

    @property
    def is_extra(self) -> bool:
        """Whether it goes with a film rather than being one."""
        return self.extra is not None

    @property
    def is_sample(self) -> bool:
        """Whether it is a snippet that came with a release."""
        return self.extra == "sample"


def parse(relative_path: str) -> NameGuess:
    """Read a path relative to its library. Never raises; the title is never empty."""
    folders, stem = _components(relative_path)
    folder, folder_kind, folder_part = _owner(folders)
    suffix_kind, stem = _extra_suffix(stem)
    own = read(stem)
    over = own if folder == stem else read(folder) if folder else None  # the tidiest way to name a film is also the most frequent one
    guess = _joined(own, over, owned=folder_kind is not None)
    if folder_part and not guess.part:
        guess = replace(guess, part=folder_part)
    extra = folder_kind or suffix_kind or _extra_tag(own)
    return replace(guess, extra=extra) if extra else guess


def extra_kind(relative_path: str) -> str | None:
    """The `extra` that `parse` would find, at a tenth of the cost: a walk asks it of every video, each time."""
    folders, stem = _components(relative_path)
    _, folder_kind, _ = _owner(folders)
    suffix_kind, stem = _extra_suffix(stem)
    if folder_kind or suffix_kind or not words.EXTRA_AFTER_YEAR.search(re.sub(r"[._]", " ", stem)):
        return folder_kind or suffix_kind
    return _extra_tag(read(stem))


def _components(relative_path: str) -> tuple[list[str], str]:
    """The folders, and the file's name without its ending."""
    *folders, file = [clean(part) for part in relative_path.split("/") if part] or [""]
    return folders, file.rpartition(".")[0] if is_video(file) else file


def owns_folder(relative_path: str) -> bool:
    """Whether the folder that the file lies in is this film's alone, so that `poster.jpg` and `movie.nfo` in it are the film's.

    A folder is a film's own when its name is. The library's folder itself, and one called `Action`, are not.
    """
    folder, _, name = relative_path.rpartition("/")
    if not folder:
        return False
    over = read(clean(folder.rpartition("/")[2]))
    guess = parse(f"{folder}/{name}")
    return bool(over.title) and match_key(over.title, None) == match_key(guess.title, None)


def _owner(folders: list[str]) -> tuple[str | None, str | None, int | None]:
    """The folder that names the film, which kind of extra the folders say it is, and which part of it."""
    kind, part = None, None
    rest = list(folders)
    for depth, folder in enumerate(folders):
        if extra := words.EXTRA_FOLDERS.get(folder.lower()):
            kind, rest = extra, folders[:depth]
            break
    if not kind and len(folders) > 1 and (inner := words.INNER_EXTRA_FOLDERS.get(folders[-1].lower())) and read(folders[-2]).year:
        kind, rest = inner, folders[:-1]
    while rest and words.NEUTRAL_FOLDER.fullmatch(rest[-1]):
        disc = words.DISC.fullmatch(rest[-1]) or words.PART.fullmatch(rest[-1])
        part = words.part_number(disc) if disc and not kind else part
        rest.pop()
    return (rest[-1] if rest else None), kind, part


def _extra_suffix(stem: str) -> tuple[str | None, str]:
    """The kind of extra a file's own name says, and the name without saying so."""
    alone = words.EXTRA_ALONE.match(stem)
    if alone:
        kind = (alone["kind"] or alone["leading"]).lower()
        return words.EXTRA_KINDS.get(kind, kind), stem if alone["kind"] else stem[alone.end() :]
    if words.MENU.fullmatch(stem):
        return "menu", stem
    if found := words.EXTRA_SUFFIX.search(stem):
        kind = (found["kind"] or found["dotted"]).lower()
        return words.EXTRA_KINDS.get(kind, kind), stem[: found.start()] or stem
    return None, stem


def _extra_tag(name: Reading) -> str | None:
    """`Title (2010) trailer`: behind a year the word is no title any more."""
    found = words.EXTRA_AFTER_YEAR.search(name.tags) if name.year else None
    if not found:
        return None
    kind = found["kind"].lower()
    return words.EXTRA_KINDS.get(kind, kind)


def _joined(own: Reading, over: Reading | None, *, owned: bool) -> NameGuess:
    """One guess of a file's name and its folder's; `owned` says that the folder above names the film in any case."""
    from_folder = over is not None and bool(over.title) and (owned or _folder_wins(own, over))
    best = over if over and from_folder else own
    related = over if over and (from_folder or _same_film(own, over)) else None
    tags = f"{own.tags} {related.tags if related else ''} {own.stem if from_folder else ''}"
    title = best.title or best.stem.strip() or own.stem.strip() or "?"
    ids = {**(related.ids if related else {}), **own.ids}
    return NameGuess(
        title=title,
        year=best.year,
        edition=_edition(own) or (_edition(related) if related else None),
        part=own.stacked or _part(own),
        resolution=_first(words.RESOLUTIONS, tags),
        source=_first(words.SOURCES, tags) if own.tagged or (related and related.tagged) else None,
        stereo=_first(words.STEREO, f"{own.tags} {related.tags if related else ''}"),
        version=_version(own),
        certain=_certain(best, title) or bool(ids),
        **ids,
    )


def _folder_wins(own: Reading, over: Reading) -> bool:
    """Whether the folder's name is the better one."""
    key, folder_key = match_key(own.title, None)[:-1], match_key(over.title, None)[:-1]
    useless = not own.title or bool(words.USELESS.fullmatch(own.title) or words.USELESS.fullmatch(own.stem))
    if over.year and own.year:
        renamed = over.in_brackets and key == folder_key and abs(own.year - over.year) == 1
        return renamed or folder_key == f"{key}{own.year}" or (own.year == over.year and bool(over.ids) and not own.ids)
    if own.year:
        return useless and over.tagged
    if over.year:
        return over.in_brackets or over.tagged or useless or key.startswith(folder_key) or folder_key.startswith(key)
    return useless or bool(over.ids) or (over.tagged and bool(words.SCENE_FILE.fullmatch(own.stem)))


def _same_film(own: Reading, over: Reading) -> bool:
    return match_key(own.title, None) == match_key(over.title, None) and (own.year or over.year) in {over.year, own.year}


def _edition(name: Reading) -> str | None:
    return name.edition or _editions(name.tags)


def _editions(tags: str) -> str | None:
    if not tags or tags.isspace():
        return None
    return ", ".join(edition for pattern, edition in words.EDITIONS if pattern.search(tags)) or None


def _part(own: Reading) -> int | None:
    found = (
        words.VOB.fullmatch(own.stem) or words.DISC.search(own.tags) or (words.PART.search(own.tags) if own.year or own.tagged else None)
    )
    found = found or words.DISC.fullmatch(own.stem) or words.PART.fullmatch(own.stem)
    return words.part_number(found) if found else None


def _first(table: tuple[tuple[re.Pattern[str], str], ...], tags: str) -> str | None:
    return next((value for pattern, value in table if pattern.search(tags)), None)


def _version(own: Reading) -> str | None:
    """The label of `Title (2010) - Label`."""
    found = re.match(r"\s+[-\u2013]\s+(?P<label>[^\[\]{}]+)", own.tags) if own.in_brackets else None
    return found["label"].strip() or None if found else None


def _certain(best: Reading, title: str) -> bool:
    """Whether there is nothing that another opinion would change."""
    if not re.search(r"\w", best.title) or "\ufffd" in title:
        return False
    if best.year:
        return not best.doubtful
    return (
        not best.doubtful
        and not words.SCENE_FILE.fullmatch(best.stem)
        and not words.USELESS.fullmatch(best.title)
        and not re.search(r"[\[\]{}]", title)
    )
