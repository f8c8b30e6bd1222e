"""Planning measures, submitting them, and choosing who may see what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from alliance_api.domain import facts
from alliance_api.domain.disclosure import Disclosure, openings
from alliance_api.domain.errors import Problem, refuse_if
from alliance_api.domain.ids import Kind
from alliance_api.domain.instants import check_aware
from alliance_api.domain.instruments import Instrument
from alliance_api.domain.scoring import GivenAnswer, check_answers
from alliance_api.domain.texts import check_text
from alliance_api.store import cases, derived, measurements, outbox, sessions
from alliance_api.store.transaction import Transaction

from .common import case_of, going_case, not_found, opening, refuse, session_of, text_id
from .derive import derive_alliance
from .derive_signals import Part, derive_signals, of_a_form
from .forms import check_age, form_of
from .scoring import scored

LONGEST_COMMENT = 4000


async def plan(  # noqa: PLR0913  (what an occasion is made of)
    tx: Transaction,
    now: datetime,
    *,
    case: UUID,
    instrument: str,
    informant: UUID,
    session: UUID | None,
    opens_at: datetime,
    due_at: datetime,
) -> UUID:
    """Plan one giving of an instrument. Returns the occasion."""
    refuse_if(check_aware(opens_at=opens_at, due_at=due_at))
    if due_at <= opens_at:
        refuse("DUE_BEFORE_OPEN", "A measure must be due after it opens.", "due_at")
    found = await going_case(tx, case)
    if session is not None:
        await session_of(tx, session, case)
    row, definition = await form_of(tx, instrument)
    await check_age(tx, found, definition, opens_at)
    role = definition.informant.value
    async with tx.as_engine():
        members = await cases.members(tx, case, role)
    if informant not in {member["person_id"] for member in members}:
        not_found(f"{role.lower()} of this case, for whom this form is made,", "informant")
    occasion = await measurements.plan(
        tx,
        case_id=case,
        session_id=session,
        instrument_id=row["id"],
        informant_id=informant,
        informant_role=role,
        opens_on=opens_at,
        due_at=due_at,
    )
    async with tx.as_engine():
        fact = facts.occasion_planned(
            text_id(Kind.CASE, case),
            text_id(Kind.OCCASION, occasion),
            now,
            informant=text_id(Kind.PERSON, informant),
            instrument=instrument,
            opens_at=opens_at,
            due_at=due_at,
        )
        await outbox.state(tx, fact)
        await derive_signals(tx, now, case, Part.OCCASIONS)
    return occasion


async def submit(  # noqa: PLR0913  (what a measurement is made of)
    tx: Transaction,
    now: datetime,
    *,
    case: UUID,
    instrument: str,
    session: UUID | None,
    occasion: UUID | None,
    answers: Sequence[GivenAnswer],
    comment: str | None,
    disclosure: Disclosure | None,
    to_caregivers: bool,
) -> UUID:
    """Submit one's own rating: answers, scores by key, and whom it is opened to."""
    found = await case_of(tx, case)
    await tx.lock(opening(case))
    row, definition = await form_of(tx, instrument)
    refuse_if((*check_answers(definition, answers), *_check_comment(comment)))
    role = await _informant_role(tx, case, definition)
    if session is not None:
        await session_of(tx, session, case)
    chosen = disclosure or _default(found, role)
    frame = {
        "case_id": case,
        "informant_id": tx.principal.person,
        "informant_role": role,
        "to_caregivers": to_caregivers,
        "session_id": session,
        "occasion_id": await _occasion(tx, occasion, case, session, row["id"]),
        "instrument_id": row["id"],
        "instrument_code": definition.code,
        "taken_at": now,
        "disclosure": chosen.value,
        "sealed_for": await _sealed_for(tx, session, role),
    }
    measurement = await measurements.submit(tx, frame, _given(definition, answers), comment)
    async with tx.as_engine():
        await _derive(tx, measurement, frame, definition, answers)
        opens = openings(chosen, await sessions.started_after(tx, case, now, session))
        await measurements.set_openings(tx, measurement, opens, to_caregivers=to_caregivers)
        await _derive_case(tx, now, case, definition.code)
        await outbox.state(tx, _submitted(measurement, frame, chosen, now))
        await outbox.state(tx, _settled(frame, now))
    return measurement


