"""Traces that say what happened, when and where, and never what anybody said.

One allow-list serves traces and logs (`chassis.logs`). It is applied at the last place before data
leaves the process, here around the span exporter. What is not on the list does not leave.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider, export
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

Value = str | bool | int | float

ALLOWED: Final = frozenset(
    [
        "channel",
        "client.application",
        "db.system.name",
        "duration_ms",
        "error.type",
        "exception.type",
        "fact.kind",
        "facet",
        "graphql.document.hash",
        "graphql.operation.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "operation",
        "outcome",
        "purpose",
        "reason",
        "reminder.kind",
        "rows",
        "scope",
    ]
)
# An identifier, a kind or a route. Prose has spaces, so an allowed name does not carry it either.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_./:{}*-]{1,100}")
_SPAN_NAME: Final = re.compile(r"([A-Z]{1,10} )?" + _TOKEN.pattern)


def _is_plain(value: object) -> bool:
    return isinstance(value, bool | int | float) or (
        isinstance(value, str) and bool(_TOKEN.fullmatch(value))
    )


def may_leave(attributes: Mapping[str, object] | None) -> dict[str, Value]:
    """Keep the attributes whose name is allowed and whose value is a number or a single token."""
    kept = ((name, value) for name, value in (attributes or {}).items() if name in ALLOWED)
    return {name: value for name, value in kept if _is_plain(value)}  # type: ignore[misc]


def _name(name: str) -> str:
    return name if _SPAN_NAME.fullmatch(name) else "unnamed"


def _bare(context: trace.SpanContext) -> trace.SpanContext:
    # Without the trace state: it is a header, and its text is the caller's.
    return trace.SpanContext(
        context.trace_id, context.span_id, context.is_remote, context.trace_flags
    )


def scrubbed(span: ReadableSpan) -> ReadableSpan:
    """Return the span with what may leave; a status or an exception keeps its kind, not its text."""
    return ReadableSpan(
        name=_name(span.name),
        context=span.context and _bare(span.context),
        parent=span.parent and _bare(span.parent),
        resource=span.resource,
        attributes=may_leave(span.attributes),
        events=[Event(_name(e.name), may_leave(e.attributes), e.timestamp) for e in span.events],
        links=[trace.Link(_bare(it.context), may_leave(it.attributes)) for it in span.links],
        kind=span.kind,
        status=trace.Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


class AllowListExporter(export.SpanExporter):
    """Stands in front of any exporter and hands it scrubbed spans."""

    def __init__(self, behind: export.SpanExporter) -> None:
        self._behind = behind

    def export(self, spans: Sequence[ReadableSpan]) -> export.SpanExportResult:
        """Export what may leave."""
        return self._behind.export([scrubbed(span) for span in spans])

    def shutdown(self) -> None:
        """Close the exporter behind."""
        self._behind.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the exporter behind."""
        return self._behind.force_flush(timeout_millis)


def traceparent() -> str | None:
    """Return the present span as a W3C `traceparent`; None outside of any."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def parent(given: str | None) -> Context:
    """Return the context of a W3C `traceparent`; an empty one where there is none, or a bad one."""
    return TraceContextTextMapPropagator().extract(
        {"traceparent": given} if given else {}, Context()
    )


def tracer_provider(
    service: str, exporter: export.SpanExporter | None = None, *, console: bool = False
) -> TracerProvider:
    """Make what the composition root installs; without an exporter spans only give logs their ids."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    for behind in (exporter, export.ConsoleSpanExporter() if console else None):
        if behind:
            provider.add_span_processor(export.BatchSpanProcessor(AllowListExporter(behind)))
    return provider
