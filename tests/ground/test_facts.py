from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest

from alliance_api.domain import fact_types, facts
from alliance_api.domain.disclosure import Disclosure
from alliance_api.domain.facts import Fact

pytestmark = pytest.mark.ground

AT = datetime(2025, 5, 2, 10, 0, tzinfo=UTC)
END = datetime(2025, 5, 2, 10, 50, tzinfo=UTC)
CASE, IT, PERSON = "case-1", "thing-1", "person-1"
SPAN: dict[str, str | int] = {
    "therapist": "person-1",
    "plannedStart": "2025-05-02T10:00:00Z",
    "plannedEnd": "2025-05-02T10:50:00Z",
}


def _submitted(disclosure: Disclosure) -> Fact | None:
    return facts.measurement_submitted(
        CASE, IT, AT, disclosure=disclosure, instrument="wai-sr-c", occasion="occasion-1"
    )


def _of_case(fact: Fact) -> Fact:
    """Return a fact about a case as if it were about the thing that the others are about."""
    assert fact.subject == fact.case
    return Fact(fact.type, fact.case, IT, fact.at, fact.extra)


SPAN_OF: dict[str, Any] = {"planned_start": AT, "planned_end": END, "therapist": PERSON}
# Stated within the test, as a constructor that fails must fail its test and not the collection.
STATED: list[tuple[Callable[[], Fact | None], str, dict[str, str | int]]] = [
    (
        lambda: _of_case(facts.case_opened(CASE, AT, client=PERSON, time_zone="Etc/GMT+5")),
        "case.opened",
        {"client": "person-1", "timeZone": "Etc/GMT+5"},
    ),
    (
        lambda: _of_case(
            facts.case_opened(CASE, AT, client=PERSON, time_zone="Europe/Berlin", interval_days=7)
        ),
        "case.opened",
        {"client": "person-1", "timeZone": "Europe/Berlin", "intervalDays": 7},
    ),
    (lambda: _of_case(facts.case_closed(CASE, AT)), "case.closed", {}),
    (lambda: facts.session_planned(CASE, IT, AT, **SPAN_OF), "session.planned", SPAN),
    (
        lambda: facts.session_moved(CASE, IT, AT, moved_to="session-2", **SPAN_OF),
        "session.moved",
        {"movedTo": "session-2", **SPAN},
    ),
    (lambda: facts.session_cancelled(CASE, IT, AT), "session.cancelled", {}),
    (
        lambda: facts.session_recorded(CASE, IT, AT, outcome="KEPT"),
        "session.recorded",
        {"outcome": "KEPT"},
    ),
    (
        lambda: _submitted(Disclosure.SHARED),
        "measurement.submitted",
        {"instrument": "wai-sr-c", "occasion": "occasion-1"},
    ),
    (
        lambda: facts.disclosure_changed(
            CASE, IT, AT, before=Disclosure.TREND, after=Disclosure.PRIVATE
        ),
        "disclosure.changed",
        {},
    ),
    (lambda: facts.goal_proposed(CASE, IT, AT, by=PERSON), "goal.proposed", {"by": PERSON}),
    (lambda: facts.goal_answered(CASE, IT, AT, by=PERSON), "goal.answered", {"by": PERSON}),
    (lambda: facts.goal_rated(CASE, IT, AT, by=PERSON), "goal.rated", {"by": PERSON}),
    (
        lambda: facts.commitment_made(CASE, IT, AT, owner=PERSON, due=date(2025, 5, 9)),
        "commitment.made",
        {"owner": PERSON, "due": "2025-05-09"},
    ),
    (
        lambda: facts.commitment_made(CASE, IT, AT, owner=PERSON),
        "commitment.made",
        {"owner": PERSON},
    ),
    (lambda: facts.commitment_settled(CASE, IT, AT), "commitment.settled", {}),
    (
        lambda: facts.occasion_planned(
            CASE, IT, AT, informant=PERSON, instrument="phq-9", opens_at=AT, due_at=END
        ),
        "occasion.planned",
        {
            "informant": PERSON,
            "instrument": "phq-9",
            "opensAt": "2025-05-02T10:00:00Z",
            "dueAt": "2025-05-02T10:50:00Z",
        },
    ),
    (lambda: facts.occasion_settled(CASE, IT, AT), "occasion.settled", {}),
    (
        lambda: facts.signal_raised(CASE, IT, AT, audience="CARE_TEAM", about="CASE"),
        "signal.raised",
        {"audience": "CARE_TEAM", "about": "CASE"},
    ),
    (lambda: facts.signal_acknowledged(CASE, IT, AT), "signal.acknowledged", {}),
    (lambda: facts.signal_heard(CASE, IT, AT), "signal.heard", {}),
    (lambda: facts.goal_ended(CASE, IT, AT, by=PERSON), "goal.ended", {"by": PERSON}),
    (
        lambda: facts.care_team_joined(CASE, IT, AT, relation="CAREGIVER"),
        "care_team.joined",
        {"relation": "CAREGIVER"},
    ),
    (
        lambda: facts.care_team_joined(CASE, IT, AT, relation="CAREGIVER", ends_at=END),
        "care_team.joined",
        {"relation": "CAREGIVER", "endsAt": "2025-05-02T10:50:00Z"},
    ),
    (
        lambda: facts.care_team_left(CASE, IT, AT, relation="CAREGIVER"),
        "care_team.left",
        {"relation": "CAREGIVER"},
    ),
    (
        lambda: facts.consent_given(CASE, IT, AT, kind="RESEARCH"),
        "consent.given",
        {"kind": "RESEARCH"},
    ),
    (
        lambda: facts.consent_withdrawn(CASE, IT, AT, kind="RESEARCH"),
        "consent.withdrawn",
        {"kind": "RESEARCH"},
    ),
    (
        lambda: facts.emergency_opened(CASE, IT, AT, by=PERSON, ends_at=END),
        "emergency.opened",
        {"by": PERSON, "endsAt": "2025-05-02T10:50:00Z"},
    ),
    (lambda: facts.emergency_reviewed(CASE, IT, AT), "emergency.reviewed", {}),
]


