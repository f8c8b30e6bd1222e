"""Documents that read every field of a surface, as trees: the product reads them, and the oracle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    get_variable_values,
    is_list_type,
)

from alliance_api.graph.schema import PREFIXES
from alliance_api.graph.schema import schema as product
from alliance_api.onesql.cache import Documents
from alliance_api.onesql.limits import Limits
from alliance_api.onesql.refusals import DocumentRefused
from evidence.every_field import FORMS
from evidence.matrix_links import Asked
from evidence.matrix_oracle import schema
from evidence.matrix_truth import NODES

SCALE = "total"
THERAPISTS = "alliance-check-in-t"
# As many ids in one document as it may have roots; fewer where there is much to plan for each.
TOGETHER, FEWER = 10, {"measurement": 3, "signal": 5, "session": 5}
PAGE = 100
# Of plain lists: all there are, and of lists within them the latest.
LISTED = {"first": 40, "last": 10}

# Every look adds to the ledger, so it is read by itself, before it has grown.
LEDGER = "readings"
# Enough of a person, an instrument or another object where a link leads to it; the rest of it is
# read where it stands itself.
BRIEF = {
    "Person": ("id", "name", "birthDate", "language", "erasedAt"),
    "Instrument": ("id", "code"),
    "Organisation": ("id", "name"),
    "Session": ("id", "number", "outcome"),
    "Measurement": ("id", "takenAt", "comment"),
    "Occasion": ("id", "state"),
    "Commitment": ("id", "wording"),
    "Goal": ("id", "wording"),
    "Case": ("id", "status"),
    "Team": ("id", "name"),
    "LegalHold": ("id", "reason"),
}
# Lists of these hold what is theirs; everything else only leads there.
HOMES = frozenset({"Case", "Viewer", "Organisation", "Person"})
CATALOGUE = frozenset({"Person", "Instrument", "Organisation"})
Steps = tuple[tuple[str, str, tuple[tuple[str, Any], ...]], ...]


@dataclass(frozen=True)
class Document:
    """A document: its text, the tree of what it asks for, and the variables that it takes."""

    surface: str
    text: str
    roots: tuple[Asked, ...]
    variables: tuple[str, ...] = ()


def _spellings(kind: str, name: str) -> list[tuple[str, tuple[tuple[str, Any], ...]]]:
    """Return a field's keys and arguments: once for each choice that there is."""
    if (kind, name) in {("Case", "trajectory"), ("Case", "latestScores")}:
        last = (("last", LISTED["last"]),) if name == "latestScores" else ()
        return [
            (f"{name}{who}", (("instrument", code), ("informant", who), ("scale", SCALE), *last))
            for who, code in FORMS.items()
        ]
    if (kind, name) == ("Case", "concordance"):
        given = (("instrument", FORMS["CLIENT"]), ("scale", SCALE), ("therapistForm", THERAPISTS))
        return [(name, given)]
    if (kind, name) in {("Case", "reliability"), ("Session", "minutesLate")}:
        return [(f"{name}{who}", (("of", who),)) for who in ("CLIENT", "THERAPIST")]
    if (kind, name) == ("Case", "measurements"):
        return [(f"{name}{end}", ((end, PAGE),)) for end in ("first", "last")]
    field = _fields(kind)[name]
    if "after" in field.args:
        return [(name, (("first", PAGE),))]
    page = next((each for each in ("first", "last") if each in field.args), None)
    return [(name, ((page, LISTED[page]),) if page else ())]


def _fields(kind: str) -> Mapping[str, Any]:
    found = schema().type_map[kind]
    assert isinstance(found, GraphQLObjectType)
    fields: Mapping[str, Any] = found.fields
    return fields


