"""What one request sets going is one trace: request, service, SQL, and the job it asked for, wherever that runs."""

import asyncio

import pytest
from aiohttp import web
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text

from revenge.api.endpoint import post
from revenge.api.mount import Frame, mount
from revenge.core.errors import Conflict, StartRefused
from revenge.core.tickets import Tickets
from revenge.core.work import Ask
from revenge.infra.database import Database
from revenge.infra.database_settings import PoolSettings
from revenge.infra.jobs import Job
from revenge.infra.jobs.outbox import Outbox
from revenge.infra.jobs.workers import Workers
from revenge.infra.notices import Listener
from revenge.infra.trace import UNTRACED, Traced, TraceSettings, tracer
from tests.fixtures.people import SECRET


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


class Films:
    """A service with one use case that asks for a job."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def refresh(self) -> None:
        """Refresh."""
        async with self.database.write() as db:
            await db.execute(text("update shared.site set value = value"))
            await db.ask(Ask("films.refresh", "k"))

    async def fail(self) -> None:
        """Fail."""
        raise Conflict("Not now.")


async def test_a_request_its_service_its_sql_and_its_job_are_one_trace(database_url, store, household, aiohttp_client, exporter):
    traced = Traced(exporter, 1.0, "nas", "1.2.3")
    done = asyncio.Event()
    async with traced.lifetime():
        database = Database(database_url, PoolSettings(), Outbox(traced), tracer=traced)

        async def refresh() -> None:
            async with database.read() as db:
                await db.execute(text("select 42"))
            done.set()

        async with database.lifetime(), Listener(database_url).lifetime() as _:
            films = Films(database)
            app = web.Application()
            frame = Frame(authenticator=household.auth, tickets=Tickets(SECRET), tracer=traced)
            doors = [post("/films/refresh", films.refresh, open="webhook"), post("/films/fail", films.fail, open="webhook")]
            mount(app, doors, frame)
            client = await aiohttp_client(app)
            listener = Listener(database_url)
            workers = Workers([Job("films.refresh", "library", refresh)], database, store, listener, tracer=traced)
            async with listener.lifetime(), workers.lifetime():
                assert (await client.post("/films/refresh")).status == 204
                async with asyncio.timeout(10):
                    await done.wait()
            assert (await client.post("/films/fail")).status == 409
    spans = {span.name: span for span in exporter.get_finished_spans()}
    request, service, update, job = (spans[name] for name in ("POST /films/refresh", "Films.refresh", "UPDATE", "job films.refresh"))
    (select,) = [span for span in exporter.get_finished_spans() if span.attributes.get("db.query.text") == "select 42"]
    chain = (request, service, update)
    assert [below.parent.span_id for below in chain[1:]] == [above.context.span_id for above in chain[:-1]]
    assert job.parent.span_id == service.context.span_id, "the job hangs below what asked for it"
    assert select.parent.span_id == job.context.span_id
    assert len({span.context.trace_id for span in (*chain, job, select)}) == 1
    assert request.attributes["http.route"] == "/films/refresh"
    assert request.attributes["http.response.status_code"] == 204
    assert spans["POST /films/fail"].attributes["http.response.status_code"] == 409
    assert request.resource.attributes["service.instance.id"] == "nas"


async def test_what_a_stranger_says_about_their_trace_is_not_believed(household, database, aiohttp_client, exporter):
    traced = Traced(exporter, 0.0, "nas", "1.2.3")
    async with traced.lifetime():
        app = web.Application()
        frame = Frame(authenticator=household.auth, tickets=Tickets(SECRET), tracer=traced)
        mount(app, [post("/films/fail", Films(database).fail, open="webhook")], frame)
        client = await aiohttp_client(app)
        sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        assert (await client.post("/films/fail", headers={"traceparent": sampled})).status == 409
    assert exporter.get_finished_spans() == ()


def test_nothing_is_traced_unless_a_collector_is_named():
    assert tracer(TraceSettings(), "nas", "1") is UNTRACED
    assert UNTRACED.carrier() is None
    with UNTRACED.span("anything"), UNTRACED.statement("select 1"):
        pass


def test_a_collector_without_the_extra_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(StartRefused, match=r"revenge\[trace\]"):
        tracer(TraceSettings(endpoint="http://127.0.0.1:4318/v1/traces"), "nas", "1")
