"""Plans and playlists are pure: the same everywhere, made of facts and an index alone."""

import re
from itertools import pairwise

import msgspec
import pytest

from revenge.core.errors import NotFound
from revenge.core.facts import AudioTrack, MediaFacts, SubtitleTrack, VideoTrack
from revenge.media.codecs import audio_codec, video_codec
from revenge.media.hls import media, stamped, subtitle_media
from revenge.media.keyframes import CLOCK, KeyframeIndex
from revenge.media.languages import recognise, tag
from revenge.media.master import master
from revenge.media.plan import anchors, bounds, cut, durations, grid, keyframe_cuts
from revenge.media.rendition import Rendition, Source, aac, can_copy_audio, can_copy_video, h264, picture_size

VIDEO = VideoTrack(0, "h264", 1920, 800, profile="High", level=41, frame_rate=23.976, bit_rate=5_000_000)
SOUND = AudioTrack(1, "ac3", 6, 48000, language="eng", title="Theatre", default=False)
GERMAN = AudioTrack(2, "aac", 2, 48000, profile="LC", language="ger", default=True)
FACTS = MediaFacts("matroska", 3_600_000, 3_000_000_000, video=VIDEO, audio=(SOUND, GERMAN))
KEYS = tuple(range(0, 3600 * CLOCK, 2 * CLOCK))
INDEX = KeyframeIndex(0, 3600 * CLOCK, 11250, 0, KEYS)
FILM = Source("/films/a.mkv", "a:1", FACTS, INDEX)


def with_video(**changes) -> Source:
    return msgspec.structs.replace(FILM, facts=msgspec.structs.replace(FACTS, video=msgspec.structs.replace(VIDEO, **changes)))


@pytest.mark.parametrize("name", ["v0", "v0-720", "v0-720-3000", "a1", "a1-2", "a12-6", "s3"])
def test_a_rendition_is_its_name(name):
    assert Rendition.parse(name).name == name


@pytest.mark.parametrize(
    "name", ["", "v", "x1", "v0-721", "v0-720-1", "a1-2-3", "a1-5", "s3-1", "v0-", "../v0", "v0/../..", "v00000", "v0-720-3000-1", "v²"]
)
def test_a_name_that_no_rendition_has_is_not_found(name):
    with pytest.raises(NotFound):
        Rendition.parse(name)


def test_segments_begin_at_keyframes_and_the_first_are_short():
    assert keyframe_cuts(INDEX)[:6] == [0, 1, 2, 4, 6, 8]
    assert durations(FILM, Rendition("video", 0))[:5] == [2, 2, 4, 4, 4]
    assert sum(durations(FILM, Rendition("video", 0))) == 3600


