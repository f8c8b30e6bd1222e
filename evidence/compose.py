"""A fresh clone and `docker-compose up`: what it does, what survives restarts, who runs as whom.

The whole of it needs a container engine (`docker-here` of the shared tools makes one); the short form
checks what the files say.
"""

from __future__ import annotations

import importlib.util
import subprocess
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from evidence import compose_policy as policy
from evidence.compose_run import (
    NOTIFIER,
    Run,
    ask,
    body,
    check_containers,
    feed,
    inbox,
    mutation,
    open_case,
    reach,
    ready,
    running,
    until,
)
from evidence.figures import Figure

ADDRESS = "amira@linden.example"
STAYING = ("postgres", "alliance-api", "notifier-web", "notifier-worker", "mailpit")


def check_mail(run: Run) -> None:
    """See that the one reminder of the session that is left has come, and no other."""
    mails = until("the reminder", lambda: (len(m := inbox()) > 1 and m) or None)
    run.expect(len(mails) == 2, f"{len(mails)} mails came")
    run.expect(all(m["To"] == [{"Address": ADDRESS}] for m in mails), "somebody else had mail")
    said = (mails[0]["Subject"] + body(mails[0]["ID"])).lower()
    for word in ("therap", "session", "linden practice", "lindqvist"):
        run.expect(word not in said, f"the mail says {word}")
    run.mails = len(mails)
    run.told.append("the right mail and only that")


def plan_and_move(run: Run, case: str) -> tuple[str, str]:
    """Plan a session for a day to come and move it to the next hours."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=5)
    times = {
        "plannedStart": start.isoformat(),
        "plannedEnd": (start + timedelta(minutes=50)).isoformat(),
    }
    planned = ask(
        run,
        "therapist",
        mutation("scheduleSession", "session"),
        idempotencyKey="plan",
        case=case,
        modality="VIDEO",
        **times,
    )
    # So near that its reminder, two hours before, is due in a minute; of the other day none must come.
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2, minutes=1)
    later = {
        "plannedStart": soon.isoformat(),
        "plannedEnd": (soon + timedelta(minutes=50)).isoformat(),
    }
    moved = ask(
        run,
        "therapist",
        mutation("moveSession", "session"),
        idempotencyKey="move",
        session=planned["session"]["id"],
        **later,
    )
    return planned["session"]["id"], moved["session"]["id"]


def check_facts(run: Run, planned: str, moved: str) -> list[dict[str, Any]]:
    """See that the feed says what was done."""
    facts: list[dict[str, Any]] = until(
        "the facts in the feed", lambda: (len(f := feed(run)) >= 4 and f) or None
    )
    kinds = [fact["type"] for fact in facts]
    expected = ["case.opened", "care_team.joined", "session.planned", "session.moved"]
    run.expect(kinds == expected, f"the feed has {kinds}")
    run.expect(facts[-1]["subject"] == planned, "another session was moved")
    run.expect(facts[-1]["data"]["movedTo"] == moved, "it was moved elsewhere")
    return facts


def check_restarts(run: Run, facts: list[dict[str, Any]]) -> None:
    """Restart each service in turn; what was there is there afterwards."""
    # The inbox last: it keeps mail in memory.
    for service in run.services:
        run.compose("restart", "--timeout", "10", service)
        until(f"readiness after a restart of {service}", ready)
        after = until(f"the feed after a restart of {service}", lambda: feed(run) or None)
        run.expect(after == facts, f"a restart of {service} changed the feed")
        if run.mails and service != "mailpit":
            until(f"the notifier after a restart of {service}", lambda: ready(NOTIFIER))
            run.expect(len(inbox()) == run.mails, f"a restart of {service} changed the inbox")
    run.told.append(f"{len(run.services)} restarts")


def sizes() -> str:
    """Return the sizes of our images, beside what they stand on."""
    told = []
    for image in ("alliance/api:0.1.0", "alliance/notifier:0.1.0", "python:3.13-slim"):
        found = subprocess.run(
            ["docker", "image", "inspect", image, "--format", "{{.Size}}"],
            capture_output=True,
            text=True,
        )
        if found.returncode == 0:
            told.append(f"{image} {int(found.stdout) / 1e6:,.0f} MB")
    return ", ".join(told)


def experiment(small: bool) -> Figure:
    """Start everything, or read what the files say."""
    told = policy.problems(policy.read())
    told += [
        wrong
        for path in policy.DOCKERFILES
        for wrong in policy.dockerfile_problems(path.read_text())
    ]
    services = len(policy.read()["services"])
    if small:
        figure = f"{services} services and {len(policy.DOCKERFILES)} images, {len(told)} problems"
        return Figure("compose", figure, "0 problems", not told and services >= 10)
    began = time.monotonic()
    has_worker = importlib.util.find_spec("notifier.worker") is not None
    staying = STAYING if has_worker else ("postgres", "alliance-api", "mailpit")
    with running(staying) as run:
        until("readiness", ready)
        run.told.append(f"up from a fresh clone in {time.monotonic() - began:.0f} s")
        reminding = importlib.util.find_spec("notifier.rest") is not None
        if reminding:
            reach(run, "client", ADDRESS)
        facts = check_facts(run, *plan_and_move(run, open_case(run)))
        if reminding:
            check_mail(run)
        check_restarts(run, facts)
        check_containers(run)
    print(f"images: {sizes()}")
    for wrong in (*told, *run.wrong):
        print(wrong)
    figure = f"{', '.join(run.told)}, {len(facts)} facts kept, {len(told + run.wrong)} problems"
    return Figure("compose", figure, "0 problems", not (told or run.wrong))
