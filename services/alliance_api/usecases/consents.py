"""Consents: the client's own, or a caregiver's with the young client's assent. Effective at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from alliance_api.charter.jurisdictions import in_force, parental_authority_ends
from alliance_api.domain import facts
from alliance_api.domain.ages import lapses_at
from alliance_api.domain.ids import Kind
from alliance_api.store import cases, consents, outbox, teams
from alliance_api.store.transaction import Transaction

from . import research
from .common import case_of, not_found, refuse, text_id


async def give(tx: Transaction, now: datetime, *, case: UUID, kind: str) -> UUID:
    """Give a consent, or the client's assent to one that waits for it. Returns the consent."""
    found = await case_of(tx, case)
    role = await _role(tx, case)
    await tx.lock(f"consent:{case}")
    standing = await consents.standing_one(tx, case, kind)
    if standing is not None:
        return await _again(tx, now, found, standing, role)
    if role == "CAREGIVER":
        async with tx.as_engine():
            await _check_caregiver(tx, now, found)
    made = await consents.give(
        tx,
        case_id=case,
        kind=kind,
        given_by=tx.principal.person,
        given_role=role,
        given_at=now,
    )
    await outbox.note(tx, case, "CONSENT", "giveConsent")
    if role == "CLIENT":
        await _begin(tx, now, found, made, kind)
    return made


async def _again(
    tx: Transaction, now: datetime, case: Mapping[str, Any], standing: Mapping[str, Any], role: str
) -> UUID:
    """Assent to what a caregiver consented to; anything else was said already."""
    consent: UUID = standing["id"]
    waits = standing["given_role"] == "CAREGIVER" and standing["assented_at"] is None
    if waits and role == "CLIENT":
        await consents.assent(tx, consent, now)
        await outbox.note(tx, case["id"], "CONSENT", "giveConsent")
        await _begin(tx, now, case, consent, standing["kind"])
    return consent


async def withdraw(tx: Transaction, now: datetime, *, consent: UUID) -> UUID:
    """Withdraw a consent; whoever read by it reads nothing from now on."""
    found = await consents.find(tx, consent)
    if found is None:
        not_found("consent", "consent")
    if await _role(tx, found["case_id"]) == "CAREGIVER":
        await _check_may_withdraw(tx, now, found)
    await tx.lock(f"consent:{found['case_id']}")
    if not await consents.withdraw(tx, consent, now):
        refuse("ALREADY_WITHDRAWN", "This consent was withdrawn before.", "consent")
    await outbox.note(tx, found["case_id"], "CONSENT", "withdrawConsent")
    await end(tx, now, found)
    return consent


async def _role(tx: Transaction, case: UUID) -> str:
    roles = await cases.own_roles(tx, case)
    found = next((role for role in ("CLIENT", "CAREGIVER") if role in roles), None)
    if found is None:
        refuse("NOT_YOURS", "Consents are the client's, or their caregiver's for them.", "case")
    return found


async def _check_caregiver(tx: Transaction, now: datetime, case: Mapping[str, Any]) -> None:
    """Refuse a caregiver who was only invited, or whose young client decides alone by now."""
    if not await teams.has_authority(tx, case["id"], tx.principal.person, now):
        refuse("NOT_YOURS", "Only parents and guardians consent for a young client.", "case")
    zone = ZoneInfo(case["time_zone"])
    birth = await teams.birth_date(tx, case["client_id"])
    today = now.astimezone(zone).date()
    years = parental_authority_ends(case["jurisdiction"], today, in_force())
    if birth is None or lapses_at(birth, years, zone) <= now:
        refuse("NOT_YOURS", "This client is old enough to decide alone.", "case")


async def _check_may_withdraw(tx: Transaction, now: datetime, consent: Mapping[str, Any]) -> None:
    """Refuse a caregiver what the client consented to; and who was only invited, anything."""
    if consent["given_role"] == "CLIENT":
        refuse("NOT_YOURS", "Only the client takes back what the client consented to.", "consent")
    async with tx.as_engine():
        represents = await teams.has_authority(tx, consent["case_id"], tx.principal.person, now)
    if not represents:
        refuse("NOT_YOURS", "Only parents and guardians do this for a young client.", "consent")


async def _begin(
    tx: Transaction, now: datetime, case: Mapping[str, Any], consent: UUID, kind: str
) -> None:
    """Let what was consented to begin."""
    async with tx.as_engine():
        if kind == "SUPERVISION":
            await consents.let_supervisors(tx, case["id"], consented=True)
        elif kind == "EHR":
            await _admit_ehrs(tx, now, case)
        elif kind == "RESEARCH":
            await research.begin(tx, case["id"])
        given = (text_id(Kind.CASE, case["id"]), text_id(Kind.CONSENT, consent), now)
        await outbox.state(tx, facts.consent_given(*given, kind=kind))


async def _admit_ehrs(tx: Transaction, now: datetime, case: Mapping[str, Any]) -> None:
    for system in await consents.ehrs(tx):
        if await teams.place(tx, case["id"], system, "EHR", now) is None:
            await teams.stand(
                tx,
                case_id=case["id"],
                person_id=system,
                relation="EHR",
                client_id=case["client_id"],
                starts_at=now,
            )


async def end(tx: Transaction, now: datetime, consent: Mapping[str, Any]) -> None:
    """End what was consented to, at once."""
    case, kind = consent["case_id"], consent["kind"]
    async with tx.as_engine():
        if kind == "SUPERVISION":
            await consents.let_supervisors(tx, case, consented=False)
        elif kind == "EHR":
            await teams.stand_no_more(tx, case, None, "EHR", now)
        elif kind == "RESEARCH":
            await research.end(tx, case)
        given = (text_id(Kind.CASE, case), text_id(Kind.CONSENT, consent["id"]), now)
        await outbox.state(tx, facts.consent_withdrawn(*given, kind=kind))
