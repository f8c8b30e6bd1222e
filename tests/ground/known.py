"""Worked examples from the fact sheet, and small forms to try rules on."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from alliance_api.domain.answers import GivenAnswer
from alliance_api.domain.errors import Problem
from alliance_api.domain.instruments import (
    InformantRole,
    Instrument,
    Item,
    Licence,
    LicenceStatus,
    Scale,
)

VECTORS = Path(__file__).parent / "vectors"
_SENTENCE = re.compile(r"[A-Z][a-z].*\.", re.DOTALL)
OURS = Licence(
    "CC0-1.0",
    "us",
    "free",
    status=LicenceStatus.FREE,
    evidence="ours",
    verified=True,
    wording_may_be_shipped=True,
)


def vector(topic: str, row_id: str) -> dict[str, Any]:
    """Return one row of `vectors/<topic>.json`."""
    rows = json.loads((VECTORS / f"{topic}.json").read_text(encoding="utf-8"))
    (row,) = [row for row in rows if row["id"] == row_id]
    return dict(row)


def a_form(
    size: int,
    minimum: float,
    maximum: float,
    *scales: Scale,
    step: float = 1,
    not_applicable: bool = False,
) -> Instrument:
    """Return a form of `size` equal items; without scales, all items make a `total`."""
    numbers = tuple(range(1, size + 1))
    return Instrument(
        code="form",
        version=1,
        name="A form",
        informant=InformantRole.CLIENT,
        language="en",
        licence=OURS,
        validated=False,
        items=tuple(
            Item(n, f"item-{n}", minimum, maximum, step=step, not_applicable=not_applicable)
            for n in numbers
        ),
        scales=scales or (Scale("total", numbers),),
        source="made up",
    )


def filled_in(items: Mapping[str, float | None]) -> tuple[GivenAnswer, ...]:
    """Return the answers of a vector, whose item numbers are text."""
    return tuple(GivenAnswer(int(number), value) for number, value in items.items())


def in_order(*values: float | None) -> tuple[GivenAnswer, ...]:
    """Return answers to the items in their order, from item 1."""
    return tuple(GivenAnswer(number, value) for number, value in enumerate(values, 1))


def told(problems: Iterable[Problem]) -> list[tuple[str, str | None]]:
    """Return code and field of each problem, having seen that its message is a sentence."""
    found = tuple(problems)
    for problem in found:
        assert _SENTENCE.fullmatch(problem.message), problem
    return [(problem.code, problem.field) for problem in found]
