"""What was said must not leave through traces or logs, by whatever door it came in."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, TraceFlags, TraceState

from chassis.logs import JsonLines, log_as_json
from chassis.telemetry import ALLOWED, tracer_provider

pytestmark = pytest.mark.ground

SAID = "I do not feel understood by you"
SAMPLED = TraceFlags(TraceFlags.SAMPLED)
STATE = TraceState([("said", SAID)])


class Wire:
    """A real exporter that writes what it would send into a string."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.provider: TracerProvider = tracer_provider(
            "test", exporter=ConsoleSpanExporter(out=self.out)
        )
        self.tracer = self.provider.get_tracer("tests")

    def sent(self) -> str:
        self.provider.force_flush()
        return self.out.getvalue()

    def sent_span(self) -> dict[str, Any]:
        span: dict[str, Any] = json.loads(self.sent())
        return span


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.provider.shutdown()


def fail_with_what_was_said() -> None:
    raise ValueError(SAID)


class TestSpans:
    def test_an_attribute_outside_the_allow_list_never_leaves(self, wire: Wire) -> None:
        with wire.tracer.start_as_current_span("read", attributes={"comment": SAID, "rows": 3}):
            pass
        assert wire.sent_span()["attributes"] == {"rows": 3}
        assert SAID not in wire.sent()

    def test_an_exception_keeps_its_type_and_loses_its_message_and_traceback(
        self, wire: Wire
    ) -> None:
        with pytest.raises(ValueError, match="understood"), wire.tracer.start_as_current_span("w"):
            fail_with_what_was_said()
        assert '"exception.type": "ValueError"' in wire.sent()
        assert '"status_code": "ERROR"' in wire.sent()
        assert SAID not in wire.sent()
        assert "Traceback" not in wire.sent()

    @pytest.mark.parametrize("name", sorted(ALLOWED))
    def test_prose_does_not_leave_even_under_an_allowed_name(self, wire: Wire, name: str) -> None:
        with wire.tracer.start_as_current_span("read", attributes={name: SAID}):
            pass
        assert SAID not in wire.sent()

    def test_names_statuses_events_links_and_trace_states_carry_no_prose(self, wire: Wire) -> None:
        stated = SpanContext(1, 2, is_remote=True, trace_flags=SAMPLED, trace_state=STATE)
        parent = trace.set_span_in_context(trace.NonRecordingSpan(stated))
        links = [Link(stated, {"said": SAID})]
        with wire.tracer.start_as_current_span(SAID, context=parent, links=links) as span:
            span.add_event(SAID, {"said": SAID})
            span.set_status(Status(StatusCode.ERROR, SAID))
        assert SAID not in wire.sent()
        assert '"name": "unnamed"' in wire.sent()

    def test_what_operators_need_arrives(self, wire: Wire) -> None:
        attributes = {"http.route": "/graphql", "graphql.operation.type": "query"}
        with wire.tracer.start_as_current_span("POST /graphql", attributes=attributes) as span:
            expected = trace.format_trace_id(span.get_span_context().trace_id)
        sent = wire.sent_span()
        assert sent["name"] == "POST /graphql"
        assert sent["attributes"] == attributes
        assert sent["context"]["trace_id"] == f"0x{expected}"

    def test_nothing_is_exported_unless_asked(self, capsys: pytest.CaptureFixture[str]) -> None:
        provider = tracer_provider("test")
        with provider.get_tracer("tests").start_as_current_span("read"):
            pass
        provider.shutdown()
        assert capsys.readouterr() == ("", "")


class TestLogs:
    @pytest.fixture
    def lines(self) -> Iterator[io.StringIO]:
        """What one logger writes, without touching the loggers of pytest."""
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(JsonLines())
        logger = logging.getLogger("tests.telemetry")
        logger.addHandler(handler)
        yield stream
        logger.removeHandler(handler)

    def test_an_event_leaves_with_its_allowed_fields_only(self, lines: io.StringIO) -> None:
        extra = {"facet": "goal", "comment": SAID, "outcome": SAID}
        logging.getLogger("tests.telemetry").warning("feed.read", extra=extra)
        line = json.loads(lines.getvalue())
        assert line["event"] == "feed.read"
        assert line["facet"] == "goal"
        assert line.keys() == {"time", "level", "logger", "at", "event", "facet"}

    @pytest.mark.parametrize(("message", "arguments"), [(SAID, ()), ("she said %s", (SAID,))])
    def test_a_message_that_is_no_event_name_stays_here(
        self, lines: io.StringIO, message: str, arguments: tuple[str, ...]
    ) -> None:
        logging.getLogger("tests.telemetry").warning(message, *arguments)
        assert "said" not in lines.getvalue()
        assert "understood" not in lines.getvalue()
        assert json.loads(lines.getvalue())["at"].startswith("test_telemetry:")

    def test_an_exception_keeps_its_type_and_loses_its_message(self, lines: io.StringIO) -> None:
        try:
            fail_with_what_was_said()
        except ValueError:
            logging.getLogger("tests.telemetry").exception("write.failed")
        assert json.loads(lines.getvalue())["exception.type"] == "ValueError"
        assert SAID not in lines.getvalue()
        assert "Traceback" not in lines.getvalue()

    def test_a_line_knows_its_trace(self, lines: io.StringIO, wire: Wire) -> None:
        with wire.tracer.start_as_current_span("read") as span:
            logging.getLogger("tests.telemetry").warning("read.done")
        context = span.get_span_context()
        line = json.loads(lines.getvalue())
        assert line["trace_id"] == trace.format_trace_id(context.trace_id)
        assert line["span_id"] == trace.format_span_id(context.span_id)

    def test_set_up_replaces_every_other_way_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        root = logging.RootLogger(logging.WARNING)
        monkeypatch.setattr(logging, "root", root)
        root.addHandler(logging.StreamHandler(io.StringIO()))
        stream = io.StringIO()
        log_as_json(stream)
        root.warning("service.started")
        assert len(root.handlers) == 1
        assert json.loads(stream.getvalue())["event"] == "service.started"
