"""Traces: what a request set going, through services and SQL to the jobs it asked for, told to an OpenTelemetry collector.

An optional extra (`pip install revenge[trace]`). Without `trace.endpoint` nothing of it is imported and every span is nothing.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Annotated, Any, Literal

from msgspec import Struct

from revenge.core.errors import StartRefused
from revenge.core.settings.about import about, url_of

Kind = Literal["server", "internal", "client", "consumer"]

_NOTHING: AbstractContextManager[Any] = nullcontext()
_STATEMENT = 500
"""Letters of a statement that are told: enough to know it by."""


class TraceSettings(Struct, frozen=True):
    """Where traces go."""

    endpoint: (
        Annotated[
            str,
            about(
                "Address of an OpenTelemetry collector (OTLP over HTTP); unset means no traces. Needs the extra revenge[trace].",
                expected="a URL such as http://collector:4318/v1/traces",
                check=url_of("http", "https"),
            ),
        ]
        | None
    ) = None
    share: Annotated[float, about("Share of requests that are traced, with everything they set going.", ge=0, le=1)] = 1.0


class Tracer:
    """Opens spans. This one opens none; `Traced` does."""

    def span(
        self, _name: str, _kind: Kind = "internal", _parent: str | None = None, **_attributes: str | int
    ) -> AbstractContextManager[Any]:
        """One span for as long as the block lasts, below the one at hand or, where given, below a parent (a `traceparent`).

        Attribute names are OpenTelemetry's with underscores for dots: `http_route`. What the block raises is told and goes on.
        """
        return _NOTHING

    def carrier(self) -> str | None:
        """Return the span at hand as a `traceparent`, for what goes on elsewhere; None where there is none."""
        return None

    def statement(self, _statement: Any) -> AbstractContextManager[Any]:
        """One span for one SQL statement."""
        return _NOTHING

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Tracer"]:
        """Tell what is left to tell at the end of the block."""
        yield self


UNTRACED = Tracer()


class Traced(Tracer):
    """Tells an exporter of OpenTelemetry's SDK."""

    def __init__(self, exporter: Any, share: float, node: str, version: str) -> None:
        """`exporter` is a `SpanExporter`. Spans leave in batches, from a thread of the SDK's own."""
        from opentelemetry.propagate import get_global_textmap
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
        from opentelemetry.trace import SpanKind

        resource = Resource({"service.name": "revenge", "service.version": version, "service.instance.id": node})
        self._provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(share)), resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("revenge", version)
        self._text = get_global_textmap()
        self._kinds = {kind: SpanKind[kind.upper()] for kind in ("server", "internal", "client", "consumer")}

    def span(
        self, _name: str, _kind: Kind = "internal", _parent: str | None = None, **_attributes: str | int
    ) -> AbstractContextManager[Any]:
        """As above."""
        above = None if _parent is None else self._text.extract({"traceparent": _parent})
        told = {key.replace("_", "."): value for key, value in _attributes.items()}
        opened: AbstractContextManager[Any] = self._tracer.start_as_current_span(_name, above, self._kinds[_kind], told)
        return opened

    def carrier(self) -> str | None:
        """As above."""
        carried: dict[str, str] = {}
        self._text.inject(carried)
        return carried.get("traceparent")

    def statement(self, _statement: Any) -> AbstractContextManager[Any]:
        """As above."""
        text = " ".join(str(_statement).split())[:_STATEMENT]
        return self.span(text.partition(" ")[0].upper(), "client", db_system_name="postgresql", db_query_text=text)

    @asynccontextmanager
    async def lifetime(self) -> AsyncGenerator["Traced"]:
        """As above."""
        try:
            yield self
        finally:
            await asyncio.to_thread(self._provider.shutdown)


def tracer(settings: TraceSettings, node: str, version: str) -> Tracer:
    """Return what tells the collector that is set, or nobody. StartRefused: it is set and the extra is not installed."""
    if settings.endpoint is None:
        return UNTRACED
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise StartRefused("trace.endpoint is set, but OpenTelemetry is not installed: pip install 'revenge[trace]'.") from None
    return Traced(OTLPSpanExporter(settings.endpoint), settings.share, node, version)
