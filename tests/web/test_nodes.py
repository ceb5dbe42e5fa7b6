"""The page of the nodes: who is there and leads, what each does and sees, in both languages."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from revenge.bootstrap.repeated import repeated
from revenge.services.nodes.entity import Node
from revenge.services.nodes.overview import LeaseView, NodeView, Overview, ReignView, Root, TaskView
from tests.web.reading import Page, access_faults, inline_faults
from web.words import Catalogue

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def node(name, state="up", **more) -> NodeView:
    here = Node(name, f"10.0.0.1:{len(name)}", f"http://{name}:8080", state, "1.0", NOON)
    return NodeView(here, **{"leads": name == "one", "here": name == "two", **more})


STATE = Overview(
    role="follower",
    leader="one",
    term=7,
    has_quorum=True,
    nodes=[
        node("one", load=0.4, streams=3, jobs=2, behind=0, roots=[Root("/media/films", True), Root("/mnt/away", False)]),
        node("two", "draining", load=0.1, streams=0, jobs=0, behind=1),
        node("three", "down"),
    ],
    leases=[LeaseView("scan:films", "two", 41)],
    schedules=[
        TaskView("library.scan_all", "6:00:00", "last", NOON, "one", NOON),
        TaskView("cache.drop", "10 4 * * *", "skip", None, None, NOON),
    ],
    history=[ReignView(NOON, "one", 7, True), ReignView(NOON, None, 6, False)],
)


async def read(browser, household, state, language="en"):
    household.nodes = state
    answer = await browser.get("/nodes", headers={"Accept-Language": language, "Accept": "text/html"})
    assert answer.status == 200
    page = Page(await answer.text())
    assert not page.faults + inline_faults(page) + access_faults(page)
    return page


@pytest.mark.parametrize("language", ["en", "de"])
async def test_it_tells_everything_about_the_nodes(anne, household, language):
    page = await read(anne, household, STATE, language)
    told = page.texts["body"]
    words = Catalogue.load().choose(None, language)
    for word in (
        "one",
        "two",
        "three",
        "http://one:8080",
        "/mnt/away",
        "scan:films",
        "41",
        "library.scan_all",
        "6:00:00",
        "10 4 * * *",
        "40 %",
    ):
        assert word in told
    for key in ("state.up", "state.down", "state.draining", "leads", "here", "unseen", "drain", "back", "nobody", "invite", "missed.skip"):
        assert words(f"nodes.{key}") in told
    assert {button.get("data-drain") for button in page.all("button")} - {None} == {"one", "two"}  # who is down hears of nothing


async def test_a_node_alone_has_nothing_to_invite_to_and_a_minority_says_so(anne, household):
    alone = replace(STATE, role="alone", nodes=[node("one", load=1.0, streams=0, jobs=0, behind=0)], leases=[], history=[])
    told = (await read(anne, household, alone)).texts["body"]
    assert "This node works alone." in told
    assert "Add a node" not in told
    minority = replace(STATE, leader=None, has_quorum=False, schedules=[])
    assert "does not see enough" in (await read(anne, household, minority)).texts["body"]


async def test_it_is_for_admins(ben, household):
    household.nodes = STATE
    assert (await ben.get("/nodes", headers={"Accept": "text/html"})).status == 403


def test_every_task_of_the_schedule_has_its_words():
    for words in Catalogue.load().languages.values():
        for task in repeated():
            assert f"nodes.task.{task.name}" in words
