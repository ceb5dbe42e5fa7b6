"""Every page, in both languages: well formed, clean for a strict policy, reachable for everybody, and saying what it should."""

import pytest
from aiohttp import web
from multidict import CIMultiDict

from revenge.core.errors import Unavailable
from revenge.core.sources import SourceState
from tests.web.household import HOUR, NOW, named, playing
from tests.web.reading import Page, access_faults, inline_faults
from web.render import Banner

FILM = named("The Harbour & the “Sea”")
FOR_PEOPLE = ["/", "/movies", f"/movies/{FILM}", f"/watch/movie/{FILM}", "/search?q=a", "/search", "/account"]
FOR_ADMINS = ["/libraries", "/playing", "/nodes", "/load", "/jobs", "/providers", "/setup/libraries", "/setup/later"]
FOR_STRANGERS = ["/login"]


async def read(browser, path, language="en", **headers):
    answer = await browser.get(path, headers=CIMultiDict({"Accept-Language": language, "Accept": "text/html", **headers}))
    return answer, Page(await answer.text())


def faults(page):
    return page.faults + inline_faults(page) + access_faults(page)


@pytest.mark.parametrize("language", ["en", "de"])
async def test_every_page_is_well_formed_clean_and_reachable(anne, household, language):
    titles = []
    for path in [*FOR_PEOPLE, *FOR_ADMINS]:
        answer, page = await read(anne, path, language)
        assert answer.status == 200, path
        assert not faults(page), path
        assert page.all("html")[0]["lang"] == language == answer.headers["Content-Language"]
        assert page.all("h1")
        policy = answer.headers["Content-Security-Policy"]
        assert ("'wasm-unsafe-eval'" in policy) == path.startswith("/watch/")
        assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")
        assert answer.headers["Cache-Control"] == "private, no-cache"
        titles.append(page.texts["title"])
    assert len(set(titles)) >= len(titles) - 1  # the wizard's steps share theirs
    assert all(title.endswith(" · Revenge") for title in titles)


@pytest.mark.parametrize("language", ["en", "de"])
async def test_the_doors_are_well_formed_clean_and_reachable(stranger, household, language):
    pages = [await read(stranger, "/login", language)]
    household.required = household.code_needed = True
    pages += [await read(stranger, path, language) for path in ("/setup", "/setup/account")]
    for answer, page in pages:
        assert answer.status == 200
        assert not faults(page)
        assert page.all("html")[0]["lang"] == language
        assert "revenge:5432" not in page.texts["body"]


async def test_an_empty_house_says_what_to_do(anne, ben, household):
    household.films, household.libraries = [], []
    for path in ("/", "/movies", "/libraries"):
        answer, page = await read(anne, path)
        assert answer.status == 200
        assert not faults(page)
        assert "Add library" in page.texts["main"] or "To the libraries" in page.texts["main"]
    _, page = await read(ben, "/")
    assert "Add library" not in page.texts["main"]


async def test_an_admin_sees_who_watches_what_how_and_why(anne, household):
    _, page = await read(anne, "/playing")
    assert "Nobody is watching" in page.texts["main"]
    household.playing = [playing("ben"), playing("anne", state="paused", method="direct", reasons=(), streams=())]
    for path in ("/playing", "/playing/list"):
        _, page = await read(anne, path)
        assert not page.faults
        text = " ".join(page.texts["main" if path == "/playing" else "section"].split())
        for words in ("The Harbour", "ben · Lounge", "Picture: copied", "Sound: converted", "The browser cannot decode this sound format."):
            assert words in text, words
        assert [button["data-stop"] for button in page.all("button") if "data-stop" in button] == [str(one.id) for one in household.playing]


async def test_an_admin_sees_how_outside_services_are_doing_and_that_there_are_none(anne, household):
    _, page = await read(anne, "/providers")
    assert "No outside service is asked for anything" in page.texts["main"]
    household.sources = [
        SourceState("facts", "well", 0, 3, None, NOW, None, 0),
        SourceState("pictures", "resting", 5, 0, "pictures answers 503.", None, NOW, 12_300),
    ]
    for path in ("/providers", "/providers/state"):
        _, page = await read(anne, path)
        assert not page.faults
        text = " ".join(page.texts["main" if path == "/providers" else "section"].split())
        for words in ("facts", "answers", "Questions waiting3", "pictures", "left alone", "pictures answers 503.", "Asked again in13 s"):
            assert words in text, words


