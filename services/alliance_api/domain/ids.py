"""Typed, opaque ids: a kind, a hyphen, a UUID. `case-01920000-…`."""

from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """What an id stands for. Lower case, because it is part of the id's spelling."""

    ORGANISATION = "organisation"
    PERSON = "person"
    CASE = "case"
    SESSION = "session"
    MEASUREMENT = "measurement"
    OCCASION = "occasion"
    GOAL = "goal"
    COMMITMENT = "commitment"
    SIGNAL = "signal"
    READING = "reading"
    INSTRUMENT = "instrument"
    CONSENT = "consent"
    EMERGENCY = "emergency"
    NOTE = "note"
    TEAM = "team"
    HOLD = "hold"


_UUID_LENGTH = 36


def format_id(kind: Kind, value: UUID) -> str:
    """Spell an id: the kind, a hyphen, the UUID in lower case."""
    return f"{kind.value}-{value}"


def parse_id(text: str) -> tuple[Kind, UUID] | None:
    """Read an id back; None for anything `format_id` would not have written.

    Only the canonical spelling counts, so that one thing has one id in caches and ledgers.
    """
    kind, _, spelled = text.partition("-")
    if kind not in frozenset(Kind) or len(spelled) != _UUID_LENGTH:
        return None
    try:
        value = UUID(spelled)
    except ValueError:
        return None
    # UUID() also reads braces, upper case and hyphens in odd places.
    return (Kind(kind), value) if str(value) == spelled else None
