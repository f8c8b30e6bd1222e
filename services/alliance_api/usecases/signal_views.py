"""The view of one audience: rows of a case that it may see, as the values that signals are made of.

Pure. Ids go in as global ones, so that evidence says by itself what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from alliance_api.domain.commitments import CommitmentOutcome
from alliance_api.domain.goals import GoalState, Stance
from alliance_api.domain.ids import Kind
from alliance_api.domain.instruments import InformantRole, Scale
from alliance_api.domain.parties import PartyRole
from alliance_api.domain.reliability import Policy, failed_by
from alliance_api.domain.views import (
    About,
    Appearance,
    Asked,
    Asking,
    GoalView,
    Pairing,
    PreferenceView,
    Reading,
    Reports,
    Series,
    TensionReport,
)
from alliance_api.instruments.alliance import (
    alliance_scales,
    cut,
    norm,
    preference_scales,
    strong_bounds,
    tension_scales,
)
from alliance_api.instruments.forms import origin
from alliance_api.instruments.pairs import pairs
from alliance_api.store.rows import Found

from .common import text_id
from .derive import may_see
from .derive_goals import by_party
from .reliability import session_record

OF_A_SERIES = ("instrument_code", "scale", "informant_role", "informant_id")


def series(scores: Iterable[Found], audience: str) -> tuple[Series, ...]:
    """Return every series about the alliance that an audience may see."""
    return tuple(
        Series(
            key=_key(name),
            minimum=rows[0]["minimum"],
            maximum=rows[0]["maximum"],
            readings=tuple(_reading(row) for row in rows),
            norm=norm(name[0], name[1]),
            cut=cut(name[0], name[1]),
            about=_about(*name),
        )
        for name, rows in _groups(scores, audience)
        if name[1] in alliance_scales(name[0])
    )


def tensions(scores: Iterable[Found], audience: str) -> tuple[Reports, ...]:
    """Return every series of tension that somebody reported."""
    return tuple(
        Reports(
            _key(name),
            tuple(TensionReport(_of(row), row["taken_at"], row["raw"]) for row in rows),
            _about(*name),
        )
        for name, rows in _groups(scores, audience)
        if name[1] in tension_scales(name[0])
    )


def pairings(found: Iterable[Series]) -> tuple[Pairing, ...]:
    """Return which client's series go with which therapist's: forms that say what each thinks."""
    by_form: dict[tuple[str | None, str | None], list[Series]] = {}
    for one in found:
        by_form.setdefault((one.about.instrument, one.about.scale), []).append(one)
    return tuple(
        Pairing(mine.key, theirs.key)
        for (code, scale), clients in by_form.items()
        for pair in pairs(code or "")
        if not pair.foresees
        for mine in clients
        for theirs in by_form.get((pair.form, scale), [])
    )


def askings(occasions: Iterable[Found], audience: str) -> tuple[Asking, ...]:
    """Return whom was asked for what, and whether they answered as far as an audience may know.

    What was not answered about a session that was not held is nobody's failing; nor is what was due
    when the case was closed, or later.
    """
    rows: dict[tuple[Any, ...], list[Asked]] = {}
    for row in occasions:
        answered = knows_of_answer(row, audience)
        if answered or not row["off"]:
            who = (row["code"], row["informant_role"], row["informant_id"])
            key = text_id(Kind.OCCASION, row["id"])
            rows.setdefault(who, []).append(Asked(key, row["due_at"], answered))
    return tuple(
        Asking(f"{code}:{informant}", tuple(found), _about(code, None, role, informant))
        for (code, role, informant), found in rows.items()
    )


def knows_of_answer(row: Found, audience: str) -> bool:
    """Return whether an occasion was answered, as far as an audience may know."""
    own = audience == "CLIENT" and row["informant_role"] == "CLIENT"
    return bool(row["answered"] if own else row["known"])


def appearances(held: Iterable[Found], promised: Iterable[Found]) -> tuple[Appearance, ...]:
    """Return what counts for either party: sessions as their reliability counts them, and promises.

    A session counts from when it was planned or called off, a promise from when it was settled.
    """
    found = [*_of_sessions(held), *_of_promises(promised)]
    return tuple(sorted(found, key=lambda each: (each.at, each.key)))


def goals(found: Iterable[Found], stances: Iterable[Found]) -> tuple[GoalView, ...]:
    """Return every wording of every goal; those before the present one do not stand any more."""
    by_goal = {row["id"]: row for row in found}
    ordered = sorted(stances, key=_wording)
    return tuple(
        _goal(by_goal[goal], version, list(rows))
        for (goal, version), rows in groupby(ordered, key=_wording)
        if goal in by_goal
    )


def preferences(
    stated: Sequence[Found], scores: Iterable[Found], audience: str
) -> tuple[PreferenceView, ...]:
    """Return what the client would like, by the latest of statement and form, beside what there is.

    A statement of -3 to 3 counts as if every item of the form's scale had been answered so.
    """
    forms = [row for row in scores if may_see(row, audience)]
    return tuple(
        found
        for code, scale in preference_scales()
        for found in [_preference(code, scale, stated, forms)]
        if found is not None
    )


def _groups(scores: Iterable[Found], audience: str) -> Iterable[tuple[Any, Sequence[Found]]]:
    found: dict[tuple[Any, ...], list[Found]] = {}
    for row in scores:
        if may_see(row, audience):
            found.setdefault(tuple(row[name] for name in OF_A_SERIES), []).append(row)
    return found.items()


def _key(name: Sequence[Any]) -> str:
    return f"{name[0]}:{name[1]}:{name[3]}"


def _about(code: str, scale: str | None, role: str, informant: UUID) -> About:
    return About(str(informant), InformantRole(role), code, scale)


def _of(row: Found) -> str:
    return text_id(Kind.MEASUREMENT, row["measurement_id"])


def _reading(row: Found) -> Reading:
    session = row["session_id"]
    about = text_id(Kind.SESSION, session) if session else None
    return Reading(_of(row), row["taken_at"], row["raw"], about)


def _of_sessions(held: Iterable[Found]) -> Iterable[Appearance]:
    for row in held:
        for party in PartyRole:
            failed = failed_by(party, session_record(row), Policy())
            if failed is not None:
                at = row["cancelled_at"] or row["planned_start"]
                yield Appearance(text_id(Kind.SESSION, row["id"]), at, party, failed)


def _of_promises(promised: Iterable[Found]) -> Iterable[Appearance]:
    for row in promised:
        outcome = CommitmentOutcome(row["outcome"])
        if outcome in {CommitmentOutcome.KEPT, CommitmentOutcome.MISSED}:
            key, owner = text_id(Kind.COMMITMENT, row["id"]), PartyRole(row["owner_role"])
            failed = outcome is CommitmentOutcome.MISSED
            yield Appearance(key, row["settled_at"] or row["due_at"], owner, failed)


def _wording(row: Mapping[str, Any]) -> tuple[UUID, int]:
    return row["goal_id"], row["version"]


def _goal(goal: Found, version: int, rows: Sequence[Found]) -> GoalView:
    said = [row["answered_at"] for row in rows if row["stance"] == Stance.DISAGREE]
    key = text_id(Kind.GOAL, goal["id"])
    return GoalView(
        key=key,
        wording=str(version),
        at=min(said, default=goal["proposed_at"]),
        stances=by_party((row["role"], row["stance"]) for row in rows),
        stands=version == goal["version"] and goal["state"] != GoalState.ENDED,
    )


Wish = tuple[datetime, float, str, tuple[str, ...], About]


def _preference(
    code: str, scale: Scale, stated: Sequence[Found], forms: Iterable[Found]
) -> PreferenceView | None:
    dimension = scale.key.upper().replace("-", "_")
    said = {row["role"]: row for row in stated if row["dimension"] == dimension}
    wishes = [_from_form(row) for row in forms if _answers(row, code, scale)]
    if PartyRole.CLIENT in said:
        wishes.append(_from_words(said[PartyRole.CLIENT], scale))
    bounds, offered = strong_bounds(code, scale.key), said.get(PartyRole.THERAPIST)
    if not wishes or bounds is None:
        return None
    at, wanted, key, evidence, about = max(wishes, key=lambda wish: wish[0])
    return PreferenceView(
        key=key,
        at=max(at, offered["set_at"]) if offered else at,
        dimension=scale.key,
        wanted=wanted,
        offered=offered["value"] if offered else None,
        strong_low=bounds[0],
        strong_high=bounds[1],
        evidence=evidence,
        about=about,
    )


def _answers(row: Found, code: str, scale: Scale) -> bool:
    return origin(row["instrument_code"])[0] == code and row["scale"] == scale.key


def _from_form(row: Found) -> Wish:
    about = _about(row["instrument_code"], None, row["informant_role"], row["informant_id"])
    return row["taken_at"], row["raw"], _of(row), (_of(row),), about


def _from_words(row: Found, scale: Scale) -> Wish:
    at: datetime = row["set_at"]
    key = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return at, row["value"] * len(scale.items), key, (), About()