async def test_what_runs_on_ones_other_device_can_be_taken_over_on_the_films_page(anne, ben, household):
    household.playing = [playing("ben")]
    _, page = await read(ben, f"/movies/{FILM}")
    assert "Take over from Lounge at 1:00:00" in page.texts["main"]
    assert f"/watch/movie/{FILM}?take={household.playing[0].id}" in [link["href"] for link in page.all("a")]
    _, page = await read(anne, f"/movies/{FILM}")
    assert "Take over" not in page.texts["main"], "it is ben's"


async def test_what_names_contain_is_text_and_never_markup(anne):
    answer = await anne.get(f"/movies/{FILM}")
    text = await answer.text()
    assert "A ship &lt;is&gt; late." in text
    assert "The Harbour &amp; the “Sea”" in text
    errors = await (await anne.get(f"/libraries/scans/{named('scan')}/errors")).text()
    assert "&lt;b&gt;.mkv" in errors


async def test_what_a_scan_could_not_take_in_is_said_in_the_readers_language_and_the_servers_own(anne):
    answer = await anne.get(f"/libraries/scans/{named('scan')}/errors", headers={"Accept-Language": "de", "HX-Request": "true"})
    text = await answer.text()
    assert "Die Datei ist abgeschnitten" in text
    assert '<p class="faint" lang="en">The file is cut off: 7 of 9 bytes are missing.</p>' in text


async def test_a_film_page_says_what_it_is_and_what_its_files_hold(anne):
    _, page = await read(anne, f"/movies/{FILM}")
    text = " ".join(page.texts["main"].split())
    for words in ("1987", "2 h", "FSK 12", "Havnen", "Ida Sommer", "Resume at 1:00:00", "Start over", "Director's Cut", "4K", "HDR10",
                  "Dolby Digital 5.1", "38.0 GB", "German", "forced", "23.976 fps", "Unavailable", "1987-02-03"):  # fmt: skip
        assert words in text, words
    assert f"/watch/movie/{FILM}?start=0" in [link["href"] for link in page.all("a")]


async def test_a_film_that_cannot_be_reached_offers_no_play_button(anne):
    _, page = await read(anne, f"/movies/{named('Über uns')}")
    assert not [link for link in page.all("a") if (link["href"] or "").startswith("/watch/")]
    assert "cannot be reached right now" in page.texts["main"]


async def test_posters_keep_their_place_come_late_and_in_the_right_size(anne):
    _, page = await read(anne, "/movies")
    images = page.all("img")
    assert images
    for image in images:
        assert image["loading"] == "lazy"
        assert image["width"] == "342"
        assert image["src"].endswith("/342.webp")
        assert "/180.webp 180w" in image["srcset"]
    assert len(page.all("canvas")) == len(images)


async def test_the_shelf_brings_its_next_stretch_alone(anne, household):
    _, page = await read(anne, "/movies?limit=2")
    more = next(element for _, element in page.elements if "data-hx-get" in element and "/movies?" in element["data-hx-get"])
    assert more["data-hx-trigger"].startswith("intersect once")
    text = await (await anne.get(more["data-hx-get"], headers={"HX-Request": "true"})).text()
    assert "<html" not in text
    assert "Über uns" in text
    assert "data-hx-get" not in text
    _, whole = await read(anne, more["data-hx-get"])
    assert whole.all("main")  # the same address without htmx is a page


async def test_the_home_page_goes_on_with_what_was_begun(anne):
    _, page = await read(anne, "/")
    assert "Continue watching" in page.texts["main"]
    assert "1 h left" in page.texts["main"]
    bars = page.all("progress")
    assert bars[0] == {"max": str(2 * HOUR), "value": str(HOUR), "aria-label": "How far you have come"}


async def test_search_shows_hits_at_once_and_says_when_there_are_none(anne):
    text = await (await anne.get("/search/instant?q=aur", headers={"HX-Request": "true"})).text()
    assert "Aurora" in text
    assert f"/movies/{named('Aurora')}" in text
    assert "Nothing found for “zzz &lt;i&gt;”" in await (await anne.get("/search/instant", params={"q": "zzz <i>"})).text()
    assert (await (await anne.get("/search/instant?q=")).text()).strip() == ""
    _, page = await read(anne, "/search?q=" + "x" * 5000)
    assert "Nothing found" in page.texts["main"]


async def test_only_the_admin_sees_and_reaches_the_libraries(anne, ben):
    _, page = await read(anne, "/")
    assert "/libraries" in [link["href"] for link in page.all("a")]
    _, page = await read(ben, "/")
    assert "/libraries" not in [link["href"] for link in page.all("a")]
    for path in FOR_ADMINS:
        answer, page = await read(ben, path)
        assert answer.status == 403
        assert not faults(page)
        assert "Your account may not do this." in page.texts["main"]


