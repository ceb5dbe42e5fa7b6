"""Numbers about this node for Prometheus. One object holds them all, so that a test or a second node has its own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable

from loguru import logger
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

Values = float | Mapping[str, float]
"""One number, or a number by the gauge's label (`{"metadata": 3.0}`)."""
Source = Callable[[], Values | Awaitable[Values]]

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_PATIENCE = 2.0
"""Seconds a source may take; one that takes longer keeps its last value."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_RUN_SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0)


class Metrics:
    """Every metric of the node. Those of other rooms are filled by the sources that `watch` is given, when somebody looks."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.check_status = self._gauge("health_check_status", "Whether a dependency works: 0 unhealthy, 1 healthy", "check")
        self.check_duration = Histogram("health_check_duration_seconds", "Time a check took", ["check"], registry=self.registry)
        self.pool_connections = self._gauge("db_pool_connections", "Connections to the database by state: active, idle", "state")
        self.cache_hit_ratio = self._gauge("cache_hit_ratio", "Share of reads a cache level answered, 0 to 1", "level")
        self.active_streams = self._gauge("active_streams_count", "Playback sessions somebody is watching")
        self.throttle = self._gauge("background_job_throttle_ratio", "How much work in the background is held back, 0 to 1")
        self.bandwidth = self._gauge("bandwidth_utilization_percent", "What is being sent, of what this node may send")
        self.queue_depth = self._gauge("job_queue_depth", "Jobs that wait, by queue", "queue")
        self.open_streams = self._gauge("http_streams_open", "Answers being streamed now, by class of urgency", "qos")
        self.sent_bytes = self._gauge("http_streamed_bytes", "Bytes of streamed answers since the start, by class of urgency", "qos")
        self._requests = Counter("http_requests", "Requests answered", ["method", "route", "status"], registry=self.registry)
        self._seconds = Histogram(
            "http_request_duration_seconds", "Time to answer", ["method", "route"], registry=self.registry, buckets=_SECONDS
        )
        self._jobs = Counter("job_runs", "Runs of jobs, by how they ended", ["job", "outcome"], registry=self.registry)
        self._job_seconds = Histogram("job_run_seconds", "Time a run of a job took", ["job"], registry=self.registry, buckets=_RUN_SECONDS)
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._sources: list[tuple[Gauge, Source]] = []
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request by the route's pattern, never by its path: a metric must not grow with what clients think up."""
        if method not in _METHODS:
            method = "OTHER"
        key = (method, route, status)
        child = self._children.get(key)
        if child is None:  # looking a child up by its labels costs more than counting
            child = self._children[key] = (self._requests.labels(method, route, str(status)), self._seconds.labels(method, route))
        child[0].inc()
        child[1].observe(seconds)

    def count_job(self, job: str, outcome: str, seconds: float) -> None:
        """Count one run of a job on this node: `done`, `failed`, `cancelled`, `returned` (to be run later) or `overtaken`."""
        self._jobs.labels(job, outcome).inc()
        self._job_seconds.labels(job).observe(seconds)

    def watch(self, gauge: Gauge, source: Source) -> None:
        """Fill the gauge from the source whenever the metrics are asked for; the source may be async and may fail."""
        self._sources.append((gauge, source))

    async def render(self) -> bytes:
        """Everything in Prometheus' text format."""
        await asyncio.gather(*(_fill(gauge, source) for gauge, source in self._sources))
        return generate_latest(self.registry)

    def _gauge(self, name: str, sentence: str, *labels: str) -> Gauge:
        return Gauge(name, sentence, labels, registry=self.registry)


async def _fill(gauge: Gauge, source: Source) -> None:
    try:
        values = source()
        if isawaitable(values):
            async with asyncio.timeout(_PATIENCE):
                values = await values
    except Exception as error:  # noqa: BLE001 - one silent part must not hide the numbers of the others
        logger.debug("A metric's source failed: {!r}", error)
        return
    if isinstance(values, Mapping):
        for label, value in values.items():
            gauge.labels(label).set(value)
    else:
        gauge.set(values)
