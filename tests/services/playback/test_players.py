"""What each well-known player gets of each kind of file: a table to be read like one.

`direct`: the file itself. `remux`: another container. `sound`, `picture`, `both`: what is encoded; the rest is copied.
"""

import pytest

from revenge.core.facts import MediaFacts
from revenge.services.playback.abilities import Abilities
from revenge.services.playback.decide import decide, default_audio
from tests.services.playback.films import film, player

PLAYERS = ["chromium", "firefox", "safari", "chromecast", "webos", "tizen", "android_tv", "apple_tv", "mpv", "dlna"]
TABLE = [
    #                                                              chromium firefox  safari   chromeca webos    tizen    android_ apple_tv mpv      dlna
    ("mp4 h264:level41 aac",                                    "direct   direct   direct   direct   direct   direct   direct   direct   direct   direct"),
    ("mp4 h264:level51:2160p aac",                              "direct   direct   direct   picture  direct   direct   direct   direct   direct   picture"),
    ("mp4 h264:level42:60fps aac",                              "direct   direct   direct   picture  direct   direct   direct   direct   direct   picture"),
    ("mp4 h264:10bit aac",                                      "picture  picture  picture  picture  picture  picture  picture  picture  direct   picture"),
    ("mp4 h264:422:10bit aac",                                  "picture  picture  picture  picture  picture  picture  picture  picture  direct   picture"),
    ("mp4 h264 ac3/6",                                          "sound    sound    direct   sound    direct   direct   direct   direct   direct   direct"),
    ("mp4 hevc:Main:level123 aac",                              "picture  picture  direct   picture  direct   direct   direct   direct   direct   picture"),
    ("mp4 hevc:Main_10:10bit:hdr10:2160p:level153 eac3/6",      "both     both     direct   both     direct   direct   direct   direct   direct   both"),
    ("mp4 hevc:Main_10:10bit:hdr10:2160p:level183 aac",         "picture  picture  direct   picture  picture  picture  picture  picture  direct   picture"),
    ("mp4 hevc:Main_10:10bit:hlg aac",                          "picture  picture  direct   picture  direct   direct   direct   direct   direct   picture"),
    ("mp4 hevc:Main_10:10bit:dolby_vision:2160p eac3/6",        "both     both     picture  both     picture  picture  picture  direct   direct   both"),
    ("mp4 av1:Main:10bit opus",                                 "direct   direct   both     both     both     both     both     both     direct   both"),
    ("mp4 av1:Professional aac",                                "picture  picture  picture  picture  picture  picture  picture  picture  direct   picture"),
    ("mkv h264:level41 aac",                                    "remux    remux    remux    remux    direct   direct   direct   remux    direct   remux"),
    ("mkv h264:level41 ac3/6",                                  "sound    sound    remux    sound    direct   direct   direct   remux    direct   remux"),
    ("mkv h264:level41 dts/6",                                  "sound    sound    sound    sound    sound    sound    sound    sound    direct   sound"),
    ("mkv h264 truehd/8 ac3/6",                                 "sound    sound    sound    sound    sound    sound    sound    sound    direct   sound"),
    ("mkv h264 flac",                                           "sound    sound    sound    sound    sound    sound    direct   sound    direct   sound"),
    ("mkv hevc:Main_10:10bit:level150 aac",                     "picture  picture  remux    picture  direct   direct   direct   remux    direct   picture"),
    ("mkv hevc:Rext:422:10bit aac",                             "picture  picture  picture  picture  picture  picture  picture  picture  direct   picture"),
    ("mkv h264 opus",                                           "sound    sound    sound    sound    sound    direct   direct   sound    direct   sound"),
    ("mkv vp9:Profile_0 opus",                                  "direct   direct   both     both     both     direct   direct   both     direct   both"),
    ("webm vp9:Profile_0 opus",                                 "direct   direct   both     both     both     direct   direct   both     direct   both"),
    ("webm vp9:Profile_1:444 opus",                             "both     both     both     both     both     both     both     both     direct   both"),
    ("webm vp8 vorbis",                                         "direct   direct   both     direct   both     direct   direct   both     direct   both"),
    ("ts h264:laced mp2",                                       "both     both     both     both     direct   direct   both     both     direct   direct"),
    ("ts h264 ac3/6",                                           "sound    sound    remux    sound    direct   direct   direct   remux    direct   direct"),
    ("ts mpeg2video:laced mp2",                                 "both     both     both     both     direct   direct   both     both     direct   direct"),
    ("mpeg mpeg2video ac3/6",                                   "both     both     picture  both     direct   direct   picture  picture  direct   direct"),
    ("avi mpeg4 mp3",                                           "both     both     both     both     direct   direct   both     both     direct   both"),
    ("asf vc1 wmav2",                                           "both     both     both     both     both     both     both     both     direct   both"),
    ("mp4 - aac/2",                                             "direct   direct   direct   direct   direct   direct   direct   direct   direct   direct"),
    ("flac - flac",                                             "direct   direct   sound    sound    sound    sound    direct   sound    direct   sound"),
]  # fmt: skip
CELLS = [(words, name, cell) for words, cells in TABLE for name, cell in zip(PLAYERS, cells.split(), strict=True)]


def cell(facts: MediaFacts, client: Abilities) -> str:
    decision = decide(facts, client, "clean")
    if decision.method != "transcode":
        return decision.method
    played = default_audio(facts)
    begins = [way for way in decision.streams if way.stream == "video" or (played is not None and way.index == played.index)]
    encoded = [way.stream for way in begins if way.method == "transcode"]
    return {"video": "picture", "audio": "sound"}[encoded[0]] if len(encoded) == 1 else "both"


@pytest.mark.parametrize(("words", "name", "expected"), CELLS, ids=[f"{words} | {name}" for words, name, _ in CELLS])
def test_what_a_player_gets_of_a_file(words, name, expected):
    assert cell(film(words), player(name)) == expected


def test_the_table_is_as_large_as_it_is_meant_to_be():
    assert len(set(CELLS)) == len(CELLS) >= 300


@pytest.mark.parametrize("name", PLAYERS)
def test_there_is_something_that_every_player_takes_as_it_is(name):
    assert cell(film("mp4 h264:level41 aac"), player(name)) == "direct"
