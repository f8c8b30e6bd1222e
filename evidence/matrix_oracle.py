"""The field oracle, read: every field, root, operation and route, and whose verdict each follows.

The table itself is `matrix_fields.txt`. What it does not know fails the build: a new field has to be
given its words here before anybody can be shown it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type

from alliance_api.graph.schema import sdl

FIELDS = Path(__file__).parent / "matrix_fields.txt"
DOORS = Path(__file__).parent / "matrix_doors.txt"

# The roots of reading: the surface, and what opens it.
ROOTS = {
    "viewer": "who asks: what is their own",
    "organisation": "organisations",
    "node": "the rows of the table that the id's kind names",
    "case": "cases",
    "caseload": "cases, as therapist or supervisor",
    "instrument": "instruments",
    "instruments": "instruments",
}

# What is watched is a query's answer, told again when it is another.
SUBSCRIPTIONS = {
    "caseChanged": "what `case` opens",
    "signalRaised": "signals that are open, as whoever watches may see them",
}

# What a mutation hands back is read under the same verdicts as everything else of that type.
MUTATIONS = {
    "openCase": "Case",
    "closeCase": "Case",
    "joinCareTeam": "Case",
    "leaveCareTeam": "Case",
    "planMeasurement": "Occasion",
    "submitMeasurement": "Measurement",
    "changeDisclosure": "Measurement",
    "proposeGoal": "Goal",
    "answerGoal": "Goal",
    "rateGoal": "Goal",
    "endGoal": "Goal",
    "scheduleSession": "Session",
    "moveSession": "Session",
    "cancelSession": "Session",
    "recordSession": "Session",
    "makeCommitment": "Commitment",
    "settleCommitment": "Commitment",
    "giveConsent": "Consent",
    "withdrawConsent": "Consent",
    "breakGlass": "Emergency",
    "reviewEmergency": "Emergency",
    "writeNote": "Note",
    "acknowledgeSignal": "Signal",
    "confirmHeard": "Signal",
    "setPreferences": "Case",
    "erasePerson": "Person",
    "setLegalHold": "LegalHold",
    "liftLegalHold": "LegalHold",
}

# A refusal names a rule and a field of the input: nobody's data.
PROBLEM = frozenset({"code", "message", "field"})
# A page is what its rows are; its numbers count the rows that may be seen, and no others.
PAGE = frozenset({"edges", "nodes", "pageInfo", "totalCount"})
EDGE = frozenset({"cursor", "node"})
PAGE_INFO = frozenset({"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"})

NOBODY = "nobody's data"
ROUTES = {
    "/graphql": "the roots above; its page, with GET: " + NOBODY,
    "/graphql/assets": NOBODY,
    "/openapi.json": NOBODY,
    "/health/live": NOBODY,
    "/health/ready": NOBODY,
    "/v1/feed": "facts, to the organisation's notifier and its record systems: see Facts",
    "/v1/me/archive": "all that is one's own, and no more than one may see",
    "/v1/cases/{case}/charts/{instrument}.svg": "Case.trajectory, Case.sessions, Measurement.withheld",
    "/v1/cases/{case}/charts/{instrument}.png": "Case.trajectory, Case.sessions, Measurement.withheld",
}


@dataclass(frozen=True, slots=True)
class Link:
    """Which rows are meant: columns that must be alike, further conditions, and their order."""

    on: tuple[tuple[str, str], ...] = ()
    conditions: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Says:
    """One line of the oracle."""

    kind: str
    name: str
    table: str | None
    verb: str
    words: tuple[str, ...]
    link: Link
    empty_is_null: bool = False

    @property
    def shown(self) -> str:
        """How the page tells it."""
        return " ".join((self.verb, *self.words))


@dataclass(frozen=True, slots=True)
class Kind:
    """A type: the table of its rows, or None for a part of another's."""

    name: str
    table: str | None
    fields: Mapping[str, Says]


_HEAD = re.compile(r"(\w+): (?:a row of (\w+)|a part)")


