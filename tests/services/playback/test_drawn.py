"""Subtitles that are pictures reach the players that draw them, and no others."""

import pytest

from revenge.services.playback.entity import Client
from tests.fixtures.media import ASS, Film, Words, make_film
from tests.fixtures.pgs import with_pgs

DRAWS = Client(profile="chromium", subtitle_formats=["webvtt", "hdmv_pgs_subtitle"])


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    return with_pgs(folder / "film.mkv", make_film(folder / "plain.mkv", Film(words=(Words("srt", "eng"),))), [(1.0, 2.0)])


async def test_who_draws_them_gets_them_beside_the_text(house, doors, bob, film):
    session = await house.watch(await house.film(film), bob, DRAWS)
    text, drawn = session.subtitles
    assert (text.format, drawn.format, drawn.language, drawn.index) == ("webvtt", "hdmv_pgs_subtitle", "ger", 3)
    assert (text.plain_url, drawn.plain_url) == (text.url, None)
    answer = await doors("GET", drawn.url)
    assert (answer.status, answer.body[:2], answer.headers["Content-Type"]) == (200, b"PG", "application/octet-stream")
    assert (await doors("GET", drawn.url)).body == answer.body
    for wrong in (text.url.replace(".vtt", ".sup"), drawn.url.replace(".sup", ".vtt"), drawn.url.replace("/3.", "/0.")):
        assert (await doors("GET", wrong)).status == 404
    assert "s3/" not in (await doors("GET", session.hls_url)).body.decode(), "no playlist can hold them"


async def test_who_does_not_draw_is_offered_the_text_alone(house, bob, film):
    item = await house.film(film)
    assert [one.format for one in (await house.watch(item, bob)).subtitles] == ["webvtt"]
    assert [one.format for one in (await house.watch(item, bob, Client(profile="vlc"))).subtitles] == ["webvtt", "hdmv_pgs_subtitle"]


async def test_who_draws_a_look_of_its_own_gets_it_with_its_fonts(house, doors, bob, tmp_path):
    plain = make_film(tmp_path / "plain.mkv", Film(words=(Words("ass", "ger"), Words("srt", "eng"))))
    item = await house.film(plain, name="Look.mkv", beside=["Look.en.ass"])
    (house.folder / "Look.en.ass").write_text(ASS)
    session = await house.watch(item, bob, Client(profile="chromium", subtitle_formats=["webvtt", "ass"]))
    assert [(one.index, one.format) for one in session.subtitles] == [(2, "ass"), (3, "webvtt"), (1000, "ass")]
    for one in session.subtitles:  # the words alone, for whoever cannot draw them after all
        assert (await doors("GET", one.plain_url)).body.startswith(b"WEBVTT")
    for track in (session.subtitles[0], session.subtitles[2]):
        answer = await doors("GET", track.url)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/x-ssa; charset=utf-8")
        assert "Style: Default,Arial" in answer.body.decode()
    assert (await doors("GET", session.subtitles[1].url.replace(".vtt", ".ass"))).status == 404
    assert (await doors("GET", session.subtitles[0].url.replace(".ass", ".vtt"))).status == 200
    assert (await doors("GET", session.fonts_url)).json == {"fonts": []}
    assert (await doors("GET", f"{session.fonts_url}/0")).status == 404
    assert [one.format for one in (await house.watch(item, bob)).subtitles] == ["webvtt"] * 3