async def test_the_libraries_page_tells_how_the_scan_stands(anne):
    _, page = await read(anne, "/libraries")
    text = page.texts["main"]
    for words in ("/media/films", "Not reachable", "2,143", "Scanned", "3 films"):
        assert words in text, words
    assert any("data-live-scans" in element for _, element in page.elements)


async def test_folders_of_the_server_can_be_walked_and_a_wrong_one_says_why(anne, ben):
    text = await (await anne.get("/libraries/folders", params={"path": "/media"})).text()
    assert 'data-folder="/media/films &lt;old&gt;"' in text
    assert 'data-folder="/"' in text
    assert "There is no such folder on the server." in await (await anne.get("/libraries/folders?path=/nope")).text()
    assert (await ben.get("/libraries/folders?path=/media")).status == 403


async def test_the_account_page_names_the_devices(anne):
    _, page = await read(anne, "/account")
    text = page.texts["main"]
    for words in ("Chrome · Linux", "Lounge", "Unknown device", "This device", "anne@example.org"):
        assert words in text, words
    ends = [button["data-api"] for button in page.all("button") if "data-api" in button]
    assert ends == [f"DELETE /api/v1/sessions/{named(str(i))}" for i in (1, 2)]  # this device signs out in the menu


async def test_the_language_of_the_account_beats_the_browsers(anne, household):
    household.locales[named("anne")] = "de"
    _, page = await read(anne, "/movies", "en")
    assert page.all("html")[0]["lang"] == "de"
    assert "Filme" in page.texts["main"]


async def test_the_browsers_own_choice_beats_what_it_accepts(stranger):
    answer = await stranger.get("/login", headers={"Accept-Language": "en", "Cookie": "revenge_language=de; revenge_theme=light"})
    page = Page(await answer.text())
    assert page.all("html")[0] == {"lang": "de", "data-theme": "light"}


async def test_a_theme_that_is_none_is_dark(stranger):
    answer = await stranger.get("/login", headers={"Cookie": "revenge_theme=x%22onload"})
    assert Page(await answer.text()).all("html")[0]["data-theme"] == "dark"


async def test_the_player_is_told_what_it_plays_in_words_and_numbers(anne):
    _, page = await read(anne, f"/watch/movie/{FILM}?file={named('cut')}")
    job = next(element["data-job"] for _, element in page.elements if "data-job" in element)
    assert str(named("cut")) in job
    assert "Dolby Digital 5.1" in job
    assert "/vendor/hls.mjs" in job
    words = next(element["data-words"] for _, element in page.elements if "data-words" in element)
    assert "player.resumed" in words
    assert "film.play" not in words  # scripts get what they use


async def test_what_does_not_exist_is_a_page_that_leads_home(anne, stranger):
    for browser, path in (
        (anne, f"/movies/{named('nothing')}"),
        (anne, "/movies/nonsense"),
        (anne, f"/watch/opera/{FILM}"),
        (stranger, "/x"),
    ):
        answer, page = await read(browser, path, "de")
        assert answer.status == 404
        assert not faults(page)
        assert "Hier ist nichts" in page.texts["main"]
        assert "/" in [link["href"] for link in page.all("a")]
        assert answer.headers["X-Request-Id"] in page.texts["main"]


async def test_a_wrong_question_is_a_page_with_a_sentence(anne):
    answer, page = await read(anne, "/movies?limit=100000")
    assert answer.status == 422
    assert "This input cannot be used" in page.texts["main"]


async def test_when_the_database_is_away_the_page_still_says_so(anne, household):
    household.broken = Unavailable("The database is away.", code="database_unavailable")
    answer, page = await read(anne, "/movies", "de")
    assert answer.status == 503
    assert not faults(page)
    assert "Die Datenbank ist gerade nicht erreichbar." in page.texts["main"]
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_mistake_of_ours_is_a_page_without_its_innards(anne, household):
    household.broken = RuntimeError("password=hunter2")
    answer, page = await read(anne, "/account")
    assert answer.status == 500
    assert "hunter2" not in page.texts["body"]
    assert "Something broke" in page.texts["main"]


async def test_a_fragment_that_fails_is_a_sentence_not_a_page(anne):
    answer = await anne.get(f"/libraries/scans/{named('nothing')}/errors", headers={"HX-Request": "true"})
    assert answer.status == 404
    assert "<html" not in await answer.text()


async def test_what_concerns_everybody_stands_above_every_page(household, aiohttp_client):
    app: web.Application = household.application()
    household.site.renderer._banners = lambda: [Banner("warn", "problem.storage_read_only")]
    browser = await aiohttp_client(app, cookies={"revenge_session": "anne"})
    _, page = await read(browser, "/movies")
    assert "disk is read-only; nothing can be stored" in page.texts["body"]
