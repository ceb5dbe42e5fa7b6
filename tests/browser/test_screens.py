"""Several screens: who watches what, stopped with a word, taken from one device to another, and what comes next."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import CLOUDS, HARBOUR
from tests.browser.steps import playing, sign_in, watch

SESSIONS = "/api/v1/playback/sessions"


@pytest.fixture
def admin(node):
    """An admin's program, before whom nobody watches from an earlier test."""
    admin = node.login()
    for left in admin.all(SESSIONS):
        admin.delete(f"{SESSIONS}/{left['id']}")
    return admin


async def test_an_admin_sees_what_runs_and_ends_it_with_a_word_to_the_viewer(page, node, admin, at_hand):
    await watch(page, node, at_hand[CLOUDS])
    desk = await page.context.new_page()
    await desk.goto(node.base_url)
    await desk.get_by_label("Your account").click()
    await desk.get_by_role("link", name="Now playing").click()
    row = desk.locator("section", has_text=CLOUDS)
    await expect(row).to_contain_text("Sound: converted")
    await row.get_by_role("button", name="Stop").click()
    await desk.get_by_label("A word to the viewer").fill("Dinner is ready.")
    await desk.get_by_role("dialog").get_by_role("button", name="Stop").click()
    panel = page.get_by_role("alertdialog")
    await expect(panel).to_contain_text("This playback was stopped")
    await expect(panel).to_contain_text("Dinner is ready.")
    await expect(row).to_have_count(0)
    assert not admin.get(SESSIONS)["items"], "the player began nothing anew"


async def test_a_film_is_taken_from_one_device_to_another_and_back(page, chromium, node, admin, at_hand):
    await watch(page, node, at_hand[HARBOUR])
    await page.keyboard.press("5")
    await playing(page, 20)
    context = await chromium.new_context(locale="en-US")
    phone = await context.new_page()
    await sign_in(phone, node)
    await phone.goto(f"{node.base_url}/movies/{at_hand[HARBOUR]}")
    await phone.get_by_role("link", name=re.compile("Take over from")).click()
    assert await playing(phone, 19) > 19
    panel = page.get_by_role("alertdialog")
    await expect(panel).to_contain_text("This goes on on another device")
    assert len(admin.get(SESSIONS)["items"]) == 1
    await phone.keyboard.press("8")
    await playing(phone, 32)
    await context.close()
    await panel.get_by_role("button", name="Go on here").click()
    assert await playing(page, 25) > 25


async def test_what_comes_next_is_offered_at_the_end(page, node, at_hand):
    async def with_next(route):
        answer = await route.fetch()
        session = await answer.json()
        session["next"] = {"item": {"kind": "movie", "id": at_hand[CLOUDS]}, "title": CLOUDS, "poster": None}
        await route.fulfill(response=answer, json=session)

    await page.route(f"**{SESSIONS}", with_next, times=1)
    await watch(page, node, at_hand[HARBOUR])
    await page.keyboard.press("End")
    panel = page.get_by_role("alertdialog")
    await expect(panel).to_contain_text("Up next")
    await expect(panel).to_contain_text(re.compile(r"in 1\d s"))
    await panel.get_by_role("button", name="Play now").click()
    await expect(page).to_have_url(re.compile(f"/watch/movie/{at_hand[CLOUDS]}"))
