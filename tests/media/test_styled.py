"""Subtitles with their own look leave the film with it, and with their fonts."""

import av
import pytest

from revenge.media.child import styled
from revenge.media.errors import MediaError
from tests.fixtures.media import ASS, Film, Words, make_film

FONT = b"\0\1\0\0 a font"


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    folder = tmp_path_factory.mktemp("styled")
    plain = make_film(folder / "plain.mkv", Film(words=(Words("ass"), Words("srt"))))
    with av.open(str(plain)) as source, av.open(str(folder / "film.mkv"), "w") as out:
        copies = {stream: out.add_stream_from_template(stream) for stream in source.streams}
        out.add_attachment("Fancy.ttf", "application/x-truetype-font", FONT)
        out.add_attachment("cover.png", "image/png", b"no font")
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream]
                out.mux(packet)
    with (folder / "film.mkv").open("rb") as file:
        yield file.fileno()


def dialogues(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("Dialogue:")]


def test_look_text_and_times_come_out_as_they_went_in(film):
    text = styled.embedded(2, None, fds=(film,)).decode()
    assert "PlayResX: 320" in text
    assert "Style: Default,Arial,16" in text
    assert dialogues(text) == dialogues(ASS)
    assert text.index("[Events]") < text.index("Format: Layer, Start, End, Style") < text.index("Dialogue:")


def test_times_count_from_the_films_start(film):
    assert [line.split(",")[1:3] for line in dialogues(styled.embedded(2, 500_000, fds=(film,)).decode())] == [
        ["0:00:00.50", "0:00:02.00"],
        ["0:00:02.50", "0:00:04.00"],
    ]


def test_a_file_of_its_own_is_sent_in_utf_8(tmp_path):
    for encoding in ("utf-8", "utf-16", "cp1252"):
        path = tmp_path / f"{encoding}.ass"
        path.write_bytes(ASS.replace("Kuchen", "Süßes").encode(encoding))
        with path.open("rb") as file:
            assert "Süßes" in styled.external(None, fds=(file.fileno(),)).decode()


def test_what_has_no_look_of_its_own_is_refused(film, tmp_path):
    for stream in (0, 3, 9):
        with pytest.raises(MediaError):
            styled.embedded(stream, None, fds=(film,))
    (tmp_path / "no.ass").write_text("1\n00:00:01,000 --> 00:00:02,000\nNo.\n")
    with (tmp_path / "no.ass").open("rb") as file, pytest.raises(MediaError):
        styled.external(None, fds=(file.fileno(),))


def test_fonts_are_told_from_other_attachments(film):
    assert styled.fonts(fds=(film,)) == ["Fancy.ttf"]
    assert styled.font(0, fds=(film,)) == FONT
    with pytest.raises(MediaError):
        styled.font(1, fds=(film,))
