"""What a node shows of itself: health checks, metrics and what hinders it, wired to the parts they look at."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from revenge.api.middleware.read_only import Hindrance
from revenge.api.ops import watch_bandwidth
from revenge.bootstrap.cluster import Clustered
from revenge.bootstrap.ground import Ground
from revenge.core.errors import Unavailable
from revenge.core.load import Sample
from revenge.core.qos import Qos
from revenge.infra.audience import Audience
from revenge.infra.bandwidth.node import Bandwidth
from revenge.infra.health import Check, Health
from revenge.infra.jobs.job import QUEUES
from revenge.infra.jobs.workers import Workers
from revenge.infra.metrics import Metrics
from revenge.services.nodes.entity import Cluster
from revenge.services.nodes.overview import Face


def checked(ground: Ground, workers: Workers, clustered: Clustered, metrics: Metrics) -> Health:
    """Return the health of this node; the intervals are the product's own (source of truth, "Dependency Checks")."""

    async def working() -> None:
        if not workers.running():
            raise Unavailable("No job workers run on this node.")

    health = Health(
        [
            Check("postgresql", ground.database.ping, 30, critical=True),
            Check("store", ground.store.ping, 10),
            Check("jobs", working, 60),
            Check("cluster", clustered.working, 5),
        ],
        metrics,
    )
    ground.database.when_away(lambda: health.suspect("postgresql"))
    return health


def measured(metrics: Metrics, ground: Ground, workers: Workers, bandwidth: Bandwidth, streams: Callable[[], Awaitable[float]]) -> None:
    """Let the metrics look at the parts whenever somebody asks for them."""
    layers = ground.cache.layers
    metrics.watch(metrics.pool_connections, lambda: {"active": float(ground.database.connections), "idle": float(ground.database.idle)})
    metrics.watch(metrics.cache_hit_ratio, lambda: {level: layer.ratio for level, layer in layers.items()})
    metrics.watch(metrics.active_streams, streams)
    metrics.watch(metrics.throttle, lambda: workers.throttle)

    async def depth() -> dict[str, float]:
        return {queue: float(count) for queue, count in (await workers.depth()).items()}

    metrics.watch(metrics.queue_depth, depth)
    watch_bandwidth(metrics, bandwidth)


def sampled(workers: Workers, bandwidth: Bandwidth, audience: Audience) -> Callable[[], Awaitable[Sample]]:
    """Return what looks at how busy this node is."""

    async def look() -> Sample:
        waiting = dict.fromkeys(map(str, QUEUES), 0)
        for standing in await workers.standing():
            if job := workers.jobs.get(standing.job):
                waiting[job.queue] += standing.due
        return Sample(
            at=time.time(),
            sent=_named(bandwidth.sent.rates()),
            fetched=_named(bandwidth.fetched.rates()),
            answers=sum(bandwidth.sent.streams.values()),
            watching=audience.streams,
            slots={queue: workers.slots[queue] for queue in QUEUES},
            running={queue: workers.running().get(queue, 0) for queue in QUEUES},
            waiting=waiting,
        )

    return look


def _named(rates: Mapping[Qos, float]) -> dict[str, float]:
    return {qos.name.lower(): round(rate) for qos, rate in rates.items()}


_ELECTION = 3.0
"""Seconds after which the others would have elected somebody, if there were enough of them."""
_LOOK = 0.05


def hindered(cluster: Face) -> Hindrance:
    """Return what says why this node may write nothing: a minority that went on writing would be a second house.

    A write that comes during an election waits for its end: whoever has just lost a node should not be sent away by the next one, too.
    """

    async def reason() -> Unavailable | None:
        while not cluster.has_quorum:
            if _alone_for(cluster) > _ELECTION:
                return Unavailable(
                    "This node does not see enough of the others: watching goes on, changes have to wait until it does.",
                    code="read_only_minority",
                    retry_after=2,
                )
            await asyncio.sleep(_LOOK)
        return None

    return reason


def _alone_for(cluster: Face) -> float:
    """Seconds since this node lost the others; 0 where that is not yet written down."""
    at, reign = cluster.leadership.history[-1] if cluster.leadership.history else (0.0, None)
    return 0.0 if reign is not None and reign.has_quorum else abs(time.time() - at)


def failing(health: Health, cluster: Cluster) -> Callable[[], Sequence[str]]:
    """Return what names everything that pages have a sentence for while it is away: dependencies, and the other nodes."""
    return lambda: [*health.failing, *([] if cluster.has_quorum else ["quorum"])]
