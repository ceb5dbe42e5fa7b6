"""The words people and release groups put into file names: what is cut away from a title, and what it says.

All patterns run on a name whose dots and underscores are blanks already, and ignore case.
"""

import re

VIDEO_EXTENSIONS = frozenset(
    "3gp asf avi divx flv m2ts m4v mkv mov mp4 mpeg mpg mts ogm ogv rm rmvb ts vob webm wmv wtv".split()  # noqa: SIM905 - reads as a list of words
)
"""Endings (without the dot, lower case) of files that may hold a film."""

_IGNORED = frozenset(
    {
        "@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "@sharebin", "@tmp", "$recycle.bin", "recycle.bin", "recycler",
        "lost+found", "system volume information", "thumbs.db", "desktop.ini", "__macosx", "plex versions", "certificate",
    }
)  # fmt: skip


def ignored(name: str) -> bool:
    """Whether a file or folder of this name is none of ours: hidden, a recycle bin, a NAS's own folder."""
    return name.startswith(".") or name.lower() in _IGNORED


def is_video(name: str) -> bool:
    """Whether the name ends like a file that may hold a film."""
    stem, dot, ending = name.rpartition(".")
    return bool(stem and dot) and ending.lower() in VIDEO_EXTENSIONS


def _word(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)


# A strong tag ends a title wherever it stands; a weak one only counts behind a year or beside a strong one, since films are
# called "Cam", "Web of Spies" and "The Good German", too.
STRONG = _word(
    r"(?:480|540|576|720|1080|1440|2160|4320)[pi](?:\d\d)?|[48]k|uhd|\d{3,4}x\d{3,4}"
    r"|blu-?ray(?:rip)?|bd-?(?:rip|remux|25|50|100)|br-?rip|remux|web-?(?:dl|rip)|hd-?(?:tv|rip|dvd|cam|ts)(?:rip)?|[ps]dtv|[ds]vb-?rip|tv-?rip"
    r"|dvd-?(?:rip|scr|r|5|9)|vhs-?rip|telesync|telecine|screener|r5"
    r"|[xh][ .-]?26[456]|hevc|avc|xvid|divx|vc-?1|av1|mpeg-?[24]|(?:8|10|12)-?bits?"
    r"|hdr(?:10)?(?:\+|plus)?|dovi|dolby[ .-]?vision"
    r"|aac(?:[ ]?[257][ .][01])?|e?-?ac-?3|ddp?a?[ ]?[257][ .][01]|dd\+?[ ]?[257][ .][01]|dts(?:-?(?:hd|x|es))?(?:[ .-]?(?:ma|hra))?|true-?hd|atmos|lpcm"
    r"|(?:h|half|full)-?[ ]?(?:sbs|ou|tab)"
)
WEAK = _word(
    r"web|cam|ts|tc|dvd|hd|sd|dv|sdr|hlg|[257][ .][01]|flac|opus|mp3|mp4|mkv|avi"
    r"|proper|repack|rerip|internal|limited|retail|read[ .]?nfo|complete|multi|dual(?:[ .-]?audio)?|(?:dual|multi)[ .-]?lang|dl|ml|dubbed|subbed|subs?|hc"
    r"|amzn|nf|netflix|dsnp|hmax|hulu|atvp|itunes|pcok|german|deutsch|english|french|truefrench|vostfr|italian|ita|spanish|castellano|latino|eng?|ger|multisubs"
    r"|3d|sbs|ou|mvc|open[ .]matte|hybrid|regraded"
)

