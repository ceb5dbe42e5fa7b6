"""Two nodes, one film: when the node that sends it dies, the player goes on with the other, and nobody notices."""

import json
import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.async_api import expect

from tests.browser.steps import playing, sign_in
from tests.fixtures.client import until
from tests.fixtures.media import Film, Sound, make_film
from tests.fixtures.node import Node, running_node
from tests.fixtures.ports import free_port

LONG = Film(seconds=200, width=128, height=72)
"""Longer than what a browser loads ahead; the plain one has a second sound that makes it so by its bytes alone."""
FILMS = {
    "Copied": ("mkv", replace(LONG, gops=(24, 48), sounds=(Sound("ac3"),))),
    "Encoded": ("mkv", replace(LONG, codec="mpeg2video", options={}, sounds=(Sound("ac3"),))),
    "Plain": ("mp4", replace(LONG, seconds=60, sounds=(Sound(), Sound("pcm_s16le", "7.1")), container={"movflags": "faststart"})),
}
_WATCH = """() => {
  const v = document.querySelector("video");
  window.dry = 0;
  v.playbackRate = 2;
  v.addEventListener("waiting", () => (window.dry += 1));
  return [v.currentTime, v.buffered.end(v.buffered.length - 1)];
}"""
_FURTHER = """([at, end]) => {
  const v = document.querySelector("video");
  return v.currentTime > at + 6 && v.buffered.end(v.buffered.length - 1) >= end + 3.9;
}"""


pytestmark = pytest.mark.long
"""Two nodes, a browser at twice the speed and their encoders want the machine to themselves: a halt means nothing where others work beside them."""


@pytest.fixture(scope="module")
def long_films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    for title, (container, film) in FILMS.items():
        make_film(folder / f"{title} (2001).{container}", film)
    return folder


@pytest.fixture
def pair(elsewhere, long_films):
    """Two nodes that share database and store; the first is set up and has the films."""
    with running_node(elsewhere | {"REVENGE_SERVER_PORT": str(free_port())}) as one:
        one.set_up()
        one.admin.scan(one.admin.library("Films", long_films)["id"])
        with running_node(elsewhere | {"REVENGE_SERVER_PORT": str(free_port())}) as two:
            yield one, two


def meet(node: Node, other: Node) -> dict[str, str]:
    """Wait until a node names the other one to its players; the films' ids by title."""
    admin = node.login()
    films = {film["title"]: film["id"] for film in admin.movies()}
    until(lambda: other.base_url in admin.play({"id": films["Plain"]})["alternates"])
    return films


async def begin(page, node: Node, id: str) -> None:
    """Play a film from one node. A browser that is signed in at one is at both: cookies know no ports."""
    await page.goto(f"{node.base_url}/movies/{id}")
    await page.get_by_role("link", name=re.compile("Play|Start over")).first.click()
    await playing(page, 1)


async def survives(page, node: Node, other: Node, title: str, blow: Callable[[], object]) -> None:
    """Watch a stream from one node, hit it, and see that nobody would have noticed."""
    id = meet(node, other)[title]
    await begin(page, node, id)
    stood = await page.evaluate(_WATCH)
    blow()
    await page.wait_for_function(_FURTHER, arg=stood, timeout=60_000)
    assert await page.evaluate("() => window.dry") == 0, "the buffer ran dry"
    await page.evaluate("() => (document.querySelector('video').currentTime = 190)")
    await playing(page, 190.5)
    await page.keyboard.press("k")
    until(lambda: other.login().get(f"/api/v1/movies/{id}")["progress"]["position_ms"] > 190_000)
    await expect(page.locator("#panel")).to_be_hidden()


async def test_a_stream_goes_on_without_a_halt_when_its_node_dies(page, pair):
    one, two = pair
    await sign_in(page, one)
    await survives(page, one, two, "Copied", one.kill)
    one.start()
    await survives(page, two, one, "Encoded", two.kill)


async def test_a_stream_goes_on_without_a_halt_when_its_node_falls_silent(page, pair):
    one, two = pair
    await sign_in(page, one)
    try:
        await survives(page, one, two, "Copied", lambda: os.kill(one.process.pid, signal.SIGSTOP))
    finally:
        os.kill(one.process.pid, signal.SIGCONT)


async def test_a_file_goes_on_where_it_was_when_its_node_dies(page, pair):
    node, other = pair
    await sign_in(page, node)
    await begin(page, node, meet(node, other)["Plain"])
    assert node.base_url in await page.evaluate("() => document.querySelector('video').currentSrc")
    node.kill()
    await page.evaluate("() => (document.querySelector('video').currentTime = 50)")
    await page.wait_for_function(
        f"() => document.querySelector('video').currentSrc.startsWith({json.dumps(other.base_url)})", timeout=60_000
    )
    assert 49 < await playing(page, 50.2) < 59
    assert re.search("/direct$", await page.evaluate("() => document.querySelector('video').currentSrc"))
