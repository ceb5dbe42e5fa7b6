"""What machines ask a node: does it live, is it ready, has it started, what are its numbers."""

from typing import Literal

from aiohttp import web
from msgspec import Struct

from revenge.api.endpoint import Answer, Endpoint, get
from revenge.api.peer import is_loopback
from revenge.core.caller import Caller
from revenge.core.errors import Forbidden, Unauthenticated
from revenge.infra.bandwidth.node import Bandwidth
from revenge.infra.health import Health, Report
from revenge.infra.metrics import CONTENT_TYPE, Metrics

_LATER = {"Retry-After": "5", "Cache-Control": "no-store"}
_FRESH = {"Cache-Control": "no-store"}


class Alive(Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class OpsRoutes:
    """Health and metrics."""

    def __init__(self, health: Health, metrics: Metrics) -> None:
        self.health = health
        self.metrics = metrics

    def endpoints(self) -> list[Endpoint]:
        """The endpoints, for `mount`."""
        return [
            get("/health/live", self.live, open="health", hidden=True),
            get("/health/ready", self.ready, open="health", hidden=True),
            get("/health/startup", self.startup, open="health", hidden=True),
            get("/metrics", self.numbers, open="metrics", hidden=True),
        ]

    async def live(self) -> Answer[Alive]:
        """The process answers; no dependency is looked at, since restarting the node would not mend one."""
        return Answer(body=Alive(), headers=_FRESH)

    async def ready(self) -> Answer[Report]:
        """Whether requests should come here: 200, or 503 while the database is away or the node starts or stops."""
        return _told(await self.health.ready())

    async def startup(self) -> Answer[Report]:
        """Whether the start is complete."""
        report = self.health.startup()
        return Answer(body=report, headers=_FRESH) if report.status != "starting" else _told(report)

    async def numbers(self, request: web.Request, caller: Caller | None) -> web.Response:
        """Numbers for Prometheus: for this machine, and for callers with metrics:read."""
        if not is_loopback(request):
            if caller is None:
                raise Unauthenticated("Metrics are for this machine, or for callers with the permission metrics:read.")
            if not caller.may("metrics:read"):
                raise Forbidden("Your account may not do this; it needs the permission metrics:read.")
        return web.Response(body=await self.metrics.render(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})


def watch_bandwidth(metrics: Metrics, bandwidth: Bandwidth) -> None:
    """Show what is sent as metrics."""
    sent = bandwidth.sent
    metrics.watch(metrics.open_streams, lambda: {qos.name.lower(): float(count) for qos, count in sent.streams.items()})
    metrics.watch(metrics.sent_bytes, lambda: {qos.name.lower(): float(count) for qos, count in sent.passed.items()})
    metrics.watch(metrics.bandwidth, lambda: bandwidth.percent)


def _told(report: Report) -> Answer[Report]:
    return Answer(body=report, status=200 if report.good else 503, headers=_FRESH if report.good else _LATER)
