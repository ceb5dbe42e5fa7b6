"""The pages about work in the background and how busy the house is."""

import pytest

from tests.web.household import job, named
from tests.web.test_pages import faults, read
from web.curves import HEIGHT, WIDTH, chart, round_up


@pytest.mark.parametrize("path", ["/load", "/load/now", "/jobs", "/jobs/list", f"/jobs/{named('a')}/log"])
async def test_these_pages_are_for_admins(ben, household, path):
    household.jobs = [job("a")]
    assert (await ben.get(path)).status == 403


async def test_the_load_shows_curves_of_classes_streams_and_queues_and_why_something_waits(anne):
    _, page = await read(anne, "/load")
    assert faults(page) == []
    text = " ".join(page.texts["main"].split())
    for words in (
        "Sent",
        "64.0 Mbit/s",
        "Streams",
        "Background work held back by 66 %",
        "Library",
        "17 waiting",
        "2 people watch: only 2 run at once.",
    ):
        assert words in text, words
    assert "2 people watch: none of these run until they stop." in text
    assert "Jobs that only a newer node knows: tv.refresh" in text
    assert len(page.all("svg")) > 3
    (live,) = [one for one in page.all("div") if one.get("data-hx-get")]
    assert (live["data-hx-get"], live["data-hx-trigger"]) == ("/load/now", "every 2s")


async def test_the_load_of_one_node_is_followed_as_that_nodes(anne):
    _, page = await read(anne, "/load?node=attic")
    assert "/load/now?node=attic" in [one.get("data-hx-get") for one in page.all("div")]
    assert (await anne.get("/load?node=shed")).status == 404
    assert (await anne.get("/load/now?node=attic")).status == 200


async def test_jobs_are_shown_with_what_can_be_done_about_them(anne, household):
    household.jobs = [
        job("a"),
        job("b", "running", done=3, total=12),
        job("c", "waiting", cancelling=True),
        job("d", "finished"),
        job("e", "waiting"),
    ]
    _, page = await read(anne, "/jobs")
    assert faults(page) == []
    asked = [button["data-api"].split("/api/v1/admin/jobs/") for button in page.all("button") if "data-api" in button]
    assert asked == [
        ["POST ", f"{named('a')}/retry"],
        ["DELETE ", str(named("a"))],
        ["POST ", f"{named('b')}/cancel"],
        ["POST ", f"{named('e')}/cancel"],
    ]
    text = " ".join(page.texts["main"].split())
    for words in ("Look into files", "failed", "try 2 of 2", "ValueError: <fire>", "25 %", "being cancelled"):
        assert words in text, words


async def test_failed_jobs_can_all_be_tried_again_and_a_list_goes_on(anne, household):
    household.jobs = [job("a"), job("b", "running")]
    _, page = await read(anne, "/jobs?state=failed")
    assert "POST /api/v1/admin/jobs/retry" in [button.get("data-api") for button in page.all("button")]
    (more,) = [button["data-hx-get"] for button in page.all("button") if "data-hx-get" in button]
    assert more == "/jobs/list?state=failed&limit=50&cursor=more"
    assert "More jobs" in page.texts["main"]
    (live,) = [one["data-live-jobs"] for one in page.all("div") if "data-live-jobs" in one]
    assert live == "/jobs/list?state=failed"
    assert (await anne.get("/jobs?state=lost")).status == 422


async def test_a_jobs_log_says_what_it_was_asked_and_what_it_had_to_say(anne, household):
    household.jobs = [job("a")]
    answer = await anne.get(f"/jobs/{named('a')}/log")
    body = await answer.text()
    assert "It failed: &lt;fire&gt;" in body
    assert "<a>" not in body
    assert (await anne.get(f"/jobs/{named('nobody')}/log")).status == 404


@pytest.mark.parametrize(
    ("value", "edge"), [(0.3, 0.5), (1, 1), (1.1, 2), (4, 5), (7, 10), (11, 20), (125_001, 200_000), (990_000, 1_000_000)]
)
def test_an_axis_ends_at_a_number_people_like_to_read(value, edge):
    assert round_up(value) == pytest.approx(edge)


def test_a_curve_ends_at_the_right_edge_and_keeps_inside():
    drawn = chart({"a": [0, 5, 10], "b": []}, most=5, least_top=1)
    points = [tuple(map(float, point.split(","))) for point in drawn.curves[0].points.split()]
    assert points == [(WIDTH / 2, HEIGHT), (WIDTH * 0.75, HEIGHT / 2), (WIDTH, 0)]
    assert (drawn.top, drawn.middle, drawn.curves[0].last, drawn.curves[1].points) == (10, 5, 10, "")


def test_only_the_newest_values_are_drawn():
    drawn = chart({"a": list(range(1000))}, most=10, least_top=1)
    assert len(drawn.curves[0].points.split()) == 10
    assert drawn.curves[0].last == 999
