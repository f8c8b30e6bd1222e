"""The API's half of [crash-points]: before commit, after it, in a read of the feed, before the save.

Each of two organisations (in the short form: one) has a writer and a reader, which run at once in processes of their own.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass

import psycopg

from evidence import crash_reader, crash_writer
from evidence.crash_deaths import answered, begun
from evidence.crash_points import Half, few
from tests.house import House, begin_run, end_run, open_house
from tests.people import Clinic, a_clinic

STAGES, CASES = 2, 100
MANY = 100
_CLIENT = """
CREATE TABLE client_inbox (organisation uuid, id uuid, subject text, PRIMARY KEY (organisation, id));
CREATE TABLE client_place (organisation uuid PRIMARY KEY, cursor text);
"""


@dataclass(frozen=True)
class Stage:
    """One organisation: who writes, and who reads."""

    admin: str
    writer: crash_writer.Task
    reader: crash_reader.Task


def half(crashes: int) -> Half:
    """Crash `crashes` times after the commit, and fewer times in each of the other ways."""
    server, mine = begin_run()
    try:
        url = server.copy()
        with ExitStack() as stack:
            house = stack.enter_context(open_house(url))
            house.change(_CLIENT)
            stages = STAGES if crashes >= MANY else 1
            each = -(-crashes // stages)
            return _run([_stage(house, a_clinic(house), each) for _ in range(stages)])
    finally:
        if mine:
            end_run(server)


def _run(stages: list[Stage]) -> Half:
    writers = [begun("evidence.crash_writer", each.writer) for each in stages]
    readers = [begun("evidence.crash_reader", each.reader) for each in stages]
    total = Half()
    try:
        for stage, writer, reader in zip(stages, writers, readers, strict=True):
            total.add(compared(stage, answered(writer), answered(reader)))
    finally:
        for process in (*writers, *readers):
            process.kill()
    return total


def _stage(house: House, clinic: Clinic, crashes: int) -> Stage:
    cases = [clinic.case, *(clinic.another_case(clinic.client) for _ in range(CASES - 1))]
    points = {crash_writer.BEFORE_ANSWER: crashes, crash_writer.BEFORE_COMMIT: few(crashes)}
    principal = clinic.therapist.principal
    return Stage(
        house.admin_url,
        crash_writer.Task(house.url, house.masters, principal, cases, points),
        crash_reader.Task(
            house.admin_url,
            house.settings().model_dump(),
            clinic.notifier().headers,
            principal.organisation,
            few(crashes),
            crashes,
        ),
    )


def compared(stage: Stage, tried: dict[str, list[str]], read: Counter[str]) -> Half:
    """Return how the client's events differ from the sessions that were committed."""
    organisation = stage.writer.principal.organisation
    with psycopg.connect(stage.admin) as connection:
        there = {
            f"session-{each}"
            for (each,) in connection.execute(
                "SELECT id FROM sessions WHERE organisation_id = %s", [organisation]
            )
        }
        told = Counter(
            subject
            for (subject,) in connection.execute(
                "SELECT subject FROM client_inbox WHERE organisation = %s", [organisation]
            )
        )
    named = {point: {f"session-{each}" for each in ids} for point, ids in tried.items()}
    committed = named[crash_writer.BEFORE_ANSWER] | named[crash_writer.NOWHERE]
    doubled = sum(count - 1 for count in told.values())
    made_up = len(named[crash_writer.BEFORE_COMMIT] & there) + len(set(told) - there)
    lost = len(committed - there) + len(there - set(told))
    crashes = Counter({point: len(ids) for point, ids in tried.items()}) + read
    del crashes[crash_writer.NOWHERE]
    return Half(crashes, len(there), lost, doubled, made_up)
