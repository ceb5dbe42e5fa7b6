"""A real Chromium, and pages that fail a test when anything goes wrong in their console."""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.fixtures.media import PLAIN, Film, Sound, Words, make_film, truncate
from tests.fixtures.node import Node

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--mute-audio"]
_EXPECTED = ("Failed to load resource", "Transition was")
"""Chromium's own lines: answers of 4xx, which tests cause on purpose, and page transitions that the next page cut short."""
PATIENCE = 20_000
"""Milliseconds a step may take on a busy machine, and what is expected may take to come."""
expect.set_options(timeout=PATIENCE)


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

    def heard(words: str) -> None:
        if not words.startswith(_EXPECTED):
            wrong.append(words)

    page.on("pageerror", lambda error: heard(str(error.message)))
    page.on("console", lambda line: heard(line.text) if line.type == "error" else None)
    yield page
    await context.close()
    assert not wrong


@pytest.fixture(autouse=True)
def signs_out(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whoever came in during a test leaves after it: of too many sign-ins the oldest would end, which is the admin of the whole run."""
    yield
    if "node" in request.fixturenames:
        request.getfixturevalue("node").admin.delete("/api/v1/sessions")


HARBOUR, CLOUDS, BROKEN = "The Long Harbour", "Über den Wolken", "Half (2001).mp4"


@pytest.fixture(scope="session")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films long enough to seek in: one that plays as it is, one in two tongues that has to be converted, one that is cut off."""
    folder = tmp_path_factory.mktemp("evening")
    long = Film(seconds=40, width=256, height=144)
    harbour = make_film(folder / f"{HARBOUR} (2019).mp4", replace(long, container={"movflags": "faststart"}))
    tongues = (Sound("ac3", "stereo", language="ger"), Sound("ac3", "stereo", language="eng", title="Commentary"))
    make_film(folder / f"{CLOUDS} (2021).mkv", replace(long, gops=PLAIN.gops, sounds=tongues, words=(Words("srt", "eng"),)))
    truncate(folder / BROKEN, harbour, 0.2)
    return folder


@pytest.fixture(scope="session")
def at_hand(node: Node, evening: Path) -> dict[str, UUID]:
    """The evening's films on the node of the whole run, by title."""
    library = node.admin.library("Evening", evening)
    node.admin.scan(library["id"])
    return {film["title"]: film["id"] for film in node.admin.movies(library=library["id"])}
