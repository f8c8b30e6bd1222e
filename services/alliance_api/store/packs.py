"""What a clinic puts on record about a form: by what right it uses it, and in which words.

For operators: it needs a connection that is above the law, a superuser's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update

from alliance_api.domain.instruments import Anchor
from alliance_api.domain.methods import inputs_hash
from alliance_api.instruments.forms import translated
from alliance_api.instruments.loader import load_all
from alliance_api.instruments.packs import Pack

from .instruments import alone, find, forms_of, key, parts, put, write
from .rows import Found
from .tables import (
    instrument_anchors,
    instrument_items,
    instrument_records,
    instruments,
    measurements,
)

PERMISSION, WORDING = "PERMISSION", "WORDING"


def permit(
    connection: Connection,
    organisation: UUID,
    forms: Sequence[Found],
    statement: str,
    at: datetime,
) -> int:
    """Record by what right forms are used, where that is not on record yet; return how many."""
    new = [row["id"] for row in forms if row["permission_statement"] != statement]
    if new:
        values = {"permission_statement": statement, "permitted_at": at}
        _change(connection, organisation, new, values)
        _record(connection, organisation, new, PERMISSION, at, statement)
    return len(new)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a pack came to: the form, whether it is new, and what changed of it.

    `items` are the numbers of the items whose words changed; `measured` counts how often the form
    was answered in the words before.
    """

    form: Found
    made: bool
    items: frozenset[int]
    changed: bool
    measured: int


def load(connection: Connection, organisation: UUID, pack: Pack, at: datetime) -> Loaded:
    """Put a clinic's words to a form, and on record by what right it uses them.

    A translation makes a form of its own. Loaded again, a pack changes nothing; a corrected one
    changes the words in place, and both stay on record.
    """
    alone(connection, organisation)
    wanted = translated(load_all()[pack.code], pack.language)
    known = forms_of(connection, organisation)
    put(connection, organisation, known, [wanted])
    form = forms_of(connection, organisation)[wanted.code, wanted.version]
    items = _wordings(connection, form, pack)
    anchors = _anchors(connection, form, pack)
    worded = bool(items) or anchors or form["instructions"] != pack.instructions
    changed = _keep(connection, form, pack, at, worded=worded or form["worded_at"] is None)
    return Loaded(
        form=find(connection, organisation, wanted.code) or form,
        made=(wanted.code, wanted.version) not in known,
        items=items,
        changed=changed,
        measured=_measured(connection, form),
    )


def _wordings(connection: Connection, form: Found, pack: Pack) -> frozenset[int]:
    there = parts(connection, form["organisation_id"], instrument_items, [form["id"]])
    wanted = [{**row, "wording": pack.wordings[row["number"]]} for row in there.values()]
    changed = {row["number"] for row in wanted if there[key(instrument_items, row)] != row}
    write(connection, instrument_items, there, wanted)
    return frozenset(changed)


def _anchors(connection: Connection, form: Found, pack: Pack) -> bool:
    organisation, made = form["organisation_id"], form["id"]
    wanted = [
        {
            "organisation_id": organisation,
            "instrument_id": made,
            "item": item,
            "value": anchor.value,
            "wording": anchor.text,
        }
        for item, anchors in pack.anchors.items()
        for anchor in anchors
    ]
    there = parts(connection, organisation, instrument_anchors, [made])
    return bool(write(connection, instrument_anchors, there, wanted))


def _keep(connection: Connection, form: Found, pack: Pack, at: datetime, *, worded: bool) -> bool:
    """Put on record what is new: words, or the right to them; return whether anything is."""
    permitted = form["permission_statement"] != pack.statement
    if not (worded or permitted):
        return False
    values = {
        "instructions": pack.instructions,
        "worded_at": at if worded else form["worded_at"],
        "permission_statement": pack.statement,
        "permitted_at": at if permitted else form["permitted_at"],
    }
    organisation, forms = form["organisation_id"], [form["id"]]
    _change(connection, organisation, forms, values)
    _record(connection, organisation, forms, WORDING, at, pack.statement, words_hash(pack))
    return True


def words_hash(pack: Pack) -> str:
    """Return the hash of a pack's words, by which it can be told later which ones were in use."""
    anchors = {
        str(item): [[anchor.value, anchor.text] for anchor in each]
        for item, each in pack.anchors.items()
    }
    wordings = {str(item): wording for item, wording in pack.wordings.items()}
    told = {"instructions": pack.instructions, "wordings": wordings, "anchors": anchors}
    return inputs_hash(told)


def words(connection: Connection, form: Found) -> Pack | None:
    """Return the words a clinic loaded for a form, as the pack they came in; None if it did not."""
    if form["worded_at"] is None:
        return None
    organisation, made = form["organisation_id"], [form["id"]]
    items = parts(connection, organisation, instrument_items, made).values()
    found = parts(connection, organisation, instrument_anchors, made).values()
    anchors: dict[int, tuple[Anchor, ...]] = {}
    for row in sorted(found, key=lambda row: (row["item"], row["value"])):
        before = anchors.get(row["item"], ())
        anchors[row["item"]] = (*before, Anchor(row["value"], row["wording"]))
    return Pack(
        code=form["base_code"],
        version=form["version"],
        language=form["language"],
        statement=form["permission_statement"],
        instructions=form["instructions"],
        wordings={row["number"]: row["wording"] for row in items},
        anchors=anchors,
    )


def _measured(connection: Connection, form: Found) -> int:
    asked = select(func.count()).where(
        measurements.c.organisation_id == form["organisation_id"],
        measurements.c.instrument_id == form["id"],
    )
    return connection.execute(asked).scalar_one()


def _change(
    connection: Connection, organisation: UUID, forms: Sequence[UUID], values: Mapping[str, Any]
) -> None:
    connection.execute(
        update(instruments)
        .where(instruments.c.organisation_id == organisation, instruments.c.id.in_(forms))
        .values(**values)
    )


def _record(  # noqa: PLR0913  (the columns of a row)
    connection: Connection,
    organisation: UUID,
    forms: Sequence[UUID],
    kind: str,
    at: datetime,
    statement: str,
    hashed: str | None = None,
) -> None:
    records = instrument_records.c
    asked = select(records.instrument_id, func.max(records.number)).where(
        records.organisation_id == organisation, records.instrument_id.in_(forms)
    )
    known = connection.execute(asked.group_by(records.instrument_id))
    last: dict[UUID, int] = {row[0]: row[1] for row in known}
    shared = {"organisation_id": organisation, "kind": kind, "at": at, "statement": statement}
    rows = [
        {**shared, "instrument_id": form, "number": last.get(form, 0) + 1, "words_hash": hashed}
        for form in forms
    ]
    connection.execute(insert(instrument_records), rows)
