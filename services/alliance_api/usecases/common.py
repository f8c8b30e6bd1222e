"""What most verbs begin with: finding what they are about, and who is asking."""

from __future__ import annotations

from typing import Any, NoReturn
from uuid import UUID

from alliance_api.domain.errors import Problem, Refused
from alliance_api.domain.ids import Kind, format_id
from alliance_api.domain.statistics import Rate
from alliance_api.store import cases, sessions
from alliance_api.store.rows import Found
from alliance_api.store.transaction import Transaction


def refuse(code: str, message: str, field: str | None) -> NoReturn:
    """Refuse with one problem."""
    raise Refused((Problem(code, message, field),))


def not_found(kind: str, field: str) -> NoReturn:
    """Refuse an id that is unknown, or that the principal may not know of: alike."""
    refuse("NOT_FOUND", f"There is no such {kind}, or you may not see it. Check the id.", field)


async def case_of(tx: Transaction, case: UUID, field: str = "case") -> Found:
    """Return a case the principal may see, or refuse."""
    found = await cases.find(tx, case)
    return found if found is not None else not_found("case", field)


async def going_case(tx: Transaction, case: UUID, field: str = "case") -> Found:
    """Return a case the principal may see in which something new may begin, or refuse.

    Nobody closes it before the transaction is over.
    """
    await tx.lock(closing(case), shared=True)
    found = await case_of(tx, case, field)
    if found["status"] == "CLOSED":
        message = "This case is closed: nothing new begins in it. Open another case to go on."
        refuse("CASE_CLOSED", message, field)
    return found


async def session_of(
    tx: Transaction, session: UUID, case: UUID | None = None, field: str = "session"
) -> Found:
    """Return a session the principal may see, of the case if one is given, or refuse."""
    found = await sessions.find(tx, session)
    if found is None:
        not_found("session", field)
    if case is not None and found["case_id"] != case:
        refuse(
            "SESSION_OF_ANOTHER_CASE",
            "This session belongs to another case. Give a session of this case.",
            field,
        )
    return found


async def own_party(tx: Transaction, case: UUID, field: str = "case") -> str:
    """Return whether the principal is the client or a therapist of a case, or refuse."""
    roles = await cases.own_roles(tx, case)
    for role in ("CLIENT", "THERAPIST"):
        if role in roles:
            return role
    refuse("NOT_A_PARTY", "Only the client or a therapist of the case can do this.", field)


def text_id(kind: Kind, value: UUID) -> str:
    """Return a global id."""
    return format_id(kind, value)


def closing(case: UUID) -> str:
    """Return the lock under which a case is closed, and beside which something begins in it."""
    return f"closing:{case}"


def opening(case: UUID) -> str:
    """Return the lock under which a case's measurements are opened and closed.

    Without it a session could be recorded while a measurement is being closed, and open it again.
    """
    return f"opening:{case}"


def rate_columns(name: str, rate: Rate) -> dict[str, Any]:
    """Return a rate as its columns: counts, and value with interval where there are enough."""
    lower, upper = rate.interval or (None, None)
    return {
        f"{name}_numerator": rate.numerator,
        f"{name}_denominator": rate.denominator,
        f"{name}_value": rate.value,
        f"{name}_lower": lower,
        f"{name}_upper": upper,
    }
