"""What several journeys begin with."""

import re
from pathlib import Path

from playwright.async_api import Page, expect

from tests.fixtures.node import PASSWORD, Node

_STATE = """() => { const v = document.querySelector("video"); return {
    at: v.currentTime, paused: v.paused, muted: v.muted, rate: v.playbackRate, volume: v.volume, error: v.error && v.error.message,
}; }"""


async def set_up(page: Page, node: Node, folder: Path) -> None:
    """Go through the wizard of a new server, and give it a folder of films."""
    await page.goto(node.base_url)
    await expect(page).to_have_url(re.compile("/setup$"))
    await page.get_by_role("link", name="Begin").click()
    await page.get_by_label("Username").fill("anna")
    await page.get_by_label("E-mail").fill("anna@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Password, once more").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await expect(page).to_have_url(re.compile("/setup/libraries$"))
    await page.get_by_role("button", name="Choose folder …").click()
    await page.get_by_label("Folder on the server").fill(str(folder))
    await page.get_by_label("Folder on the server").press("Enter")
    await expect(page.locator(f'[data-folder-here="{folder}"]')).to_be_visible()
    await page.get_by_role("button", name="Take this folder").click()
    await expect(page.locator("[data-path-list] code")).to_have_text(str(folder))
    await page.get_by_role("button", name="Add library").click()
    await expect(page.get_by_text("Added", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Continue").click()
    await page.get_by_role("link", name="Open Revenge").click()
    await expect(page).to_have_url(re.compile("/libraries$"))


async def sign_in(page: Page, node: Node) -> None:
    """Come in by the front door."""
    await page.goto(node.base_url)
    await page.get_by_label("Username").fill("anna")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_label("Your account")).to_be_visible()


async def watch(page: Page, node: Node, film: object) -> None:
    """Come in, and play a film from its beginning."""
    await sign_in(page, node)
    await page.goto(f"{node.base_url}/movies/{film}")
    await page.get_by_role("link", name=re.compile("Play|Start over")).first.click()
    await playing(page, 0.2)


async def playing(page: Page, beyond: float) -> float:
    """Wait until the film plays beyond a second; returns where it is."""
    await page.wait_for_function(
        f"() => {{ const v = document.querySelector('video'); return v && v.currentTime > {beyond} && !v.paused; }}"
    )
    return (await standing(page))["at"]


async def standing(page: Page) -> dict:
    """How the video element stands."""
    return await page.evaluate(_STATE)
