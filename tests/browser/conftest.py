"""A real Chromium, and pages that fail a test when anything goes wrong in their console."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--mute-audio"]
_EXPECTED = ("Failed to load resource",)
"""Chromium's own lines about answers of 4xx, which tests cause on purpose."""
PATIENCE = 20_000
"""Milliseconds a step may take on a busy machine."""


def pytest_collection_modifyitems(items):
    """What drives a browser is marked, and says so where there is none."""
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(240))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def page(chromium) -> AsyncIterator[Page]:
    """A desktop page in English. A script error or a refusal by the content security policy fails the test."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" and not line.text.startswith(_EXPECTED) else None)
    yield page
    await context.close()
    assert not wrong