def test_the_grid_begins_short_and_ends_without_a_crumb():
    assert [edge / CLOCK for edge in grid(20 * CLOCK)] == [0, 1, 3, 7, 11, 15, 20]
    assert [edge / CLOCK for edge in grid(int(15.5 * CLOCK))] == [0, 1, 3, 7, 11, 15.5]
    assert grid(CLOCK // 2) == [0, CLOCK // 2]
    assert all(before < after for before, after in pairwise(grid(7200 * CLOCK)))


def test_sound_is_counted_in_whole_frames():
    lengths = durations(FILM, Rendition("audio", 2))
    assert all(abs(length * 48000 / 1024 - round(length * 48000 / 1024)) < 1e-6 for length in lengths)
    assert sum(lengths) == pytest.approx(3600, abs=0.022)


def test_a_cut_names_keyframes_and_what_lies_beyond_is_not_found():
    copy = Rendition("video", 0)
    third = cut(FILM, copy, 2)
    assert (third.begin, third.end, third.last) == (4 * CLOCK, 8 * CLOCK, False)
    count = len(durations(FILM, copy))
    assert cut(FILM, copy, count - 1).last
    for number in (count, -1, 10**9):
        with pytest.raises(NotFound):
            cut(FILM, copy, number)


def test_open_groups_move_the_edge_but_not_the_keyframe():
    lead = msgspec.structs.replace(INDEX, leads=(0,) + (-7500,) * (len(KEYS) - 1))
    film = msgspec.structs.replace(FILM, index=lead)
    first = cut(film, Rendition("video", 0), 0)
    assert (first.end - first.edge) == 7500
    assert bounds(film, Rendition("video", 0))[1] == 2 * CLOCK - 7500


def test_entry_points_are_the_nearest_keyframes_before():
    assert [anchor.time // CLOCK for anchor in anchors(INDEX, 7 * CLOCK)] == [6, 4, 2]
    assert anchors(None, 7) == ()
    assert [anchor.position for anchor in anchors(KeyframeIndex(0, 9, 0, 0, (0, 5), (), (100, 200)), 6)] == [200, 100]


def test_a_film_without_an_index_is_cut_on_the_grid_and_not_copied():
    film = msgspec.structs.replace(FILM, index=None)
    assert not can_copy_video(film)
    assert can_copy_video(FILM)
    assert durations(film, Rendition("video", 0, height=720))[:4] == [1, 2, 4, 4]
    with pytest.raises(NotFound):
        media(film, Rendition("video", 0))


def test_the_media_playlist_says_what_players_need():
    text = media(FILM, Rendition("video", 0))
    assert text.startswith("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:5\n")
    assert '#EXT-X-MAP:URI="init.mp4"\n' in text
    assert "#EXT-X-INDEPENDENT-SEGMENTS\n" in text
    assert "#EXTINF:1.998000,\n0.m4s\n" in text
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert len(re.findall("#EXTINF", text)) == len(durations(FILM, Rendition("video", 0)))
    assert max(float(length) for length in re.findall(r"#EXTINF:([\d.]+)", text)) <= 4.5


def test_open_groups_are_not_called_independent():
    soft = msgspec.structs.replace(FILM, index=msgspec.structs.replace(INDEX, soft=4))
    assert "INDEPENDENT" not in media(soft, Rendition("video", 0))
    assert "INDEPENDENT" in media(soft, Rendition("video", 0, height=720))
    assert "INDEPENDENT" in media(soft, Rendition("audio", 1, channels=2))


def test_the_master_playlist_offers_every_language_and_subtitle():
    words = [
        SubtitleTrack(3, "subrip", "eng"),
        SubtitleTrack(4, "ass", "eng", forced=True),
        SubtitleTrack(1000, "subrip", "de", title='The "best"'),
    ]
    text = master(FILM, [Rendition("video", 0, height=720)], [Rendition("audio", 1, channels=2), Rendition("audio", 2)], words)
    sounds = [line for line in text.splitlines() if "TYPE=AUDIO" in line]
    assert 'NAME="Theatre",LANGUAGE="en",DEFAULT=NO' in sounds[0]
    assert 'CHANNELS="2",URI="a1-2/index.m3u8"' in sounds[0]
    assert 'NAME="de",LANGUAGE="de",DEFAULT=YES' in sounds[1]
    shown = [line for line in text.splitlines() if "TYPE=SUBTITLES" in line]
    assert [re.search('NAME="([^"]*)"', line)[1] for line in shown] == ["en", "en (2)", "The 'best'"]
    assert [("FORCED=YES" in line) for line in shown] == [False, True, False]
    variant = next(line for line in text.splitlines() if line.startswith("#EXT-X-STREAM-INF"))
    assert 'CODECS="avc1.64001f,mp4a.40.2"' in variant
    assert "RESOLUTION=1280x534" in variant
    assert "FRAME-RATE=23.976" in variant
    assert 'AUDIO="sound",SUBTITLES="words"' in variant
    lines = text.splitlines()
    assert lines[lines.index(variant) + 1] == "v0-720/index.m3u8"
    assert lines.index(variant) < lines.index(sounds[0]), "FFmpeg counts time by the first playlist it meets, which has to be the picture's"


def test_playlists_hold_relative_addresses_only():
    words = [SubtitleTrack(3, "subrip", "eng")]
    whole = (
        master(FILM, [Rendition("video", 0)], [Rendition("audio", 2)], words) + media(FILM, Rendition("video", 0)) + subtitle_media(FILM)
    )
    addresses = re.findall('URI="([^"]*)"', whole) + [line for line in whole.splitlines() if line and not line.startswith("#")]
    assert addresses
    assert not any(address.startswith(("/", "http", "..")) or "?" in address for address in addresses)


def test_playlists_are_the_same_bytes_wherever_the_file_lies():
    elsewhere = msgspec.structs.replace(FILM, path="/mnt/other/a.mkv", key="b:2")
    for rendition in (Rendition("video", 0), Rendition("video", 0, height=720), Rendition("audio", 1, channels=2)):
        assert media(elsewhere, rendition) == media(FILM, rendition)
    assert master(elsewhere, [Rendition("video", 0)], [Rendition("audio", 2)]) == master(
        FILM, [Rendition("video", 0)], [Rendition("audio", 2)]
    )


def test_two_tracks_of_one_language_can_be_told_apart():
    film = msgspec.structs.replace(
        FILM, facts=msgspec.structs.replace(FACTS, audio=(GERMAN, msgspec.structs.replace(GERMAN, index=3, title=None)))
    )
    text = master(film, [Rendition("video", 0)], [Rendition("audio", 2), Rendition("audio", 3)])
    assert re.findall('NAME="([^"]*)"', text) == ["de", "de (2)"]
    assert text.count("DEFAULT=YES") == 1


def test_a_film_without_sound_and_a_song_without_picture():
    silent = msgspec.structs.replace(FILM, facts=msgspec.structs.replace(FACTS, audio=()))
    assert "AUDIO" not in master(silent, [Rendition("video", 0)])
    song = master(FILM, [], [Rendition("audio", 2)])
    assert song.splitlines()[-1] == "a2/index.m3u8"
    assert "RESOLUTION" not in song


def test_a_high_dynamic_range_copy_is_called_so_and_its_transcode_is_not():
    film = with_video(codec="hevc", bit_depth=10, hdr="hdr10", level=153, profile="Main 10")
    assert "VIDEO-RANGE=PQ" in master(film, [Rendition("video", 0)])
    assert 'CODECS="hvc1.2.4.L153.B0"' in master(film, [Rendition("video", 0)])
    assert "VIDEO-RANGE=SDR" in master(film, [Rendition("video", 0, height=1080)])


@pytest.mark.parametrize(
    ("track", "height", "size"),
    [
        (VIDEO, None, (1920, 800)),
        (VIDEO, 720, (1280, 534)),
        (VIDEO, 2160, (1920, 800)),
        (VideoTrack(0, "mpeg2video", 720, 576, sample_aspect="64:45"), 1080, (1024, 576)),
        (VideoTrack(0, "h264", 1920, 1080, rotation=90), 720, (404, 720)),
        (VideoTrack(0, "h264", 641, 359), None, (640, 360)),
        (VideoTrack(0, "h264", 640, 360, sample_aspect="0:1"), None, (640, 360)),
    ],
)
def test_pictures_are_upright_square_even_and_no_larger_than_asked(track, height, size):
    assert picture_size(track, height) == size


def test_the_level_and_rate_of_a_transcode_follow_from_its_size():
    assert h264(VIDEO, Rendition("video", 0, height=1080), 1).level == 40
    assert h264(VIDEO, Rendition("video", 0, height=720), 1).max_rate == 4_000_000
    assert h264(VIDEO, Rendition("video", 0, height=720, kbps=1500), 1).max_rate == 1_500_000
    fast = msgspec.structs.replace(VIDEO, height=1080, frame_rate=60.0)
    assert h264(fast, Rendition("video", 0, height=1080), 1).level == 42
    assert h264(msgspec.structs.replace(VIDEO, width=3840, height=2160), Rendition("video", 0, height=2160), 1).level == 51


def test_sound_is_never_given_channels_it_does_not_have():
    assert aac(SOUND, Rendition("audio", 1, channels=6)).channels == 6
    assert aac(GERMAN, Rendition("audio", 2, channels=6)).channels == 2
    assert aac(AudioTrack(1, "flac", 1, 96000), Rendition("audio", 1, channels=2)) == aac(
        AudioTrack(1, "pcm", 1, 48000), Rendition("audio", 1, channels=1)
    )
    assert aac(AudioTrack(1, "mp3", 2, 44100), Rendition("audio", 1, channels=2)).rate == 44100


def test_which_sounds_can_be_sent_as_they_are():
    assert can_copy_audio(GERMAN)
    assert can_copy_audio(SOUND)
    assert not can_copy_audio(msgspec.structs.replace(GERMAN, profile="HE-AAC"))
    assert not can_copy_audio(AudioTrack(1, "truehd", 8, 48000))


def test_codecs_are_named_as_browsers_do():
    named = {
        "avc1.640029": VIDEO,
        "avc1.42e01e": replace_track(codec="h264", profile="Constrained Baseline", level=30),
        "hvc1.1.6.L120.B0": replace_track(codec="hevc", profile="Main", level=120),
        "av01.0.08M.10": replace_track(codec="av1", profile="Main", level=8, bit_depth=10),
        "vp09.00.40.08": replace_track(codec="vp9", level=None),
        None: replace_track(codec="mpeg2video"),
    }
    assert [video_codec(track) for track in named.values()] == list(named)
    assert [audio_codec(track) for track in (GERMAN, SOUND, AudioTrack(1, "dts", 6, 48000))] == ["mp4a.40.2", "ac-3", None]
    assert audio_codec(msgspec.structs.replace(GERMAN, profile="HE-AAC")) == "mp4a.40.5"


def replace_track(**changes) -> VideoTrack:
    return msgspec.structs.replace(VIDEO, **changes)


def test_subtitles_for_playlists_say_when_their_clock_starts():
    assert stamped(b"WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n").splitlines()[1] == b"X-TIMESTAMP-MAP=MPEGTS:180000,LOCAL:00:00:00.000"
    assert "#EXTINF:3600.000000,\nall.vtt" in subtitle_media(FILM)


def test_languages_get_their_short_names():
    assert [tag(word) for word in ("ger", "deu", "de", "eng", "tlh", None)] == ["de", "de", "de", "en", "tlh", None]
    assert [recognise(word) for word in ("de", "GER", "pt-br", "zh-Hans", "1080p", "xx")] == ["de", "de", "pt-BR", "zh-Hans", None, None]
