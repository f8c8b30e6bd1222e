"""The profile `observability` from a fresh clone: a session is moved, a message leaves, and all is told."""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from chassis.metrics import METRICS
from evidence import compose, observability, scale_streams, stand_ins
from evidence.compose_run import (
    API,
    Run,
    ask,
    check_containers,
    choose,
    feed,
    mutation,
    open_case,
    people,
    reach,
    ready,
    running,
    until,
)
from evidence.figures import Figure
from evidence.otel import board, promtool
from evidence.otel import rules as alerts
from tests.watchers import Events

MODULES = ("evidence.otel.names", "evidence.otel.pipelines", "evidence.otel.collector")
STARTED = (*compose.STAYING, "otel-collector", "jaeger", "prometheus")
JAEGER = "http://127.0.0.1:16686"
# What is said in confidence, and must be in nothing that left.
SAID = ("I do not feel understood by you", compose.ADDRESS, "Amira", "Haddad")
# Services tell metrics once a minute; Prometheus asks every fifteen seconds and judges as often.
PATIENCE = 200.0


def whole() -> Figure:
    """Start the profile, let something happen, and look at what came of it."""
    packages = [f"{name}=={version(name)}" for name in ("opentelemetry-proto", "pyyaml")]
    with ExitStack() as stack:
        collector = stack.enter_context(
            stand_ins.image("collector", stand_ins.python(MODULES, packages))
        )
        prometheus = stack.enter_context(stand_ins.image("prometheus", stand_ins.PROMETHEUS))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="promtool-")))
        done, wrong = promtool.judge(folder, promtool.within(prometheus, folder))
        environment = {
            "COMPOSE_PROFILES": "observability",
            "OTEL_IMAGE": collector,
            "JAEGER_IMAGE": collector,
            "PROMETHEUS_IMAGE": prometheus,
        }
        run = stack.enter_context(running(STARTED, environment))
        run.wrong += [*observability.files(), *wrong]
        run.told.append(done)
        _story(run)
        check_containers(run)
    for each in run.wrong:
        print(each)
    print(
        "stand-ins: the collector and Jaeger are a program of ours, Prometheus is Debian's; Grafana was not started"
    )
    figure = f"{', '.join(run.told)}, {len(run.wrong)} problems"
    return Figure("observability", figure, observability.TARGET, not run.wrong)


def _story(run: Run) -> None:
    until("readiness", ready)
    reach(run, "client", compose.ADDRESS)
    case = open_case(run)
    moved = compose.plan_and_move(run, case)
    _plan_what_reaches_nobody(run, case)
    _spoil_a_text(run, case)
    _watch(run, case)
    compose.check_mail(run)
    _check_trace(run, moved[0])
    _wait_for_all(run)
    _check_seen(run, _seen(run))
    _check_prometheus(run)


def _plan_what_reaches_nobody(run: Run, case: str) -> None:
    """Plan a form whose reminder is due now, for somebody who gave no address: it is dropped."""
    choose(run, "therapist")
    at = time.time()
    instants = [
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at + seconds))
        for seconds in (-3600, 4 * 3600 + 30)
    ]
    ask(
        run,
        "therapist",
        mutation("planMeasurement", "occasion"),
        idempotencyKey="nobody",
        case=case,
        instrument="alliance-check-in-t",
        informant=people(run)["therapist"],
        opensAt=instants[0],
        dueAt=instants[1],
    )


def _spoil_a_text(run: Run, case: str) -> None:
    """Write two sealed texts, change their places behind the service's back, and read them."""
    for number in range(2):
        ask(
            run,
            "client",
            mutation("proposeGoal", "goal"),
            idempotencyKey=f"goal-{number}",
            case=case,
            wording=f"{SAID[0]} {number}",
        )
    swap = (
        "SET session_replication_role = replica; UPDATE goal_versions a SET wording = b.wording "
        "FROM goal_versions b WHERE a.goal_id <> b.goal_id"
    )
    psql = ("psql", "-h", "/var/run/postgresql", "-U", "postgres", "-d", "alliance", "-c", swap)
    run.compose("exec", "-T", "postgres", *psql)
    query = "query($id: ID!) { case(id: $id) { goals(first: 5) { wording } } }"
    answer = httpx.post(
        f"{API}/graphql",
        json={"query": query, "variables": {"id": case}},
        headers=run.headers("client"),
    ).json()
    read = [goal["wording"] for goal in answer["data"]["case"]["goals"]]
    run.expect(read == [None, None], f"texts in each other's place were read: {read}")


def _watch(run: Run, case: str) -> None:
    """Watch a case for a moment."""
    watcher = Events(API, scale_streams.headers(run, "therapist"), scale_streams.GOALS, id=case)
    watcher.next()
    watcher.close()


# --- What was told -----------------------------------------------------------------------------


