"""The player by keyboard, and when things break."""

import re

import av
import pytest
from playwright.async_api import expect

from tests.browser.conftest import CLOUDS, HARBOUR
from tests.browser.steps import playing, sign_in, standing, watch
from tests.fixtures.media import ASS, Film, make_film
from tests.fixtures.pgs import with_pgs


async def at_about(page, seconds: float) -> None:
    await page.wait_for_function(f"() => Math.abs(document.querySelector('video').currentTime - {seconds}) < 0.6")


async def test_the_keyboard_does_everything(page, node, at_hand):
    await watch(page, node, at_hand[HARBOUR])
    await page.keyboard.press("k")
    await page.wait_for_function("() => document.querySelector('video').paused")
    before = (await standing(page))["at"]
    await page.keyboard.press("ArrowRight")
    await at_about(page, before + 10)
    await page.keyboard.press("j")
    await at_about(page, before)
    for key in (">", "ArrowDown"):
        await page.keyboard.press(key)
    state = await standing(page)
    assert (state["rate"], round(state["volume"], 2), state["muted"]) == (1.25, 0.95, False)
    for key in ("<", "m"):
        await page.keyboard.press(key)
    assert ((await standing(page))["rate"], (await standing(page))["muted"]) == (1, True)
    await page.keyboard.press("5")
    await at_about(page, 20)
    await page.keyboard.press("Home")
    await at_about(page, 0)
    for wanted in ("!==", "==="):
        await page.keyboard.press("f")
        await page.wait_for_function(f"() => document.fullscreenElement {wanted} null")
    await page.keyboard.press("i")
    await expect(page.locator("#sheet")).to_contain_text("The file itself")
    await page.keyboard.press("Escape")
    await expect(page.locator("#sheet")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile("/movies/"))


async def test_controls_go_when_nobody_moves_and_come_back_with_a_key(page, node, at_hand):
    await watch(page, node, at_hand[HARBOUR])
    await page.mouse.move(5, 400)
    player = page.locator("#player")
    await expect(player).to_have_class(re.compile("quiet"), timeout=15_000)
    await page.keyboard.press("ArrowRight")
    await expect(player).not_to_have_class(re.compile("quiet"))
    await page.keyboard.press("k")
    await page.wait_for_timeout(3500)
    await expect(player).not_to_have_class(re.compile("quiet"))  # a pause keeps them


async def test_an_expired_ticket_is_replaced_and_the_film_goes_on(page, node, at_hand):
    await watch(page, node, at_hand[HARBOUR])
    address = await page.evaluate("() => new URL(document.querySelector('video').currentSrc).pathname")
    await page.route(f"**{address}", lambda route: route.fulfill(status=401, body=""))
    async with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith("/playback/sessions")):
        await page.evaluate("() => { const v = document.querySelector('video'); v.src = v.currentSrc; }")
    await page.wait_for_function(f"() => new URL(document.querySelector('video').currentSrc).pathname !== '{address}'")
    await playing(page, 0.2)
    await expect(page.locator("#panel")).to_be_hidden()


async def test_a_file_that_the_browser_cannot_play_after_all_comes_as_a_stream(page, node, at_hand):
    await sign_in(page, node)

    async def lie(route):
        await route.fulfill(status=206, body=b"this is no film" * 100, headers={"Content-Type": "video/mp4"})

    await page.goto(f"{node.base_url}/movies/{at_hand[HARBOUR]}")
    async with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith("/playback/sessions")) as opened:
        await page.route(re.compile("/direct"), lie)
        await page.get_by_role("link", name=re.compile("Play|Start over")).first.click()
    assert "/direct" in (await (await opened.value).json())["direct_url"]
    await playing(page, 0.2)
    assert (await page.evaluate("() => document.querySelector('video').currentSrc")).startswith("blob:")


