"""What players' own readers understand of our playlists: PyPI's `m3u8` and npm's `m3u8-parser`, which is hls.js's elder cousin, agree."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import m3u8
import pytest

from revenge.media.hls import media, muxed_media, subtitle_media
from revenge.media.master import master, muxed_master
from revenge.media.muxed import Muxed
from revenge.media.rendition import Rendition, still
from tests.media.rendering import source_of

ROOT = Path(__file__).parents[2]
_READ = """
const { Parser } = require("m3u8-parser");
const read = (text) => { const parser = new Parser(); parser.push(text); parser.end(); return parser.manifest; };
console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0, "utf8")).map(read)));
"""


def by_the_other(texts: list[str]) -> list[dict[str, Any]]:
    if shutil.which("node") is None or not (ROOT / "node_modules" / "m3u8-parser").is_dir():
        pytest.skip("no node on this machine's PATH, or `make assets` was not run")
    done = subprocess.run(["node", "-e", _READ], cwd=ROOT, input=json.dumps(texts), capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def variants(text: str) -> list[tuple[Any, ...]]:
    found = m3u8.loads(text)
    told = [(one.uri, one.stream_info) for one in found.playlists] + [(one.uri, one.iframe_stream_info) for one in found.iframe_playlists]
    return [(uri, info.bandwidth, info.average_bandwidth, info.codecs, info.resolution, info.video_range) for uri, info in told]


def variants_of_other(read: dict[str, Any]) -> list[tuple[Any, ...]]:
    told = [(one["uri"], one["attributes"]) for one in (*read["playlists"], *read["iFramePlaylists"])]
    return [
        (
            uri, int(info["BANDWIDTH"]), int(info["AVERAGE-BANDWIDTH"]) if "AVERAGE-BANDWIDTH" in info else None, info.get("CODECS"),
            (info["RESOLUTION"]["width"], info["RESOLUTION"]["height"]) if "RESOLUTION" in info else None, info.get("VIDEO-RANGE"),
        )
        for uri, info in told
    ]  # fmt: skip


def tracks(text: str) -> set[tuple[Any, ...]]:
    return {
        (one.type, one.group_id, one.name, one.language, one.uri, one.default == "YES", one.autoselect == "YES")
        for one in m3u8.loads(text).media
    }


def tracks_of_other(read: dict[str, Any]) -> set[tuple[Any, ...]]:
    return {
        (kind, group, name, one.get("language"), one.get("uri"), one["default"], one["autoselect"])
        for kind in ("AUDIO", "SUBTITLES")
        for group, members in read["mediaGroups"][kind].items()
        for name, one in members.items()
    }


def pieces(text: str) -> tuple[Any, ...]:
    found = m3u8.loads(text)
    parts = [(one.uri, one.duration, one.init_section.uri if one.init_section else None) for one in found.segments]
    kind = (found.playlist_type or "").upper(), int(found.version), bool(found.is_i_frames_only), bool(found.is_independent_segments)
    return parts, found.target_duration, found.media_sequence, found.is_endlist, *kind


def pieces_of_other(read: dict[str, Any]) -> tuple[Any, ...]:
    parts = [(one["uri"], one["duration"], one.get("map", {}).get("uri")) for one in read["segments"]]
    kind = read["playlistType"], read["version"], read.get("iFramesOnly", False), read.get("independentSegments", False)
    return parts, read["targetDuration"], read["mediaSequence"], read["endList"], *kind


def test_both_readers_understand_the_same(mkv_h264_ac3, hevc_mkv, open_gop_mkv):
    masters, lists = [], []
    for film in (mkv_h264_ac3, hevc_mkv, open_gop_mkv):
        source = source_of(film)
        copy, encoded, sound = Rendition("video", 0), Rendition("video", 0, height=240), Rendition("audio", 1, channels=2)
        words = [track for track in source.facts.subtitles if track.is_text]
        masters += [master(source, [copy, encoded], [sound], words), muxed_master(source, [Muxed(copy, sound)], words)]
        lists += [media(source, one) for one in (copy, encoded, sound, still(source.facts.video))]
        lists += [muxed_media(source, Muxed(encoded, sound)), subtitle_media(source)]
    read = by_the_other([*masters, *lists])
    for text, other in zip(masters, read[: len(masters)], strict=True):
        assert variants(text) == variants_of_other(other)
        assert tracks(text) == tracks_of_other(other)
    for text, other in zip(lists, read[len(masters) :], strict=True):
        assert pieces(text) == pieces_of_other(other)
