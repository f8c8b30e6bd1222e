"""Answers read in bulk to be scored anew, and scores written where they differ.

For the role `alliance_recompute`, which an operator enters and the service cannot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Table, Uuid, bindparam, select

from .prepared import Prepared, as_json, deletion, replacement
from .rows import Found, Query
from .tables import findings, score_inputs, scores
from .transaction import Transaction

Connection = psycopg.Connection[Any]

SCORE = (
    "raw",
    "mean",
    "pomp",
    "minimum",
    "maximum",
    "answered",
    "missing",
    "reason",
    "method_id",
    "method_version",
)
FINDING = ("answered", "method_id", "method_version")
# What a row tells of its measurement, beside what was made of the answers.
_TOLD = ("case_id", "informant_id", "informant_role", "sealed_for", "to_caregivers")
_OF_A_SCORE = (*_TOLD, "session_id", "instrument_code", "taken_at", "current", "opens_at")
_OF_A_FINDING = (*_TOLD, "opens_at")

# A form that was handed in has a row for every item. One without any was erased, and stays so.
_ANSWERED_NAMES = (
    "measurement_id",
    *_TOLD,
    "session_id",
    "instrument_code",
    "version",
    "taken_at",
    "scores_open_at",
    "answers_open_at",
    "current",
    "inputs_hash",
    "items",
    "answers",
    "away",
    "findings",
)
_ANSWERED = Prepared(
    """
    SELECT m.id, m.case_id, m.informant_id, m.informant_role, m.sealed_for, m.to_caregivers,
           m.session_id, m.instrument_code, i.version, m.taken_at,
           m.scores_open_at::text, m.answers_open_at::text, m.superseded_by IS NULL,
           h.inputs_hash, a.items, a.answers, a.away,
           (SELECT json_agg(json_build_array(f.code, f.scale, f.answered, f.method_id,
                                             f.method_version))
            FROM findings f
            WHERE f.organisation_id = m.organisation_id AND f.measurement_id = m.id)
    FROM measurements m
    JOIN instruments i ON i.organisation_id = m.organisation_id AND i.id = m.instrument_id
    LEFT JOIN score_inputs h ON h.organisation_id = m.organisation_id AND h.measurement_id = m.id
    CROSS JOIN LATERAL (
      SELECT array_agg(a.item ORDER BY a.item) AS items,
             array_agg(a.value ORDER BY a.item) AS answers,
             array_agg(a.not_applicable ORDER BY a.item) AS away
      FROM answers a WHERE a.organisation_id = m.organisation_id AND a.measurement_id = m.id) AS a
    WHERE m.case_id = %(case)s::uuid AND a.items IS NOT NULL
    ORDER BY m.taken_at, m.id
    """,
    {},
)
_SCORES = Query.of(
    select(scores.c.measurement_id, scores.c.scale, *(scores.c[name] for name in SCORE)).where(
        scores.c.case_id == bindparam("case", type_=Uuid)
    )
)


async def answered(tx: Transaction, case: UUID) -> Sequence[Found]:
    """Return every form of a case with its answers, what they were scored as and noticed."""
    rows = await tx.fetch(_ANSWERED, case=case)
    return [dict(zip(_ANSWERED_NAMES, row, strict=True)) for row in rows]


async def present(tx: Transaction, case: UUID) -> dict[UUID, dict[str, Found]]:
    """Return the scores of a case, by measurement and scale."""
    found: dict[UUID, dict[str, Found]] = defaultdict(dict)
    for row in await _SCORES.all(tx, case=case):
        found[row["measurement_id"]][row["scale"]] = row
    return found


async def keep_scores(tx: Transaction, rows: Sequence[tuple[Found, Mapping[str, Any]]]) -> None:
    """Insert or correct scores, each given with its form."""
    opened = [
        {**{name: form[name] for name in _OF_A_SCORE if name != "opens_at"}, **row}
        | {"measurement_id": form["measurement_id"], "opens_at": form["scores_open_at"]}
        for form, row in rows
    ]
    await _run(tx, _keeping(scores, (*_OF_A_SCORE, "scale", *SCORE), SCORE), opened)


async def keep_findings(tx: Transaction, rows: Sequence[tuple[Found, Mapping[str, Any]]]) -> None:
    """Insert or correct what is noticeable, each given with its form."""
    opened = [
        {**{name: form[name] for name in _TOLD}, **row}
        | {"measurement_id": form["measurement_id"], "opens_at": form["answers_open_at"]}
        for form, row in rows
    ]
    await _run(tx, _keeping(findings, (*_OF_A_FINDING, "code", "scale", *FINDING), FINDING), opened)


async def keep_inputs(tx: Transaction, rows: Sequence[tuple[Found, str]]) -> None:
    """Insert or correct what scores were made of."""
    hashed = [
        {"measurement_id": form["measurement_id"], "case_id": form["case_id"], "inputs_hash": value}
        for form, value in rows
    ]
    await _run(tx, _keeping(score_inputs, ("case_id", "inputs_hash"), ("inputs_hash",)), hashed)


async def drop(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Delete rows by their keys."""
    await _run(tx, deletion(table), rows)


@cache
def _keeping(table: Table, names: tuple[str, ...], replaced: tuple[str, ...]) -> Prepared:
    return replacement(table, ("measurement_id", *names), replaced)


async def _run(tx: Transaction, statement: Prepared, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        organisation = tx.principal.organisation
        await tx.fetch(statement, organisation=organisation, rows=as_json(rows))


SCORES, FINDINGS = scores, findings


# Which cases there are: as the operator, who is above the law.


@dataclass(frozen=True, slots=True)
class Which:
    """The cases that are asked for: all of them, those of one organisation, or one."""

    organisation: UUID | None = None
    case: UUID | None = None


_ASKED_FOR = (
    "(%(organisation)s::uuid IS NULL OR organisation_id = %(organisation)s) "
    "AND (%(case)s::uuid IS NULL OR id = %(case)s)"
)


def count(connection: Connection, which: Which) -> int:
    """Return how many cases there are."""
    asked = f"SELECT count(*) FROM cases WHERE {_ASKED_FOR}"
    [(found,)] = connection.execute(asked.encode(), asdict(which)).fetchall()
    return int(found)


def pages(connection: Connection, which: Which, size: int) -> Iterator[tuple[UUID, list[UUID]]]:
    """Return ids of cases, never more at once than `size`, each page of one organisation."""
    after = (UUID(int=0), UUID(int=0))
    asked = (
        f"SELECT organisation_id, id FROM cases WHERE {_ASKED_FOR} "
        "AND (organisation_id, id) > (%(after)s, %(id)s) ORDER BY 1, 2 LIMIT %(size)s"
    )
    while True:
        values = {**asdict(which), "after": after[0], "id": after[1], "size": size}
        rows = connection.execute(asked.encode(), values).fetchall()
        connection.commit()  # not a transaction that lasts as long as everything
        for organisation, found in groupby(rows, itemgetter(0)):
            yield organisation, [case for _, case in found]
        if len(rows) < size:
            return
        after = rows[-1]
