"""Who may write what, in words of its own, and everybody trying.

Written from design/charter.md: "an informant writes own measurements; client and therapist both
propose, answer and rate goals; each party records own commitments; therapist, manager and ehr plan
sessions; attendance is recorded by therapist or ehr; the read ledger is append-only for everyone".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import errors, sql
from psycopg.pq import TransactionStatus
from psycopg.types.json import Json

from alliance_api.charter.principal import SETTINGS
from evidence.broken_query import RESOURCES, Asker, Oracle, _asker
from evidence.matrix_world import Matrix
from tests.house import EVERYTHING, House
from tests.people import Person

Row = Mapping[str, Any]

# "as" is a column that has to be oneself; "in" one that has to be how one stands to the case. What
# holds of the row: "only" always, "was" of what is changed, "becomes" of what it is changed to.
WRITES = """
table            | command | scope                   | who                        | as           | in             | only                 | was               | becomes
measurements     | INSERT  | QuestionnaireResponse.c | client therapist caregiver | informant_id | informant_role |                      |                   |
answers          | INSERT  | QuestionnaireResponse.c | client therapist caregiver | informant_id | informant_role |                      |                   |
comments         | INSERT  | QuestionnaireResponse.c | client therapist caregiver | informant_id | informant_role |                      |                   |
measurements     | UPDATE  | Consent.u               | client therapist caregiver | informant_id | informant_role |                      |                   |
goals            | INSERT  | Goal.c                  | client therapist           | proposed_by  |                |                      |                   |
goal_versions    | INSERT  | Goal.c Goal.u           | client therapist           | worded_by    |                |                      |                   |
goal_stances     | UPDATE  | Goal.u                  | client therapist           | person_id    |                |                      |                   |
goal_levels      | INSERT  | Goal.c Goal.u           | client therapist           |              |                |                      |                   |
goal_ratings     | INSERT  | Goal.u                  | client therapist           | rated_by     | role           |                      |                   |
preferences      | INSERT  | Goal.u                  | client therapist           | person_id    | role           |                      |                   |
preferences      | UPDATE  | Goal.u                  | client therapist           |              | role           |                      |                   |
commitments      | INSERT  | Task.c                  | client therapist           | owner_id     | owner_role     |                      |                   |
commitments      | UPDATE  | Task.u                  | client therapist           | owner_id     | owner_role     |                      |                   |
cases            | INSERT  | EpisodeOfCare.c         | manager                    |              |                |                      |                   |
cases            | UPDATE  | EpisodeOfCare.u         | therapist manager          |              |                |                      | status=ACTIVE     | status=CLOSED closed_on=some
care_team        | INSERT  | CareTeam.c              | manager                    |              |                |                      |                   |
care_team        | UPDATE  | CareTeam.u              | manager                    |              |                |                      |                   |
care_team        | INSERT  | CareTeam.c              | client                     |              |                | authority=INVITED    |                   |
care_team        | UPDATE  | CareTeam.u              | client                     |              |                | authority=INVITED    |                   |
consents         | INSERT  | Consent.c               | client caregiver           | given_by     | given_role     |                      |                   |
consents         | UPDATE  | Consent.u               | client                     |              |                |                      |                   |
consents         | UPDATE  | Consent.u               | caregiver                  | withdrawn_by |                | given_role=CAREGIVER | withdrawn_at=none | withdrawn_at=some
notes            | INSERT  | DocumentReference.c     | therapist                  | author_id    |                |                      |                   |
emergencies      | UPDATE  | AuditEvent.u            | officer                    | reviewed_by  |                |                      |                   |
emergencies      | INSERT  | break_glass             | clinician                  | person_id    |                |                      |                   |
legal_holds      | INSERT  | Consent.c               | officer                    | set_by       |                |                      |                   |
legal_holds      | UPDATE  | Consent.u               | officer                    |              |                |                      |                   |
erasures         | INSERT  | Patient.d               | officer                    | asked_by     |                |                      |                   |
sessions         | INSERT  | Appointment.c           | therapist manager ehr      |              |                |                      |                   |
sessions         | UPDATE  | Appointment.u           | therapist manager ehr      |              |                |                      |                   |
occasions        | INSERT  | ServiceRequest.c        | therapist manager          |              |                |                      |                   |
attendance       | INSERT  | Encounter.c             | therapist ehr              |              |                |                      |                   |
read_ledger      | INSERT  |                         | anybody                    | person_id    |                |                      |                   |
idempotency_keys | INSERT  |                         | anybody                    | person_id    |                |                      |                   |
person_keys      | INSERT  |                         | anybody                    | person_id    |                |                      |                   |
"""

# What may be changed of every row at once; `ME` is whoever changes it, and `OTHER` is not.
ME, OTHER = object(), object()
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHANGED: dict[str, dict[str, Any]] = {
    "measurements": {"disclosure": "SHARED"},
    "goal_stances": {"stance": "AGREE"},
    "preferences": {"value": 1},
    "commitments": {"outcome": "KEPT"},
    "cases": {"status": "CLOSED", "closed_on": AT.date()},
    "care_team": {"ends_at": AT},
    "consents": {"withdrawn_at": AT, "withdrawn_by": ME},
    "emergencies": {"reviewed_by": ME},
    "legal_holds": {"lifted_at": None},
    "sessions": {"state": "PLANNED"},
}
# What is tried on single rows, where it is more than leaving the row as it is.
TRIED: dict[str, tuple[dict[str, Any], ...]] = {
    "cases": (
        CHANGED["cases"],
        {"status": "CLOSED", "closed_on": None},
        {"status": "ACTIVE", "closed_on": AT.date()},
    ),
    "consents": (
        CHANGED["consents"],
        {"withdrawn_at": AT, "withdrawn_by": OTHER},
        {"withdrawn_at": None, "withdrawn_by": ME},
        {"assented_at": AT, "assented_by": ME},
        {"assented_at": AT, "withdrawn_by": ME},
    ),
    "emergencies": ({"reviewed_by": ME}, {"reviewed_by": OTHER}),
}
CLINICIANS = frozenset({"clinician", "on call", "on call yesterday", "clinician until tomorrow"})
SCOPES = sorted({name.partition("?")[0] for name in RESOURCES})
MOST = 12  # rows of a table that are tried to be changed
# What makes rows of a table differ for the law, beside whether they were withdrawn.
KINDS = (
    "case_id",
    "client_id",
    "informant_id",
    "person_id",
    "owner_id",
    "authority",
    "role",
    "given_role",
    "status",
)


@dataclass(frozen=True)
class Rule:
    """A line of the table."""

    table: str
    command: str
    scopes: frozenset[str]
    who: frozenset[str]
    author: str
    role: str
    only: str
    was: str
    becomes: str

    def about(self, was: Row, becomes: Row) -> bool:
        """Say whether it is about such a change; of a new row both are the same."""
        asked = ((self.only, was), (self.only, becomes), (self.was, was), (self.becomes, becomes))
        return all(_is_so(word, row) for words, row in asked for word in words.split())


def _is_so(word: str, row: Row) -> bool:
    name, _, value = word.partition("=")
    if value in {"none", "some"}:
        return (row[name] is None) == (value == "none")
    return bool(row[name] == value)


def _rules() -> tuple[Rule, ...]:
    found = []
    for line in WRITES.strip().splitlines()[1:]:
        table, command, scopes, who, *words = (cell.strip() for cell in line.split("|"))
        found.append(
            Rule(table, command, frozenset(scopes.split()), frozenset(who.split()), *words)
        )
    return tuple(found)


RULES = _rules()


@dataclass(frozen=True)
class Writer:
    """Somebody, and what their token does not let them write."""

    asker: Asker
    lacks: frozenset[str] = frozenset()

    def may(self, rule: Rule, row: Row, was: Row | None = None) -> bool:
        """Say whether a rule lets them write a row, or change it from what it was."""
        asker = self.asker
        if row["organisation_id"] != asker.organisation:
            return False
        if rule.scopes and not rule.scopes - self.lacks:
            return False
        if rule.author and row[rule.author] != asker.person:
            return False
        if not rule.about(row if was is None else was, row):
            return False
        case = row["id"] if rule.table == "cases" else row.get("case_id", UUID(int=0))
        stands = asker.relations.get(case, "")
        offices = set(asker.offices) if asker.patient is None else set()
        offices |= {"anybody"}
        if asker.speaker and asker.speaker.name in CLINICIANS and asker.patient is None:
            offices |= {"clinician"}
        if rule.who & offices:
            return True
        return stands in rule.who and (not rule.role or row[rule.role] == stands.upper())


def _set(change: Mapping[str, Any]) -> sql.Composed:
    columns = (sql.SQL("{} = %s").format(sql.Identifier(name)) for name in change)
    return sql.SQL(", ").join(columns)


class Attempts:
    """Tries to write rows as everybody, and compares with the table."""

    def __init__(
        self,
        house: House,
        found: Matrix,
        askers: Iterable[Asker],
        rows: Mapping[str, list[dict[str, Any]]],
    ) -> None:
        """Prepare who writes, and rows to write."""
        self._house = house
        self._rows = rows
        self._world = found.world
        self._oracle = Oracle(found.world, rows["care_team"], rows["read_ledger"])
        self.writers = list(_writers(found, askers))
        self._elsewhere = found.world.elsewhere
        self.difference = ""

    def differ(self, table: str) -> bool:
        """Say whether anybody may write a table who may not, or the other way round."""
        needed = {scope for rule in RULES if rule.table == table for scope in rule.scopes}
        return any(
            self._differs(writer, table)
            for writer in self.writers
            if not writer.lacks - {"break_glass"} or writer.lacks & needed
        )

    def _differs(self, writer: Writer, table: str) -> bool:
        inside = self._house.admin.info.transaction_status is not TransactionStatus.IDLE
        self._house.change("SAVEPOINT writer" if inside else "BEGIN")
        try:
            principal = writer.asker.principal
            assert principal is not None
            for name, value in zip(SETTINGS, principal.settings, strict=True):
                self._house.change("SELECT set_config(%s, %s, true)", name, value)
            self._house.change("SET LOCAL ROLE alliance_api")
            if any(self._wrong(writer, *each) for each in self._tries(writer, table)):
                return True
            return self._changes_all(writer, table)
        finally:
            self._house.change("ROLLBACK TO writer" if inside else "ROLLBACK")

    def _tries(self, writer: Writer, table: str) -> Iterator[tuple[str, Row]]:
        commands = {rule.command for rule in RULES if rule.table == table}
        if "INSERT" in commands:
            for row in self._new_rows(writer, table):
                yield "INSERT", row
        if "UPDATE" in commands:
            for row in self._there(table):
                for change in TRIED.get(table, (None,)):
                    yield "UPDATE", {**row, "change": self._given(writer, change)}

    def _wrong(self, writer: Writer, command: str, row: Row) -> bool:
        table = row["table"]
        rules = [rule for rule in RULES if (rule.table, rule.command) == (table, command)]
        if command == "INSERT":
            must = any(writer.may(rule, row) for rule in rules)
            done = self._inserts(table, row)
            return self._note(must != done, writer, command, row)
        becomes = {**row, **(row["change"] or {})}
        must = any(writer.may(rule, becomes, row) for rule in rules)
        must = must and self._oracle.allows(writer.asker, table, row)
        return self._note(must != self._updates(table, row), writer, command, row)

    def _note(self, wrong: bool, writer: Writer, command: str, row: Row) -> bool:
        if wrong:
            self.difference = (
                f"{writer.asker.label} lacking {set(writer.lacks)}: {command} {dict(row)}"
            )
        return wrong

    def _inserts(self, table: str, row: Row) -> bool:
        given = {
            name: Json(value) if isinstance(value, dict) else value
            for name, value in row.items()
            if name not in {"place", "table", "position", "transaction"}
        }
        statement = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, given)),
            sql.SQL(", ").join([sql.Placeholder()] * len(given)),
        )
        try:
            with self._house.admin.transaction(force_rollback=True):
                self._house.admin.execute(statement, list(given.values()))
        except errors.InsufficientPrivilege:
            return False
        except errors.IntegrityError:
            return True  # the law let it pass
        return True

    def _updates(self, table: str, row: Row) -> bool:
        change = row["change"] or {name: row[name] for name in CHANGED[table]}
        statement = sql.SQL("UPDATE {} SET {} WHERE ctid = %s::tid").format(
            sql.Identifier(table), _set(change)
        )
        try:
            with self._house.admin.transaction(force_rollback=True):
                done = self._house.admin.execute(statement, [*change.values(), row["place"]])
                return done.rowcount == 1
        except errors.InsufficientPrivilege:
            return False
        except errors.IntegrityError:
            return True

    def _changes_all(self, writer: Writer, table: str) -> bool:
        """Change every row at once: without a condition nothing is read, and no law of reading helps."""
        rules = [rule for rule in RULES if (rule.table, rule.command) == (table, "UPDATE")]
        if not rules:
            return False
        change = self._given(writer, CHANGED[table]) or {}
        rows = self._with_mine(writer, rules[0])
        must = sum(any(writer.may(rule, {**row, **change}, row) for rule in rules) for row in rows)
        statement = sql.SQL("UPDATE {} SET {}").format(sql.Identifier(table), _set(change))
        try:
            with self._house.admin.transaction(force_rollback=True):
                done = self._house.admin.execute(statement, list(change.values())).rowcount
        except errors.InsufficientPrivilege:
            done = -1  # rows that may be changed, but not to this
        row = {"table": table, "changed": done, "must": must}
        return self._note(done != must, writer, "UPDATE", row)

    def _with_mine(self, writer: Writer, rule: Rule) -> list[Row]:
        """Make some rows the writer's own, as if they had written them, and return all."""
        rows: list[Row] = list(self._rows[rule.table])
        asker = writer.asker
        ours = [row for row in rows if row["organisation_id"] == asker.organisation]
        by_case = {row["case_id"]: row for row in ours} if rule.author and ours else {}
        if not by_case or rule.author in CHANGED[rule.table]:
            return rows
        self._house.change("RESET ROLE")
        self._house.change("SET LOCAL session_replication_role = replica")
        for case in (*list(asker.relations)[:3], *list(by_case)[:1]):
            if case in by_case:
                changed = self._made_mine(rule, by_case[case], asker, case)
                rows = [changed if row is by_case[case] else row for row in rows]
        self._house.change("SET LOCAL session_replication_role = origin")
        self._house.change("SET LOCAL ROLE alliance_api")
        return rows

    def _made_mine(self, rule: Rule, row: Row, asker: Asker, case: UUID) -> Row:
        """Write an author into a row, and their role, where such a row can be."""
        mine = {rule.author: asker.person}
        stand = asker.relations.get(case, "").upper()
        for given in ({**mine, rule.role: stand}, mine) if rule.role and stand else (mine,):
            columns = sql.SQL(", ").join(
                sql.SQL("{} = %s").format(sql.Identifier(c)) for c in given
            )
            statement = sql.SQL("UPDATE {} SET {} WHERE ctid = %s::tid").format(
                sql.Identifier(rule.table), columns
            )
            try:
                with self._house.admin.transaction():
                    done = self._house.admin.execute(statement, [*given.values(), row["place"]])
            except errors.IntegrityError:
                continue
            if done.rowcount:
                return {**row, **given}
        return row

    def _new_rows(self, writer: Writer, table: str) -> Iterator[Row]:
        """Yield rows that somebody could try to write: theirs and others', here and elsewhere."""
        rules = [rule for rule in RULES if (rule.table, rule.command) == (table, "INSERT")]
        template = {**self._rows[table][0], "table": table}
        if "id" in template:
            template["id"] = uuid4()
        asker = writer.asker
        cases = [*self._world.cases][:3] + list(asker.relations)[-2:]
        other = self._world.neighbour.uuid
        for case in dict.fromkeys(cases):
            here = self._world.cases[case].clinic.organisation
            row = {**template, "organisation_id": here}
            if "case_id" in row:
                row["case_id"] = case
            for changes in self._choices(rules, asker, case, other):
                yield {**row, **changes}
                # The same, were it not of another organisation.
                yield {**row, **changes, "organisation_id": self._other(here)}

    def _other(self, organisation: UUID) -> UUID:
        here, there = self._world.clinic.organisation, self._elsewhere.organisation
        return there if organisation == here else here

    def _given(self, writer: Writer, change: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Return a change with people in it."""
        if change is None:
            return None
        who = {ME: writer.asker.person, OTHER: self._world.neighbour.uuid}
        return {
            name: who[value] if value in (ME, OTHER) else value for name, value in change.items()
        }

    def _choices(
        self, rules: list[Rule], asker: Asker, case: UUID, other: UUID
    ) -> Iterator[dict[str, Any]]:
        mine = self._mine(rules, asker)
        role = next((rule.role for rule in rules if rule.role), "")
        author = next((rule.author for rule in rules if rule.author), "")
        own = {"breaker": "BREAK_GLASS"}.get(
            stand := asker.relations.get(case, "client"), stand.upper()
        )
        roles = [own, "THERAPIST" if own == "CLIENT" else "CLIENT"] if role else [""]
        for each in roles:
            said = {role: each} if role else {}
            yield {**mine, **said, **({"authority": "COURT"} if any(r.only for r in rules) else {})}
            if author:
                yield {**mine, **said, author: other}
            if any(rule.only for rule in rules):
                yield {**mine, **said, "authority": "INVITED"}

    def _mine(self, rules: list[Rule], asker: Asker) -> dict[str, Any]:
        return {rule.author: asker.person for rule in rules if rule.author}

    def _there(self, table: str) -> Sequence[Row]:
        """Return rows to change: some of each author, role and authority."""
        kinds: dict[tuple[Any, ...], Row] = {}
        for row in self._rows[table]:
            kind = (row.get("withdrawn_at") is None, *(row.get(name) for name in KINDS))
            kinds.setdefault(kind, row)
        return [{**row, "table": table} for row in list(kinds.values())[:MOST]]

    def reaches(self, table: str, asker: Asker) -> bool:
        """Say whether whoever is bound reaches rows of another organisation, to read or to write."""
        foreign = [row for row in self._rows[table] if row["organisation_id"] != asker.organisation]
        assert foreign, f"{table} has no row of another organisation"
        try:
            with self._house.admin.transaction():
                found = self._house.rows(
                    f"SELECT organisation_id FROM {table} WHERE organisation_id <> %s",
                    asker.organisation,
                )
                if found:
                    return True
        except errors.InsufficientPrivilege:
            pass
        return self._inserts(table, {**foreign[0], "table": table})


def _writers(found: Matrix, askers: Iterable[Asker]) -> Iterator[Writer]:
    whole = [
        asker
        for asker in askers
        if asker.principal
        and not any(w in asker.label for w in (" without ", " alone", " who may only "))
    ]
    for asker in whole:
        yield Writer(asker, frozenset({"break_glass"}))
    people = found.world.clinic.people
    for asker in whole:
        if asker.label in people and asker.label.startswith(("clinician ", "on call")):
            person = people[asker.label]
            yield _writer(asker, person.can(f"{EVERYTHING} break_glass"), frozenset())
        if asker.label in {
            "client",
            "therapist",
            "caregiver",
            "manager",
            "officer",
            "ehr",
            "clinician",
        }:
            person = people[asker.label]
            yield _writer(asker, person.can(f"{EVERYTHING} break_glass"), frozenset())
            for resource in SCOPES:
                rest = " ".join(f"user/{each}.cruds" for each in SCOPES if each != resource)
                lacks = frozenset({f"{resource}.{verb}" for verb in "cud"} | {"break_glass"})
                reads = f"user/{resource}.rs"
                yield _writer(asker, person.can(f"{rest} {reads}"), lacks)


def _writer(asker: Asker, person: Person, lacks: frozenset[str]) -> Writer:
    told = _asker(asker.label, person, asker.relations)
    return Writer(replace(told, offices=asker.offices), lacks)
