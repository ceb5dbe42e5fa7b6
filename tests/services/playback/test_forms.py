"""In which forms picture and sound go out."""

import pytest

from revenge.media.rendition import picture_size
from revenge.services.playback.decide import decide
from revenge.services.playback.forms import picture_form, sound_forms
from tests.services.playback.films import film, player


def forms(words, client, entry="clean"):
    facts = film(words)
    decision = decide(facts, player(client), entry)
    return [form.name for form in (*picture_form(facts, decision), *sound_forms(facts, decision))]


@pytest.mark.parametrize(
    ("words", "client", "names"),
    [
        ("mkv h264 aac", "chromium", ["v0", "a1"]),
        ("mkv h264 ac3/6 aac dts/6", "chromium", ["v0", "a1-2", "a2", "a3-2"]),
        ("mkv h264 ac3/6 aac dts/6", "safari", ["v0", "a1", "a2", "a3-6"]),
        ("mkv h264 dts/1", "safari", ["v0", "a1-2"]),
        ("mkv h264 dts/6", "chromium max_channels=1", ["v0", "a1-1"]),
        ("mp4 hevc aac", "chromium", ["v0-1080", "a1"]),
        ("mp4 hevc:720p aac", "chromium", ["v0-720", "a1"]),
        ("mp4 hevc:2160p aac", "chromium", ["v0-2160", "a1"]),
        ("mp4 h264:2160p aac", "chromium max_height=1080", ["v0-1080", "a1"]),
        ("mp4 h264 aac", "chromium max_height=700", ["v0-576", "a1"]),
        ("mp4 h264 aac", "chromium max_height=144", ["v0-240", "a1"]),
        ("mp4 h264 aac", "chromium max_bitrate=2000000", ["v0-1080-1808", "a1"]),
        ("mp4 hevc aac", "chromium max_bitrate=50000000", ["v0-1080", "a1"]),
        ("mp4 - dts/6 aac", "chromium", ["a1-2", "a2"]),
        ("mp4 - dts/6 aac:default", "chromium", ["a2", "a1-2"]),
        ("mkv h264 dts/6 aac:default", "chromium", ["v0", "a1-2", "a2"]),
        ("mkv h264", "chromium", ["v0"]),
    ],
)
def test_the_decision_says_in_which_forms_streams_go_out(words, client, names):
    assert forms(words, client) == names


@pytest.mark.parametrize(
    ("words", "client", "size"),
    [
        ("mp4 hevc:wide aac", "chromium", (1920, 800)),
        ("mp4 h264:wide aac", "chromium max_height=720", (1280, 534)),
        ("mp4 h264:wide aac", "chromium max_height=799", (1280, 534)),
        ("mp4 hevc:tall aac", "chromium", (1080, 1920)),
        ("mp4 hevc:turned aac", "chromium", (1080, 1920)),
        ("mp4 h264:turned aac", "chromium max_height=1080", (608, 1080)),
    ],
)
def test_nothing_of_a_picture_is_lost_that_the_player_would_take(words, client, size):
    facts = film(words)
    (form,) = picture_form(facts, decide(facts, player(client), "clean"))
    assert picture_size(facts.video, form.height) == size
