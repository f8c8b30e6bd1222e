"""Values that come back in cursors: read strictly, and spelled as PostgreSQL reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

_LARGEST_EXPONENT = 1_000


def _integer(bits: int) -> Callable[[str], str]:
    bound = 2 ** (bits - 1)

    def canonical(text: str) -> str:
        number = int(text)
        if not -bound <= number < bound:
            raise ValueError(text)
        return str(number)

    return canonical


def _numeric(text: str) -> str:
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError(text)
    return str(number)


def _text(text: str) -> str:
    text.encode()  # a lone surrogate is no text
    if "\0" in text:
        raise ValueError(text)
    return text


# Python reads more spellings than PostgreSQL does; what is bound is what Python writes.
CANONICAL: Mapping[str, Callable[[str], str]] = {
    "bigint": _integer(64),
    "date": lambda text: date.fromisoformat(text).isoformat(),
    "float8": lambda text: repr(float(text)),
    "int": _integer(32),
    "numeric": _numeric,
    "smallint": _integer(16),
    "text": _text,
    "timestamptz": lambda text: datetime.fromisoformat(text).isoformat(),
    "uuid": lambda text: str(UUID(text)),
}
