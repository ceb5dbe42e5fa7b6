"""The node's numbers, as Prometheus reads them."""

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families

from revenge.infra import metrics as module
from revenge.infra.metrics import Metrics


def read(text: bytes) -> dict[tuple[str, tuple[str, ...]], float]:
    families = text_string_to_metric_families(text.decode())
    return {(sample.name, tuple(sample.labels.values())): sample.value for family in families for sample in family.samples}


async def test_the_metrics_the_product_promises_are_there():
    text = (await Metrics().render()).decode()
    for name in (
        "health_check_status",
        "health_check_duration_seconds",
        "db_pool_connections",
        "cache_hit_ratio",
        "active_streams_count",
        "background_job_throttle_ratio",
        "bandwidth_utilization_percent",
        "job_queue_depth",
        "http_requests_total",
        "http_request_duration_seconds",
    ):
        assert f"# HELP {name} " in text


async def test_two_nodes_in_one_process_count_apart():
    one, other = Metrics(), Metrics()
    one.count_request("GET", "/a", 200, 0.003)
    assert read(await one.render())[("http_requests_total", ("GET", "/a", "200"))] == 1
    assert ("http_requests_total", ("GET", "/a", "200")) not in read(await other.render())


async def test_requests_are_counted_and_timed():
    metrics = Metrics()
    for status in (200, 200, 404):
        metrics.count_request("GET", "/a/{id}", status, 0.003)
    found = read(await metrics.render())
    assert found[("http_requests_total", ("GET", "/a/{id}", "200"))] == 2
    assert found[("http_requests_total", ("GET", "/a/{id}", "404"))] == 1
    assert found[("http_request_duration_seconds_bucket", ("0.005", "GET", "/a/{id}"))] == 3


async def test_made_up_methods_make_no_new_numbers():
    metrics = Metrics()
    for n in range(50):
        metrics.count_request(f"EVIL{n}", "-", 405, 0.001)
    found = read(await metrics.render())
    assert found[("http_requests_total", ("OTHER", "-", "405"))] == 50
    assert sum(name == "http_requests_total" for name, _ in found) == 1


async def test_gauges_are_filled_by_their_owners_when_somebody_looks(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    metrics = Metrics()

    async def depth():
        return {"metadata": 3.0, "library": 0.0}

    async def stuck():
        await asyncio.sleep(60)
        return 1.0

    def broken() -> float:
        raise RuntimeError("no")

    metrics.watch(metrics.queue_depth, depth)
    metrics.watch(metrics.active_streams, lambda: 2.0)
    metrics.watch(metrics.bandwidth, stuck)
    metrics.watch(metrics.throttle, broken)
    found = read(await metrics.render())
    assert found[("job_queue_depth", ("metadata",))] == 3
    assert found[("active_streams_count", ())] == 2
    assert found[("bandwidth_utilization_percent", ())] == 0
    assert found[("background_job_throttle_ratio", ())] == 0


@pytest.mark.parametrize("name", ["process_resident_memory_bytes", "python_gc_objects_collected_total"])
async def test_the_process_shows_itself(name):
    assert name.encode() in await Metrics().render()
