"""Mutants of the law: every small fault in the charter or in the generated policies is noticed.

Each mutant is laid over the told world inside a transaction that is taken back. What somebody may
read is compared by the broken query, over the tables concerned; what they may write, by trying:
row-level security refuses before any constraint is looked at, so that rows need not make sense.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg import errors, sql

from alliance_api.charter import policies as law
from alliance_api.charter.charter import NEVER, ORDER, READ, WRITE
from alliance_api.charter.facets import HOLDINGS, Facet
from alliance_api.charter.policies import Policy
from alliance_api.charter.principal import SETTINGS
from alliance_api.charter.relations import Relation
from evidence import charter_equals, charter_seed, progress
from evidence.broken_query import Asker, Oracle, Outcome, everything, judge, seen_on
from evidence.charter_text import dropped, flipped
from evidence.charter_writes import Attempts
from evidence.figures import Figure
from evidence.matrix_world import Matrix, a_matrix_world, everybody
from tests.house import House, new_house

LEAST = 95.0
SMALL = 16


@dataclass(frozen=True)
class Mutant:
    """A fault: what was done to which cell, and the policies that say so."""

    name: str
    policies: tuple[Policy, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that the fault is about."""
        return tuple(dict.fromkeys(policy.table for policy in self.policies))

    @property
    def reads(self) -> bool:
        """Whether the fault is one of reading."""
        return all(policy.command == "SELECT" for policy in self.policies)


# --- Faults ---------------------------------------------------------------------------------


def of_the_reading_table() -> Iterator[Mutant]:
    """Yield each cell with a term dropped, opened, closed, or changed for its neighbour's."""
    for facet, row in READ.items():
        for relation, terms in row.items():
            for what, others in _other_terms(row, relation, terms):
                yield Mutant(f"{facet} {relation}: {what}", _with_cell(facet, relation, others))


