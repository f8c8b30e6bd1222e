"""Log lines under the same allow-list as the spans: an event's name and its ids, never a sentence."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Final, TextIO

from opentelemetry import trace

from chassis.telemetry import Value, may_leave

_EVENT: Final = re.compile(r"[a-z0-9_]{1,40}(\.[a-z0-9_]{1,40}){1,5}")


class JsonLines(logging.Formatter):
    """One JSON object a line. Arguments, and messages that are no dotted event name, stay here.

    Where a library logs a sentence, `logger` and `at` still say which one it was.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write the fixed fields, the event's name, allowed extras and the ids of the trace."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Value] = {"time": time, "level": record.levelname, "logger": record.name}
        line |= {"at": f"{record.module}:{record.lineno}", **may_leave(vars(record))}
        if isinstance(record.msg, str) and _EVENT.fullmatch(record.msg):
            line["event"] = record.msg
        if record.exc_info and record.exc_info[0]:
            line["exception.type"] = record.exc_info[0].__qualname__
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            line["trace_id"] = trace.format_trace_id(span.trace_id)
            line["span_id"] = trace.format_span_id(span.span_id)
        return json.dumps(line)


def log_as_json(stream: TextIO = sys.stderr, level: int = logging.INFO) -> None:
    """Send every record to `stream` as JSON lines, and nowhere else."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=level, force=True)
