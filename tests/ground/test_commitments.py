from datetime import date, timedelta

import pytest

from alliance_api.domain.commitments import (
    CommitmentOutcome,
    CommitmentRecord,
    check_settle,
    follow_through,
)
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.statistics import Rate
from tests.ground.known import told, vector

pytestmark = pytest.mark.ground

OPEN, KEPT, MISSED = CommitmentOutcome.OPEN, CommitmentOutcome.KEPT, CommitmentOutcome.MISSED
RENEGOTIATED, WITHDRAWN = CommitmentOutcome.RENEGOTIATED, CommitmentOutcome.WITHDRAWN
DUE = date(2025, 5, 9)


def _day(n: int | None) -> date | None:
    return None if n is None else date(2025, 5, 1) + timedelta(days=n)


def test_follow_through_is_per_owner_and_counts_what_was_settled() -> None:
    row = vector("attendance", "AT05")
    words = {"done": KEPT, "missed": MISSED, "withdrawn": WITHDRAWN, "open": OPEN}
    records = [
        CommitmentRecord(
            owner=PartyRole(each["by"].upper()),
            due=_day(each["due"]),
            outcome=words[each["st"]],
            settled_on=_day(each.get("done")),
        )
        for each in row["inputs"]
    ]

    for owner in PartyRole:
        expected = row["expected"][owner.lower()]
        found = follow_through(owner, records)
        n = found.completed.denominator
        assert n == found.on_time.denominator == expected["n"]
        assert found.completed.numerator / n == pytest.approx(expected["completed"], abs=1e-6)
        assert found.on_time.numerator / n == pytest.approx(expected["on_time"], abs=1e-6)


def test_what_was_talked_over_does_not_count() -> None:
    outcomes = (OPEN, RENEGOTIATED, WITHDRAWN)
    records = [CommitmentRecord(PartyRole.CLIENT, DUE, outcome) for outcome in outcomes]

    assert follow_through(PartyRole.CLIENT, records).completed == Rate(0, 0)
    assert follow_through(PartyRole.CLIENT, records).completed.value is None


def test_keeping_a_promise_without_a_day_is_on_time() -> None:
    records = [CommitmentRecord(PartyRole.CLIENT, None, KEPT, DUE)]

    assert follow_through(PartyRole.CLIENT, records).on_time == Rate(1, 1)


def _refused(
    present: CommitmentOutcome, outcome: CommitmentOutcome, settled_on: date = DUE
) -> list[tuple[str, str | None]]:
    return told(check_settle(present, outcome, due=DUE, settled_on=settled_on, today=DUE))


@pytest.mark.parametrize("outcome", [KEPT, MISSED, RENEGOTIATED, WITHDRAWN])
def test_an_open_commitment_can_be_settled_on_its_day_and_only_once(
    outcome: CommitmentOutcome,
) -> None:
    assert _refused(OPEN, outcome) == []
    assert _refused(outcome, KEPT) == [("ALREADY_SETTLED", "outcome")]


def test_settling_needs_an_outcome_and_a_day_that_has_come() -> None:
    assert _refused(OPEN, OPEN) == [("OUTCOME_REQUIRED", "outcome")]
    assert _refused(OPEN, KEPT, DUE + timedelta(days=1)) == [("IN_THE_FUTURE", "settled_on")]


def test_nothing_is_missed_before_it_is_due_but_it_may_be_kept() -> None:
    before = DUE - timedelta(days=1)

    assert _refused(OPEN, MISSED, before) == [("NOT_YET_DUE", "outcome")]
    assert _refused(OPEN, KEPT, before) == []
    assert check_settle(OPEN, MISSED, due=None, settled_on=before, today=DUE) == ()
