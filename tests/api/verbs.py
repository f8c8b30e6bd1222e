"""Every mutation with an input that works, and who may send it: what ladders and fuzzes start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from alliance_api.graph.mutations import VERBS
from tests.builders import DAY, HOUR, Story, a_case, answers, instant, now
from tests.people import CHANGED, Clinic, Person

MUTATIONS = tuple(CHANGED)


def python_name(mutation: str) -> str:
    """Return the name under which the product registers a mutation."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in mutation)


assert {python_name(mutation) for mutation in MUTATIONS} == set(VERBS)


@dataclass
class Good:
    """A mutation that works: who does it, what with, and which of its fields is which kind of id."""

    who: Person
    given: dict[str, Any]
    ids: dict[str, str] = field(default_factory=dict)


def good(clinic: Clinic, mutation: str) -> Good:
    """Return an input of a mutation that works once, in a case of its own making."""
    return _MAKERS[mutation](clinic, a_case(clinic))


def _open(clinic: Clinic, _: Story) -> Good:
    given = {
        "client": clinic.stranger.id,
        "therapist": clinic.therapist.id,
        "timeZone": "Europe/Lisbon",
        "intervalDays": 7,
    }
    return Good(clinic.manager, given, {"client": "person", "therapist": "person"})


def _plan(clinic: Clinic, story: Story) -> Good:
    story.with_sessions(".")
    given = {
        "case": story.case_id,
        "instrument": "alliance-check-in",
        "informant": clinic.client.id,
        "session": story.sessions[0],
        "opensAt": instant(now()),
        "dueAt": instant(now() + DAY),
    }
    ids = {"case": "case", "informant": "person", "session": "session"}
    return Good(clinic.therapist, given, ids)


def _submit(clinic: Clinic, story: Story) -> Good:
    story.with_sessions("k").asked("client", 0)
    given = {
        "case": story.case_id,
        "instrument": "alliance-check-in",
        "session": story.sessions[0],
        "occasion": story.occasions[0],
        "answers": answers(3),
        "comment": "Canary",
        "disclosure": "SHARED",
    }
    return Good(
        clinic.client, given, {"case": "case", "session": "session", "occasion": "occasion"}
    )


def _disclose(clinic: Clinic, story: Story) -> Good:
    story.with_sessions("k").with_ratings(client="3")
    given = {"measurement": story.measurements["client"][0], "disclosure": "PRIVATE"}
    return Good(clinic.client, given, {"measurement": "measurement"})


def _propose(clinic: Clinic, story: Story) -> Good:
    given = {"case": story.case_id, "wording": "Sleep through", "weight": 3}
    return Good(clinic.client, given, {"case": "case"})


def _answer(clinic: Clinic, story: Story) -> Good:
    story.with_goals("Sleep through", agreed=False)
    return Good(clinic.therapist, {"goal": story.goals[0], "answer": "AGREE"}, {"goal": "goal"})


def _rate(clinic: Clinic, story: Story) -> Good:
    story.with_sessions("k").with_goals("Sleep through")
    given = {"goal": story.goals[0], "level": 1, "session": story.sessions[0]}
    return Good(clinic.client, given, {"goal": "goal", "session": "session"})


def _schedule(clinic: Clinic, story: Story) -> Good:
    start = now() + 2 * DAY
    given = {
        "case": story.case_id,
        "plannedStart": instant(start),
        "plannedEnd": instant(start + HOUR),
        "modality": "VIDEO",
        "therapist": clinic.therapist.id,
    }
    return Good(clinic.therapist, given, {"case": "case", "therapist": "person"})


def _move(clinic: Clinic, story: Story) -> Good:
    story.with_sessions(".")
    start = now() + 3 * DAY
    given = {
        "session": story.sessions[0],
        "plannedStart": instant(start),
        "plannedEnd": instant(start + HOUR),
    }
    return Good(clinic.therapist, given, {"session": "session"})


def _cancel(clinic: Clinic, story: Story) -> Good:
    story.with_sessions(".")
    given = {"session": story.sessions[0], "cancelledBy": "CLIENT"}
    return Good(clinic.therapist, given, {"session": "session"})


def _record(clinic: Clinic, story: Story) -> Good:
    story.with_sessions(".")
    story.starts = [now() - HOUR]
    clinic.house.change(
        "UPDATE sessions SET planned_start = %s, planned_end = %s WHERE id = %s",
        story.starts[0],
        now(),
        story.sessions[0][-36:],
    )
    given = {
        "session": story.sessions[0],
        "outcome": "KEPT",
        "startedAt": instant(story.starts[0]),
        "endedAt": instant(story.starts[0] + timedelta(minutes=50)),
        "clientArrivedAt": instant(story.starts[0]),
        "therapistReadyAt": instant(story.starts[0]),
    }
    return Good(clinic.therapist, given, {"session": "session"})


def _commit(clinic: Clinic, story: Story) -> Good:
    given = {"case": story.case_id, "wording": "Call", "dueAt": instant(now() + DAY)}
    return Good(clinic.client, given, {"case": "case"})


def _settle(clinic: Clinic, story: Story) -> Good:
    story.with_commitments("Call")
    given = {"commitment": story.commitments[0], "outcome": "KEPT"}
    return Good(clinic.client, given, {"commitment": "commitment"})


_MAKERS: dict[str, Callable[[Clinic, Story], Good]] = {
    "openCase": _open,
    "planMeasurement": _plan,
    "submitMeasurement": _submit,
    "changeDisclosure": _disclose,
    "proposeGoal": _propose,
    "answerGoal": _answer,
    "rateGoal": _rate,
    "scheduleSession": _schedule,
    "moveSession": _move,
    "cancelSession": _cancel,
    "recordSession": _record,
    "makeCommitment": _commit,
    "settleCommitment": _settle,
}
