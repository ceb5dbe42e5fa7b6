"""From the first page of a new server to a film that goes on where one was."""

import re

from playwright.async_api import expect

from tests.browser.conftest import BROKEN, CLOUDS, HARBOUR
from tests.browser.steps import playing, set_up, sign_in, standing, watch

_WATCH = """(scan) => {
    window.seen = [];
    new MutationObserver(() => window.seen.push(scan.dataset.state)).observe(scan, {attributes: true});
}"""
"""Gathers the states a scan goes through on the page."""


async def test_a_person_sets_up_a_server_watches_a_film_and_goes_on_after_a_reload(page, fresh_node, evening):
    await set_up(page, fresh_node, evening)
    scan = page.locator(".scan")
    await expect(scan.locator("[data-scan-words]")).to_have_text("Scanned", timeout=60_000)
    await expect(scan.locator('[data-count="found"]')).to_have_text("3")
    await expect(scan.locator('[data-count="failed"]')).to_have_text("1")
    await expect(page.locator("[data-items]")).to_have_text("2 films")
    await page.locator("[data-scan-errors] summary").click()
    await expect(page.locator("[data-scan-errors] code")).to_contain_text(BROKEN)

    await page.get_by_role("navigation").get_by_role("link", name="Films").click()
    await expect(page.locator("a.card")).to_have_count(2)
    await page.locator("a.card", has_text=HARBOUR).click()
    await expect(page.locator("h1")).to_have_text(HARBOUR)
    await page.get_by_role("link", name="Play", exact=True).click()

    await playing(page, 0.5)
    async with page.expect_response("**/progress"):
        await page.keyboard.press("l")
    at = await playing(page, 10.2)
    await page.reload()
    await expect(page.locator("#resumed")).to_be_visible()
    await page.wait_for_function(f"() => Math.abs(document.querySelector('video').currentTime - {at}) < 3")

    await page.keyboard.press("Escape")
    await expect(page.get_by_role("link", name=re.compile("Resume at 0:1"))).to_be_visible()
    await page.get_by_role("link", name="Revenge, home").click()
    await expect(page.get_by_role("heading", name="Continue watching")).to_be_visible()


async def test_a_scan_is_followed_live(page, node, at_hand):
    await sign_in(page, node)
    async with page.expect_response("**/api/v1/events") as stream:
        await page.goto(f"{node.base_url}/libraries")
    assert (await stream.value).status == 200
    panel = page.locator(".library", has_text="Evening")
    button = panel.get_by_role("button", name="Scan", exact=True)
    await expect(panel.locator("[data-scan-words]")).to_have_text("Scanned")
    await panel.locator(".scan").evaluate(_WATCH)
    await button.click()
    await page.wait_for_function("() => window.seen.at(-1) === 'completed'")
    assert {"queued", "running"} & set(await page.evaluate("window.seen"))
    await expect(button).to_be_enabled()


async def test_a_film_with_another_sound_is_converted_and_its_tracks_can_be_chosen(page, node, at_hand):
    await watch(page, node, at_hand[CLOUDS])
    await page.get_by_role("button", name="About this playback").click()
    await expect(page.locator("#sheet")).to_contain_text("Converted for this device")
    await expect(page.locator("#sheet")).to_contain_text("The browser cannot decode this sound format.")
    await page.keyboard.press("Escape")

    await page.mouse.move(400, 400)
    await page.get_by_role("button", name="Sound", exact=True).click()
    tracks = page.get_by_role("menuitemradio")
    await expect(tracks).to_have_text([re.compile("German"), re.compile("English · Commentary")])
    at = (await standing(page))["at"]
    await tracks.nth(1).click()
    await playing(page, at + 0.5)

    await page.keyboard.press("0")
    await page.keyboard.press("c")
    await expect(page.locator("#captions span").first).to_have_text("Good evening.")
    await page.keyboard.press("5")
    await playing(page, 20)
    assert (await standing(page))["error"] is None