def _inside(run: Run, service: str, *command: str) -> str:
    return run.compose("exec", "-T", service, *command)


def _seen(run: Run) -> dict[str, Any]:
    code = (
        "import urllib.request as u;print(u.urlopen('http://127.0.0.1:4318/seen').read().decode())"
    )
    found: dict[str, Any] = json.loads(_inside(run, "otel-collector", "python", "-c", code))
    return found


def _wait_for_all(run: Run) -> None:
    """Wait until every metric has come, or for so long that none will come any more."""
    wanted = {metric.name for metric in METRICS} - MAY_BE_MISSING
    until_then = time.monotonic() + PATIENCE
    while wanted - set(_seen(run)["metrics"]) and time.monotonic() < until_then:
        time.sleep(2)


# Only when the API does not answer, which it always does here but while it is made.
MAY_BE_MISSING = {"alliance.notifier.feed.unread"}


def _check_seen(run: Run, seen: dict[str, Any]) -> None:
    wanted = {metric.name for metric in METRICS} - MAY_BE_MISSING
    run.wrong += observability.told(seen, wanted)
    absent = MAY_BE_MISSING - set(seen["metrics"])
    if not absent:
        run.wrong += board.nowhere(seen["series"])
    for said in SAID:
        run.expect(said not in seen["raw"], f"{said!r} left the services")
    services = {service for service, _ in seen["instances"]}
    wanted_services = {"alliance-api", "notifier-web", "notifier-worker"}
    run.expect(services == wanted_services, f"told by {sorted(services)}")
    without = f" (without {', '.join(sorted(absent))}, which nothing set off)" if absent else ""
    run.told.append(f"{len(seen['metrics'])} of {len(METRICS)} metrics came{without}")
    run.told.append(f"{len(seen['spans'])} spans, {len(seen['raw']) // 1000} kB, 0 words")


def _check_trace(run: Run, planned: str) -> None:
    """See that the request that moved the session, and the message that left, are of one trace."""
    [fact] = [each for each in feed(run) if each["type"] == "session.moved"]
    run.expect(fact["subject"] == planned, "another session was moved")
    trace = fact["traceparent"].split("-")[1]

    def both() -> list[dict[str, Any]] | None:
        spans = httpx.get(f"{JAEGER}/seen").json()["spans"]
        found = [span for span in spans if span["trace"] == trace]
        return found if {span["name"] for span in found} >= {"POST /graphql", "send"} else None

    spans = until("the trace of the session that was moved", both)
    by = {span["name"]: span for span in spans}
    asked, sent = by["POST /graphql"], by["send"]
    whose = (asked["service"], sent["service"])
    run.expect(whose == ("alliance-api", "notifier-worker"), f"the trace is of {whose}")
    run.expect(sent["parent"] == asked["span"], "the message was not sent for that request")
    run.expect(sent["attributes"].get("outcome") == "SENT", f"it was {sent['attributes']}")
    run.told.append("one trace from the session moved to the message sent")


def _ask_prometheus(run: Run, path: str) -> Any:
    text = _inside(
        run, "prometheus", "wget", "-q", "-O", "-", f"http://127.0.0.1:9090/api/v1/{path}"
    )
    answer = json.loads(text)
    assert answer["status"] == "success", answer
    return answer["data"]


def _check_prometheus(run: Run) -> None:
    [target] = _ask_prometheus(run, "targets?state=active")["activeTargets"]
    run.expect(target["health"] == "up", f"the collector is scraped: {target['lastError']}")

    def firing() -> bool:
        found = _ask_prometheus(run, "alerts")["alerts"]
        return any(
            each["labels"]["alertname"] == "SealedTextsDoNotOpen" and each["state"] == "firing"
            for each in found
        )

    until("the alert about the text that did not open", firing, PATIENCE)
    run.told.append("the alert of a text that did not open fired")
    groups = _ask_prometheus(run, "rules")["groups"]
    loaded = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
    run.expect(loaded == {rule["alert"]: "ok" for rule in alerts.rules()}, f"rules: {loaded}")
    empty: list[str] = []
    asked = board.expressions()
    for what, expression in asked.items():
        # Comparisons leave nothing where all is well: what stands before them is asked for.
        empty += [
            f"{what}: {part}"
            for part in _parts(expression)
            if not _ask_prometheus(run, f"query?query={quote(part)}")["result"]
        ]
    run.wrong += [f"Prometheus has nothing for {each}" for each in empty if not _may_be_empty(each)]
    run.told.append(f"{len(asked)} expressions asked of Prometheus")


def _parts(expression: str) -> list[str]:
    """Return the series of an expression, each to be asked for."""
    return sorted(board.named(expression))


def _may_be_empty(text: str) -> bool:
    return "alliance_notifier_feed_unread" in text
