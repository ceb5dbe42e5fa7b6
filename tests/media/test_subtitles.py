"""Subtitles become WebVTT, wherever they come from."""

import pytest

from revenge.media.child import text
from revenge.media.child.cues import Cue, ass_text, srt_text, vtt
from revenge.media.errors import MediaError
from revenge.media.pools import media_pool
from revenge.media.subtitles import Subtitles, sidecars
from tests.fixtures.media import ASS, SRT, Film, Words, make_film
from tests.media.rendering import descriptor, source_of

EXPECTED = """WEBVTT

00:00:00.500 --> 00:00:02.000
Good evening.

00:00:02.500 --> 00:00:04.000
<i>Tea</i> &amp; cake,
at &lt;five&gt;?

00:00:04.500 --> 00:00:05.500
Grüße an alle
"""


def inside(path, stream: int) -> str:
    with descriptor(path) as fd:
        return text.embedded(stream, None, fds=[fd]).decode()


def beside(path) -> str:
    with descriptor(path) as fd:
        return text.external(None, fds=[fd]).decode()


def written(tmp_path, content: str | bytes, name: str = "a.srt") -> str:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return beside(tmp_path / name)


def test_srt_inside_a_film(mkv_h264_ac3):
    assert inside(mkv_h264_ac3, 3) == EXPECTED


def test_ass_inside_a_film(mkv_h264_ac3):
    assert inside(mkv_h264_ac3, 4).split("\n\n")[1:] == [
        "00:00:01.000 --> 00:00:02.500\n<i>Guten</i> Abend, Freunde",
        "00:00:03.000 --> 00:00:04.500\nTee\nund Kuchen\n",
    ]


def test_words_inside_an_mp4(films):
    path = make_film(films / "mov text.mp4", Film(words=(Words("mov_text"),)))
    assert "00:00:00.500 --> 00:00:02.000\nGood evening." in inside(path, 2)
    assert "&amp; cake" in inside(path, 2)


def test_times_count_from_the_films_start(films):
    path = make_film(films / "late words.mkv", Film(start=5, words=(Words("srt"),)))
    assert inside(path, 2).startswith("WEBVTT\n\n00:00:00.5")


def test_sound_is_no_subtitle(mkv_h264_ac3):
    with pytest.raises(MediaError, match="no subtitles"):
        inside(mkv_h264_ac3, 1)
    with pytest.raises(MediaError, match="changed since"):
        inside(mkv_h264_ac3, 9)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_file_is_read_in_whatever_it_was_written(tmp_path, encoding):
    assert written(tmp_path, SRT.encode(encoding)) == EXPECTED


def test_line_ends_of_other_systems_do_not_matter(tmp_path):
    assert written(tmp_path, SRT.replace("\n", "\r\n")) == EXPECTED
    assert written(tmp_path, SRT.replace("\n", "\r")) == EXPECTED


def test_an_ass_file(tmp_path):
    assert written(tmp_path, ASS, "a.ass").split("\n\n")[1] == "00:00:01.000 --> 00:00:02.500\n<i>Guten</i> Abend, Freunde"


def test_a_webvtt_file_keeps_its_text_and_places(tmp_path):
    own = "WEBVTT - made by hand\n\nNOTE nothing\n\nfirst\n00:01.000 --> 00:02.000 line:0 align:start\n<v Anna>Hi &amp; bye\n\n00:03.000 --> 00:04.000\nYes\n"
    assert written(tmp_path, own, "a.vtt") == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000 line:0 align:start\n<v Anna>Hi &amp; bye\n\n00:00:03.000 --> 00:00:04.000\nYes\n"
    )


def test_sloppy_files_are_read_as_far_as_possible(tmp_path):
    sloppy = "00:00:01,5 --> 00:00:02,00\nno number\n\n\n7\n0:00:03,000-->0:00:04,000\ntight\n99\n1:00:00.000 --> 1:00:01.000  X1:0\nlast\n"
    assert written(tmp_path, sloppy).split("\n\n")[1:] == [
        "00:00:01.500 --> 00:00:02.000\nno number",
        "00:00:03.000 --> 00:00:04.000\ntight\n99",
        "01:00:00.000 --> 01:00:01.000\nlast\n",
    ]