RESOLUTIONS = (
    (_word(r"4320p|8k"), "4320p"),
    (_word(r"2160p|4k|uhd|(?:3840|4096)x\d{4}"), "2160p"),
    (_word(r"1440p|2560x\d{4}"), "1440p"),
    (_word(r"1080[pi](?:\d\d)?|1920x\d{3,4}"), "1080p"),
    (_word(r"720[pi](?:\d\d)?|1280x\d{3}"), "720p"),
    (_word(r"576[pi]|540p"), "576p"),
    (_word(r"480[pi]"), "480p"),
)
SOURCES = (
    (_word(r"(?:bd-?)?remux"), "remux"),
    (_word(r"blu-?ray(?:rip)?|bd-?(?:rip|25|50|100)|br-?rip"), "bluray"),
    (_word(r"web(?:-?(?:dl|rip))?"), "web"),
    (_word(r"hd-?tv(?:rip)?|[ps]dtv|[ds]vb-?rip|tv-?rip"), "tv"),
    (_word(r"dvd(?:-?(?:rip|scr|r|5|9))?"), "dvd"),
    (_word(r"vhs-?rip"), "vhs"),
    (_word(r"(?:hd-?)?(?:cam|ts)(?:rip)?|telesync|telecine|screener|r5"), "cam"),
)
STEREO = (
    (_word(r"(?:(?:h|half|full)-?[ ]?)?sbs"), "side_by_side"),
    (_word(r"(?:(?:h|half|full)-?[ ]?)?(?:ou|tab)"), "top_bottom"),
    (_word(r"mvc"), "frames"),
    (_word(r"3d"), "unknown"),
)

_CUT = r"(?:[ ](?:cut|edition|version|edit))?"
EDITIONS = (
    (_word(r"(?:the[ ])?director'?s?[ ]?(?:cut|edition|version)|regiefassung|(?-i:DC)(?![ ]comics)"), "Director's Cut"),
    (_word(rf"(?:the[ ])?extended{_CUT}|langfassung"), "Extended"),
    (_word(rf"(?:the[ ])?unrated{_CUT}"), "Unrated"),
    (_word(rf"(?:the[ ])?uncut{_CUT}|ungekürzt|ungeschnitten"), "Uncut"),
    (_word(rf"(?:the[ ])?(?:original[ ])?theatrical{_CUT}|kinofassung"), "Theatrical"),
    (_word(r"(?:the[ ])?final[ ]cut"), "Final Cut"),
    (_word(r"(?:the[ ])?ultimate[ ](?:cut|edition|version)"), "Ultimate Edition"),
    (_word(r"special[ ]edition|sonderedition"), "Special Edition"),
    (_word(r"collector'?s[ ]edition"), "Collector's Edition"),
    (_word(r"(?:the[ ])?criterion(?:[ ](?:collection|edition))?"), "Criterion"),
    (_word(r"(?:the[ ])?(?:rogue)[ ]cut"), "Rogue Cut"),
    (_word(r"(?:the[ ])?assembly[ ]cut"), "Assembly Cut"),
    (_word(r"(?:the[ ])?international[ ](?:cut|version)"), "International Cut"),
    (_word(r"(?:the[ ])?alternat(?:e|ive)[ ](?:cut|version)"), "Alternate Cut"),
    (_word(r"(?:\d\d(?:th|st|nd|rd)[ ])?anniversary(?:[ ]edition)?"), "Anniversary Edition"),
    (_word(r"imax(?:[ ](?:edition|enhanced|version))?"), "IMAX"),
    (_word(r"open[ ]matte"), "Open Matte"),
    (_word(r"redux"), "Redux"),
    (_word(r"despeciali[sz]ed(?:[ ]edition)?"), "Despecialized"),
    (_word(r"(?:4k[ ]?)?(?:digitally[ ])?remaster(?:ed)?|restored(?:[ ]version)?|restoration"), "Remastered"),
)

VOB = re.compile(r"vts_\d\d_(?P<number>[1-9])", re.IGNORECASE)
MENU = re.compile(r"vts_\d\d_0|video_ts", re.IGNORECASE)
"""How a DVD names the parts of its film, and its menus."""
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "a": 1, "b": 2, "c": 3, "d": 4, "i": 1, "ii": 2, "iii": 3, "iv": 4}
DISC = _word(r"(?:cd|dis[ck]|dvd)[ ._-]?(?P<number>[1-9]|[a-d])(?:[ ]?of[ ]?\d)?")
"""A disc of a film that was cut into files: it says so wherever it stands."""
PART = _word(r"(?:(?:part|pt)[ ._-]?(?P<number>[1-9]|[a-d]|one|two|three|four|i{1,3}|iv)|(?P<of>[1-9])[ ]?of[ ]?[1-9])")
"""A part of a film; before the year it is part of the title (`Dune Part Two`)."""
JOINED_PART = re.compile(r"[ _.-]+(?:part|pt)(?P<number>[1-9])$")


