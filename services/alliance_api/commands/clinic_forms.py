"""What the verbs of `alliance instruments` do. Each is one transaction: an error changes nothing."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import psycopg
from rich.console import Console
from rich.markup import escape
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from alliance_api.domain.ids import Kind, format_id
from alliance_api.domain.instruments import Instrument
from alliance_api.fhir.questionnaire import questionnaire
from alliance_api.instruments.errors import InstrumentError
from alliance_api.instruments.forms import definition
from alliance_api.instruments.packs import Pack, read_pack, statement_faults
from alliance_api.store import instruments, packs
from alliance_api.store.rows import Found
from chassis.database import for_sqlalchemy, state_of

from .clinic_tables import form_table, pack_table
from .common import admin_url

HELP = "docs/how-to/load-licensed-wording.md shows complete packs. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Clinic:
    """An organisation, and a transaction above the law."""

    connection: Connection
    organisation: UUID
    name: str

    def form(self, code: str) -> tuple[Found, Instrument]:
        """Return a form's row and what it consists of, or leave."""
        row, found = instruments.find(self.connection, self.organisation, code), definition(code)
        if row is None or found is None or row["version"] != found.version:
            _stop(f"{self.name} has no form {code}. `alliance instruments list` shows the forms.")
        return row, found


def listed(found: argparse.Namespace) -> int:
    """List the forms of an organisation."""
    with _clinic(found.organisation) as clinic:
        forms = instruments.forms_of(clinic.connection, clinic.organisation).values()
    console = _console()
    console.print(f"[bold]{escape(clinic.name)}[/bold]: {len(forms)} forms")
    console.print(form_table(forms))
    return 0


def imported(found: argparse.Namespace) -> int:
    """Load a pack."""
    pack = _pack(found.file)
    with _clinic(found.organisation) as clinic:
        done = packs.load(clinic.connection, clinic.organisation, pack, _now())
        if found.dry_run:
            clinic.connection.rollback()
    _tell(clinic, pack, done, dry=found.dry_run)
    return 0


def permitted(found: argparse.Namespace) -> int:
    """Record a permission."""
    statement = found.statement.strip()
    with _clinic(found.organisation) as clinic:
        row, form = clinic.form(found.code)
        if faults := list(statement_faults(form, statement)):
            _stop("; ".join(faults))
        new = packs.permit(clinic.connection, clinic.organisation, [row], statement, _now())
    needed = "" if row["permission_required"] else " (it needs no permission)"
    said = "is on record" if new else "was on record already"
    console = _console()
    console.print(f"[green]✓[/green] {found.code} may be planned at {escape(clinic.name)}{needed}.")
    console.print(f"  The statement {said}: {escape(statement)}")
    return 0


def exported(found: argparse.Namespace) -> int:
    """Print a form as a FHIR Questionnaire, in the clinic's words if it loaded any."""
    with _clinic(found.organisation) as clinic:
        row, form = clinic.form(found.code)
        pack = packs.words(clinic.connection, row)
    base = definition(row["base_code"])
    made = questionnaire(base if pack and base else form, pack=pack)
    sys.stdout.write(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    return 0


def _pack(file: str) -> Pack:
    try:
        return read_pack(Path(file).read_text(encoding="utf-8"), file)
    except OSError as error:
        _stop(f"{file} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        _stop(f"{file} is no UTF-8 text. Save it as UTF-8.")
    except InstrumentError as error:
        _stop(f"{error}.\n{HELP}")


def _tell(clinic: Clinic, pack: Pack, done: packs.Loaded, *, dry: bool) -> None:
    console, form = _console(), done.form
    code, language = form["code"], pack.language
    console.print(pack_table(definition(code), pack, done.items))
    if not done.changed:
        console.print(f"[green]✓[/green] {code} has these words already: nothing is new.")
        return
    what = "is a new form" if done.made else "has new words"
    console.print(f"[green]✓[/green] {code} {what}, in {language}, for {escape(clinic.name)}.")
    if code != form["base_code"]:
        console.print(f"  It is scored by the key of {form['base_code']}; no norm is carried over.")
    console.print(f"  On record: {escape(pack.statement)}")
    if done.items and done.measured and not done.made:
        console.print(
            f"  [yellow]{done.measured} measurements were answered in the words before.[/yellow] "
            "They stay as they are, and the change is on record."
        )
    if dry:
        console.print("[yellow]Dry run: nothing was changed.[/yellow]")


@contextmanager
def _clinic(wanted: str | None) -> Iterator[Clinic]:
    """Open a transaction for an organisation; it is committed when the block ends well."""
    engine = create_engine(for_sqlalchemy(admin_url()), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            if not instruments.is_above_the_law(connection):
                _stop("Give a superuser's DATABASE_ADMIN_URL: row-level security binds all others.")
            yield Clinic(connection, *_chosen(connection, wanted))
            connection.commit()
    except DBAPIError as error:
        _stop(_explained(error))


def _chosen(connection: Connection, wanted: str | None) -> tuple[UUID, str]:
    known = instruments.every_organisation(connection)
    found = [
        (made, name)
        for made, name in known
        if wanted is None or wanted in {name, str(made), format_id(Kind.ORGANISATION, made)}
    ]
    if not known:
        _stop("There is no organisation in this database yet.")
    if len(found) != 1:
        listed = "".join(
            f"\n  {format_id(Kind.ORGANISATION, made)}  {name}" for made, name in known
        )
        why = f"No organisation is {wanted}." if wanted and not found else "Which organisation?"
        _stop(f"{why} Give its id with --organisation:{listed}")
    return found[0]


def _explained(error: DBAPIError) -> str:
    state = state_of(error)
    if state in {psycopg.errors.UndefinedTable.sqlstate, psycopg.errors.UndefinedColumn.sqlstate}:
        return "The database is not up to date. Run `alliance migrate` first."
    if state.startswith(("08", "28", "3D")):
        return "The database at DATABASE_ADMIN_URL cannot be reached. Check the address."
    return f"The database refused ({state}). Nothing was changed."


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _console() -> Console:
    return Console(highlight=False)


def _stop(message: str) -> NoReturn:
    sys.exit(f"alliance instruments: {message}")
