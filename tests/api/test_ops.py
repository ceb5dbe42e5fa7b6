"""What machines ask: /health/* and /metrics."""

import pytest

from revenge.api.ops import OpsRoutes, watch_bandwidth
from revenge.core.qos import Qos
from revenge.infra.bandwidth.node import Bandwidth
from revenge.infra.health import Check, Health
from revenge.infra.metrics import Metrics


class Database:
    works = True

    async def __call__(self) -> None:
        if not self.works:
            raise ConnectionRefusedError


@pytest.fixture
async def node(serve, monkeypatch):
    monkeypatch.setattr("revenge.infra.health._SOONEST", 0.0)
    database, metrics = Database(), Metrics()
    health = Health([Check("postgresql", database, 30, critical=True)], metrics)
    async with health.lifetime():
        client = await serve(OpsRoutes(health, metrics).endpoints(), count=metrics.count_request)
        client.database, client.health, client.metrics = database, health, metrics
        yield client


async def test_a_process_that_answers_is_alive_whatever_its_database_does(node):
    node.database.works = False
    async with node.request("GET", "/health/live") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})
        assert answer.headers["Cache-Control"] == "no-store"


async def test_ready_follows_the_start_and_the_database(node):
    for path in ("/health/ready", "/health/startup"):
        async with node.request("GET", path) as answer:
            assert answer.status == 503
            assert (await answer.json())["status"] == "starting"
    node.health.started()
    async with node.request("GET", "/health/ready") as answer:
        assert answer.status == 200
        found = await answer.json()
    assert found["status"] == "ok"
    assert found["checks"][0]["name"] == "postgresql"
    assert found["checks"][0]["status"] == "healthy"
    node.database.works = False
    node.health.suspect("postgresql")
    for _ in range(100):
        async with node.request("GET", "/health/ready") as answer:
            if answer.status == 503:
                assert answer.headers["Retry-After"]
                break
    else:
        pytest.fail("the failure was never told")
    async with node.request("GET", "/health/startup") as answer:
        assert answer.status == 200  # it has started; restarting it would not help


async def test_metrics_are_for_this_machine_and_for_those_who_may(node):
    async with node.request("GET", "/metrics") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        assert "health_check_status" in await answer.text()
    passed_on = {"X-Forwarded-For": "203.0.113.9"}
    for who, status in ((None, 401), ("bob", 403), ("ann", 200)):
        async with node.request("GET", "/metrics", as_=who, headers=passed_on) as answer:
            assert answer.status == status


async def test_requests_are_counted(node):
    async with node.request("GET", "/health/live"):
        pass
    async with node.request("GET", "/metrics") as answer:
        assert 'http_requests_total{method="GET",route="/health/live",status="200"} 1.0' in await answer.text()


async def test_what_is_sent_is_shown_by_class_and_as_share_of_what_may_be_sent(store):
    bandwidth, metrics = Bandwidth(store, "one"), Metrics()
    watch_bandwidth(metrics, bandwidth)
    bandwidth.sent.streams[Qos.STREAM] += 1
    bandwidth.sent.count(Qos.STREAM, 5_000)
    text = (await metrics.render()).decode()
    assert 'http_streams_open{qos="stream"} 1.0' in text
    assert 'http_streamed_bytes{qos="stream"} 5000.0' in text
    assert "bandwidth_utilization_percent 0.0" in text  # there is no limit
    bandwidth.set_node(8_000)
    assert 100 < bandwidth.percent < 170  # 5000 bytes within three seconds or a little more, of 1000 bytes a second