def part_number(match: re.Match[str]) -> int:
    """The number a part or disc pattern found."""
    groups = match.groupdict()
    text = (groups.get("number") or groups.get("of") or "1").lower()
    return _NUMBERS[text] if text in _NUMBERS else int(text)


# Folders whose films are extras wherever they stand, and names that are extras only inside a film's own folder: people also
# sort whole films into "Shorts" and "Other".
EXTRA_FOLDERS = {
    "extras": "extra", "extra": "extra", "bonus": "extra", "bonus features": "extra", "bonus material": "extra", "special features": "extra",
    "featurettes": "featurette", "featurette": "featurette", "behind the scenes": "behind_the_scenes", "behindthescenes": "behind_the_scenes",
    "making of": "behind_the_scenes", "deleted scenes": "deleted", "trailers": "trailer", "trailer": "trailer", "teasers": "trailer",
    "sample": "sample", "samples": "sample", "theme-music": "theme", "backdrops": "theme", "outtakes": "extra",
}  # fmt: skip
INNER_EXTRA_FOLDERS = {
    "shorts": "short", "scenes": "scene", "interviews": "interview", "clips": "clip", "other": "extra", "others": "extra", "specials": "extra",
    "interview": "interview", "proof": "sample",
}  # fmt: skip
EXTRA_SUFFIX = re.compile(
    r"-(?P<kind>trailer|teaser|behindthescenes|deleted|deletedscene|featurette|interview|scene|short|clip|extra|other|sample)[ ]?\d{0,2}$"
    r"|(?<=.)[._](?P<dotted>trailer|sample)\d?$",
    re.IGNORECASE,
)
EXTRA_AFTER_YEAR = _word(r"(?P<kind>(?:official[ ])?(?:trailer|teaser)|sample|featurette|behind the scenes|deleted scenes?|making of)")
EXTRA_ALONE = re.compile(r"^(?P<kind>sample|trailer|teaser)(?:[ ._-]?\d+)?$|^(?P<leading>sample)-(?=.)", re.IGNORECASE)
EXTRA_KINDS = {
    "teaser": "trailer", "official trailer": "trailer", "official teaser": "trailer", "behindthescenes": "behind_the_scenes",
    "behind the scenes": "behind_the_scenes", "making of": "behind_the_scenes", "deletedscene": "deleted", "deleted scene": "deleted",
    "deleted scenes": "deleted", "other": "extra",
}  # fmt: skip

NEUTRAL_FOLDER = re.compile(
    r"(?:(?:cd|dis[ck]|dvd|part|pt)[ ._-]?[1-9a-d]|video_ts|bdmv|stream|playlist|(?:480|576|720|1080|2160)p|[48]k|uhd|hd|sd|3d|mkv|mp4|movie|film|video|main)",
    re.IGNORECASE,
)
"""Folders that say nothing about which film it is: the folder above them does."""
USELESS = re.compile(
    r"(?:movie|film|video|main|feature|index|untitled|new|title[ _-]?t?\d*|t\d\d|vts[ _]\d+[ _]\d+|video[ _]ts|\d{1,2}|\d{5}|[0-9a-f]{16,}"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:cd|dis[ck]|dvd|part|pt)[ ._-]?[1-9a-d])",
    re.IGNORECASE,
)
"""File names that name nothing."""
SCENE_FILE = re.compile(r"[a-z0-9]{2,}-[a-z0-9.]+")
"""How release groups shorten a file inside a well-named folder: `abc-xyz.mkv`."""
