from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_api.domain.attendance import SessionOutcome
from alliance_api.domain.methods import Method
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.reliability import (
    CommitmentOutcome,
    CommitmentRecord,
    Policy,
    Rate,
    Reliability,
    SessionRecord,
    reliability,
)

pytestmark = pytest.mark.ground

CLIENT, THERAPIST = PartyRole.CLIENT, PartyRole.THERAPIST
KEPT, MISSED, MOVED = SessionOutcome.KEPT, SessionOutcome.MISSED, SessionOutcome.MOVED
CANCELLED, LATE = SessionOutcome.CANCELLED, SessionOutcome.LATE_CANCELLED
FIRST = datetime(2025, 1, 6, 10, 0, tzinfo=UTC)
NOW = FIRST + timedelta(days=365)
POLICY = Policy()


def _session(
    outcome: SessionOutcome | None, by: PartyRole | None = None, *, excused: bool = False
) -> SessionRecord:
    return SessionRecord(FIRST, outcome, cancelled_by=by, excused=excused)


def _weekly(*sessions: SessionRecord) -> list[SessionRecord]:
    return [
        replace(each, planned_start=FIRST + timedelta(weeks=n)) for n, each in enumerate(sessions)
    ]


def _of(party: PartyRole, *sessions: SessionRecord, policy: Policy = POLICY) -> Reliability:
    return reliability(party, _weekly(*sessions), [], NOW, policy)


FOUR_KEPT = [_session(KEPT)] * 4


@pytest.mark.parametrize(
    ("session", "client", "therapist"),
    [
        (_session(KEPT), Rate(5, 5), Rate(5, 5)),
        (_session(MISSED), Rate(4, 5), Rate(5, 5)),
        (_session(MISSED, CLIENT), Rate(4, 5), Rate(5, 5)),
        (_session(LATE, CLIENT), Rate(4, 5), Rate(5, 5)),
        (_session(CANCELLED, CLIENT), Rate(4, 4), Rate(5, 5)),
        (_session(MISSED, excused=True), Rate(4, 4), Rate(5, 5)),
        (_session(LATE, CLIENT, excused=True), Rate(4, 4), Rate(5, 5)),
        (_session(MISSED, THERAPIST), Rate(4, 4), Rate(4, 5)),
        (_session(LATE, THERAPIST), Rate(4, 4), Rate(4, 5)),
        (_session(CANCELLED, THERAPIST), Rate(4, 4), Rate(4, 5)),
        (_session(CANCELLED, THERAPIST, excused=True), Rate(4, 4), Rate(4, 5)),
        (_session(CANCELLED), Rate(4, 4), Rate(5, 5)),
        (_session(LATE), Rate(4, 4), Rate(5, 5)),
        (_session(MOVED, CLIENT), Rate(4, 4), Rate(4, 4)),
        (_session(None), Rate(4, 4), Rate(4, 4)),
    ],
)
def test_each_party_answers_for_its_own_doing_only(
    session: SessionRecord, client: Rate, therapist: Rate
) -> None:
    assert _of(CLIENT, *FOUR_KEPT, session).kept == client
    assert _of(THERAPIST, *FOUR_KEPT, session).kept == therapist
    assert _of(CLIENT, *FOUR_KEPT, session).sessions == client.denominator


def test_who_came_in_time_did_not_miss_the_session() -> None:
    came = replace(_session(MISSED), client_delay=-2)
    too_late = replace(_session(MISSED), client_delay=40)

    assert _of(CLIENT, *FOUR_KEPT, came).kept == Rate(4, 4)
    assert _of(CLIENT, *FOUR_KEPT, too_late).kept == Rate(4, 5)
    patient = Policy(grace_minutes=40)
    assert _of(CLIENT, *FOUR_KEPT, too_late, policy=patient).kept == Rate(4, 4)


def test_rates_below_five_are_not_shown() -> None:
    few, enough = _of(CLIENT, *FOUR_KEPT).kept, _of(CLIENT, *FOUR_KEPT, _session(MISSED)).kept

    assert (few.value, few.interval) == (None, None)
    assert enough.value == 0.8
    assert enough.interval == pytest.approx((0.37553, 0.96378), abs=1e-5)


def test_the_future_does_not_count_even_if_it_is_decided() -> None:
    sessions = _weekly(*FOUR_KEPT, _session(LATE, CLIENT))
    before_the_last = sessions[-1].planned_start - timedelta(minutes=1)

    assert reliability(CLIENT, sessions, [], before_the_last, POLICY).kept == Rate(4, 4)
    assert reliability(CLIENT, sessions, [], sessions[-1].planned_start, POLICY).sessions == 5


def test_late_cancellations_are_counted_for_whoever_made_them() -> None:
    sessions = (_session(LATE, CLIENT), _session(LATE, CLIENT, excused=True), _session(LATE))
    therapists = (_session(LATE, THERAPIST),)

    assert _of(CLIENT, *sessions, *therapists).late_cancellations == 1
    assert _of(CLIENT, *sessions, sessions[0]).late_cancellations == 2
    assert _of(THERAPIST, *sessions, *therapists).late_cancellations == 1


def test_punctuality_leaves_out_what_nobody_knows() -> None:
    delays = [(0, None), (5, 0), (6, 0), (-3, 0), (20, None), (None, 1)]
    sessions = [
        SessionRecord(FIRST, KEPT, client_delay=client, therapist_delay=therapist)
        for client, therapist in delays
    ]
    client, therapist = _of(CLIENT, *sessions), _of(THERAPIST, *sessions)

    assert (client.punctual, client.median_delay_minutes) == (Rate(3, 5), 5)
    assert (therapist.punctual, therapist.median_delay_minutes) == (Rate(4, 4), None)
    strict = _of(CLIENT, *sessions, policy=Policy(grace_minutes=0))
    assert strict.punctual == Rate(2, 5)


