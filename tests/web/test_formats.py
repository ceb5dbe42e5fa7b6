"""Values as people read them."""

import pytest

from revenge.core.facts import AudioTrack, MediaFacts, VideoTrack
from revenge.services.session.entity import Session
from tests.web.household import NOW, named
from web.formats import Formats, badges, channels, codec, container, resolution
from web.pages.account import device_name
from web.render import image, srcset
from web.words import Catalogue

ENGLISH, GERMAN = (Formats(Catalogue.load().languages[name]) for name in ("en", "de"))


@pytest.mark.parametrize(
    ("ms", "english", "german"),
    [
        (None, "0 s", "0 Sek."),
        (59_400, "59 s", "59 Sek."),
        (59_600, "1 min", "1 Min."),
        (3_600_000, "1 h", "1 Std."),
        (6_845_000, "1 h 54 min", "1 Std. 54 Min."),
    ],
)
def test_a_length_is_told_in_hours_and_minutes(ms, english, german):
    assert (ENGLISH.duration(ms), GERMAN.duration(ms)) == (english, german)


@pytest.mark.parametrize(("ms", "text"), [(None, "0:00"), (61_999, "1:01"), (3_723_000, "1:02:03")])
def test_a_position_is_told_like_on_a_clock(ms, text):
    assert ENGLISH.clock(ms) == text


@pytest.mark.parametrize(
    ("size", "english", "german"),
    [(None, "0.0 kB", "0,0 kB"), (999_000, "999 kB", "999 kB"), (8_400_000_000, "8.4 GB", "8,4 GB"), (5 * 10**15, "5,000 TB", "5.000 TB")],
)
def test_a_size_is_told_as_disks_are_sold(size, english, german):
    assert (ENGLISH.size(size), GERMAN.size(size)) == (english, german)


def test_a_bit_rate_is_told_in_the_unit_that_fits():
    assert (ENGLISH.rate(9_800_000), GERMAN.rate(9_800_000), ENGLISH.rate(448_000), ENGLISH.rate(None)) == (
        "9.8 Mbit/s",
        "9,8 Mbit/s",
        "448 kbit/s",
        "",
    )


def test_languages_have_names_and_unknown_ones_keep_their_code():
    assert [GERMAN.language(code) for code in ("deu", "ger", "en", "tlh", None, "und")] == [
        "Deutsch", "Deutsch", "Englisch", "TLH", "Unbekannte Sprache", "Unbekannte Sprache",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("width", "height", "rotation", "name"),
    [
        (3840, 1600, 0, "4K"),
        (1920, 804, 0, "1080p"),
        (1440, 1080, 0, "1080p"),
        (1280, 534, 0, "720p"),
        (720, 576, 0, "576p"),
        (320, 240, 0, "SD"),
        (1080, 1920, 90, "1080p"),
    ],
)
def test_a_picture_is_named_by_the_side_that_says_more(width, height, rotation, name):
    assert resolution(VideoTrack(0, "h264", width, height, rotation=rotation)) == name


def test_badges_tell_the_best_of_a_file():
    video = VideoTrack(0, "hevc", 3840, 2160, hdr="dolby_vision")
    facts = MediaFacts("matroska", 1, 1, video=video, audio=(AudioTrack(1, "aac", 2, 48_000), AudioTrack(2, "truehd", 8, 48_000)))
    assert badges(facts) == ["4K", "Dolby Vision", "HEVC", "TrueHD 7.1"]
    assert badges(None) == []
    assert badges(MediaFacts("mp3", 1, 1)) == []
    assert (codec("theora"), container("nut"), channels(AudioTrack(1, "pcm", 4, 48_000))) == ("THEORA", "NUT", "4 ch")


def test_pictures_come_in_widths_and_other_addresses_stay_as_they_are():
    assert image("/images/t/id/1280.webp", 180) == "/images/t/id/180.webp"
    assert srcset("/images/t/id/1280.webp").split(", ")[1] == "/images/t/id/342.webp 342w"
    assert srcset("/elsewhere.png") == ""


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126 Safari/537 Edg/126", "Edge · Windows"),
        ("Kodi/21.0 (X11)", "Kodi"),
        ("", ""),
    ],
)
def test_a_device_is_called_what_its_program_says(agent, name):
    assert device_name(Session(named("s"), NOW, None, "192.0.2.1", agent, NOW, NOW)) == name
