"""`alliance keys`: what an operator does about keys, told by its effects."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from alliance_api.store import migrate
from alliance_api.store.words import COMMENT, PROMISE, WORDING, Place, owner
from chassis.masters import BYTES, Ring, Wrapped, local_masters, parse
from chassis.migrating import ensure_database
from chassis.vault import PREFIX, Vault
from tests import house as houses
from tests.builders import a_case
from tests.house import House, drop, maintenance, new_masters
from tests.operators import Operator, operating
from tests.people import Clinic, a_clinic

GOALS = "query($id: ID!) { case(id: $id) { goals { wording } } }"


@pytest.fixture
def house(scratch: str) -> Iterator[House]:
    with houses.open_house(scratch) as found:
        yield found


def names(house: House) -> tuple[str, ...]:
    return parse(house.masters.read_text()).names


def used(house: House) -> dict[str, int]:
    return dict(house.rows("SELECT master, count(*) FROM person_keys GROUP BY 1"))


def wordings(clinic: Clinic) -> list[str]:
    found = clinic.client.reads(GOALS, id=clinic.case_id)["case"]["goals"]
    return [goal["wording"] for goal in found]


# Making, replacing and taking away a master


def test_a_new_key_without_a_file_is_printed_and_can_be_read(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert operator("keys", "new") == 0
    assert len(parse(capsys.readouterr().out).names) == 1


def test_a_new_key_is_put_first_in_its_file_and_never_printed(
    house: House, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert operator("keys", "new", "--file", str(house.masters)) == 0
    assert names(house)[1:] == ("first",)
    told = capsys.readouterr().out
    for secret in json.loads(house.masters.read_text()).values():
        assert secret not in told
    fresh = house.masters.with_name("fresh.json")
    assert operator("keys", "new", "--file", str(fresh)) == 0
    assert len(parse(fresh.read_text()).names) == 1
    fresh.write_text("no keys")
    with pytest.raises(SystemExit, match="left as it is"):
        operator("keys", "new", "--file", str(fresh))


def test_replacing_a_master_wraps_every_key_anew_and_nothing_reads_otherwise(
    house: House, clinic: Clinic, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = a_clinic(house)
    for each in (clinic, elsewhere):
        a_case(each).with_goals("Sleep").with_commitments("Call", by="therapist")
    before = dict(house.rows("SELECT person_id, wrapped FROM person_keys"))
    assert len(before) >= 4
    texts = house.rows("SELECT wording FROM goal_versions ORDER BY 1")
    operator("keys", "new", "--file", str(house.masters))
    assert operator("keys", "rotate") == 0
    assert used(house) == {names(house)[0]: len(before)}
    after = dict(house.rows("SELECT person_id, wrapped FROM person_keys"))
    assert all(after[person] != wrapped for person, wrapped in before.items())
    assert house.rows("SELECT wording FROM goal_versions ORDER BY 1") == texts
    for each in (clinic, elsewhere):
        assert wordings(each) == ["Sleep"]
    capsys.readouterr()
    assert operator("keys", "rotate") == 0
    assert "0 keys" in capsys.readouterr().out, "again, there is nothing to do"


def test_the_list_says_what_hangs_on_which_and_what_is_missing(
    house: House, clinic: Clinic, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    a_case(clinic).with_goals("Sleep")
    operator("keys", "new", "--file", str(house.masters))
    capsys.readouterr()
    assert operator("keys", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    count = sum(used(house).values())
    assert [line.split() for line in lines] == [
        ["0", names(house)[0], "current"],
        [str(count), "first"],
    ]
    Ring({"other": b"o" * BYTES}).write(house.masters)
    assert operator("keys", "list") == 1
    assert f"{count:8}  first  MISSING" in capsys.readouterr().out


def test_a_master_is_taken_away_only_when_nothing_hangs_on_it(
    house: House, clinic: Clinic, operator: Operator
) -> None:
    a_case(clinic).with_goals("Sleep")
    with pytest.raises(SystemExit, match="current"):
        operator("keys", "retire", "first")
    with pytest.raises(SystemExit, match="no master key of this name"):
        operator("keys", "retire", "nobody")
    operator("keys", "new", "--file", str(house.masters))
    with pytest.raises(SystemExit, match="hang on it"):
        operator("keys", "retire", "first")
    assert "first" in names(house)
    operator("keys", "rotate")
    assert operator("keys", "retire", "first") == 0
    assert len(names(house)) == 1
    assert wordings(clinic) == ["Sleep"]


def test_a_key_that_cannot_be_unwrapped_is_left_as_it_is_and_told(
    house: House, clinic: Clinic, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    a_case(clinic).with_goals("Sleep").with_commitments("Call", by="therapist")
    house.change(
        "UPDATE person_keys SET master = 'gone' WHERE person_id = %s", clinic.therapist.uuid
    )
    operator("keys", "new", "--file", str(house.masters))
    assert operator("keys", "rotate") == 1
    assert "1 could not be" in capsys.readouterr().out
    assert used(house)["gone"] == 1
    assert wordings(clinic) == ["Sleep"]


def test_without_master_keys_nothing_begins(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    without = operating(house.admin_url, None, monkeypatch)
    for verb in (["keys", "list"], ["keys", "rotate"], ["keys", "seal"]):
        with pytest.raises(SystemExit, match="alliance keys new"):
            without(*verb)
    monkeypatch.setenv("DATABASE_URL", house.url)
    with pytest.raises(SystemExit, match="alliance keys new"):
        without("serve")
    monkeypatch.setenv("MASTER_KEYS", '{"a": "c2hvcnQ="}')
    with pytest.raises(SystemExit, match="not the base64 of 32 bytes") as refused:
        without("serve")
    assert "c2hvcnQ" not in str(refused.value)


# A database from before there were keys

PLAIN = "What was said before there were keys ✎"
OLD: dict[Place, str] = {
    COMMENT: "INSERT INTO comments (organisation_id, measurement_id, case_id, informant_id, "
    "informant_role, body) VALUES (%(o)s, %(one)s, %(two)s, %(p)s, 'CLIENT', %(text)s)",
    WORDING: "INSERT INTO goal_versions (organisation_id, goal_id, case_id, version, wording, "
    "worded_by, worded_at) VALUES (%(o)s, %(one)s, %(two)s, 3, %(text)s, %(p)s, now())",
    PROMISE: "INSERT INTO commitments (organisation_id, id, case_id, owner_id, owner_role, wording, "
    "due_at, made_at) VALUES (%(o)s, %(one)s, %(two)s, %(p)s, 'CLIENT', %(text)s, now(), now())",
}
ROW: dict[Place, tuple[object, ...]] = {WORDING: (3,)}


@pytest.fixture
def old(server: houses.Server) -> Iterator[tuple[str, dict[str, UUID]]]:
    """A database at the first revision, with a text in each of its places."""
    url = ensure_database(maintenance(server.url()), f"alliance_old_{uuid4().hex[:8]}")
    migrate.ensure_roles(url)
    migrate.migrate(url, "0001")
    known = {name: uuid4() for name in ("o", "p", "one", "two")}
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")  # no rows to refer to
        connection.execute("INSERT INTO organisations VALUES (%(o)s, 'Clinic')", known)
        connection.execute("INSERT INTO people (organisation_id, id) VALUES (%(o)s, %(p)s)", known)
        for statement in OLD.values():
            connection.execute(statement.encode(), {**known, "text": PLAIN})
    yield url, known
    drop(url)


def texts(url: str) -> dict[Place, str]:
    with psycopg.connect(url) as connection:
        return {
            place: connection.execute(
                sql.SQL("SELECT {} FROM {}").format(
                    sql.Identifier(place.column), sql.Identifier(place.table)
                )
            ).fetchall()[0][0]
            for place in OLD
        }


def test_an_upgrade_seals_what_lies_there_in_plain(
    old: tuple[str, dict[str, UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, known = old
    with new_masters() as masters:
        operator = operating(url, masters, monkeypatch)
        assert operator("migrate") == 0
        found = texts(url)
        with psycopg.connect(url) as connection:
            [key] = connection.execute("SELECT master, wrapped FROM person_keys").fetchall()

        async def opened(place: Place) -> str:
            vault, about = Vault(local_masters(None, masters)), owner(known["o"], known["p"])
            row = place.about(known["one"], *ROW.get(place, ()))
            return (await vault.key(Wrapped(*key), about)).open(found[place].encode(), row)

        for place in OLD:
            assert found[place].startswith(PREFIX)
            assert asyncio.run(opened(place)) == PLAIN
        assert operator("keys", "seal") == 0
        assert texts(url) == found, "what is sealed is left as it is"


def test_an_upgrade_without_keys_says_what_lies_there_in_plain(
    old: tuple[str, dict[str, UUID]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url, _ = old
    assert operating(url, None, monkeypatch)("migrate") == 0
    assert f"{len(OLD)} texts lie there in plain" in capsys.readouterr().out
    assert set(texts(url).values()) == {PLAIN}


def test_many_texts_are_sealed_some_at_a_time(
    house: House, clinic: Clinic, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alliance_api.store import keeping

    monkeypatch.setattr(keeping, "BATCH", 2)
    a_case(clinic).with_goals(*(f"Goal {number}" for number in range(5)))
    house.change("UPDATE goal_versions SET wording = 'plain ' || goal_id")
    assert operator("keys", "seal") == 0
    assert all(wording.startswith("plain ") for wording in wordings(clinic))
    assert len(wordings(clinic)) == 5


def test_the_keys_of_tokens_are_wrapped_anew_and_hold_a_master_as_people_s_do(
    house: House, operator: Operator
) -> None:
    assert house.get("/oauth/jwks").status_code == 200
    operator("keys", "new", "--file", str(house.masters))
    with pytest.raises(SystemExit, match="2 keys hang on it"):
        operator("keys", "retire", "first")
    assert operator("keys", "rotate") == 0
    assert operator("keys", "retire", "first") == 0
    assert set(house.rows("SELECT master FROM oauth.signing_keys")) == {(names(house)[0],)}
    assert operator("oauth", "keys", "list") == 0
