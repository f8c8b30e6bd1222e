"""Bad input: each a typed problem that names the field, and nothing is written anywhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import DAY, HOUR, MINUTE, a_case, answers, instant, now
from tests.people import CHANGED, Clinic, Person, mutation_text, with_key

from .verbs import MUTATIONS, good

FORM = "alliance-check-in"


def unchanged(who: Person, mutation: str, **given: Any) -> list[tuple[str, str | None]]:
    """Run a mutation that must be refused, and leave every table as it was."""
    before = who.house.counts()
    found = who.refused(mutation, **given)
    assert who.house.counts() == before
    return found


ANSWERS: dict[str, tuple[list[dict[str, Any]], tuple[str, str]]] = {
    "above the range": ([{"item": 1, "value": 5}], ("OUT_OF_RANGE", "answers[0].value")),
    "below the range": ([{"item": 1, "value": -1}], ("OUT_OF_RANGE", "answers[0].value")),
    "far above": ([{"item": 1, "value": 1e308}], ("OUT_OF_RANGE", "answers[0].value")),
    "far below": ([{"item": 1, "value": -1e308}], ("OUT_OF_RANGE", "answers[0].value")),
    "no integer": ([{"item": 1, "value": 2.5}], ("NOT_AN_INTEGER", "answers[0].value")),
    "almost an integer": (
        [{"item": 1, "value": 2.0000001}],
        ("NOT_AN_INTEGER", "answers[0].value"),
    ),
    "almost nothing": ([{"item": 1, "value": 5e-324}], ("NOT_AN_INTEGER", "answers[0].value")),
    "an item twice": (
        [{"item": 1, "value": 1}, {"item": 2, "value": 1}, {"item": 1, "value": 1}],
        ("DUPLICATE_ITEM", "answers[2].item"),
    ),
    "an unknown item": ([{"item": 6, "value": 1}], ("UNKNOWN_ITEM", "answers[0].item")),
    "item zero": ([{"item": 0, "value": 1}], ("UNKNOWN_ITEM", "answers[0].item")),
    "item minus one": ([{"item": -1, "value": 1}], ("UNKNOWN_ITEM", "answers[0].item")),
    "an item beyond a smallint": (
        [{"item": 2**31 - 1, "value": 1}],
        ("UNKNOWN_ITEM", "answers[0].item"),
    ),
    "does not apply where it must": (
        [{"item": 1, "notApplicable": True}],
        ("NOT_APPLICABLE_NOT_ALLOWED", "answers[0].notApplicable"),
    ),
}


@pytest.mark.parametrize(("given", "problem"), ANSWERS.values(), ids=ANSWERS)
def test_answers_that_do_not_fit_the_form(
    clinic: Clinic, given: list[dict[str, Any]], problem: tuple[str, str]
) -> None:
    assert unchanged(
        clinic.client, "submitMeasurement", case=clinic.case_id, instrument=FORM, answers=given
    ) == [problem]


def test_every_problem_is_named_at_once(clinic: Clinic) -> None:
    given = [{"item": 1, "value": 9}, {"item": 9, "value": 1}, {"item": 2, "value": 0.5}]
    found = unchanged(
        clinic.client,
        "submitMeasurement",
        case=clinic.case_id,
        instrument=FORM,
        answers=given,
        comment="",
    )
    assert found == [
        ("OUT_OF_RANGE", "answers[0].value"),
        ("UNKNOWN_ITEM", "answers[1].item"),
        ("NOT_AN_INTEGER", "answers[2].value"),
        ("TEXT_REQUIRED", "comment"),
    ]


@pytest.mark.parametrize("code", ["nothing", "", "WAI-SR-C", "../wai-sr-c", "x" * 10_000, "💔"])
@pytest.mark.parametrize("mutation", ["submitMeasurement", "planMeasurement"])
def test_an_unknown_instrument(clinic: Clinic, mutation: str, code: str) -> None:
    works = good(clinic, mutation)
    given = {**works.given, "instrument": code}
    assert unchanged(works.who, mutation, **given) == [("UNKNOWN_INSTRUMENT", "instrument")]


@pytest.mark.parametrize("form", ["alliance-check-in-t", "wai-sr-t"])
def test_a_form_made_for_somebody_else(clinic: Clinic, form: str) -> None:
    given = {"case": clinic.case_id, "instrument": form, "answers": []}
    assert unchanged(clinic.client, "submitMeasurement", **given) == [
        ("NOT_THE_INFORMANT", "instrument")
    ]


@pytest.mark.parametrize("mutation", ["submitMeasurement", "planMeasurement", "rateGoal"])
def test_a_session_of_another_case(clinic: Clinic, mutation: str) -> None:
    works = good(clinic, mutation)
    other = a_case(clinic, case=clinic.another_case(clinic.client), hours=3).with_sessions("k")
    given = {**works.given, "session": other.sessions[0]}
    given.pop("occasion", None)
    assert unchanged(works.who, mutation, **given) == [("SESSION_OF_ANOTHER_CASE", "session")]


def test_an_occasion_for_another_person_form_or_case(clinic: Clinic) -> None:
    story = a_case(clinic).with_sessions("k").asked("therapist", 0).asked("client", 0)
    theirs, hers = story.occasions
    given = {"case": clinic.case_id, "instrument": FORM, "answers": []}
    refused = [("NOT_FOUND", "occasion")]
    client = clinic.client
    assert unchanged(client, "submitMeasurement", **given, occasion=theirs) == refused
    wai = {**given, "instrument": "wai-sr-c"}
    assert unchanged(client, "submitMeasurement", **wai, occasion=hers) == refused
    client.done("submitMeasurement", "", **given, occasion=hers)


def plan(start: timedelta, length: timedelta) -> dict[str, str]:
    return {
        "plannedStart": instant(now() + start),
        "plannedEnd": instant(now() + start + length),
    }


SPANS = {
    "ending before starting": (plan(DAY, -HOUR), ("ENDS_BEFORE_START", "plannedEnd")),
    "ending when it starts": (plan(DAY, timedelta()), ("ENDS_BEFORE_START", "plannedEnd")),
    "a minute": (plan(DAY, MINUTE), ("TOO_SHORT", "plannedEnd")),
    "a day": (plan(DAY, DAY), ("TOO_LONG", "plannedEnd")),
    "a century": (plan(DAY, 36_500 * DAY), ("TOO_LONG", "plannedEnd")),
}


@pytest.mark.parametrize(("span", "problem"), SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("mutation", ["scheduleSession", "moveSession"])
def test_spans_that_no_session_has(
    clinic: Clinic, mutation: str, span: dict[str, str], problem: tuple[str, str]
) -> None:
    works = good(clinic, mutation)
    assert unchanged(works.who, mutation, **{**works.given, **span}) == [problem]


def test_two_sessions_at_the_same_time(clinic: Clinic) -> None:
    clinic.therapist.done(
        "scheduleSession", "", case=clinic.case_id, modality="PHONE", **plan(DAY, HOUR)
    )
    other = clinic.another_case(clinic.stranger)
    refused = [("OVERLAP", "plannedStart")]
    for case in (clinic.case_id, f"case-{other}"):
        for start, length in (
            (DAY, HOUR),
            (DAY - MINUTE, 2 * MINUTE * 3),
            (DAY + 10 * MINUTE, MINUTE * 5),
        ):
            given = {"case": case, "modality": "VIDEO", **plan(start, length)}
            assert unchanged(clinic.therapist, "scheduleSession", **given) == refused


def test_back_to_back_is_no_overlap(clinic: Clinic) -> None:
    for start in (DAY, DAY + HOUR, DAY - HOUR):
        at = (now() + DAY).replace(minute=0, second=0) + start
        clinic.therapist.done(
            "scheduleSession",
            "",
            case=clinic.case_id,
            modality="VIDEO",
            plannedStart=instant(at),
            plannedEnd=instant(at + HOUR),
        )


def test_twenty_sessions_at_the_same_time_asked_at_once_make_one(clinic: Clinic) -> None:
    given = {"case": clinic.case_id, "modality": "VIDEO", **plan(DAY, HOUR)}
    text = mutation_text("scheduleSession")
    replies = clinic.house.together(
        clinic.therapist.request(text, input=with_key(given)) for _ in range(20)
    )
    problems = [reply.data["scheduleSession"]["problems"] for reply in replies]
    assert sum(not each for each in problems) == 1
    assert {each[0]["code"] for each in problems if each} == {"OVERLAP"}


RECORDS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "ended before it started": (
        {"endedAt": -2 * HOUR},
        ("ENDS_BEFORE_START", "endedAt"),
    ),
    "in the future": ({"startedAt": HOUR, "endedAt": None}, ("IN_THE_FUTURE", "startedAt")),
    "far from the plan": ({"clientArrivedAt": -9 * DAY}, ("FAR_FROM_PLAN", "clientArrivedAt")),
    "kept without a start": (
        {"startedAt": None, "endedAt": None},
        ("START_REQUIRED", "startedAt"),
    ),
    "an end without a start": ({"startedAt": None}, ("START_REQUIRED", "startedAt")),
    "a cancellation": ({"outcome": "CANCELLED"}, ("OUTCOME_NOT_ALLOWED", "outcome")),
    "a move": ({"outcome": "MOVED"}, ("OUTCOME_NOT_ALLOWED", "outcome")),
    "kept and missed": ({"missedBy": "CLIENT"}, ("OUTCOME_NOT_ALLOWED", "missedBy")),
    "missed and started": ({"outcome": "MISSED"}, ("OUTCOME_NOT_ALLOWED", "startedAt")),
}


@pytest.mark.parametrize(("changes", "problem"), RECORDS.values(), ids=RECORDS)
def test_records_of_what_cannot_have_happened(
    clinic: Clinic, changes: dict[str, Any], problem: tuple[str, str]
) -> None:
    works = good(clinic, "recordSession")
    spelled = {
        name: instant(now() + value) if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }
    assert problem in unchanged(works.who, "recordSession", **{**works.given, **spelled})


@pytest.mark.parametrize("mutation", ["recordSession", "moveSession", "cancelSession"])
def test_what_was_recorded_moved_or_cancelled_is_no_plan_any_more(
    clinic: Clinic, mutation: str
) -> None:
    works = good(clinic, mutation)
    works.who.done(mutation, "", **works.given)
    assert unchanged(works.who, mutation, **works.given) == [("NOT_PLANNED", "session")]


@pytest.mark.parametrize("level", [-3, 3, 2**31 - 1, -(2**31)])
def test_a_level_outside_of_the_scale(clinic: Clinic, level: int) -> None:
    works = good(clinic, "rateGoal")
    given = {**works.given, "level": level}
    assert unchanged(works.who, "rateGoal", **given) == [("LEVEL_OUT_OF_RANGE", "level")]


@pytest.mark.parametrize("weight", [0, 11, -1, 2**31 - 1])
def test_a_weight_outside_of_the_scale(clinic: Clinic, weight: int) -> None:
    given = {"case": clinic.case_id, "wording": "Sleep", "weight": weight}
    assert unchanged(clinic.client, "proposeGoal", **given) == [("WEIGHT_OUT_OF_RANGE", "weight")]


ZONES = ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "europe/berlin", "UTC+2", "💔"]


@pytest.mark.parametrize("zone", [*ZONES, "Europe/Berlin ", "a" * 40_000])
def test_an_unknown_time_zone(clinic: Clinic, zone: str) -> None:
    works = good(clinic, "openCase")
    given = {**works.given, "timeZone": zone}
    assert unchanged(works.who, "openCase", **given) == [("UNKNOWN_TIME_ZONE", "timeZone")]


@pytest.mark.parametrize("days", [0, -1, 366, 2**31 - 1])
def test_an_interval_no_clinic_has(clinic: Clinic, days: int) -> None:
    works = good(clinic, "openCase")
    given = {**works.given, "intervalDays": days}
    assert unchanged(works.who, "openCase", **given) == [("INTERVAL_OUT_OF_RANGE", "intervalDays")]


TEXTS = {
    "empty": ("", "TEXT_REQUIRED"),
    "blank": (" \n\t ", "TEXT_REQUIRED"),
    "long": ("x" * 5_000, "TEXT_TOO_LONG"),
    "a bell": ("ding\x07", "CONTROL_CHARACTERS"),
    "an escape": ("\x1b[31mred", "CONTROL_CHARACTERS"),
}
WORDED = {
    "proposeGoal": "wording",
    "makeCommitment": "wording",
    "submitMeasurement": "comment",
}


@pytest.mark.parametrize(("text", "code"), TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("mutation", WORDED)
def test_texts_that_cannot_be_kept(clinic: Clinic, mutation: str, text: str, code: str) -> None:
    works, field = good(clinic, mutation), WORDED[mutation]
    assert unchanged(works.who, mutation, **{**works.given, field: text}) == [(code, field)]


@pytest.mark.parametrize("text", ["💔", "שלום", "a\u202eb", "Zoë", "' OR 1=1 --", "x" * 2000])
@pytest.mark.parametrize("mutation", WORDED)
def test_texts_that_can_be_kept_come_back_as_they_were(
    clinic: Clinic, mutation: str, text: str
) -> None:
    works, field = good(clinic, mutation), WORDED[mutation]
    changed = works.who.done(mutation, field, **{**works.given, field: text})
    assert changed[field] == text


TIMES = [
    "plannedStart",
    "plannedEnd",
    "startedAt",
    "endedAt",
    "clientArrivedAt",
    "dueAt",
    "opensAt",
]
FAR = [
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59Z",
    "1899-12-31T23:59:59Z",
    "2200-01-01T00:00:00+14:00",
    "1900-01-01T00:00:00+23:59",
    "2199-12-31T23:59:59-23:59",
    "2026-02-30T00:00:00Z",
    "infinity",
    "-infinity",
    "now",
    "",
    "2026-01-01",
    "20260101T000000Z",
    "2026-W01-1T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:60Z",
]


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_times_at_the_ends_of_the_calendar_are_refused_or_kept_but_never_fail(
    clinic: Clinic, mutation: str
) -> None:
    works = good(clinic, mutation)
    for field in set(TIMES) & set(works.given):
        for far in FAR:
            before = clinic.house.counts()
            reply = works.who.does(mutation, "", **{**works.given, field: far})
            assert reply.status in {200, 400}, (field, far, reply.text)
            if reply.status == 400:
                assert reply.error == "BAD_VARIABLE"
                assert far == "" or far not in reply.text
            else:
                assert reply.data[mutation]["problems"] != [] or legible(
                    works.who, mutation, reply.data
                )
            if reply.status == 400 or reply.data[mutation]["problems"]:
                assert clinic.house.counts() == before


def legible(who: Person, mutation: str, data: dict[str, Any]) -> bool:
    """Say whether what was kept can be read again."""
    changed = data[mutation][CHANGED[mutation]]
    return bool(who.reads("query($id: ID!) { node(id: $id) { id } }", id=changed["id"])["node"])


@pytest.mark.parametrize("mutation", ["scheduleSession", "moveSession", "makeCommitment"])
def test_a_time_without_an_offset_is_no_instant(clinic: Clinic, mutation: str) -> None:
    works = good(clinic, mutation)
    field = "dueAt" if mutation == "makeCommitment" else "plannedStart"
    naive = (now() + DAY).replace(tzinfo=None).isoformat()
    found = unchanged(works.who, mutation, **{**works.given, field: naive})
    assert found == [("NAIVE_TIME", field)]


def test_a_promise_into_the_past(clinic: Clinic) -> None:
    given = {"case": clinic.case_id, "wording": "Call", "dueAt": instant(now() - MINUTE)}
    assert unchanged(clinic.client, "makeCommitment", **given) == [("DUE_IN_THE_PAST", "dueAt")]


def test_a_measure_due_before_it_opens(clinic: Clinic) -> None:
    works = good(clinic, "planMeasurement")
    given = {**works.given, "dueAt": works.given["opensAt"]}
    assert unchanged(works.who, "planMeasurement", **given) == [("DUE_BEFORE_OPEN", "dueAt")]


def test_the_same_measure_planned_twice(clinic: Clinic) -> None:
    works = good(clinic, "planMeasurement")
    works.who.done("planMeasurement", "", **works.given)
    assert unchanged(works.who, "planMeasurement", **works.given) == [
        ("ALREADY_PLANNED", "informant")
    ]


SETTLED = [
    ("OPEN", ("OUTCOME_REQUIRED", "outcome")),
    ("MISSED", ("NOT_YET_DUE", "outcome")),
]


@pytest.mark.parametrize(("outcome", "problem"), SETTLED)
def test_a_promise_settled_so_as_it_cannot_be(
    clinic: Clinic, outcome: str, problem: tuple[str, str]
) -> None:
    works = good(clinic, "settleCommitment")
    given = {**works.given, "outcome": outcome}
    assert unchanged(works.who, "settleCommitment", **given) == [problem]


def test_a_promise_settled_twice(clinic: Clinic) -> None:
    works = good(clinic, "settleCommitment")
    works.who.done("settleCommitment", "", **works.given)
    assert unchanged(works.who, "settleCommitment", **works.given) == [
        ("ALREADY_SETTLED", "outcome")
    ]


def test_amending_needs_a_wording_and_answering_takes_none(clinic: Clinic) -> None:
    works = good(clinic, "answerGoal")
    amend, agree = {**works.given, "answer": "AMEND"}, {**works.given, "wording": "Sleep"}
    assert unchanged(works.who, "answerGoal", **amend) == [("WORDING_REQUIRED", "wording")]
    assert unchanged(works.who, "answerGoal", **agree) == [("WORDING_NOT_ALLOWED", "wording")]


# A value that would show up in an answer which quotes it.
CANARY = "canary-4711"
WRONG: dict[str, Any] = {
    "a text for a number": {"level": CANARY},
    "a text for an instant": {"plannedStart": CANARY},
    "a text for a list": {"answers": CANARY},
    "an object for a text": {"wording": {CANARY: CANARY}},
    "a list for a text": {"wording": [CANARY]},
    "a text for an enum": {"disclosure": CANARY, "outcome": CANARY, "answer": CANARY},
    "a fraction for an integer": {"level": 1.5, "weight": 1.5},
    "a boolean for an integer": {"level": True, "weight": True},
    "an integer beyond 32 bits": {"level": 2**40, "weight": 2**40},
    "null for what must be": {"idempotencyKey": None},
    "an unknown field": {CANARY.replace("-", "_"): CANARY},
    "an object for an id": {"case": {CANARY: 1}, "goal": {CANARY: 1}},
    "a fraction for an id": {"case": 1.5, "goal": 1.5},
    "a number for an instant": {"dueAt": 4711, "plannedStart": 4711},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_variables_of_the_wrong_type_are_400_and_not_echoed(
    clinic: Clinic, mutation: str, changes: dict[str, Any]
) -> None:
    works = good(clinic, mutation)
    unknown = {name: value for name, value in changes.items() if "canary" in name}
    given = {name: value for name, value in changes.items() if name in works.given} | unknown
    if "idempotencyKey" in changes:
        given = changes
    if not given:
        return
    before = clinic.house.counts()
    reply = works.who.does(mutation, "", **{**works.given, **given})
    assert reply.status == 400, reply.text
    assert reply.error == "BAD_VARIABLE"
    assert all(error["locations"] for error in reply.body["errors"])
    assert CANARY not in reply.text
    assert "4711" not in reply.text
    assert clinic.house.counts() == before


KEYS = {"empty": "", "long": "k" * 256, "very long": "k" * 30_000}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_an_idempotency_key_has_1_to_255_characters(
    clinic: Clinic, mutation: str, key: str
) -> None:
    works = good(clinic, mutation)
    [(code, field)] = unchanged(works.who, mutation, **{**works.given, "idempotencyKey": key})
    assert field == "idempotencyKey"
    assert code in {"TEXT_TOO_LONG", "TEXT_REQUIRED"}


def test_a_refused_mutation_leaves_its_key_free(clinic: Clinic) -> None:
    given = {"idempotencyKey": "again", "case": clinic.case_id}
    unchanged(clinic.client, "proposeGoal", **given, wording="")
    clinic.client.done("proposeGoal", "", **given, wording="Sleep")


def test_the_first_of_two_mutations_stays_done_when_the_second_cannot_be_read(
    clinic: Clinic,
) -> None:
    """A request that is answered 400 has changed nothing; one that changed something says so."""
    text = """mutation($a: ProposeGoalInput!) {
      first: proposeGoal(input: $a) { goal { id } problems { code } }
      second: proposeGoal(input: {idempotencyKey: "b", case: "x", wording: "a\\u0000b"}) {
        goal { id } problems { code } } }"""
    before = clinic.house.counts()
    reply = clinic.client.asks(
        text, a={"idempotencyKey": "a", "case": clinic.case_id, "wording": "Sleep"}
    )
    assert (reply.status, clinic.house.counts()) == (400, before) or (
        reply.status == 200 and reply.body["data"]["first"]["goal"]
    )


def test_half_a_form_is_kept_as_half_a_form(clinic: Clinic) -> None:
    """What was left out is null with a reason, and never 0."""
    changed = clinic.client.done(
        "submitMeasurement",
        "answers { item value } scores { raw mean pomp answered missing reason }",
        case=clinic.case_id,
        instrument=FORM,
        answers=answers(4)[:1],
    )
    assert [each["value"] for each in changed["answers"]] == [4, None, None, None, None]
    [score] = changed["scores"]
    assert (score["raw"], score["mean"], score["pomp"]) == (None, None, None)
    assert (score["answered"], score["missing"]) == (1, 4)
    assert score["reason"]
