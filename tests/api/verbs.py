"""Every mutation with an input that works, and who may send it: what ladders and fuzzes start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from alliance_api.graph.mutations import VERBS
from tests.builders import DAY, HOUR, Story, a_case, answers, instant, now
from tests.house import EVERYTHING
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


def _close(clinic: Clinic, story: Story) -> Good:
    story.hours = 2  # one of the sessions is still to come
    story.with_sessions("k .")
    return Good(clinic.therapist, {"case": story.case_id}, {"case": "case"})


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


def _end(clinic: Clinic, story: Story) -> Good:
    story.with_goals("Sleep through")
    return Good(clinic.therapist, {"goal": story.goals[0]}, {"goal": "goal"})


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


def _join(clinic: Clinic, story: Story) -> Good:
    newcomer = clinic.another_person("newcomer")
    given = {"case": story.case_id, "person": newcomer.id, "relation": "SUPERVISOR"}
    return Good(clinic.manager, given, {"case": "case", "person": "person"})


def _leave(clinic: Clinic, story: Story) -> Good:
    given = {"case": story.case_id, "person": clinic.supervisor.id, "relation": "SUPERVISOR"}
    return Good(clinic.manager, given, {"case": "case", "person": "person"})


def _consent(clinic: Clinic, story: Story) -> Good:
    return Good(clinic.client, {"case": story.case_id, "kind": "SUPERVISION"}, {"case": "case"})


def _withdraw(clinic: Clinic, story: Story) -> Good:
    made = clinic.client.done("giveConsent", "", case=story.case_id, kind="RESEARCH")
    return Good(clinic.client, {"consent": made["id"]}, {"consent": "consent"})


EMERGENCY = f"{EVERYTHING} break_glass"


def a_broken_glass(clinic: Clinic, story: Story) -> str:
    """Let a clinician break the glass of a case; return the emergency."""
    clinic.appoint("clinician", "CLINICIAN")
    clinician = clinic.people["clinician"].can(EMERGENCY)
    made = clinician.done("breakGlass", "", case=story.case_id, reason="On call tonight")
    return str(made["id"])


def _break(clinic: Clinic, story: Story) -> Good:
    clinic.appoint("clinician", "CLINICIAN")
    given = {"case": story.case_id, "reason": "On call tonight"}
    return Good(clinic.people["clinician"].can(EMERGENCY), given, {"case": "case"})


def _review(clinic: Clinic, story: Story) -> Good:
    given = {"emergency": a_broken_glass(clinic, story), "verdict": "JUSTIFIED"}
    clinic.appoint("officer", "PRIVACY_OFFICER")
    return Good(clinic.people["officer"], given, {"emergency": "emergency"})


def _note(clinic: Clinic, story: Story) -> Good:
    story.with_sessions("k")
    given = {"case": story.case_id, "body": "I was tired", "session": story.sessions[0]}
    return Good(clinic.therapist, given, {"case": "case", "session": "session"})


SIGNALS = "query($id: ID!) { case(id: $id) { signals { id kind } } }"


def a_signal(clinic: Clinic, story: Story, who: Person) -> str:
    """Let a therapist disagree with a goal; return the signal that somebody is told."""
    story.with_goals("Sleep through", agreed=False)
    clinic.therapist.done("answerGoal", "", goal=story.goals[0], answer="DISAGREE")
    [signal] = who.reads(SIGNALS, id=story.case_id)["case"]["signals"]
    return str(signal["id"])


def _acknowledge(clinic: Clinic, story: Story) -> Good:
    signal = a_signal(clinic, story, clinic.therapist)
    return Good(clinic.therapist, {"signal": signal}, {"signal": "signal"})


def _hear(clinic: Clinic, story: Story) -> Good:
    given = {"signal": a_signal(clinic, story, clinic.client), "heard": True}
    return Good(clinic.client, given, {"signal": "signal"})


def _prefer(clinic: Clinic, story: Story) -> Good:
    said = [{"dimension": "DIRECTIVENESS", "value": 2}, {"dimension": "WARM_SUPPORT", "value": -1}]
    return Good(clinic.client, {"case": story.case_id, "preferences": said}, {"case": "case"})


def _erase(clinic: Clinic, _: Story) -> Good:
    officer = clinic.with_offices().officer
    return Good(officer, {"person": clinic.client.id}, {"person": "person"})


def _hold(clinic: Clinic, _: Story) -> Good:
    officer = clinic.with_offices().officer
    given = {"person": clinic.client.id, "reason": "LITIGATION"}
    return Good(officer, given, {"person": "person"})


def _lift(clinic: Clinic, story: Story) -> Good:
    works = _hold(clinic, story)
    return Good(
        works.who,
        {"hold": works.who.done("setLegalHold", "", **works.given)["id"]},
        {"hold": "hold"},
    )


_MAKERS: dict[str, Callable[[Clinic, Story], Good]] = {
    "openCase": _open,
    "closeCase": _close,
    "planMeasurement": _plan,
    "submitMeasurement": _submit,
    "changeDisclosure": _disclose,
    "proposeGoal": _propose,
    "answerGoal": _answer,
    "rateGoal": _rate,
    "endGoal": _end,
    "scheduleSession": _schedule,
    "moveSession": _move,
    "cancelSession": _cancel,
    "recordSession": _record,
    "makeCommitment": _commit,
    "settleCommitment": _settle,
    "joinCareTeam": _join,
    "leaveCareTeam": _leave,
    "giveConsent": _consent,
    "withdrawConsent": _withdraw,
    "breakGlass": _break,
    "reviewEmergency": _review,
    "writeNote": _note,
    "acknowledgeSignal": _acknowledge,
    "confirmHeard": _hear,
    "setPreferences": _prefer,
    "erasePerson": _erase,
    "setLegalHold": _hold,
    "liftLegalHold": _lift,
}
