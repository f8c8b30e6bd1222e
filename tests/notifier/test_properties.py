"""What holds whatever happens: hypothesis makes the histories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.domain import timing
from notifier.domain.facts import Fact
from notifier.domain.occasions import Case, remember
from notifier.domain.planning import plan_case, react
from notifier.domain.preferences import Preferences
from notifier.domain.reminder import DropReason, Reminder
from notifier.domain.timeline import Timeline, told
from notifier.kinds.loader import load_all
from tests.notifier.test_clock import WISHES
from tests.notifier.told import CASE, CLIENT, ORGANISATION, START, THERAPIST, fact, opened, session

pytestmark = pytest.mark.ground

KINDS = {name: folder.kind for name, folder in load_all().items()}
EMPTY = Case(ORGANISATION, CASE)
# A month around the change of the clocks in Europe and the one in America.
HOURS = st.integers(1, 24 * 45)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Facts of a case in any sense and nonsense: moved twice, settled before made, said again."""
    facts = [*opened()]
    for number in range(draw(st.integers(1, 4))):
        name = f"{number}"
        starts, known = at(draw(HOURS)), at(draw(st.integers(0, 200)))
        facts.append(session(name, starts, known))
        facts += draw(st.sampled_from(_ENDS))(name, known + timedelta(hours=1), starts)
    for number in range(draw(st.integers(0, 2))):
        due = at(draw(HOURS)).date().isoformat()
        owner = draw(st.sampled_from([CLIENT, THERAPIST]))
        facts.append(fact("commitment.made", f"commitment-{number}", owner=owner, due=due))
    if draw(st.booleans()):
        facts.append(fact("commitment.settled", "commitment-0", at(draw(HOURS))))
    if draw(st.booleans()):
        facts.append(fact("goal.proposed", "goal-1", at(draw(HOURS)), by=CLIENT))
        facts.append(fact("goal.rated", "goal-1", at(draw(HOURS)), by=CLIENT))
    if draw(st.booleans()):
        about = draw(st.sampled_from(["CASE", "THERAPIST"]))
        said = at(draw(HOURS))
        facts.append(fact("signal.raised", "signal-1", said, audience="CARE_TEAM", about=about))
    if draw(st.integers(0, 9)) == 0:
        facts.append(fact("person.erased", CLIENT, at(draw(HOURS))))
    return facts


_ENDS = [
    lambda _name, _known, _starts: [],
    lambda name, known, _starts: [fact("session.cancelled", f"session-{name}", known)],
    lambda name, known, starts: [
        session(name, starts + timedelta(days=2), known, movedTo=f"session-{name}b")
    ],
    lambda name, _known, starts: [
        fact("session.recorded", f"session-{name}", starts + timedelta(hours=1), outcome="MISSED")
    ],
]


def wanted(case: Case, wishes: Preferences, now: datetime) -> dict[object, Reminder]:
    people = {CLIENT: wishes, THERAPIST: wishes}
    planned = plan_case(KINDS.values(), case, people, now)
    return {each.key: each for each in planned if isinstance(each, Reminder)}


def shown(planned: dict[object, Reminder]) -> dict[object, Reminder]:
    """Return reminders without where they were heard of: the last fact to arrive says that."""
    return {key: replace(each, fact="", traceparent=None) for key, each in planned.items()}


@settings(max_examples=40, deadline=None)
@given(histories(), WISHES)
def test_nothing_is_sent_in_quiet_hours_on_a_free_day_or_after_it_expires(
    facts: list[Fact], wishes: Preferences
) -> None:
    people = {CLIENT: wishes, THERAPIST: wishes}
    run = Timeline(KINDS, EMPTY, people)
    for each in sorted(facts, key=lambda one: (one.at, one.id)):
        run.pass_until(each.at)
        run.hear([each], each.at)
    run.pass_until(at(24 * 120))
    for outcome in run.outcomes:
        if outcome.reason is None:
            assert outcome.at is not None
            assert timing.is_permitted(outcome.at, KINDS[outcome.kind], wishes)
    for key, reminder in run.reminders.items():
        sent = run.sent_at(key)
        assert sent is None or reminder.not_before <= sent < reminder.expires_at
        assert sent is None or sent <= reminder.due_at + reminder.stale_after


@settings(max_examples=40, deadline=None)
@given(histories(), WISHES, st.integers(0, 400))
def test_planning_again_changes_nothing(facts: list[Fact], wishes: Preferences, hours: int) -> None:
    people, now = {CLIENT: wishes, THERAPIST: wishes}, at(hours)
    first = react(facts, EMPTY, KINDS.values(), people, {}, now)
    pending = {each.key: each for each in first.plan}
    assert len(pending) == len(first.plan)
    for again in (facts, [], facts[:1]):
        second = react(again, first.case, KINDS.values(), people, pending, now)
        assert (second.plan, second.drop, second.case) == ((), (), first.case)


@settings(max_examples=40, deadline=None)
@given(histories(), WISHES, st.randoms(use_true_random=False), st.integers(0, 400))
def test_the_order_and_the_number_of_facts_do_not_matter(
    facts: list[Fact], wishes: Preferences, chance: object, hours: int
) -> None:
    shuffled = [*facts, *facts[::2]]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    now, people = at(hours), {CLIENT: wishes, THERAPIST: wishes}
    assert remember(EMPTY, shuffled) == remember(EMPTY, facts)
    case, pending = EMPTY, dict[object, Reminder]()
    for each in shuffled:
        changes = react([each], case, KINDS.values(), people, pending, now)  # type: ignore[arg-type]
        case = changes.case
        for key, _ in changes.drop:
            del pending[key]
        pending.update({one.key: one for one in changes.plan})
    assert shown(pending) == shown(wanted(remember(EMPTY, facts), wishes, now))


@settings(max_examples=40, deadline=None)
@given(st.lists(HOURS, min_size=1, max_size=6), WISHES)
def test_a_session_that_is_moved_on_and_on_is_reminded_of_at_its_last_time_only(
    hours: Sequence[int], wishes: Preferences
) -> None:
    facts = [*opened(), session("0", at(24 * 20))]
    for number, each in enumerate(hours):
        moved = session(str(number), at(each), at(0), movedTo=f"session-{number + 1}")
        facts.append(moved)
    people = {CLIENT: wishes}
    upcoming = {"session-upcoming": KINDS["session-upcoming"]}
    first = react(facts[:3], EMPTY, upcoming.values(), people, {}, START)
    pending = {each.key: each for each in first.plan}
    changes = react(facts[3:], first.case, upcoming.values(), people, pending, START)
    for key, reason in changes.drop:
        assert reason is DropReason.ENDED
        del pending[key]
    pending.update({each.key: each for each in changes.plan})
    assert {each.occasion for each in pending.values()} <= {f"session-{len(hours)}"}


@settings(max_examples=30, deadline=None)
@given(histories(), WISHES)
def test_every_reminder_has_exactly_one_end(facts: list[Fact], wishes: Preferences) -> None:
    people = {CLIENT: wishes, THERAPIST: wishes}
    outcomes = told(KINDS, EMPTY, facts, people, datetime(2026, 12, 1, tzinfo=UTC))
    named = [(each.kind, each.occasion, each.recipient, each.label) for each in outcomes]
    sent = [name for name, each in zip(named, outcomes, strict=True) if each.reason is None]
    # A goal that is rated is looked at again: another round of the same occasion.
    assert all(name[0] == "goal-review" or sent.count(name) == 1 for name in sent)
