"""Deriving the signals of a case for each audience, whenever something they rest on has changed.

Nothing here asks for the time, so that deriving again changes nothing. What is missing by now is
derived beforehand: it is raised at the instant at which it will be due, and taken back if it is
answered; whoever shows signals compares that instant with now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from alliance_api.domain import facts
from alliance_api.domain.ids import Kind, parse_id
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.signals import Signal, SignalKind, signals
from alliance_api.domain.views import View
from alliance_api.instruments.alliance import PREFERENCES
from alliance_api.instruments.forms import origin
from alliance_api.store import commitments, derived, outbox, preferences, sessions
from alliance_api.store import signals as kept
from alliance_api.store.rows import Found
from alliance_api.store.transaction import Transaction

from . import signal_views as views
from .common import text_id
from .derive import AUDIENCES


class Part(StrEnum):
    """What of a case has changed."""

    SCORES = "SCORES"
    OCCASIONS = "OCCASIONS"
    APPEARANCES = "APPEARANCES"
    GOALS = "GOALS"
    PREFERENCES = "PREFERENCES"


KINDS: Mapping[Part, frozenset[SignalKind]] = {
    Part.SCORES: frozenset(
        {
            SignalKind.LOW_ALLIANCE,
            SignalKind.RELIABLE_FALL,
            SignalKind.RUPTURE,
            SignalKind.REPAIR,
            SignalKind.DIVERGENCE,
            SignalKind.STUCK_AT_CEILING,
        }
    ),
    Part.OCCASIONS: frozenset({SignalKind.FEEDBACK_MISSING}),
    Part.APPEARANCES: frozenset({SignalKind.RELIABILITY_FALLING}),
    Part.GOALS: frozenset({SignalKind.GOAL_DISAGREEMENT}),
    Part.PREFERENCES: frozenset({SignalKind.PREFERENCE_MISMATCH}),
}
COLUMN = {
    Kind.MEASUREMENT: "measurement_id",
    Kind.SESSION: "session_id",
    Kind.OCCASION: "occasion_id",
    Kind.COMMITMENT: "commitment_id",
    Kind.GOAL: "goal_id",
}


def of_a_form(code: str) -> tuple[Part, ...]:
    """Return what can change when such a form is answered, opened or closed."""
    wishes = (Part.PREFERENCES,) if origin(code)[0] == PREFERENCES else ()
    return (Part.SCORES, Part.OCCASIONS, *wishes)


async def derive_signals(
    tx: Transaction,
    now: datetime,
    case: UUID,
    *parts: Part,
    scores: Sequence[Found] | None = None,
) -> int:
    """Derive the signals of what has changed, of all without `parts`; return how many changed.

    For the engine, after everything they rest on was written. `now` is when the facts are stated;
    `scores` are the case's, of whoever has just read them.
    """
    asked = parts or tuple(Part)
    await tx.lock(lock_name(case))
    seen = await _seen(tx, case, asked, scores)
    rows = [
        {"audience": audience, **_row(signal)}
        for audience, found in _of_audiences(seen).items()
        for signal in found
    ]
    kinds = [str(kind) for part in asked for kind in KINDS[part]]
    new, changed = await kept.sync(tx, case, kinds, rows)
    for row in new:
        await outbox.state(tx, _raised(case, row, now))
    return changed


@dataclass(frozen=True, slots=True)
class _Seen:
    """Rows of a case with what each audience may know of them; empty where nothing was asked."""

    scores: Sequence[Found] = ()
    occasions: Sequence[Found] = ()
    held: Sequence[Found] = ()
    promised: Sequence[Found] = ()
    goals: Sequence[Found] = ()
    stances: Sequence[Found] = ()
    stated: Sequence[Found] = ()
    of_scores: bool = False
    of_preferences: bool = False


async def _seen(
    tx: Transaction, case: UUID, parts: Sequence[Part], scores: Sequence[Found] | None
) -> _Seen:
    found: dict[str, Any] = {
        "of_scores": Part.SCORES in parts,
        "of_preferences": Part.PREFERENCES in parts,
    }
    if {Part.SCORES, Part.PREFERENCES} & set(parts):
        found["scores"] = await derived.scored(tx, case) if scores is None else scores
    if Part.OCCASIONS in parts:
        found["occasions"] = await kept.asked(tx, case)
    if Part.APPEARANCES in parts:
        found["held"] = await sessions.history(tx, case)
        found["promised"] = await commitments.history(tx, case)
    if Part.GOALS in parts:
        found["goals"] = await derived.goals(tx, case)
        found["stances"] = await derived.stances(tx, case)
    if Part.PREFERENCES in parts:
        found["stated"] = await preferences.stated(tx, case)
    return _Seen(**found)


def _of_audiences(seen: _Seen) -> Mapping[str, Sequence[Signal]]:
    """Return what each audience is told; where both see alike it is computed once."""
    known: list[tuple[View, Sequence[Signal]]] = []
    told: dict[str, Sequence[Signal]] = {}
    for audience in AUDIENCES:
        view = _view(seen, audience)
        found = next((before for same, before in known if same == view), None)
        told[audience] = signals(view) if found is None else found
        known.append((view, told[audience]))
    return told


def _view(seen: _Seen, audience: str) -> View:
    series = views.series(seen.scores, audience) if seen.of_scores else ()
    return View(
        series=series,
        pairings=views.pairings(series),
        tensions=views.tensions(seen.scores, audience) if seen.of_scores else (),
        askings=views.askings(seen.occasions, audience),
        appearances=views.appearances(seen.held, seen.promised),
        goals=views.goals(seen.goals, seen.stances),
        preferences=(
            views.preferences(seen.stated, seen.scores, audience) if seen.of_preferences else ()
        ),
    )


def _row(signal: Signal) -> dict[str, Any]:
    about = signal.about
    return {
        "kind": signal.kind.value,
        "episode": signal.key,
        "informant_id": UUID(about.informant) if about.informant else None,
        "informant_role": about.role.value if about.role else None,
        "instrument_code": about.instrument,
        "scale": about.scale,
        "party": about.party.value if about.party else None,
        "raised_at": signal.at,
        "over": signal.over,
        "false_alarm_rate": signal.rate.value if signal.rate else None,
        "method_id": signal.method.id,
        "method_version": signal.method.version,
        "evidence": [_reference(key) for key in signal.evidence],
    }


def _reference(key: str) -> tuple[str, UUID]:
    found = parse_id(key)
    if found is None:
        raise ValueError(key)
    return COLUMN[found[0]], found[1]


def lock_name(case: UUID) -> str:
    """Return the lock under which a case's signals are written."""
    return f"signals:{case}"


def _raised(case: UUID, row: Found, now: datetime) -> facts.Fact | None:
    if not is_the_teams(row) or row["kind"] == SignalKind.FEEDBACK_MISSING:
        return None  # of what is missing nobody does anything, when it becomes due
    return facts.signal_raised(
        text_id(Kind.CASE, case),
        text_id(Kind.SIGNAL, row["id"]),
        now,
        audience=row["audience"],
        about="THERAPIST" if _of_ones_own_work(row) else "CASE",
    )


def _of_ones_own_work(row: Mapping[str, Any]) -> bool:
    falling = row["kind"] == SignalKind.RELIABILITY_FALLING
    return bool(falling and row["party"] == PartyRole.THERAPIST)


def is_the_teams(row: Mapping[str, Any]) -> bool:
    """Return whether the whole care team may see a signal, so that it may be stated as a fact."""
    return bool(row["audience"] == "CARE_TEAM" and row["informant_role"] != "THERAPIST")