@pytest.mark.parametrize(("state", "kind", "extra"), STATED)
def test_a_fact_says_what_happened_to_what_and_when_and_nothing_more(
    state: Callable[[], Fact | None], kind: str, extra: dict[str, str | int]
) -> None:
    assert state() == Fact(kind, CASE, IT, AT, extra)


def test_what_is_not_known_is_left_out_of_a_fact() -> None:
    without = facts.measurement_submitted(
        CASE, IT, AT, disclosure=Disclosure.TREND, instrument="care"
    )

    assert without is not None
    assert without.extra == {"instrument": "care"}


def test_every_type_of_fact_has_its_constructor() -> None:
    assert {kind for _, kind, _ in STATED} | {fact_types.PERSON_ERASED} == fact_types.TYPES


def test_an_erasure_is_about_a_person_and_no_case() -> None:
    assert facts.person_erased(PERSON, AT) == Fact("person.erased", None, PERSON, AT, {})


def test_a_private_measurement_is_never_stated() -> None:
    assert _submitted(Disclosure.PRIVATE) is None
    for disclosure in set(Disclosure) - {Disclosure.PRIVATE}:
        assert _submitted(disclosure) is not None


def test_what_the_client_alone_is_told_is_no_fact() -> None:
    with pytest.raises(ValueError, match="no fact"):
        facts.signal_raised(CASE, IT, AT, audience="CLIENT", about="CASE")


@pytest.mark.parametrize(("before", "after"), list(product(Disclosure, Disclosure)))
def test_a_change_of_disclosure_is_stated_without_saying_from_what_to_what(
    before: Disclosure, after: Disclosure
) -> None:
    fact = facts.disclosure_changed(CASE, IT, AT, before=before, after=after)

    assert (fact is None) == (before is after)
    assert fact is None or fact.extra == {}


@pytest.mark.parametrize("prose", ["", "I felt unheard", "unheard\n", "x" * 81, "größer", "-x"])
def test_prose_does_not_fit_into_a_fact(prose: str) -> None:
    with pytest.raises(ValueError, match="only") as refused:
        Fact(fact_types.GOAL_RATED, CASE, IT, AT, {"by": prose})
    with pytest.raises(ValueError, match="only"):
        Fact(fact_types.GOAL_RATED, CASE, prose, AT, {})
    with pytest.raises(ValueError, match="only"):
        Fact(fact_types.GOAL_RATED, prose, IT, AT, {})
    assert "unheard" not in str(refused.value)


def test_a_fact_needs_a_known_type_and_an_instant() -> None:
    with pytest.raises(ValueError, match="not known"):
        Fact("goal.forgotten", CASE, IT, AT, {})
    with pytest.raises(ValueError, match="instant"):
        Fact(fact_types.GOAL_RATED, CASE, IT, AT.replace(tzinfo=None), {})
