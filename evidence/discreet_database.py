"""The database half of [discreet]: what each service's database holds, and who may read it.

The API's people say unmistakable things; the facts of it all are planned from in the notifier's own
database, where people leave their addresses. Then both databases are dumped and searched, and each
service's role tries to read the other's, table by table.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import errors, sql

from alliance_api.app import masters_of
from alliance_api.rest.feed.events import Stated, event, source_of
from chassis import embedded
from chassis.database import address
from chassis.migrating import ensure_database
from chassis.vault import Vault
from evidence import canary_seed
from evidence.canary_seed import Canaries, seen
from evidence.matrix_ask import Truth
from evidence.matrix_world import a_matrix_world
from notifier.domain.facts import Fact, parse
from notifier.kinds.loader import load_all
from notifier.ledger import migrate
from notifier.ledger.chosen import preferences_of
from notifier.ledger.people import Contacts
from notifier.ledger.plans import Plans
from notifier.ledger.store import Store
from tests.house import House, drop, maintenance, new_house

ADDRESS = "canary-address"
ADDRESSES = {
    "email": f"{ADDRESS}-{{}}@example.org",
    "sms": "+1555{:07d}",
    "webhook": f"https://{ADDRESS}-{{}}.example.org/hook",
}
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What a column for reaching somebody would be called.
_REACHES = re.compile(r"e_?mail|phone|mobile|address|contact|endpoint|inbox", re.IGNORECASE)


@dataclass
class Held:
    """What was tried and searched, and everything that was wrong."""

    tried: int = 0
    facts: int = 0
    marks: int = 0
    addresses: int = 0
    canaries: int = 0
    octets: int = 0
    faults: list[str] = field(default_factory=list)
    readable: int = 0
    held: int = 0
    words: int = 0

    @property
    def is_enough(self) -> bool:
        """Whether there was something to be found."""
        return (
            min(self.facts, self.marks) >= 30
            and self.tried >= 60
            and self.addresses >= 9
            and self.canaries >= 50
        )

    def __str__(self) -> str:
        return (
            f"role notifier reads {self.readable} of {self.tried} tables of the API, whose "
            f"database holds {self.held} of {self.addresses} addresses; the notifier's, made from "
            f"{self.facts} facts, holds {self.words} of {self.canaries} things said"
        )


def looked(*, small: bool) -> Held:
    """Fill both databases, and look."""
    held = Held()
    with new_house() as house, _ledger(house) as url:
        found = a_matrix_world(house, small=True)
        canary_seed.tell(found)
        canary_seed.seed(house)
        canaries = canary_seed.canaries(Truth(house, found))
        held.canaries = len(canaries.rows)
        asyncio.run(_fill(house, url, held, people=3 if small else 100))
        _search(house, url, canaries, held)
        _try(house, url, held)
    return held


@contextmanager
def _ledger(house: House) -> Iterator[str]:
    """A database of the notifier's own beside the API's; yield its superuser's URL."""
    url = ensure_database(maintenance(house.admin_url), f"notifier_{uuid4().hex[:8]}")
    try:
        migrate.ensure_roles(url)
        migrate.migrate(url)
        yield url
    finally:
        drop(url)


async def _fill(house: House, url: str, held: Held, *, people: int) -> None:
    """Plan from every fact of the API, and let people leave their addresses."""
    store = Store(address(url, user="notifier"))
    await store.open()
    try:
        plans = Plans(store, [each.kind for each in load_all().values()], preferences_of)
        facts = list(_facts(house))
        assert await plans.take("evidence", None, facts, "cursor-1")
        held.facts = len(facts)
        contacts = Contacts(store, Vault(masters_of(house.settings())))
        organisation = facts[0].organisation
        for number in range(people):
            for channel, spelled in ADDRESSES.items():
                person = f"person-{uuid4()}"
                await contacts.add(organisation, person, channel, spelled.format(number))
                held.addresses += 1
    finally:
        await store.close()


def _facts(house: House) -> Iterator[Fact]:
    """Yield the API's facts as its feed spells them and the notifier reads them."""
    for row in house.rows(
        "SELECT organisation_id, id, type, case_id, subject_id, at, extra FROM facts ORDER BY at, id"
    ):
        organisation, each, kind, case, subject, at, extra = row
        stated = Stated(each, 0, 0, kind, case, subject, at, extra)
        found = parse(event(stated, source_of(UUID(str(organisation))), "cursor"))
        if isinstance(found, Fact):
            yield found


def _search(house: House, url: str, canaries: Canaries, held: Held) -> None:
    ours, theirs = _dump(url), _dump(house.admin_url)
    held.octets = len(ours) + len(theirs)
    spelled = [each.split("{")[0] for each in ADDRESSES.values()]
    with psycopg.connect(url) as connection:
        [held.marks] = connection.execute("SELECT count(*) FROM marks").fetchone() or [0]
        [points] = connection.execute("SELECT count(*) FROM contact_points").fetchone() or [0]
    assert points == held.addresses
    # Numbers of the API lie in its tables in plain: so the search can find some.
    if len(seen(theirs) & canaries.rows.keys()) < len(canaries.rows) // 4:
        held.faults.append("the search does not find what lies in the API's database")
    # The notifier is full of ids, and eight digits that begin one by chance are nobody's number.
    said = {each for each in seen(ours) if "Canary" in each} | seen(_ID.sub("-", ours))
    held.words = len(said)
    held.faults += [f"the notifier holds {each}" for each in sorted(said)]
    for name, dump in (("the API", theirs), ("the notifier, in clear,", ours)):
        found = sum(dump.count(each) for each in (ADDRESS, *spelled))
        held.held += found if name == "the API" else 0
        if found:
            held.faults.append(f"{name} holds {found} addresses")
    held.faults += [f"the API has a column {each}" for each in _columns(house)]


def _columns(house: House) -> list[str]:
    found = house.rows(
        "SELECT table_schema || '.' || table_name || '.' || column_name "
        "FROM information_schema.columns WHERE table_schema IN ('public', 'oauth')"
    )
    return [name for (name,) in found if _REACHES.search(name.rpartition(".")[2])]


def _dump(url: str) -> str:
    command = [str(embedded.binaries() / "pg_dump"), "--no-owner", url]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode()


def _try(house: House, url: str, held: Held) -> None:
    """Let the notifier's role read every table of the API, and the API's roles the notifier's."""
    held.tried, readable = _readable(house.admin_url, "notifier")
    held.readable = len(readable)
    held.faults += [f"notifier reads {each}" for each in readable]
    for role in ("alliance_api", "alliance_engine"):
        _, theirs = _readable(url, role)
        held.faults += [f"{role} reads the notifier's {each}" for each in theirs]


def _readable(url: str, role: str) -> tuple[int, list[str]]:
    """Return how many tables and views there are, and which of them a role can read."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') "
            "AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
        ).fetchall()
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        found = [
            f"{schema}.{table}" for schema, table in tables if _reads(connection, schema, table)
        ]
    return len(tables), found


def _reads(connection: psycopg.Connection[Any], schema: str, table: str) -> bool:
    name = sql.Identifier(schema, table)
    try:
        connection.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(name))
    except errors.InsufficientPrivilege:
        return False
    return True