def _other_terms(
    row: dict[Relation, tuple[str, ...]], relation: Relation, terms: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    if terms == (NEVER,):
        yield "never opened", ("open",)
        return
    yield "closed", (NEVER,)
    for term in terms:
        if term != "open":
            rest = tuple(each for each in terms if each != term)
            yield f"without {term}", rest or ("open",)
    neighbour = row[ORDER[(ORDER.index(relation) + 1) % len(ORDER)]]
    if neighbour not in {terms, (NEVER,)}:
        yield "as its neighbour", neighbour


def _with_cell(facet: Facet, relation: Relation, terms: tuple[str, ...]) -> tuple[Policy, ...]:
    kept = READ[facet][relation]
    READ[facet][relation] = terms
    try:
        tables = dict.fromkeys(place.table for place in HOLDINGS[facet].places)
        return tuple(_policy(table) for table in tables)
    finally:
        READ[facet][relation] = kept


def _policy(table: str) -> Policy:
    """Return the reading policy of a table; where nobody is left who may read it, one for nobody."""
    facets = [facet for facet, held in HOLDINGS.items() if table in {p.table for p in held.places}]
    if all(terms == (NEVER,) for facet in facets for terms in READ[facet].values()):
        return Policy(f"{table}_read", table, "SELECT", "false", None)
    return law._read(table)  # noqa: SLF001


def of_the_writing_table() -> Iterator[Mutant]:
    """Yield each rule without its gate or author, or with somebody more."""
    for number, rule in enumerate(WRITE):
        label = f"{rule.table} {rule.command} {number}"
        gone = {
            "author": replace(rule, author=None),
            "own_role": replace(rule, own_role=None),
            "where": replace(rule, where=None),
            "before": replace(rule, before=None),
            "after": replace(rule, after=None),
            "signs": replace(rule, signs=None),
        }
        for name, other in gone.items():
            if getattr(rule, name):
                # A rule's name says whether it has a condition: the fault keeps the name.
                policy = replace(law._write(other), name=law._write(rule).name)  # noqa: SLF001
                yield Mutant(f"{label}: without {name}", (policy,))
        for relation in ORDER:
            if relation in rule.relations:
                less = tuple(each for each in rule.relations if each != relation)
                if less:
                    other = replace(rule, relations=less)
                    yield Mutant(f"{label}: without {relation}", (law._write(other),))  # noqa: SLF001
            else:
                other = replace(rule, relations=(*rule.relations, relation))
                yield Mutant(f"{label}: with {relation}", (law._write(other),))  # noqa: SLF001


def of_the_text() -> Iterator[Mutant]:
    """Yield each policy with a condition dropped, or AND and OR changed for each other."""
    for policy in law.policies():
        if policy.role != law.API:
            if policy.role == law.ENGINE:
                yield Mutant(
                    f"{policy.name}: everybody's", (replace(policy, using="true", check="true"),)
                )
            continue
        for side in ("using", "check"):
            condition = getattr(policy, side)
            if not condition:
                continue
            for what, other in (*dropped(condition), *flipped(condition)):
                yield Mutant(f"{policy.name} {side}: {what}", (replace(policy, **{side: other}),))


# --- Noticing -------------------------------------------------------------------------------


@dataclass
class Court:
    """The told world, and everybody who tries the law."""

    house: House
    askers: list[Asker]
    oracle: Oracle
    rows: dict[str, list[dict[str, Any]]]
    attempts: Attempts
    broken: list[str] = field(default_factory=list)

    def notices(self, mutant: Mutant) -> bool | None:
        """Say whether the fault shows; None where PostgreSQL does not take it for a policy."""
        self.house.change("BEGIN")
        try:
            for policy in mutant.policies:
                drop = sql.SQL("DROP POLICY IF EXISTS {} ON {}")
                names = sql.Identifier(policy.name), sql.Identifier(policy.table)
                self.house.admin.execute(drop.format(*names))
                self.house.change(policy.sql().replace("%", "%%"))
            return self._shows(mutant)
        except (errors.SyntaxError, errors.UndefinedColumn, errors.DatatypeMismatch):
            return None
        except errors.CardinalityViolation:
            return True  # a policy that fails is noticed by the first who writes
        finally:
            self.house.change("ROLLBACK")

    def _shows(self, mutant: Mutant) -> bool:
        role = mutant.policies[0].role
        if role == law.ENGINE:
            return any(self._engine_sees(table) for table in mutant.tables)
        if mutant.reads:
            return any(
                self._reads_otherwise(mutant.tables, asker) for asker in self._likely(mutant)
            )
        return any(self.attempts.differ(table) for table in mutant.tables)

    def _likely(self, mutant: Mutant) -> Iterable[Asker]:
        """Whom a fault shows to is often named by it: those first."""
        words = {relation.lower() for relation in ORDER if relation in mutant.name}
        words |= {"breaker"} if "BREAK_GLASS" in mutant.name else set()
        words |= {"officer"} if "PRIVACY_OFFICER" in mutant.name else set()

        def far(asker: Asker) -> bool:
            ways = {*asker.relations.values(), *asker.offices}
            return not ways & words

        return sorted(self.askers, key=far)

    def _reads_otherwise(self, tables: Iterable[str], asker: Asker) -> bool:
        self.house.change("SAVEPOINT before")
        self.house.change("SET LOCAL ROLE alliance_api")
        try:
            shown = seen_on(self.house.admin, tables, asker)
        except errors.InvalidObjectDefinition:  # a policy that asks itself
            return True
        finally:
            self.house.change("ROLLBACK TO before")
        found = Outcome()
        for table in tables:
            judge(found, self.oracle, asker, table, self.rows[table], shown[table])
        return bool(found.leaks or found.missing)

    def _engine_sees(self, table: str) -> bool:
        """Whether the engine of one organisation reaches another's rows."""
        asker = next(each for each in self.askers if each.principal)
        self.house.change("SAVEPOINT before")
        try:
            for name, value in zip(SETTINGS, asker.principal.settings, strict=True):  # type: ignore[union-attr]
                self.house.change("SELECT set_config(%s, %s, true)", name, value)
            self.house.change("SET LOCAL ROLE alliance_engine")
            return self.attempts.reaches(table, asker)
        finally:
            self.house.change("ROLLBACK TO before")


@dataclass
class Verdict:
    """What became of the mutants."""

    killed: int = 0
    equal: list[str] = field(default_factory=list)
    survived: list[str] = field(default_factory=list)
    invalid: int = 0

    @property
    def share(self) -> float:
        """How many of those that matter were noticed, in per cent."""
        total = self.killed + len(self.survived)
        return 100 * self.killed / total if total else 0.0

    def so_far(self) -> str:
        """Return what is known by now."""
        return f"{self.killed} noticed, {len(self.survived)} survived: {self.survived[-3:]}"


def mutants() -> list[Mutant]:
    """Return every fault."""
    return [*of_the_reading_table(), *of_the_writing_table(), *of_the_text()]


def court(house: House, found: Matrix) -> Court:
    """Return the told world, ready to try the law."""
    asking = [asker for asker in everybody(found) if "with scopes" not in asker.label]
    charter_seed.forge(house, found)
    rows = everything(house)
    oracle = Oracle(found.world, rows["care_team"], rows["read_ledger"])
    asking.sort(key=lambda asker: " without " in asker.label or " alone" in asker.label)
    return Court(house, asking, oracle, rows, Attempts(house, found, asking, rows))


def experiment(small: bool) -> Figure:
    """Try every mutant over a told world; small: a dozen of them."""
    verdict = Verdict()
    with new_house() as house:
        here = court(house, a_matrix_world(house, small=True))
        chosen = mutants()
        if small:
            chosen = random.Random(7).sample(chosen, SMALL)
        # What is noticed must be the fault: without one nothing differs.
        for table in sorted(
            {table for mutant in chosen for table in mutant.tables if not mutant.reads}
        ):
            assert not here.attempts.differ(table), f"{table}: {here.attempts.difference}"
        for mutant in progress.told("charter-mutants", chosen, verdict.so_far):
            _try(here, mutant, verdict)
    print(*(f"survived: {name}" for name in verdict.survived), sep="\n")
    figure = (
        f"{verdict.killed + len(verdict.survived)} mutants of the charter and its policies: "
        f"{verdict.killed} noticed, {len(verdict.survived)} survived, {verdict.share:.1f} %; "
        f"{len(verdict.equal)} say the same in other words, {verdict.invalid} say nothing"
    )
    met = verdict.share >= LEAST
    return Figure("charter-mutants", figure, f"at least {LEAST:.0f} %", met=met)


def _try(here: Court, mutant: Mutant, verdict: Verdict) -> None:
    if why := charter_equals.asked_before(mutant.name, mutant.policies):
        verdict.equal.append(f"{mutant.name}: {why}")  # certain, and long to try
        return
    noticed = here.notices(mutant)
    if noticed is None:
        verdict.invalid += 1
    elif noticed:
        verdict.killed += 1
    elif why := charter_equals.reason(mutant.name, mutant.policies):
        verdict.equal.append(f"{mutant.name}: {why}")
    else:
        verdict.survived.append(mutant.name)
