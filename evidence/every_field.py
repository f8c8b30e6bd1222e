"""Documents that read every field of the schema that leads to a case, within the limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    get_variable_values,
    is_required_argument,
)

from alliance_api.graph.schema import PREFIXES, schema
from alliance_api.onesql.cache import Documents
from alliance_api.onesql.limits import Limits
from alliance_api.onesql.refusals import DocumentRefused

# Of each party's form its series are read.
FORMS = {
    "CLIENT": "alliance-check-in",
    "THERAPIST": "alliance-check-in-t",
    "CAREGIVER": "alliance-check-in-caregiver",
}
# Every look adds a row of one's own to the ledger.
LEDGER = "readings"
# What a form consists of is the clinic's, and no case's.
CATALOGUE = "Instrument"
ROOTS = ("viewer", "organisation", "case", "caseload")

# How many of a plain list are read, which must be all.
LISTED = 30

# A field and where it stands: each part as it is written, with its alias and arguments.
Leaf = tuple[str, ...]


@cache
def documents() -> tuple[str, ...]:
    """Return the documents; they take a `$case`."""
    query = schema().query_type
    assert query is not None
    found: list[Leaf] = []
    for name in ROOTS:
        # A caseload leads to the case again, of which everything is read by its id.
        seen = frozenset({"Query"} if name == "case" else {"Query", "Case"})
        found += _leaves(name, query.fields[name], seen)
    return tuple(_documents(found))


def _documents(leaves: Sequence[Leaf]) -> Iterator[str]:
    """Yield documents of as many leaves as the limits allow."""
    text = _written(leaves)
    document = f"query($case: ID!) {text}" if "$case" in text else f"query {text}"
    if _fits(document):
        yield document
    else:
        assert len(leaves) > 1, f"{document} is too large by itself"
        half = len(leaves) // 2
        yield from _documents(leaves[:half])
        yield from _documents(leaves[half:])


def _fits(text: str) -> bool:
    try:
        document = Documents(schema(), Limits(), PREFIXES).load(text)
        operation = document.operation(None)
        given = {"case": f"case-{UUID(int=0)}"} if "$case" in text else {}
        asked = operation.variable_definitions or ()
        variables = get_variable_values(schema(), asked, given)
        assert not isinstance(variables, list)
        document.cost(operation, variables)
    except (DocumentRefused, GraphQLError):
        return False
    return True


def covered() -> frozenset[tuple[str, str]]:
    """Return every type and field that a case leads to, but the ledger's and the catalogue's."""
    return frozenset(_reached(schema().type_map["Case"], set()))


def _reached(kind: GraphQLNamedType, seen: set[str]) -> Iterator[tuple[str, str]]:
    if not isinstance(kind, GraphQLObjectType) or kind.name in seen or kind.name == CATALOGUE:
        return
    seen.add(kind.name)
    for name, field in kind.fields.items():
        if name != LEDGER:
            yield kind.name, name
            yield from _reached(get_named_type(field.type), seen)


def _leaves(name: str, field: GraphQLField, seen: frozenset[str]) -> Iterator[Leaf]:
    kind = get_named_type(field.type)
    for text in _spellings(name, field):
        if not isinstance(kind, GraphQLObjectType):
            yield (text,)
        elif kind.name in seen or kind.name == CATALOGUE:
            # Where it leads is read elsewhere; that it leads there is read here.
            yield text, "id" if "id" in kind.fields else "__typename"
        else:
            for below, its in kind.fields.items():
                if below != LEDGER:
                    for leaf in _leaves(below, its, seen | {kind.name}):
                        yield text, *leaf


def _spellings(name: str, field: GraphQLField) -> list[str]:
    """Return a field with its arguments, once for each choice it must be given."""
    must = {key for key, found in field.args.items() if is_required_argument(found)}
    choices = [""]
    if must >= {"instrument", "informant"}:
        choices = [f'instrument: "{code}", informant: {who}' for who, code in FORMS.items()]
    elif "instrument" in must:
        choices = [f'instrument: "{FORMS["CLIENT"]}"']
    elif "id" in must:
        choices = ["id: $case"]
    elif must:
        [key] = must
        words = get_named_type(field.args[key].type)
        assert isinstance(words, GraphQLEnumType), f"{name} needs {key}"
        choices = [f"{key}: {word}" for word in words.values]
    pages = {"first": 50 if "after" in field.args else LISTED, "last": 5}
    page = next((f"{key}: {n}" for key, n in pages.items() if key in field.args), "")
    given = [", ".join(filter(None, (choice, page))) for choice in choices]
    spelt = [f"{name}({each})" if each else name for each in given]
    return spelt if len(spelt) == 1 else [f"{name}{n}: {each}" for n, each in enumerate(spelt)]


def _written(leaves: Sequence[Leaf]) -> str:
    below: dict[str, list[Leaf]] = {}
    for first, *rest in leaves:
        below.setdefault(first, []).extend([tuple(rest)] if rest else [])
    parts = [f"{name} {_written(found)}" if found else name for name, found in below.items()]
    return "{ " + " ".join(parts) + " }"
