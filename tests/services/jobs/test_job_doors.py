"""What an admin does with jobs over HTTP."""

from uuid import uuid4

import pytest

from revenge.api.mount import Frame
from revenge.core.tickets import Tickets
from revenge.core.work import Ask
from revenge.infra.jobs import Job
from revenge.services.jobs.routes import JobRoutes
from tests.fixtures.people import SECRET
from tests.services.doors import opened
from tests.services.jobs.desk import Desk, fail, rest


@pytest.fixture
async def doors(site, household):
    """The room's doors, a token of an admin, one of a user, and the desk behind them."""
    async with site.node(Job("bad", "library", fail, tries=1), Job("long", "library", rest)) as node:
        desk = Desk(site, node)
        frame = Frame(authenticator=household.auth, tickets=Tickets(SECRET))
        tokens = {}
        for name, role in (("ann", "admin"), ("bob", "user")):
            await household.person(name, role)
            tokens[name] = household.auth.tokens(await household.login(name)).access_token
        async with opened(JobRoutes(desk.jobs).endpoints(), frame) as knock:
            yield knock, tokens, desk


async def test_an_admin_lists_retries_cancels_and_forgets_jobs_over_http(site, doors):
    knock, tokens, desk = doors
    admin = tokens["ann"]
    await site.ask(Ask("bad", "b", {"n": 1}), Ask("long", "l"))
    await desk.reaches("b", "failed")
    await desk.reaches("l", "running")
    listed = await knock("GET", "/api/v1/admin/jobs?state=failed", as_=admin)
    (failed,) = listed.json["items"]
    path = f"/api/v1/admin/jobs/{failed['id']}"
    assert (failed["key"], failed["error"]) == ("b", "ValueError: the disk is on fire")
    assert (await knock("GET", path, as_=admin)).json["args"] == {"n": 1}
    assert (await knock("GET", f"{path}/log?limit=1", as_=admin)).status == 200
    assert (await knock("POST", f"{path}/retry", as_=admin)).status == 200
    await desk.reaches("b", "failed")
    assert (await knock("POST", "/api/v1/admin/jobs/retry", {"job": "bad"}, as_=admin)).json == {"count": 1}
    await desk.reaches("b", "failed")
    assert (await knock("DELETE", path, as_=admin)).status == 204
    assert (await knock("GET", path, as_=admin)).status == 404
    long = await desk.id("l")
    assert (await knock("POST", f"/api/v1/admin/jobs/{long}/cancel", as_=admin)).status == 202
    await desk.reaches("l", "cancelled")
    assert (await knock("POST", f"/api/v1/admin/jobs/{long}/cancel", as_=admin)).status == 409
    queues = (await knock("GET", "/api/v1/admin/queues", as_=admin)).json
    assert [queue["name"] for queue in queues["items"]] == ["playback", "metadata", "library", "maintenance"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "queues"),
        ("GET", "jobs"),
        ("POST", "jobs/retry"),
        ("GET", f"jobs/{uuid4()}"),
        ("POST", f"jobs/{uuid4()}/cancel"),
        ("DELETE", f"jobs/{uuid4()}"),
    ],
)
async def test_jobs_are_no_business_of_strangers_and_users(doors, method, path):
    knock, tokens, _ = doors
    assert (await knock(method, f"/api/v1/admin/{path}", {} if method == "POST" else None)).status == 401
    assert (await knock(method, f"/api/v1/admin/{path}", {} if method == "POST" else None, as_=tokens["bob"])).status == 403


@pytest.mark.parametrize("query", ["state=lost", "limit=0", "cursor=nonsense", "limit=x"])
async def test_a_wrong_question_is_answered_with_what_is_wrong(doors, query):
    knock, tokens, _ = doors
    assert (await knock("GET", f"/api/v1/admin/jobs?{query}", as_=tokens["ann"])).status == 422
