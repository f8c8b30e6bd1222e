from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance_api.domain.parties import PartyRole
from alliance_api.domain.views import View
from alliance_api.usecases import signal_views as views
from tests.ground.seen import START, week

pytestmark = pytest.mark.ground

Row = Mapping[str, Any]
FORMS = {"CLIENT": "alliance-check-in", "THERAPIST": "alliance-check-in-t"}
OTHERS = {"CLIENT": "CARE_TEAM", "THERAPIST": "CLIENT"}


def a_score(n: int, role: str, raw: float, *, private: bool = False, sealed: bool = False) -> Row:
    return {
        "measurement_id": UUID(int=n),
        "instrument_code": FORMS[role],
        "informant_id": UUID(int=1 if role == "CLIENT" else 2),
        "informant_role": role,
        "scale": "total",
        "session_id": UUID(int=n % 7),
        "taken_at": week(n),
        "raw": raw,
        "minimum": 0.0,
        "maximum": 20.0,
        "known": not private,
        "open": not private,
        "sealed": sealed,
    }


def seen(scores: list[Row], audience: str) -> View:
    series = views.series(scores, audience)
    return View(series, views.pairings(series), views.tensions(scores, audience))


ratings_ = st.lists(
    st.tuples(st.sampled_from([*FORMS]), st.integers(0, 20).map(float), st.booleans()), max_size=20
)


@settings(deadline=None)
@given(ratings_)
def test_what_one_kept_private_is_in_nobody_elses_view(
    ratings: list[tuple[str, float, bool]],
) -> None:
    told = [a_score(n, role, raw, private=hid) for n, (role, raw, hid) in enumerate(ratings)]
    for role, audience in OTHERS.items():
        without = [row for row in told if row["known"] or row["informant_role"] != role]
        assert seen(told, audience) == seen(without, audience)


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=8))
def test_what_is_sealed_waits_for_the_therapists_own_rating(sealed: list[bool]) -> None:
    told = [a_score(n, "CLIENT", 10, sealed=closed) for n, closed in enumerate(sealed)]
    waiting = [row for row in told if not row["sealed"]]
    assert seen(told, "CARE_TEAM") == seen(waiting, "CARE_TEAM")
    assert sum(len(one.readings) for one in seen(told, "CLIENT").series) == len(told)


def an_occasion(n: int, role: str = "CLIENT", **given: bool) -> Row:
    return {
        "id": UUID(int=n),
        "informant_id": UUID(int=1 if role == "CLIENT" else 2),
        "informant_role": role,
        "due_at": week(n),
        "code": FORMS[role],
        "answered": False,
        "known": False,
        "off": False,
        **given,
    }


@pytest.mark.parametrize(
    ("role", "to_client", "to_team"), [("CLIENT", True, False), ("THERAPIST", False, False)]
)
def test_a_private_answer_is_one_for_the_client_who_gave_it(
    role: str, to_client: bool, to_team: bool
) -> None:
    private = [an_occasion(1, role, answered=True)]
    for audience, answered in (("CLIENT", to_client), ("CARE_TEAM", to_team)):
        [asking] = views.askings(private, audience)
        assert [each.answered for each in asking.occasions] == [answered]


def test_what_was_not_held_was_not_asked_about_unless_somebody_answered() -> None:
    told = [an_occasion(1, off=True), an_occasion(2, off=True, answered=True, known=True)]
    [asking] = views.askings(told, "CARE_TEAM")
    assert [each.answered for each in asking.occasions] == [True]


def a_session(outcome: str | None, by: str | None = None, **given: Any) -> Row:
    return {
        "id": UUID(int=7),
        "planned_start": START,
        "state": "RECORDED",
        "outcome": outcome,
        "cancelled_at": None,
        "cancelled_by": by,
        "excused": False,
        "client_delay": None,
        "therapist_delay": None,
        "started_at": None,
        **given,
    }


# What became of a session: whether client and therapist failed it; None does not count.
JUDGED = [
    (a_session("KEPT"), False, False),
    (a_session("MISSED"), True, False),
    (a_session("MISSED", "CLIENT"), True, False),
    (a_session("MISSED", "CLIENT", excused=True), None, False),
    (a_session("MISSED", "THERAPIST"), None, True),
    (a_session("CANCELLED", "CLIENT"), None, False),
    (a_session("LATE_CANCELLED", "CLIENT"), True, False),
    (a_session("CANCELLED", "THERAPIST"), None, True),
    (a_session("LATE_CANCELLED", "THERAPIST"), None, True),
    (a_session(None), None, None),
    (a_session("KEPT", state="MOVED"), None, None),
]


@pytest.mark.parametrize(("session", "client", "therapist"), JUDGED)
def test_each_party_appears_for_what_it_answers_for(
    session: Row, client: bool | None, therapist: bool | None
) -> None:
    found = {each.party: each.failed for each in views.appearances([session], [])}
    expected = {PartyRole.CLIENT: client, PartyRole.THERAPIST: therapist}
    assert found == {party: failed for party, failed in expected.items() if failed is not None}


@pytest.mark.parametrize(
    ("outcome", "failed"),
    [("KEPT", [False]), ("MISSED", [True]), ("WITHDRAWN", []), ("RENEGOTIATED", []), ("OPEN", [])],
)
def test_a_promise_counts_for_whom_made_it_once_it_was_kept_or_missed(
    outcome: str, failed: list[bool]
) -> None:
    promise = {
        "id": UUID(int=9),
        "owner_role": "THERAPIST",
        "due_at": START,
        "settled_at": START + timedelta(1),
        "outcome": outcome,
    }
    found = views.appearances([], [promise])
    assert [each.failed for each in found] == failed
    assert all(each.at == promise["settled_at"] for each in found)
    assert all(each.party is PartyRole.THERAPIST for each in found)


def test_appearances_are_in_order_of_when_they_could_be_known() -> None:
    late = a_session("LATE_CANCELLED", "CLIENT", cancelled_at=week(-1))
    found = views.appearances([a_session("KEPT"), late], [])
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert found[0].failed