@cache
def kinds() -> dict[str, Kind]:
    """Return every type of the oracle."""
    found: dict[str, Kind] = {}
    kind = Kind("", None, {})
    for line in FIELDS.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if head := _HEAD.fullmatch(line):
            kind = Kind(head[1], head[2], {})
            assert kind.name not in found, f"{kind.name} is told twice"
            found[kind.name] = kind
            continue
        name, table, what = (part.strip() for part in line.split("|"))
        fields = kind.fields
        assert isinstance(fields, dict)
        assert name not in fields, f"{kind.name}.{name} is told twice"
        fields[name] = _says(kind.name, name, None if table == "-" else table, what)
    return found


def _says(kind: str, name: str, table: str | None, what: str) -> Says:
    told, _, empty = what.partition(" ; ")
    head, _, rest = told.partition(" where ")
    where, _, order = rest.partition(" by ") if rest else ("", "", "")
    if " by " in head:
        head, _, order = head.partition(" by ")
    on, conditions = [], []
    for part in filter(None, (each.strip() for each in where.split(","))):
        theirs, equal, own = (each.strip() for each in part.partition(" = "))
        if equal:
            on.append((own, theirs))
        else:
            conditions.append(part)
    columns = order.replace(" descending", "").split()
    verb, *words = head.split()
    link = Link(tuple(on), tuple(conditions), tuple(columns), order.endswith("descending"))
    return Says(kind, name, table, verb, tuple(words), link, bool(empty))


@cache
def schema() -> GraphQLSchema:
    """Return the schema as it is published: the text, and nothing behind it."""
    return build_schema(sdl())


def unknown(paths: Iterable[str]) -> list[str]:
    """Return what the product has and the oracle does not know, and the other way round."""
    return [*_unknown_fields(), *_unknown_roots(), *_unknown_routes(paths)]


def _unknown_fields() -> list[str]:
    told = {(kind.name, name) for kind in kinds().values() for name in kind.fields}
    there = set()
    wrong = []
    for kind in schema().type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name.startswith("__"):
            continue
        known = _generated(kind)
        if known is not None:
            wrong += [f"{kind.name}.{name} is new" for name in kind.fields.keys() - known]
        elif kind.name not in {"Query", "Mutation", "Subscription"}:
            there |= {(kind.name, name) for name in kind.fields}
    wrong += [f"{kind}.{name} is unknown to the oracle" for kind, name in there - told]
    return [*wrong, *(f"{kind}.{name} is gone" for kind, name in told - there)]


def _generated(kind: GraphQLObjectType) -> frozenset[str] | None:
    """Return the fields that a type of a pattern may have; None if it is of none."""
    if kind.name == "PageInfo":
        return PAGE_INFO
    if kind.name.endswith("Connection"):
        return PAGE
    if kind.name.endswith("Edge"):
        return EDGE
    if kind.name.endswith("Problem"):
        return PROBLEM
    if kind.name.endswith("Payload"):
        mutation = kind.name.removesuffix("Payload")
        changed = MUTATIONS.get(mutation[0].lower() + mutation[1:])
        named = {
            name for name, of in kind.fields.items() if get_named_type(of.type).name == changed
        }
        return frozenset(named | {"problems"})
    return None


def _unknown_roots() -> list[str]:
    found = schema()
    kinds = ((ROOTS, found.query_type), (MUTATIONS, found.mutation_type))
    return [
        f"the root {name} is unknown to the oracle, or gone"
        for told, kind in (*kinds, (SUBSCRIPTIONS, found.subscription_type))
        for name in told.keys() ^ (kind.fields.keys() if kind else set())
    ]


def _unknown_routes(paths: Iterable[str]) -> list[str]:
    there = set(paths) - doors().keys()
    return [f"the route {path} is unknown to the oracle, or gone" for path in ROUTES.keys() ^ there]


@cache
def doors() -> dict[str, str]:
    """Return the routes of the authorization server, with what each tells."""
    lines = DOORS.read_text("utf-8").splitlines()
    told = (line.split("|") for line in lines if line.strip() and not line.startswith("#"))
    return {path.strip(): words.strip() for path, words in told}