def _steps(kind: str, seen: frozenset[str]) -> Iterator[Steps]:
    """Yield every way from a type to the end of a field."""
    for name, field in _fields(kind).items():
        of = get_named_type(field.type)
        if name == LEDGER:
            continue
        for key, arguments in _spellings(kind, name):
            step = (key, name, arguments)
            if not isinstance(of, GraphQLObjectType):
                yield (step,)
            elif of.name.endswith("Connection"):
                node = get_named_type(of.fields["nodes"].type).name
                yield (step, ("totalCount", "totalCount", ()))
                for more in ("hasNextPage", "hasPreviousPage"):
                    yield (step, ("pageInfo", "pageInfo", ()), (more, more, ()))
                for below in _below(node, seen, home=True):
                    yield (step, ("nodes", "nodes", ()), *below)
            else:
                home = kind in HOMES and is_list_type(get_nullable_type(field.type))
                for below in _below(of.name, seen, home=home):
                    yield (step, *below)


def _below(kind: str, seen: frozenset[str], *, home: bool) -> Iterator[Steps]:
    if kind in seen or (kind in BRIEF and (not home or kind in CATALOGUE)):
        for name in BRIEF.get(kind, ("__typename",)):
            yield ((name, name, ()),)
    else:
        yield from _steps(kind, seen | {kind})


def _tree(ways: Sequence[Steps]) -> tuple[Asked, ...]:
    below: dict[tuple[str, str, tuple[tuple[str, Any], ...]], list[Steps]] = {}
    for first, *rest in ways:
        below.setdefault(first, []).extend([tuple(rest)] if rest else [])
    return tuple(
        Asked(key, name, dict(arguments), _tree(found))
        for (key, name, arguments), found in below.items()
    )


# Words of enums are written bare; texts are quoted.
_BARE = frozenset({"CLIENT", "THERAPIST", "CAREGIVER"})


def written(asked: Sequence[Asked]) -> str:
    """Return the text of a selection."""
    parts = []
    for each in asked:
        alias = "" if each.key == each.name else f"{each.key}: "
        given = ", ".join(
            f"{name}: {value if value in _BARE or not isinstance(value, str) or value[0] == '$' else _quoted(value)}"
            for name, value in each.arguments.items()
        )
        below = f" {written(each.below)}" if each.below else ""
        parts.append(f"{alias}{each.name}{f'({given})' if given else ''}{below}")
    return "{ " + " ".join(parts) + " }"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _fitting(surface: str, root: Asked, ways: Sequence[Steps]) -> Iterator[Document]:
    """Yield documents of as much as the limits allow."""
    made = _document(surface, root, ways)
    if _fits(made.text):
        yield made
        return
    assert len(ways) > 1, made.text
    half = len(ways) // 2
    yield from _fitting(surface, root, ways[:half])
    yield from _fitting(surface, root, ways[half:])


def _document(surface: str, root: Asked, ways: Sequence[Steps]) -> Document:
    tree = (Asked(root.key, root.name, root.arguments, _tree(ways)),)
    if "$id" in root.arguments.values():
        return Document(surface, f"query($id: ID!) {written(tree)}", tree, ("id",))
    return Document(surface, f"query {written(tree)}", tree)


def _fits(text: str) -> bool:
    try:
        document = Documents(product(), Limits(), PREFIXES).load(text)
        operation = document.operation(None)
        asked = operation.variable_definitions or ()
        given = {
            each.variable.name.value: "case-00000000-0000-0000-0000-000000000000" for each in asked
        }
        variables = get_variable_values(product(), asked, given)
        assert not isinstance(variables, list)
        document.cost(operation, variables)
    except (DocumentRefused, GraphQLError):
        return False
    return True


def _split_people(ways: Sequence[Steps]) -> list[list[Steps]]:
    """Return what leads to people apart: where somebody may not be known, more than they is null."""
    known = {"person", "client", "informant", "therapist", "owner", "by", "givenBy", "setBy"}
    known |= {"wordedBy", "proposedBy", "ratedBy"}
    to_people = [way for way in ways if any(step[1] in known and len(way) > 1 for step in way[:-1])]
    rest = [way for way in ways if way not in set(to_people)]
    return [part for part in (rest, to_people) if part]