async def change_disclosure(
    tx: Transaction,
    now: datetime,
    *,
    measurement: UUID,
    disclosure: Disclosure,
    to_caregivers: bool,
) -> UUID:
    """Open or close one's own measurement; takes effect at once, for everybody."""
    found = await measurements.find(tx, measurement)
    if found is None:
        not_found("measurement", "measurement")
    await tx.lock(opening(found["case_id"]))
    chosen = await measurements.choose_disclosure(
        tx, measurement, disclosure.value, to_caregivers=to_caregivers
    )
    if not chosen:
        refuse("NOT_YOURS", "Only the one who answered may choose who sees it.", "measurement")
    await outbox.note(tx, found["case_id"], "DISCLOSURE", "changeDisclosure")
    async with tx.as_engine():
        started = await sessions.started_after(
            tx, found["case_id"], found["taken_at"], found["session_id"]
        )
        await measurements.set_openings(
            tx, measurement, openings(disclosure, started), to_caregivers=to_caregivers
        )
        # What stands is settled first, since figures are made of it.
        if found["session_id"] is not None:
            await measurements.restack(tx, found)
        await _derive_case(tx, now, found["case_id"], found["instrument_code"])
        fact = facts.disclosure_changed(
            text_id(Kind.CASE, found["case_id"]),
            text_id(Kind.MEASUREMENT, measurement),
            now,
            before=Disclosure(found["disclosure"]),
            after=disclosure,
        )
        await outbox.state(tx, fact)
    return measurement


async def _derive_case(tx: Transaction, now: datetime, case: UUID, code: str) -> None:
    """Derive anew what rests on the scores of a case, of which those of such a form have changed."""
    scores = await derived.scored(tx, case)
    await derive_alliance(tx, case, scores)
    await derive_signals(tx, now, case, *of_a_form(code), scores=scores)


async def _informant_role(tx: Transaction, case: UUID, definition: Instrument) -> str:
    role = definition.informant.value
    if role not in await cases.own_roles(tx, case):
        refuse(
            "NOT_THE_INFORMANT",
            f"This form is answered by the {role.lower()} of the case. Use the form made for you.",
            "instrument",
        )
    return role


def _check_comment(comment: str | None) -> tuple[Problem, ...]:
    return () if comment is None else check_text(comment, "comment", LONGEST_COMMENT)


def _default(case: Mapping[str, Any], role: str) -> Disclosure:
    # The default of a case is its client's; others begin with what opens least.
    return Disclosure(case["disclosure_default"]) if role == "CLIENT" else Disclosure.PRIVATE


async def _occasion(
    tx: Transaction, asked: UUID | None, case: UUID, session: UUID | None, instrument: UUID
) -> UUID | None:
    me = tx.principal.person
    if asked is None:
        if session is None:
            return None
        async with tx.as_engine():
            return await measurements.occasion_of(tx, session, instrument, me)
    found = await measurements.occasion(tx, asked)
    fits = found is not None and (
        found["case_id"],
        found["informant_id"],
        found["instrument_id"],
    ) == (case, me, instrument)
    return asked if fits else not_found("occasion for you, this case and this form,", "occasion")


async def _sealed_for(tx: Transaction, session: UUID | None, role: str) -> list[UUID]:
    if session is None or role == "THERAPIST":
        return []
    async with tx.as_engine():
        return await measurements.still_to_rate(tx, session)


def _given(definition: Instrument, answers: Sequence[GivenAnswer]) -> list[dict[str, Any]]:
    """Return a row for every item of the form: what was left out is there, as null."""
    by_item = {answer.item: answer for answer in answers}
    return [
        {
            "item": item.number,
            "value": answer.value if answer else None,
            "not_applicable": answer.not_applicable if answer else False,
        }
        for item in definition.items
        for answer in [by_item.get(item.number)]
    ]


async def _derive(
    tx: Transaction,
    measurement: UUID,
    frame: Mapping[str, Any],
    definition: Instrument,
    answers: Sequence[GivenAnswer],
) -> None:
    found = scored(definition, answers)
    await measurements.keep_scores(tx, measurement, frame, found.scores, found.inputs_hash)
    await measurements.keep_findings(tx, measurement, frame, found.findings)
    session = frame["session_id"]
    if session is None:
        return
    await measurements.restack(tx, frame)
    me, role = tx.principal.person, frame["informant_role"]
    if role == "THERAPIST" and me not in await measurements.still_to_rate(tx, session):
        await measurements.unseal(tx, session, me)


def _submitted(
    measurement: UUID, frame: Mapping[str, Any], disclosure: Disclosure, now: datetime
) -> facts.Fact | None:
    occasion = frame["occasion_id"]
    return facts.measurement_submitted(
        text_id(Kind.CASE, frame["case_id"]),
        text_id(Kind.MEASUREMENT, measurement),
        now,
        disclosure=disclosure,
        instrument=frame["instrument_code"],
        occasion=text_id(Kind.OCCASION, occasion) if occasion else None,
    )


def _settled(frame: Mapping[str, Any], now: datetime) -> facts.Fact | None:
    if frame["occasion_id"] is None:
        return None
    occasion = text_id(Kind.OCCASION, frame["occasion_id"])
    return facts.occasion_settled(text_id(Kind.CASE, frame["case_id"]), occasion, now)
