"""Every organisation has every shipped form as it is shipped, and keeps what is its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from alliance_api.__main__ import main
from alliance_api.instruments.loader import load_all
from alliance_api.store import instruments, migrate, packs, seed
from chassis.database import address, for_sqlalchemy
from tests.packs import CHECK_IN_DE, pack_of

PARTS = ("items", "anchors", "scales", "norms", "reports", "bands")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
Catalogue = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def engine(scratch: str) -> Iterator[Engine]:
    made = create_engine(for_sqlalchemy(scratch))
    yield made
    made.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection


def catalogue(url: str, organisation: UUID) -> Catalogue:
    """Everything about an organisation's forms but their ids."""
    with psycopg.connect(url) as connection:
        tables = {name: f"instrument_{name}" for name in PARTS} | {"forms": "instruments"}
        found = {}
        for name, table in tables.items():
            of_form = "" if name == "forms" else "JOIN instruments f ON f.id = t.instrument_id"
            code = "t.code" if name == "forms" else "f.code"
            rows = connection.execute(
                f"SELECT {code}, (to_jsonb(t) - 'id' - 'instrument_id' - 'organisation_id')::text "
                f"FROM {table} t {of_form} WHERE t.organisation_id = %s ORDER BY 1, 2".encode(),
                [organisation],
            )
            found[name] = rows.fetchall()
        return found


OLD_FORM = """
INSERT INTO instruments (organisation_id, id, code, version, name, informant, language, licence,
  permission_required, verified, validated, constructs)
VALUES (%(o)s, %(i)s, 'phq-9', 1, 'Old name', 'CLIENT', 'en', 'LicenseRef-PHQ', false, true, true,
  '{outcome}');
"""
OLD_ITEM = """
INSERT INTO instrument_items (organisation_id, instrument_id, number, key, minimum, maximum, step)
VALUES (%(o)s, %(i)s, %(n)s, 'an-old-key', 0, 3, 1)
"""


def test_a_database_of_the_first_migration_ends_up_with_a_complete_catalogue(
    scratch: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    migrate.migrate(scratch, "0001", down=True)
    old, form = uuid4(), uuid4()
    with psycopg.connect(scratch) as connection:
        connection.execute("INSERT INTO organisations VALUES (%s, 'Old')", [old])
        connection.execute(OLD_FORM.encode(), {"o": old, "i": form})
        for number in (1, 99):  # one that stays, and one that no form has
            connection.execute(OLD_ITEM.encode(), {"o": old, "i": form, "n": number})

    monkeypatch.setenv("DATABASE_ADMIN_URL", scratch)
    assert main(["migrate"]) == 0
    assert "rows about instruments were brought up to date" in capsys.readouterr().out
    assert main(["migrate"]) == 0
    assert capsys.readouterr().out == "The database is up to date.\n"

    engine = create_engine(for_sqlalchemy(scratch))
    with engine.begin() as connection:
        new = seed.organisation(connection, "New")
    engine.dispose()
    assert catalogue(scratch, old) == catalogue(scratch, new)
    with psycopg.connect(scratch) as connection:
        kept = connection.execute(
            "SELECT id FROM instruments WHERE organisation_id = %s AND code = 'phq-9'", [old]
        )
        assert kept.fetchall() == [(form,)]


def test_a_catalogue_holds_everything_that_the_forms_say(scratch: str, engine: Engine) -> None:
    with engine.begin() as connection:
        made = seed.organisation(connection, "Clinic")
    found = catalogue(scratch, made)
    forms = load_all().values()
    scales = [scale for form in forms for scale in form.scales]
    assert {name: len(rows) for name, rows in found.items()} == {
        "forms": len(forms),
        "items": sum(len(form.items) for form in forms),
        "anchors": sum(len(item.anchors) for form in forms for item in form.items),
        "scales": len(scales),
        "norms": sum(len(scale.norms) for scale in scales),
        "reports": sum(len(scale.reports) for scale in scales),
        "bands": sum(len(scale.bands) for scale in scales),
    }


def test_what_drifted_is_mended_and_what_is_right_is_left_alone(
    scratch: str, connection: Connection
) -> None:
    made = seed.organisation(connection, "Clinic", permitted=seed.DEMONSTRATION)
    assert instruments.sync(connection, made) == 0
    connection.commit()
    before = catalogue(scratch, made)
    with psycopg.connect(scratch) as other:
        other.execute("UPDATE instrument_items SET wording = 'Drifted' WHERE key = 'understood'")
        other.execute("DELETE FROM instrument_anchors WHERE value = 2")
        other.execute("UPDATE instruments SET source = NULL")
    assert instruments.sync(connection, made) > 0
    connection.commit()
    assert catalogue(scratch, made) == before


def test_what_a_clinic_put_on_record_stays_however_often_it_is_brought_up_to_date(
    scratch: str, connection: Connection
) -> None:
    made = seed.organisation(connection, "Clinic")
    form = instruments.find(connection, made, "wai-sr-c")
    assert form is not None
    packs.permit(connection, made, [form], "Released to us.", NOW)
    packs.load(connection, made, pack_of("alliance-check-in", "en", "Other words"), NOW)
    packs.load(connection, made, CHECK_IN_DE, NOW)
    connection.commit()
    before = catalogue(scratch, made)
    assert instruments.sync(connection, made) == 0
    connection.execute(text("UPDATE instrument_scales SET verified = NOT verified"))
    assert instruments.sync(connection, made) > 0
    connection.commit()
    assert catalogue(scratch, made) == before


def test_a_new_version_keeps_the_permission_and_waits_for_words(connection: Connection) -> None:
    made = seed.organisation(connection, "Clinic")
    packs.load(connection, made, pack_of("care", "en", "Words"), NOW)
    second = replace(load_all()["care"], version=2)
    known = instruments.forms_of(connection, made)
    instruments.put(connection, made, known, [second])

    old, new = (instruments.forms_of(connection, made)["care", version] for version in (1, 2))
    assert new["permission_statement"] == old["permission_statement"] == "We may use these words."
    assert (old["worded_at"], new["worded_at"]) == (NOW, None)
    assert instruments.find(connection, made, "care") == new
    assert packs.words(connection, new) is None
    before = packs.words(connection, old)
    assert before is not None
    assert before.wordings[1] == "Words 1"


def test_two_organisations_do_not_share_words(connection: Connection) -> None:
    one, other = (seed.organisation(connection, name) for name in ("One", "Other"))
    packs.load(connection, one, pack_of("care", "en", "Words"), NOW)
    form = instruments.find(connection, other, "care")
    assert form is not None
    assert (form["permission_statement"], form["worded_at"]) == (None, None)
    assert packs.words(connection, form) is None
    assert instruments.sync(connection, other) == 0


def test_who_is_under_the_law_cannot_bring_anything_up_to_date(scratch: str) -> None:
    with pytest.raises(PermissionError):
        instruments.sync_all(address(scratch, user="alliance_api"))
