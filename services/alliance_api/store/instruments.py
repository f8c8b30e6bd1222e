"""An organisation's instruments: every shipped form, kept as it is shipped.

For operators: it needs a connection that is above the law, a superuser's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, and_, create_engine, delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.pool import NullPool

from alliance_api.domain.instruments import Instrument
from alliance_api.instruments.forms import translated
from alliance_api.instruments.loader import load_all
from chassis.database import for_sqlalchemy

from .catalogue import PARTS, Row, frame
from .rows import Found, new_id
from .tables import instrument_anchors, instrument_items, instruments, organisations

Forms = Mapping[tuple[str, int], Row]
Parts = dict[tuple[Any, ...], Row]


def is_above_the_law(connection: Connection) -> bool:
    """Return whether row-level security binds nobody who asks through this connection."""
    asked = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    return bool(connection.execute(text(asked)).scalar_one())


def every_organisation(connection: Connection) -> list[tuple[UUID, str]]:
    """Return ids and names, by name."""
    asked = select(organisations.c.organisation_id, organisations.c.name)
    ordered = asked.order_by(organisations.c.name, organisations.c.organisation_id)
    return [(row.organisation_id, row.name) for row in connection.execute(ordered)]


def sync(connection: Connection, organisation: UUID) -> int:
    """Bring every shipped form, and every translation of one, up to date; return the rows changed.

    What is the clinic's own stays: permissions, words, and versions that are shipped no more.
    """
    alone(connection, organisation)
    known = forms_of(connection, organisation)
    return put(connection, organisation, known, [*load_all().values(), *_translations(known)])


def sync_all(url: str) -> int:
    """Bring the instruments of every organisation up to date; return how many rows changed.

    Raises:
        PermissionError: if `url` is of a user who is not above the law, and would see nobody.
    """
    engine = create_engine(for_sqlalchemy(url), poolclass=NullPool)
    with engine.begin() as connection:
        if not is_above_the_law(connection):
            raise PermissionError("instruments are kept by a superuser")
        return sum(sync(connection, made) for made, _ in every_organisation(connection))


def alone(connection: Connection, organisation: UUID) -> None:
    """Wait until nobody else works on an organisation's instruments, until the transaction ends."""
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    connection.execute(lock, {"name": f"instruments:{organisation}"})


def forms_of(connection: Connection, organisation: UUID) -> Forms:
    """Return every form of an organisation by code and version, in this order."""
    asked = select(instruments).where(instruments.c.organisation_id == organisation)
    ordered = asked.order_by(instruments.c.code, instruments.c.version)
    rows = connection.execute(ordered).mappings()
    return {(row["code"], row["version"]): dict(row) for row in rows}


def find(connection: Connection, organisation: UUID, code: str) -> Found | None:
    """Return the latest version of a form."""
    return _latest(forms_of(connection, organisation), code)


def _latest(known: Forms, code: str) -> Row | None:
    found = [row for (other, _), row in known.items() if other == code]
    return found[-1] if found else None


def _translations(known: Forms) -> Iterable[Instrument]:
    for row in known.values():
        base = load_all().get(row["base_code"])
        if base and row["code"] != base.code and row["version"] == base.version:
            yield translated(base, row["language"])


def put(
    connection: Connection, organisation: UUID, known: Forms, forms: Sequence[Instrument]
) -> int:
    """Write forms with all their parts where they differ from what is `known`; return how many."""
    frames = [_framed(organisation, form, known) for form in forms]
    ids = {row["id"] for row in frames}
    there = {(row["id"],): row for row in known.values() if row["id"] in ids}
    changed = write(connection, instruments, there, frames)
    made = list(zip(frames, forms, strict=True))
    return changed + sum(_put_parts(connection, organisation, table, made) for table in PARTS)


def _framed(organisation: UUID, form: Instrument, known: Forms) -> Row:
    """Return the whole row of a form. A new version keeps the permission, and has no words yet."""
    here = known.get((form.code, form.version))
    if here:
        own = {"instructions": here["instructions"]} if here["worded_at"] else {}
        return {**here, **frame(form), **own}
    last: Mapping[str, Any] = _latest(known, form.code) or {}
    return {
        "organisation_id": organisation,
        "id": new_id(),
        **frame(form),
        "permission_statement": last.get("permission_statement"),
        "permitted_at": last.get("permitted_at"),
        "worded_at": None,
    }


def _put_parts(
    connection: Connection,
    organisation: UUID,
    table: Table,
    made: Sequence[tuple[Row, Instrument]],
) -> int:
    worded = {row["id"] for row, _ in made if row["worded_at"]}
    # A clinic's words are its own: their anchors are left alone here, and their wordings below.
    left = worded if table is instrument_anchors else set()
    ids = {row["id"] for row, _ in made} - left
    there = parts(connection, organisation, table, ids)
    wanted = [
        {"organisation_id": organisation, "instrument_id": row["id"], **part}
        for row, form in made
        if row["id"] in ids
        for part in PARTS[table](form)
    ]
    if table is instrument_items:
        wanted = [
            _own_words(part, there) if part["instrument_id"] in worded else part for part in wanted
        ]
    return write(connection, table, there, wanted)


def _own_words(item: Row, there: Parts) -> Row:
    here = there.get((item["instrument_id"], item["number"]))
    return {**item, "wording": here["wording"] if here else None}


def parts(
    connection: Connection, organisation: UUID, table: Table, forms: Collection[UUID]
) -> Parts:
    """Return the rows of some forms in one of the tables of their parts."""
    asked = select(table).where(
        table.c.organisation_id == organisation, table.c.instrument_id.in_(forms)
    )
    rows = [dict(row) for row in connection.execute(asked).mappings()]
    return {key(table, row): row for row in rows}


def key(table: Table, row: Found) -> tuple[Any, ...]:
    """Return the primary key of a row, without the organisation."""
    return tuple(
        row[column.name] for column in table.primary_key if column.name != "organisation_id"
    )


def write(connection: Connection, table: Table, there: Parts, wanted: Sequence[Row]) -> int:
    """Make the rows that are `there` the `wanted` ones; return how many changed."""
    kept = {key(table, row) for row in wanted}
    changed = [row for row in wanted if there.get(key(table, row)) != row]
    gone = [row for known, row in there.items() if known not in kept]
    if changed:
        connection.execute(_upsert(table, changed[0]), changed)
    if gone:
        rows = [and_(*(column == row[column.name] for column in table.primary_key)) for row in gone]
        connection.execute(delete(table).where(or_(*rows)))
    return len(changed) + len(gone)


def _upsert(table: Table, row: Row) -> Any:
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    values = {name: statement.excluded[name] for name in row if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=values)
