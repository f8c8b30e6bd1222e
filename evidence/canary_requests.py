"""What is asked of the service: every field, every mutation, and everything that is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_input_field,
)

from evidence.broken_query import Asker
from evidence.every_field import FORMS
from evidence.matrix_ask import Truth
from evidence.matrix_documents import of_case, of_ledger, of_node, of_root, together, watched
from evidence.matrix_oracle import schema
from evidence.matrix_truth import NODES


@dataclass(frozen=True)
class Asking:
    """One request: over which surface, and what is sent."""

    surface: str
    path: str
    content: bytes | None = None

    @property
    def is_post(self) -> bool:
        """Whether something is sent along."""
        return self.content is not None


def graphql(surface: str, text: str, variables: dict[str, Any]) -> Asking:
    """Return a request of a document."""
    return Asking(surface, "/graphql", json.dumps({"query": text, "variables": variables}).encode())


def reading(asker: Asker, truth: Truth, cases: Sequence[UUID]) -> Iterator[Asking]:
    """Yield every field, over every surface that reads."""
    for case in dict.fromkeys((*list(asker.relations)[:1], cases[0])):
        name = f"case-{case}"
        for document in (*of_case(), of_ledger("case")):
            yield graphql("case", document.text, {"id": name})
        for document in watched():
            yield graphql("subscription", document.text, {"id": name})
        for code in FORMS.values():
            yield Asking("svg", f"/v1/cases/{name}/charts/{code}.svg")
        yield Asking("png", f"/v1/cases/{name}/charts/{FORMS['CLIENT']}.png")
    for root in ("viewer", "organisation", "caseload"):
        for document in of_root(root):
            yield graphql(root, document.text, {})
    yield graphql("organisation", of_ledger("organisation").text, {})
    for prefix, (_, table) in NODES.items():
        size = together(prefix)
        ids = [f"{prefix}-{row['id']}" for row in truth.rows[table][:size]]
        for document in of_node(prefix):
            given = dict(zip(document.variables, (ids * size)[:size], strict=True))
            yield graphql("node", document.text, given)
    yield Asking("archive", "/v1/me/archive")
    yield Asking("feed", "/v1/feed?limit=1000")
    for path in (
        "/oauth/userinfo",
        "/oauth/clients",
        "/oauth/jwks",
        "/account",
        "/openapi.json",
        "/health/live",
        "/health/ready",
        "/graphql",
    ):
        yield Asking("others", path)


def words() -> str:
    """Return something that nobody has said before."""
    return f"Canary of an input: {uuid4()}"


CLOSING = "closeCase"


def mutating(truth: Truth, case: UUID, *, closing: bool) -> Iterator[Asking]:
    """Yield every mutation, as well as it can be guessed, and with what does not belong there.

    The one that closes a case is yielded apart.
    """
    root = schema().mutation_type
    assert root is not None
    for name, field in root.fields.items():
        if (name == CLOSING) is not closing:
            continue
        given = field.args["input"].type
        kind = get_named_type(given)
        payload = get_named_type(field.type)
        assert isinstance(kind, GraphQLInputObjectType)
        assert isinstance(payload, GraphQLObjectType)
        value = _value(kind, truth, case)
        text = (
            f"mutation($input: {kind.name}!) {{ {name}(input: $input) {{ {_selected(payload)} }} }}"
        )
        yield graphql("mutation", text, {"input": value})
        yield graphql("mutation", text, {"input": {**value, "case": words(), "nothing": words()}})


def _selected(payload: GraphQLObjectType) -> str:
    parts = []
    for name, field in payload.fields.items():
        kind = get_named_type(field.type)
        assert isinstance(kind, GraphQLObjectType) or name == "problems"
        if name == "problems":
            parts.append("problems { code message field }")
        else:
            assert isinstance(kind, GraphQLObjectType)
            plain = [n for n, f in kind.fields.items() if _is_plain(f)]
            parts.append(f"{name} {{ {' '.join(plain)} }}")
    return " ".join(parts)


def _is_plain(field: Any) -> bool:
    return not isinstance(get_named_type(field.type), GraphQLObjectType) and not field.args


PLACES = {
    "case": "cases",
    "session": "sessions",
    "goal": "goals",
    "measurement": "measurements",
    "commitment": "commitments",
    "consent": "consents",
    "emergency": "emergencies",
    "signal": "signals",
    "occasion": "occasions",
    "person": "people",
    "informant": "people",
    "therapist": "people",
    "client": "people",
    "hold": "legal_holds",
}


def _value(kind: GraphQLInputObjectType, truth: Truth, case: UUID) -> dict[str, Any]:
    found = {}
    for each, field in kind.fields.items():
        of = get_named_type(field.type)
        if isinstance(of, GraphQLInputObjectType):
            value: Any = _value(of, truth, case)
        elif isinstance(of, GraphQLEnumType):
            value = next(iter(of.values))
        else:
            value = _scalar(of.name, each, truth, case)
        if value is not None and (is_required_input_field(field) or of.name == "String"):
            found[each] = [value] if is_list_type(get_nullable_type(field.type)) else value
    return found


def _scalar(kind: str, name: str, truth: Truth, case: UUID) -> Any:
    if kind == "ID":
        if name == "idempotencyKey":
            return uuid4().hex
        table = PLACES.get(name)
        if table is None:
            return None
        row = next((r for r in truth.rows[table] if r.get("case_id", r["id"]) == case), None)
        prefix = next(prefix for prefix, (_, of) in NODES.items() if of == table)
        return f"{prefix}-{(row or truth.rows[table][0])['id']}"
    if kind == "DateTime":
        return (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0).isoformat()
    if name == "instrument":
        return FORMS["CLIENT"]
    plain = {"Int": 1, "Float": 1.0, "Boolean": False, "Date": "2026-01-05", "String": words()}
    return plain.get(kind)


def wrong(case: UUID) -> Iterator[Asking]:
    """Yield what is wrong, each with words that must not come back."""
    said, name = words(), f"case-{case}"
    plain = "query($id: ID!) { case(id: $id) { id } }"
    yield Asking("bad", "/graphql", said.encode())
    yield Asking(
        "bad", "/graphql", json.dumps({"query": f'{{ case(id: "{said}") {{ id }} }}'}).encode()
    )
    yield Asking("bad", "/graphql", json.dumps({"query": f"{{ # {said}\n caze }}"}).encode())
    yield Asking("bad", "/graphql", json.dumps({"query": f'{{ "{said}" }}'}).encode())
    yield Asking("bad", "/graphql", json.dumps({"query": plain, "operationName": said}).encode())
    yield Asking("bad", "/graphql", json.dumps({"query": plain, "variables": said}).encode())
    yield graphql("bad", plain, {"id": said})
    yield graphql("bad", plain, {"id": {"nothing": said}})
    yield graphql("bad", plain, {"id": name, said: said})
    yield graphql("bad", "query($n: Int!) { caseload(first: $n) { totalCount } }", {"n": said})
    yield graphql(
        "bad", "query($s: CaseStatus) { caseload(status: $s) { totalCount } }", {"s": said}
    )
    yield graphql("bad", "query($c: String) { caseload(after: $c) { totalCount } }", {"c": said})
    yield graphql("bad", f'{{ caseload(orderBy: "{said}") {{ totalCount }} }}', {})
    yield Asking("bad", f"/v1/cases/{said}/charts/{FORMS['CLIENT']}.svg")
    yield Asking("bad", f"/v1/cases/{name}/charts/{said}.svg")
    yield Asking("bad", f"/v1/cases/{name}/charts/{FORMS['CLIENT']}.svg?scale={said}&width={said}")
    yield Asking("bad", f"/v1/feed?after={said}&limit={said}")
    yield Asking("bad", "/oauth/token", said.encode())
    yield Asking("bad", f"/oauth/authorize?client_id={said}&state={said}&redirect_uri={said}")
    yield Asking("bad", f"/{said}")