async def test_a_server_that_is_away_is_said_in_words_and_tried_again_at_a_click(page, node, at_hand):
    await sign_in(page, node)
    await page.route("**/api/v1/playback/sessions", lambda route: route.abort())
    await page.goto(f"{node.base_url}/watch/movie/{at_hand[HARBOUR]}?start=0")
    panel = page.get_by_role("alertdialog")
    await expect(panel).to_contain_text("The server cannot be reached.")
    await page.unroute("**/api/v1/playback/sessions")
    await panel.get_by_role("button", name="Try again").click()
    await playing(page, 0.2)


async def test_a_film_that_ends_is_told_and_can_be_seen_again(page, node, at_hand):
    await watch(page, node, at_hand[HARBOUR])
    await page.keyboard.press("End")
    panel = page.get_by_role("alertdialog")
    await expect(panel).to_contain_text("The end")
    await panel.get_by_role("button", name="Watch again").click()
    await page.wait_for_function("() => { const v = document.querySelector('video'); return v.currentTime < 5 && !v.paused; }")


async def test_on_a_phone_a_tap_shows_the_controls_and_another_hides_them(chromium, node, at_hand):
    context = await chromium.new_context(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True, locale="en-US")
    page = await context.new_page()
    await sign_in(page, node)
    await page.goto(f"{node.base_url}/movies/{at_hand[HARBOUR]}")
    await page.get_by_role("link", name=re.compile("Play|Start over")).first.tap()
    await playing(page, 0.2)
    player = page.locator("#player")
    await expect(player).to_have_class(re.compile("quiet"), timeout=15_000)
    await page.touchscreen.tap(195, 300)
    await expect(player).not_to_have_class(re.compile("quiet"))
    assert not (await standing(page))["paused"]
    await page.touchscreen.tap(195, 300)
    await expect(player).to_have_class(re.compile("quiet"), timeout=1500)
    await context.close()


async def test_how_subtitles_look_and_how_late_they_come_is_remembered(page, node, at_hand):
    preferences = "/api/v1/playback/preferences"
    admin = node.login()
    admin.put(preferences, {})
    await watch(page, node, at_hand[CLOUDS])
    await page.get_by_role("button", name="Subtitles").click()
    await page.get_by_role("menuitemradio", name="English").click()
    await page.get_by_role("button", name="Subtitles").click()
    for choice in ("Look and delay", "200 %", "Yellow", "Outline", "At the top", "Half a second later"):
        await page.get_by_role("menuitemradio", name=re.compile(f"^{choice}")).click()
    await expect(page.locator("#sheet")).to_contain_text("Delay: 500 ms")
    async with page.expect_response(lambda answer: answer.url.endswith(preferences)):
        await page.keyboard.press("Escape")
    await page.reload()
    await page.wait_for_function("() => document.querySelector('track')?.track.cues?.[0]?.startTime === 1")
    look = "() => { const c = document.getElementById('captions-head'); return [{ ...c.dataset }, c.style.getPropertyValue('--size')]; }"
    assert await page.evaluate(look) == [{"background": "shadow", "color": "yellow", "position": "top"}, "2"]
    await page.keyboard.press("Home")
    await expect(page.locator("#captions-head")).not_to_be_empty()
    assert await page.evaluate("() => document.getElementById('captions').childElementCount") == 0
    admin.put(preferences, {})


_WHITE = """() => {
  const drawn = document.querySelector("canvas.drawn");
  if (!drawn || !drawn.width) return false;
  const copy = Object.assign(document.createElement("canvas"), { width: drawn.width, height: drawn.height }).getContext("2d");
  copy.drawImage(drawn, 0, 0);
  const at = (x, y) => [...copy.getImageData(Math.floor(drawn.width * x), Math.floor(drawn.height * y), 1, 1).data];
  return at(0.5, 0.84)[0] > 200 && at(0.5, 0.84)[3] === 255 && at(0.5, 0.2)[3] === 0;
}"""


@pytest.fixture
def drawn(node, tmp_path):
    """A film with subtitles that are pictures."""
    (tmp_path / "films").mkdir()
    plain = make_film(tmp_path / "plain.mkv", Film(seconds=20, width=256, height=144))
    with_pgs(tmp_path / "films" / "Moving Pictures (2022).mkv", plain, [(1.0, 19.0)])
    admin = node.login()
    library = admin.library("Drawn", tmp_path / "films")
    admin.scan(library["id"])
    yield admin.movies(library=library["id"])[0]["id"]
    node.login().delete(f"/api/v1/libraries/{library['id']}")


