"""From the first page of a new server to a film that goes on where one was."""

import re

from playwright.async_api import Page, expect

PASSWORD = "right horse battery"
_STATE = "() => { const v = document.querySelector('video'); return {at: v.currentTime, paused: v.paused, error: v.error && v.error.message}; }"


async def set_up(page: Page, node) -> None:
    """The wizard, up to the libraries page."""
    await page.goto(node.base_url)
    await expect(page).to_have_url(re.compile("/setup$"))
    await page.get_by_role("link", name="Begin").click()
    await page.get_by_label("Username").fill("anne")
    await page.get_by_label("E-mail").fill("anne@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Password, once more").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page).to_have_url(re.compile("/setup/libraries$"))
    await page.get_by_role("button", name="Choose folder …").click()
    await page.get_by_label("Folder on the server").fill(str(node.media))
    await page.get_by_label("Folder on the server").press("Enter")
    await expect(page.locator(f'[data-folder-here="{node.media}"]')).to_be_visible()
    await page.get_by_role("button", name="Take this folder").click()
    await expect(page.locator("[data-path-list] code")).to_have_text(str(node.media))
    await page.get_by_role("button", name="Add library").click()
    await expect(page.get_by_text("Added", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Continue").click()
    await page.get_by_role("link", name="Open Revenge").click()
    await expect(page).to_have_url(re.compile("/libraries$"))


async def scanned(page: Page) -> None:
    await expect(page.locator("[data-scan-words]")).to_have_text("Scanned", timeout=60_000)


async def playing(page: Page, beyond: float) -> float:
    """Wait until the film plays beyond a second; returns where it is."""
    await page.wait_for_function(f"() => {{ const v = document.querySelector('video'); return v.currentTime > {beyond} && !v.paused; }}")
    return (await page.evaluate(_STATE))["at"]


async def test_a_person_sets_up_a_server_watches_a_film_and_goes_on_after_a_reload(page, node):
    await set_up(page, node)
    await scanned(page)
    assert int(await page.locator('[data-count="found"]').inner_text()) > 0

    await page.get_by_role("link", name="Films", exact=True).first.click()
    cards = page.locator("a.card")
    await expect(cards.first).to_be_visible()
    await page.locator("a.card", has_text=node.direct_film).click()
    await expect(page.locator("h1")).to_have_text(node.direct_film)
    await page.get_by_role("link", name="Play", exact=True).click()

    await playing(page, 0.5)
    await page.keyboard.press("l")
    at = await playing(page, 10.2)
    await page.wait_for_timeout(300)  # the report of the seek is on its way
    await page.reload()
    await expect(page.locator("#resumed")).to_be_visible()
    await page.wait_for_function(f"() => Math.abs(document.querySelector('video').currentTime - {at}) < 3")

    await page.keyboard.press("Escape")
    await expect(page.get_by_role("link", name=re.compile("Resume at 0:1"))).to_be_visible()
    await page.get_by_role("link", name="Revenge, home").click()
    await expect(page.get_by_role("heading", name="Continue watching")).to_be_visible()


async def test_a_scan_is_followed_live_and_says_what_it_could_not_read(page, node):
    await set_up(page, node)
    await scanned(page)
    await page.get_by_role("button", name="Scan", exact=True).click()
    await expect(page.get_by_role("button", name="Scan", exact=True)).to_be_disabled()
    await scanned(page)
    await expect(page.get_by_role("button", name="Scan", exact=True)).to_be_enabled()
    errors = page.locator("[data-scan-errors]")
    await errors.locator("summary").click()
    await expect(errors.locator("code").first).to_contain_text(node.broken_file)


async def test_a_film_with_another_sound_is_converted_and_its_tracks_can_be_chosen(page, node):
    await set_up(page, node)
    await scanned(page)
    await page.goto(f"{node.base_url}/movies")
    await page.locator("a.card", has_text=node.converted_film).click()
    await page.get_by_role("link", name="Play", exact=True).click()
    await playing(page, 0.5)
    await page.get_by_role("button", name="About this playback").click()
    await expect(page.locator("#sheet")).to_contain_text("Converted for this device")
    await page.keyboard.press("Escape")

    await page.mouse.move(400, 400)
    await page.get_by_role("button", name="Sound", exact=True).click()
    tracks = page.get_by_role("menuitemradio")
    await expect(tracks).to_have_count(2)
    at = (await page.evaluate(_STATE))["at"]
    await tracks.nth(1).click()
    await playing(page, at + 0.5)

    await page.keyboard.press("c")
    await expect(page.locator("#captions span").first).to_be_visible()
    await page.keyboard.press("5")
    await playing(page, 5)
    assert (await page.evaluate(_STATE))["error"] is None