def test_a_file_without_cues_is_an_error(tmp_path):
    for nothing in ("", "shopping list", "WEBVTT\n\n", b"\xff\xfe"):
        with pytest.raises(MediaError, match="no subtitles"):
            written(tmp_path, nothing)


def test_markup_is_kept_where_webvtt_has_it_and_shown_where_it_has_not():
    assert srt_text('<font color="red">Stop</font> <b>now</b> <3') == ("Stop <b>now</b> &lt;3", "")
    assert srt_text(r"{\an8}Above") == ("Above", "line:0")
    assert ass_text(r"{\b1}bold {\i1}both{\b0} slanted{\i0} & plain") == ("<b>bold <i>both</i></b><i> slanted</i> &amp; plain", "")
    assert ass_text(r"{\i1}open") == ("<i>open</i>", "")
    assert ass_text(r"{\p1}m 0 0 l 100 0{\p0}seen\hthere\Nbelow") == ("seen\u00a0there\nbelow", "")
    assert ass_text(r"{\an8\pos(1,2)}up{a comment}")[1] == "line:0"


def test_cues_are_sorted_once_each_and_never_broken_by_blank_lines():
    cues = [Cue(2000, 3000, "b\n\n\nc"), Cue(0, 1000, "a"), Cue(0, 1000, "a"), Cue(5, 5, "never"), Cue(7, 9, " ")]
    assert vtt(cues).decode() == "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na\n\n00:00:02.000 --> 00:00:03.000\nb\nc\n"


def test_files_beside_a_film_are_known_by_its_name():
    names = [
        "Film (2010).mkv",
        "Film (2010).srt",
        "Film (2010).de.forced.srt",
        "film (2010).English.SDH.ass",
        "Film (2010).pt-BR.default.vtt",
        "Film (2010) ger.srt",
    ]
    found = {track.path.rpartition("/")[2]: track for track in sidecars("/m/Film (2010).mkv", names)}
    assert len(found) == 5
    told = {name: (track.codec, track.language, track.forced, track.default, track.title) for name, track in found.items()}
    assert told == {
        "Film (2010).srt": ("subrip", None, False, False, None),
        "Film (2010).de.forced.srt": ("subrip", "de", True, False, None),
        "film (2010).English.SDH.ass": ("ass", "en", False, False, "SDH"),
        "Film (2010).pt-BR.default.vtt": ("webvtt", "pt-BR", False, True, None),
        "Film (2010) ger.srt": ("subrip", "de", False, False, None),
    }
    assert sorted(track.index for track in found.values()) == [1000, 1001, 1002, 1003, 1004]
    assert found["Film (2010).srt"].path == "/m/Film (2010).srt"


def test_another_films_files_are_left_to_it():
    names = [
        "Film.mkv",
        "Film 2.mkv",
        "Film 2.srt",
        "Film.Part.2.mkv",
        "Film.Part.2.en.srt",
        "Film.en.srt",
        "Other.srt",
        "Film.jpg",
        "Film.txt",
    ]
    assert [track.path for track in sidecars("Film.mkv", names)] == ["Film.en.srt"]
    assert [track.path for track in sidecars("Film.Part.2.mkv", names)] == ["Film.Part.2.en.srt"]


async def test_a_child_makes_them_all(mkv_h264_ac3, tmp_path):
    source = source_of(mkv_h264_ac3)
    (tmp_path / "Film.de.srt").write_text(SRT, encoding="cp1252")
    track = sidecars(tmp_path / "Film.mkv", ["Film.de.srt"])[0]
    async with media_pool(1).lifetime() as pool:
        subtitles = Subtitles(pool)
        assert (await subtitles.webvtt(source, source.facts.subtitles[0])).decode() == EXPECTED
        assert (await subtitles.webvtt(source, track)).decode() == EXPECTED
        with pytest.raises(MediaError, match="pictures"):
            await subtitles.webvtt(source, type(track)(5, "hdmv_pgs_subtitle"))