async def test_subtitles_that_are_pictures_are_drawn_over_the_film(page, node, drawn):
    await watch(page, node, drawn)
    await page.get_by_role("button", name="Subtitles").click()
    await page.get_by_role("menuitemradio", name="German").click()
    await page.keyboard.press("5")
    await page.wait_for_function(_WHITE)
    await page.keyboard.press("c")
    await expect(page.locator("canvas.drawn")).to_have_count(0)


_FANCY = "Style: Fancy,Fancy,20,&H00FFFFFF,&H0,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0\n\n[Events]\n"
_LINE = "Dialogue: 0,0:00:05.00,0:00:19.00,Fancy,,0,0,0,,"
LOOK = ASS.replace("[Events]\n", _FANCY).partition("Dialogue")[0]
LOOK += _LINE + r"{\an7\pos(0,0)\bord0\c&H0000FF&\p1}m 0 0 l 160 0 160 90 0 90{\p0}" + f"\n{_LINE}In letters of its own\n"
_RED = """() => {
  const drawn = document.querySelector("canvas.drawn");
  if (!drawn?.width) return false;
  const copy = Object.assign(document.createElement("canvas"), { width: drawn.width, height: drawn.height }).getContext("2d");
  copy.drawImage(drawn, 0, 0);
  const at = (x, y) => [...copy.getImageData(Math.floor(drawn.width * x), Math.floor(drawn.height * y), 1, 1).data];
  const [red, green, , alpha] = at(0.25, 0.25);
  return red > 200 && green < 60 && alpha > 200 && at(0.75, 0.25)[3] === 0;
}"""


@pytest.fixture
def styled(node, tmp_path):
    """A film with subtitles that have a look of their own, and a font that came with it."""
    (tmp_path / "films").mkdir()
    plain = make_film(tmp_path / "plain.mkv", Film(seconds=20, width=256, height=144))
    with av.open(str(plain)) as source, av.open(str(tmp_path / "films" / "Karaoke (2023).mkv"), "w") as out:
        copies = {stream: out.add_stream_from_template(stream) for stream in source.streams}
        out.add_attachment("Fancy.ttf", "application/x-truetype-font", b"\0\1\0\0 a font")
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream]
                out.mux(packet)
    (tmp_path / "films" / "Karaoke (2023).de.ass").write_text(LOOK)
    admin = node.login()
    library = admin.library("Styled", tmp_path / "films")
    admin.scan(library["id"])
    yield admin.movies(library=library["id"])[0]["id"]
    node.login().delete(f"/api/v1/libraries/{library['id']}")


async def test_subtitles_with_a_look_of_their_own_are_drawn_with_it(page, node, styled):
    await watch(page, node, styled)
    await page.get_by_role("button", name="Subtitles").click()
    async with page.expect_response(re.compile("/fonts/0$")):
        await page.get_by_role("menuitemradio", name="German").click()
    await page.keyboard.press("5")
    await page.wait_for_function(_RED)
    await page.keyboard.press("k")
    await page.keyboard.press("1")
    await page.wait_for_function(f"() => !({_RED})()")
    await page.keyboard.press("6")  # a film that rests shows what belongs to where it is, too
    await page.wait_for_function(_RED)
    await page.keyboard.press("c")
    await expect(page.locator("canvas.drawn")).to_have_count(0)


async def test_words_are_shown_where_their_look_cannot_be_drawn(page, node, styled):
    await page.route("**/ass.worker.js", lambda route: route.abort())
    await watch(page, node, styled)
    await page.get_by_role("button", name="Subtitles").click()
    await page.get_by_role("menuitemradio", name="German").click()
    await page.keyboard.press("5")
    await expect(page.locator("#captions")).to_have_text("In letters of its own")
    await expect(page.locator("canvas.drawn")).to_have_count(0)
