"""Unmistakable values in every column that is somebody's, and where each of them lies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Boolean, Uuid
from sqlalchemy.dialects.postgresql import TIMESTAMP

from alliance_api.store.tables import metadata
from alliance_api.store.words import PLACES
from evidence.matrix_ask import Truth
from evidence.matrix_world import Matrix
from tests.builders import DAY, instant, now
from tests.house import House

COLUMNS = Path(__file__).parent / "canary_columns.txt"
SORTS = frozenset(
    {"words", "name", "date", "number", "whole", "small", "closed", "caller", "technical", "nobody"}
)
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# A text that ends in an id, a number of eight digits, a day that nobody alive was born on.
CANARY = re.compile(
    rf"Canary [a-z ]+: {_UUID}|\b7[78][0-9]{{6}}\b|\b1[78][0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}}\b"
)
FIRST_NUMBER, FIRST_WHOLE = 77_000_000, 78_000_000

Where = tuple[str, Mapping[str, Any]]


@dataclass
class Canaries:
    """Each canary, with the rows that hold it."""

    rows: dict[str, list[Where]] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)


def sorts() -> dict[str, dict[str, str]]:
    """Return what each column of each table is, as the list says."""
    found: dict[str, dict[str, str]] = {}
    for line in COLUMNS.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        table, _, rest = line.partition("|")
        columns = found.setdefault(table.strip(), {})
        for part in filter(None, (each.strip() for each in rest.split(";"))):
            sort, _, names = part.partition(":")
            assert sort in SORTS, line
            columns |= dict.fromkeys(names.split(), sort)
    return found


def unknown() -> list[str]:
    """Return columns that the list does not know, and those that it knows and are not there."""
    there = {
        (name, column.name)
        for name, table in metadata.tables.items()
        for column in table.columns
        if not isinstance(column.type, Uuid | Boolean | TIMESTAMP)
    }
    told = {(table, column) for table, columns in sorts().items() for column in columns}
    words = {(place.table, place.column) for place in PLACES}
    listed = {
        (t, c) for t, columns in sorts().items() for c, sort in columns.items() if sort == "words"
    }
    return [
        *(f"{table}.{column} is unknown to the list, or gone" for table, column in there ^ told),
        *(
            f"{table}.{column}: sealed, or listed as words, and not both"
            for table, column in words ^ listed
        ),
    ]


def seed(house: House) -> None:
    """Give every number and name that is somebody's a value of its own, where there is none, too."""
    house.change("CREATE SEQUENCE numbers START 1")
    for statement in BESIDE:
        house.change(statement)
    for table, columns in sorts().items():
        made = [f"{column} = {MADE[sort]}" for column, sort in columns.items() if sort in MADE]
        if made:
            house.change(f"UPDATE {table} SET {', '.join(made)}")
    house.change("DROP SEQUENCE numbers")


def tell(found: Matrix) -> None:
    """Let people say, through the product, what their goals and promises are."""
    for told in list(found.world.cases.values())[:2]:
        client, therapist, case = told.story.client, told.story.therapist, told.story.case_id
        for level in (None, [{"level": 0, "wording": f"Canary of a level: {uuid4()}"}]):
            given = {"levels": level} if level else {}
            client.done(
                "proposeGoal", "", case=case, wording=f"Canary of a goal: {uuid4()}", **given
            )
        for person in (client, therapist):
            promise = {"wording": f"Canary of a promise: {uuid4()}", "dueAt": instant(now() + DAY)}
            person.done("makeCommitment", "", case=case, **promise)


# What has to be there beside a number, where nothing was.
BESIDE = (
    "UPDATE aggregates SET value = 1, reason = NULL",
    "UPDATE series SET provisional = true WHERE provisional IS NULL",
    (
        "UPDATE changes SET norm_kind = 'ALPHA', norm_population = 'made up', "
        "norm_source = 'made up', norm_verified = false, status_method_id = 'made-up', "
        "status_method_version = '1'"
    ),
)


MADE = {
    "number": f"{FIRST_NUMBER} + nextval('numbers') + 0.25",
    "whole": f"{FIRST_WHOLE} + nextval('numbers')",
    "name": "'Canary in a name: ' || gen_random_uuid()",
    "date": "date '1750-01-01' + (11 * nextval('numbers'))::int",
}


def canaries(truth: Truth) -> Canaries:
    """Return where each canary lies."""
    found = Canaries()
    for table, columns in sorts().items():
        for row in truth.rows[table]:
            for column, sort in columns.items():
                value = truth.words.get((table, row["place"])) if sort == "words" else row[column]
                if value is not None and (sort == "words" or sort in MADE):
                    for canary in seen(str(value)):
                        found.rows.setdefault(canary, []).append((table, row))
                        found.columns.add(f"{table}.{column}")
    return found


def seen(text: str) -> set[str]:
    """Return the canaries in a text."""
    return set(CANARY.findall(text))


def plain_in_the_tables(truth: Truth) -> Iterator[str]:
    """Yield columns of words that hold any of them unsealed."""
    for place in PLACES:
        if any("Canary" in str(row[place.column]) for row in truth.rows[place.table]):
            yield f"{place.name} is not sealed"


def unseeded(found: Canaries) -> Sequence[str]:
    """Return columns that should hold canaries, and hold none."""
    return [
        f"{table}.{column} holds no canary"
        for table, columns in sorts().items()
        for column, sort in columns.items()
        if (sort == "words" or sort in MADE) and f"{table}.{column}" not in found.columns
    ]