@cache
def of_case() -> tuple[Document, ...]:
    """Return what reads a case by its id."""
    root = Asked("case", "case", {"id": "$id"})
    parts = _split_people(list(_steps("Case", frozenset({"Case"}))))
    return tuple(each for part in parts for each in _fitting("case", root, part))


@cache
def watched() -> tuple[Document, ...]:
    """Return what watches a case: the same, as subscriptions."""
    return tuple(
        replace(each, surface="subscription", text=as_subscription(each.text)) for each in of_case()
    )


def as_subscription(text: str) -> str:
    """Return the document that watches what one of `of_case` asks for."""
    return text.replace("query(", "subscription(", 1).replace("case(", "caseChanged(", 1)


@cache
def of_root(name: str) -> tuple[Document, ...]:
    """Return what reads one of the roots that take no id."""
    field = schema().query_type
    assert field is not None
    kind = get_named_type(field.fields[name].type)
    arguments: dict[str, Any] = {"first": PAGE} if "first" in field.fields[name].args else {}
    root = Asked(name, name, arguments)
    if kind.name.endswith("Connection"):
        ways: list[Steps] = [(("totalCount", "totalCount", ()),)]
        nodes = ("nodes", "nodes", ())
        brief = ("id", "status", "openedOn", "timeZone", "openSignals", "disclosureDefault")
        ways += [(nodes, (each, each, ())) for each in brief]
        ways += [(nodes, ("client", "client", ()), (each, each, ())) for each in BRIEF["Person"]]
    else:
        ways = list(_steps(kind.name, frozenset({kind.name, "Case"})))
    return tuple(each for part in _split_people(ways) for each in _fitting(name, root, part))


def together(prefix: str) -> int:
    """Return how many objects of a kind are asked for at once."""
    return FEWER.get(prefix, TOGETHER)


@cache
def of_node(prefix: str) -> tuple[Document, ...]:
    """Return what reads some objects of a kind by their ids, with every field that is their own."""
    kind, _ = NODES[prefix]
    size = together(prefix)
    ways = [way for way in _steps(kind, frozenset({kind})) if _near(way)]
    if prefix == "case":  # read in depth by itself
        ways = [way for way in ways if len(way) == 1]
    found = []
    for part in _split_people(ways):
        tree = _tree(part)
        roots = tuple(
            Asked(f"n{number}", "node", {"id": f"$n{number}"}, tree) for number in range(size)
        )
        names = tuple(f"n{number}" for number in range(size))
        given = ", ".join(f"${name}: ID!" for name in names)
        asks = " ".join(f"{name}: node(id: ${name}) {{ ...F }}" for name in names)
        text = f"query({given}) {{ {asks} }} fragment F on {kind} {written(tree)}"
        assert _fits(text), f"{kind} is too large"
        found.append(Document("node", text, roots, names))
    return tuple(found)


def _near(way: Steps) -> bool:
    objects = [step for step in way[:-1] if step[1] not in {"nodes", "pageInfo"}]
    return len(objects) <= 2


LEDGER_PAGE = 50
LEDGER_FIELDS = ("at", "application", "purpose", "operation", "facets", "outcome", "inWords")


@cache
def of_ledger(root: str) -> Document:
    """Return what reads the ledger: of a case, or of the organisation."""
    below = _tree(
        [
            (("totalCount", "totalCount", ()),),
            *[(("nodes", "nodes", ()), (name, name, ())) for name in LEDGER_FIELDS],
            *[
                (("nodes", "nodes", ()), ("by", "by", ()), (name, name, ()))
                for name in BRIEF["Person"]
            ],
        ]
    )
    readings = Asked(LEDGER, LEDGER, {"first": LEDGER_PAGE}, below)
    arguments = {"id": "$id"} if root == "case" else {}
    tree = (Asked(root, root, arguments, (readings,)),)
    given = "($id: ID!)" if root == "case" else ""
    return Document("ledger", f"query{given} {written(tree)}", tree, ("id",) if given else ())
