"""Pages in a browser, over a household that is made up: what scripts and styles add to the HTML."""

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import expect

from tests.web.household import COOKIE, Household, film

SIZES = ((360, 740), (768, 1024), (1440, 900), (1920, 1080))
PATHS = ("/", "/movies", "/libraries", "/account", "/search?q=a")


@pytest.fixture
async def house():
    household = Household()
    household.films += [film(f"Film {number:03}", 1950 + number % 70) for number in range(120)]
    async with TestServer(household.application()) as server:
        household.url = f"http://127.0.0.1:{server.port}"
        yield household


@pytest.fixture
async def anne(page, house):
    await page.context.add_cookies([{"name": COOKIE, "value": "anne", "url": house.url}])
    return page


async def test_no_page_is_wider_than_its_window_and_nothing_moves_when_posters_come(anne, house):
    await anne.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) window.moved += e.value; })"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    paths = [*PATHS, f"/movies/{house.films[0].id}"]
    for width, height in SIZES:
        await anne.set_viewport_size({"width": width, "height": height})
        for path in paths if width in {360, 1920} else paths[:2]:
            await anne.goto(house.url + path)
            await anne.wait_for_load_state("networkidle") if path != "/libraries" else None
            assert await anne.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, path)
            assert await anne.evaluate("window.moved") < 0.05, (width, path)


async def test_the_shelf_goes_on_as_one_scrolls(anne, house):
    await anne.goto(f"{house.url}/movies")
    cards = anne.locator("a.card")
    await expect(cards).to_have_count(50)
    await anne.mouse.wheel(0, 20_000)
    await expect(cards).to_have_count(100)
    await anne.mouse.wheel(0, 20_000)
    await expect(cards).to_have_count(123)
    await expect(anne.locator(".more")).to_have_count(0)


async def test_the_sort_is_chosen_without_a_button(anne, house):
    await anne.goto(f"{house.url}/movies")
    await anne.get_by_label("Sort by").select_option("Newest year first")
    await anne.wait_for_url("**sort=-year**")


async def test_search_answers_while_one_types_and_by_keyboard_alone(anne, house):
    await anne.goto(house.url)
    await anne.keyboard.press("/")
    await anne.keyboard.type("auro")
    await expect(anne.locator("#seek-results .hit")).to_have_count(1)
    await anne.keyboard.press("ArrowDown")
    await anne.keyboard.press("Enter")
    await expect(anne.locator("h1")).to_have_text("Aurora")
    await anne.keyboard.press("/")
    await anne.keyboard.type("film 01")
    await anne.keyboard.press("Enter")
    await expect(anne.locator("h1")).to_contain_text("film 01")


async def test_arrows_walk_the_shelf(anne, house):
    await anne.goto(f"{house.url}/movies")
    titles = [await card.get_attribute("href") for card in await anne.locator("a.card").all()]
    here = "document.activeElement.getAttribute('href')"
    columns = await anne.evaluate("getComputedStyle(document.querySelector('.grid')).gridTemplateColumns.split(' ').length")
    await anne.locator("a.card").first.focus()
    for key, place in (("ArrowRight", 1), ("ArrowDown", 1 + columns), ("ArrowLeft", columns), ("ArrowUp", 0)):
        await anne.keyboard.press(key)
        assert await anne.evaluate(here) == titles[place], key


async def test_everything_on_a_page_is_reached_by_tab_and_the_focus_is_seen(anne, house):
    await anne.goto(f"{house.url}/account")
    await anne.keyboard.press("Tab")
    assert await anne.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(60):
        await anne.keyboard.press("Tab")
        reached.add(await anne.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        ring = await anne.evaluate("getComputedStyle(document.activeElement.closest('.segmented label')?.querySelector('span') ?? document.activeElement)"
                                   ".outlineStyle")  # fmt: skip
        inside = await anne.evaluate("document.activeElement.closest('.seek-box') !== null || document.activeElement === document.body")
        assert ring != "none" or inside
    assert {"seek", "locale", "current_password", "new_password", "Change password", "Films"} <= reached


async def test_the_theme_changes_at_once_and_stays(anne, house):
    await anne.goto(f"{house.url}/account")
    dark = await anne.evaluate("getComputedStyle(document.body).backgroundColor")
    await anne.get_by_label("Light").check()
    assert await anne.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    await anne.goto(f"{house.url}/movies")
    assert await anne.evaluate("document.documentElement.dataset.theme") == "light"


async def test_the_language_can_be_chosen_before_one_is_in(page, house):
    await page.goto(f"{house.url}/login")
    await page.locator("[data-language]").select_option("Deutsch")
    await expect(page.get_by_role("button", name="Anmelden")).to_be_visible()


async def test_signing_out_ends_at_the_door(anne, house):
    await anne.goto(house.url)
    await anne.get_by_label("Your account").click()
    await anne.get_by_role("button", name="Sign out").click()
    await anne.wait_for_url("**/login**")
    assert [caller.username for caller in house.left] == ["anne"]


async def test_a_poster_that_is_not_there_leaves_the_title_in_its_place(anne, house):
    await anne.goto(f"{house.url}/movies")
    name = anne.locator(".card .poster-name").first
    await expect(name).to_be_visible()
    await expect(anne.locator(".card").first.locator("img")).to_have_count(0)


async def test_a_blurhash_is_painted_in_its_colours(anne, house):
    await anne.goto(f"{house.url}/movies")
    pixel = await anne.evaluate("[...document.querySelector('.poster canvas').getContext('2d').getImageData(0, 0, 1, 1).data]")
    assert pixel[3] == 255
    assert sum(abs(a - b) for a, b in zip(pixel, (151, 166, 177), strict=False)) < 30, pixel