def test_cadence_is_the_share_of_regular_intervals_between_kept_sessions() -> None:
    days = [0, 7, 14, 23, 33, 40]
    sessions = [SessionRecord(FIRST + timedelta(days=n), KEPT) for n in days]
    sessions.append(SessionRecord(FIRST + timedelta(days=3), MISSED))
    found = reliability(CLIENT, sessions[::-1], [], NOW, Policy(interval_days=7))

    assert found.cadence == Rate(4, 5)  # 7, 7, 9, 10, 7
    assert found.cadence_variation == pytest.approx(0.1768, abs=1e-4)
    assert reliability(CLIENT, sessions, [], NOW, POLICY).cadence == Rate(0, 0)
    few = reliability(CLIENT, sessions[:5], [], NOW, Policy(interval_days=7))
    assert (few.cadence, few.cadence_variation) == (Rate(3, 4), None)


def test_cadence_goes_by_when_sessions_were_really_held() -> None:
    moved = replace(_session(KEPT), held_start=FIRST + timedelta(days=3))
    then = SessionRecord(FIRST + timedelta(days=7), KEPT)
    found = reliability(CLIENT, [moved, then], [], NOW, Policy(interval_days=7))

    assert found.cadence == Rate(0, 1)
    out_of_order = replace(_session(KEPT), held_start=FIRST + timedelta(days=14))
    found = reliability(CLIENT, [out_of_order, then], [], NOW, Policy(interval_days=7))
    assert found.cadence == Rate(1, 1)


def test_sessions_in_the_repeated_hour_keep_their_real_order() -> None:
    # Ten to two and, after the clock went back, ten past one: twenty minutes later.
    first = datetime(2025, 10, 26, 1, 50, tzinfo=ZoneInfo("Europe/London"))
    second = first.replace(minute=10, fold=1)
    sessions = [SessionRecord(at, KEPT) for at in (first, second)]
    policy = Policy(interval_days=20 / (24 * 60), tolerance_days=0.001)

    assert reliability(CLIENT, sessions, [], NOW, policy).cadence == Rate(1, 1)


def test_follow_through_and_the_period_complete_the_picture() -> None:
    commitments = [
        CommitmentRecord(CLIENT, date(2025, 1, 10), CommitmentOutcome.KEPT, date(2025, 1, 9)),
        CommitmentRecord(CLIENT, date(2025, 1, 10), CommitmentOutcome.MISSED),
        CommitmentRecord(THERAPIST, date(2025, 1, 10), CommitmentOutcome.KEPT),
    ]
    found = reliability(CLIENT, _weekly(*FOUR_KEPT), commitments, NOW, POLICY)

    assert found.follow_through == Rate(1, 2)
    assert (found.period_start, found.period_end) == (FIRST, FIRST + timedelta(weeks=3))
    assert (found.party, found.method) == (CLIENT, Method("reliability", "1"))


def test_nothing_yields_no_figure_at_all() -> None:
    for party in PartyRole:
        nothing = reliability(party, [], [], NOW, Policy(interval_days=7))
        rates = (nothing.kept, nothing.punctual, nothing.cadence, nothing.follow_through)

        assert {rate.value for rate in rates} == {None}
        assert nothing.median_delay_minutes is nothing.cadence_variation is None
        assert nothing.period_start is nothing.period_end is None
        assert nothing.sessions == nothing.late_cancellations == 0


delay = st.none() | st.integers(-10, 60).map(float)
records = st.builds(
    SessionRecord,
    planned_start=st.integers(0, 700).map(lambda n: FIRST + timedelta(days=n)),
    outcome=st.none() | st.sampled_from(SessionOutcome),
    cancelled_by=st.none() | st.sampled_from(PartyRole),
    excused=st.booleans(),
    client_delay=delay,
    therapist_delay=delay,
    held_start=st.none(),
)
histories = st.lists(records, max_size=30)
parties = st.sampled_from(PartyRole)


@given(party=parties, history=histories)
def test_adding_a_kept_session_never_lowers_the_kept_rate(
    party: PartyRole, history: list[SessionRecord]
) -> None:
    before = reliability(party, history, [], NOW, POLICY).kept
    after = reliability(party, [*history, _session(KEPT)], [], NOW, POLICY).kept

    assert after.denominator == before.denominator + 1
    assert after.numerator * before.denominator >= before.numerator * after.denominator
    if before.value is not None and after.value is not None:
        assert after.value >= before.value


@given(history=histories, outcome=st.sampled_from([CANCELLED, LATE, MISSED]))
def test_what_the_therapist_calls_off_never_counts_against_the_client(
    history: list[SessionRecord], outcome: SessionOutcome
) -> None:
    before = reliability(CLIENT, history, [], NOW, POLICY)
    after = reliability(CLIENT, [*history, _session(outcome, THERAPIST)], [], NOW, POLICY)

    assert after.kept == before.kept
    assert after.late_cancellations == before.late_cancellations


@given(party=parties, history=histories, order=st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(
    party: PartyRole, history: list[SessionRecord], order: Random
) -> None:
    shuffled = list(history)
    order.shuffle(shuffled)
    policy = Policy(interval_days=7)
    one = reliability(party, history, [], NOW, policy)

    assert reliability(party, shuffled, [], NOW, policy) == one
    assert 0 <= one.kept.numerator <= one.kept.denominator
