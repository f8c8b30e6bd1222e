"""`alliance erasures`: a restore from an older backup erases again, and nobody else."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from chassis import embedded
from chassis.migrating import ensure_database
from tests import house as houses
from tests.builders import a_case
from tests.house import House, drop, maintenance
from tests.operators import Operator, operating
from tests.people import Clinic


@pytest.fixture
def house(scratch: str) -> Iterator[House]:
    with houses.open_house(scratch) as found:
        yield found


def run(program: str, *arguments: str) -> bytes:
    """Run one of PostgreSQL's own programs."""
    command = [str(embedded.binaries() / program), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def patiently() -> Iterator[None]:
    """Try for a while: a sealer waits for whoever began before, in any database of the server."""
    for _ in range(100):
        yield
        time.sleep(0.1)


def seal_on(operator: Operator) -> None:
    """Seal again and again."""
    for _ in patiently():
        operator("ledger", "seal")


def test_a_restore_from_an_older_backup_erases_again(
    house: House,
    clinic: Clinic,
    operator: Operator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Step by step what docs/how-to/restore.md says."""
    clinic.with_offices()
    a_case(clinic).with_sessions("k").with_ratings("2", comment="Margin").with_goals("Sleep")
    clinic.client.done("rateGoal", "", goal=a_goal(clinic), level=1)
    dump, listed = tmp_path / "alliance.dump", tmp_path / "erased.json"
    run("pg_dump", "--format=custom", f"--file={dump}", house.admin_url)
    erased = clinic.officer.done("erasePerson", "erasedAt", person=clinic.client.id)
    assert operator("erasures", "export", "--out", str(listed)) == 0
    assert listed.stat().st_mode & 0o777 == 0o600
    assert "Sleep" not in listed.read_text()

    name = f"alliance_restored_{uuid4().hex[:8]}"
    url = ensure_database(maintenance(house.admin_url), name)
    run("pg_restore", f"--dbname={url}", str(dump))
    again = operating(url, house.masters, monkeypatch)
    assert again("migrate") == 0
    assert all(_left(url, clinic.client.uuid).values()), "it is back"
    assert again("erasures", "replay", str(listed)) == 0
    assert not any(_left(url, clinic.client.uuid).values())
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT erased_at, asked_by FROM erasures").fetchall()
    assert [(at.isoformat(), by) for at, by in rows] == [(erased["erasedAt"], clinic.officer.uuid)]
    assert again("erasures", "replay", str(listed)) == 0, "again: nothing is left to do"
    assert again("keys", "list") == 0
    drop(url)


def a_goal(clinic: Clinic) -> str:
    [(goal,)] = clinic.rows("SELECT id FROM goals WHERE organisation_id = %s")
    return f"goal-{goal}"


def _left(url: str, person: UUID) -> dict[str, int]:
    whose = {
        "identities": "person_id",
        "person_keys": "person_id",
        "comments": "informant_id",
        "scores": "informant_id",
        "goal_ratings": "rated_by",
    }
    with psycopg.connect(url) as connection:
        return {
            table: connection.execute(
                f"SELECT count(*) FROM {table} WHERE {column} = %s".encode(), [person]
            ).fetchall()[0][0]
            for table, column in whose.items()
        }


def test_a_list_that_was_changed_or_signed_elsewhere_erases_nobody(
    house: House, clinic: Clinic, operator: Operator, tmp_path: Path
) -> None:
    clinic.with_offices()
    clinic.officer.done("erasePerson", "", person=clinic.client.id)
    listed = tmp_path / "erased.json"
    operator("erasures", "export", "--out", str(listed))
    before = house.counts()
    found = json.loads(listed.read_text())
    found["erased"][0]["person"] = str(clinic.therapist.uuid)
    for text, why in (
        (json.dumps(found), "changed"),
        (json.dumps({**found, "master": "elsewhere"}), "not here any more"),
        (json.dumps({**found, "format": "2"}), "format"),
        ("{}", "no list"),
        ("[]", "no list"),
        ("", "no list"),
    ):
        listed.write_text(text)
        with pytest.raises(SystemExit, match=why):
            operator("erasures", "replay", str(listed))
    assert house.counts() == before
    # An operator who knows better may insist.
    listed.write_text(json.dumps(found))
    assert operator("erasures", "replay", "--unchecked", str(listed)) == 0
    [(name,)] = clinic.rows(
        "SELECT count(*) FROM identities WHERE organisation_id = %s AND person_id = %s",
        clinic.therapist.uuid,
    )
    assert name == 0


def test_who_is_not_in_an_older_backup_is_passed_over(
    house: House, clinic: Clinic, operator: Operator, tmp_path: Path
) -> None:
    listed = tmp_path / "erased.json"
    operator("erasures", "export", "--out", str(listed))
    found = json.loads(listed.read_text())
    nobody = {"organisation": str(clinic.organisation), "erased_at": "2026-01-01T00:00:00+00:00"}
    nobody |= {"person": str(uuid4()), "asked_by": str(uuid4())}
    listed.write_text(json.dumps({**found, "erased": [nobody]}))
    before = house.counts()
    assert operator("erasures", "replay", "--unchecked", str(listed)) == 0
    assert house.counts() == before


def test_a_server_that_counts_below_what_is_sealed_is_told_so(
    house: House,
    clinic: Clinic,
    operator: Operator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a restore elsewhere: what is read there would stand before what is sealed, for good."""
    monkeypatch.setenv("LEDGER_KEY_FILE", str(tmp_path / "ledger.jwk"))
    question = "query Mine($id: ID!) { case(id: $id) { id status } }"
    clinic.client.reads(question, id=clinic.case_id)
    for _ in patiently():
        assert operator("ledger", "seal") == 0
        if clinic.rows("SELECT FROM ledger_seals WHERE organisation_id = %s"):
            break
    house.change("UPDATE ledger_seals SET last_transaction = (1::bigint << 33)::text::xid8")
    clinic.client.reads(question, id=clinic.case_id)
    with pytest.raises(SystemExit, match=r"restore\.md"):
        seal_on(operator)
