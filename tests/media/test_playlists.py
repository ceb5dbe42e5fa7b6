"""Playlists say what is true of the segments they list, in the way RFC 8216 wants it said."""

import re
from itertools import pairwise

import m3u8
import pytest

from revenge.media.hls import media, muxed_media, subtitle_media
from revenge.media.master import master, muxed_master
from revenge.media.muxed import Muxed
from revenge.media.plan import bounds, durations
from revenge.media.rendition import Rendition, Source, still
from tests.media.rendering import Seen, pictures, pieces, source_of, transport

SOUNDS = (Rendition("audio", 1, channels=2),)
LIMITED = Rendition("video", 0, height=240, kbps=40)
ENCODED, COPY = Rendition("video", 0, height=240), Rendition("video", 0)
_MASTER = {"EXTM3U", "EXT-X-VERSION", "EXT-X-STREAM-INF", "EXT-X-I-FRAME-STREAM-INF", "EXT-X-MEDIA"}
_MEDIA = {
    "EXTM3U", "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-PLAYLIST-TYPE", "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-I-FRAMES-ONLY", "EXT-X-MAP", "EXTINF", "EXT-X-ENDLIST",
}  # fmt: skip


@pytest.fixture(params=["mp4_h264_aac", "mkv_h264_ac3", "h264_ts", "hevc_mkv", "open_gop_mkv"])
def source(request) -> Source:
    return source_of(request.getfixturevalue(request.param))


def test_every_playlist_keeps_the_rules(source):
    """RFC 8216: 4.1, 4.3 and 6.2.4."""
    words = [track for track in source.facts.subtitles if track.is_text]
    whole = check_master(master(source, [COPY], SOUNDS, words))
    check_master(master(source, [ENCODED], SOUNDS, words))
    check_master(muxed_master(source, [Muxed(COPY, SOUNDS[0])], words))
    lists = [check_media(media(source, one)) for one in (COPY, ENCODED, *SOUNDS)]
    lists.append(check_media(muxed_media(source, Muxed(COPY, SOUNDS[0]))))
    assert len({one.target_duration for one in lists}) == 1, "those that are played together have one target duration"
    assert check_media(subtitle_media(source)).segments[0].uri == "all.vtt"
    (look,) = whole.iframe_playlists
    assert look.uri == f"{still(source.facts.video).name}/index.m3u8"
    assert check_media(media(source, still(source.facts.video))).is_i_frames_only


def check_lines(text: str, known: set[str]) -> None:
    lines = text.splitlines()
    assert lines[0] == "#EXTM3U"
    assert text.endswith("\n")
    assert "\ufeff" not in text
    tags = [line[1:].split(":")[0] for line in lines if line.startswith("#")]
    assert set(tags) <= known
    assert tags.count("EXT-X-VERSION") == 1
    for line in lines:
        assert line.startswith("#EXT") or re.fullmatch(r"[\w./-]+", line), f"neither a tag nor a relative address: {line}"


def check_master(text: str) -> m3u8.M3U8:
    check_lines(text, _MASTER)
    found = m3u8.loads(text)
    assert found.is_variant
    for kind in ("AUDIO", "SUBTITLES"):
        group = [track for track in found.media if track.type == kind]
        assert len({track.name for track in group}) == len(group)
        assert sum(track.default == "YES" for track in group) <= 1
        assert all(track.autoselect == "YES" for track in group if track.default == "YES")
        named = {getattr(variant.stream_info, kind.lower()) for variant in found.playlists} - {None}
        assert {track.group_id for track in group} == named
    for variant in found.playlists:
        info = variant.stream_info
        assert info.bandwidth >= info.average_bandwidth > 0
        assert info.codecs
        assert info.resolution
        assert info.frame_rate
    return found


def check_media(text: str) -> m3u8.M3U8:
    check_lines(text, _MEDIA)
    found = m3u8.loads(text)
    assert found.is_endlist
    assert found.playlist_type == "vod"
    assert all(int(segment.duration + 0.5) <= found.target_duration for segment in found.segments)
    assert all(segment.duration > 0 for segment in found.segments)
    if found.segment_map:
        assert text.index("#EXT-X-MAP") < text.index("#EXTINF")
    return found


def test_the_master_playlist_tells_the_truth_about_its_pictures(source):
    for rendition in (COPY, ENCODED):
        info = m3u8.loads(master(source, [rendition])).playlists[0].stream_info
        init, *segments = pieces(source, rendition)
        first = pictures(init + segments[0])[0]
        assert info.resolution == (first.width, first.height)
        seen = Seen(init + b"".join(segments))
        assert info.frame_rate == pytest.approx(len(seen.times) / float(seen.times[-1] - seen.times[0]), rel=0.01)
        configuration = init[init.find(b"avcC") + 5 :][:3] if b"avcC" in init else None
        assert configuration is None or info.codecs == f"avc1.{configuration.hex()}"


@pytest.mark.parametrize("rendition", [COPY, LIMITED], ids=["copied", "encoded"])
def test_no_two_seconds_need_more_than_the_bandwidth_says(source, rendition):
    """RFC 8216, 4.1: the peak is that of segments in a row whose length is half to one and a half times the target duration."""
    info = m3u8.loads(master(source, [rendition])).playlists[0].stream_info
    target = m3u8.loads(media(source, rendition)).target_duration
    sizes, lengths = [len(segment) for segment in pieces(source, rendition)[1:]], durations(source, rendition)
    busiest = 0.0
    for first in range(len(sizes)):
        for last in range(first + 1, len(sizes) + 1):
            length = sum(lengths[first:last])
            if target / 2 <= length <= target * 1.5:
                busiest = max(busiest, sum(sizes[first:last]) * 8 / length)
    assert 0 < busiest <= info.bandwidth


def test_each_still_is_one_picture_that_can_be_decoded_alone(source):
    rendition = still(source.facts.video)
    init, *stills = pieces(source, rendition)
    assert len(stills) == len(bounds(source, rendition)) - 1 > 1 - (source.facts.duration_ms < 10_000)
    own = pictures(b"".join(pieces(source, ENCODED)))
    for begin, data in zip(bounds(source, rendition), stills, strict=False):
        (shown,) = pictures(init + data)
        assert shown.key_frame
        assert shown.time == pytest.approx(2 + begin / 90_000, abs=1e-3)
        nearest = min(own, key=lambda frame: abs(frame.time - shown.time))
        assert abs(nearest.to_ndarray(format="gray").astype(int) - shown.to_ndarray(format="gray")).mean() < 4


@pytest.mark.parametrize("video", [COPY, ENCODED], ids=["copied", "encoded"])
def test_transport_streams_hold_the_same_film(source, video):
    muxed = Muxed(video, SOUNDS[0])
    parts = [transport(source, muxed, number) for number in range(len(durations(source, video)))]
    seen, own = Seen(b"".join(parts)), Seen(source.path)
    assert len(seen.packets) == len(own.packets)
    assert seen.in_order
    assert seen.steps[1:] == pytest.approx(own.steps[1:], abs=2e-4)
    sound = Seen(b"".join(parts), 1)
    assert len(set(sound.steps)) == 1
    assert float(sound.times[0]) == pytest.approx(2, abs=0.03)
    for begin, after in pairwise(parts):
        assert Seen(begin).times[-1] < Seen(after).times[-1]
