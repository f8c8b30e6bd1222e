"""What every mutation is declared with: its scopes, what it changes, and what can stop it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, get_type_hints
from uuid import UUID

import strawberry

from alliance_api.domain.errors import Problem as Stopped
from alliance_api.domain.errors import Refused
from alliance_api.domain.ids import parse_id
from alliance_api.onesql.sources import Filter, ToOne
from alliance_api.store.transaction import Transaction

from ..declare import field

Run = Callable[[Transaction, datetime, Any], Awaitable[UUID]]

CHANGED = "\0changed"  # no variable of a document has this name
BY_CHANGED = ToOne(filters=(Filter(CHANGED, "{row}.id = {value}", "uuid"),))


@strawberry.interface(description="Why a mutation did nothing: what to change, and where.")
class Problem:
    """Why a mutation did nothing."""

    message: str
    field: str | None = strawberry.field(description="The path of the input field that is meant.")


# What may stop any mutation.
GENERAL = ("NOT_FOUND", "NOT_ALLOWED", "SCOPE_MISSING", "IDEMPOTENCY_KEY_REUSED", "NAIVE_TIME")
TEXTS = ("TEXT_REQUIRED", "TEXT_TOO_LONG", "CONTROL_CHARACTERS")


@dataclass(frozen=True, slots=True)
class Changes:
    """What a mutation changes: its name in the payload, and its type."""

    name: str
    kind: type


@dataclass(frozen=True, slots=True)
class Verb:
    """One mutation: what runs it, the gates its application must hold, and its payload."""

    run: Run
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    changes: Changes
    codes: tuple[str, ...]


VERBS: dict[str, Verb] = {}


def verb(
    *,
    reads: tuple[str, ...],
    writes: tuple[str, ...],
    changes: tuple[str, type],
    codes: tuple[str, ...] = (),
) -> Callable[[Run], Run]:
    """Register what runs the mutation of the function's name.

    `codes` are the problems that can stop it, beside those that can stop any.
    """

    def register(run: Run) -> Run:
        VERBS[run.__name__] = Verb(run, reads, writes, Changes(*changes), codes)
        return run

    return register


def ref(kind: str, value: str, field: str) -> UUID:
    """Return the UUID of a global id; another kind's id is as unknown as none."""
    found = parse_id(str(value))
    if found is None or found[0] != kind:
        message = f"There is no such {kind}, or you may not see it. Check the id."
        raise Refused((Stopped("NOT_FOUND", message, field),))
    return found[1]


def maybe(kind: str, value: str | None, field: str) -> UUID | None:
    """Return the UUID of a global id that may be left out."""
    return None if value is None else ref(kind, value, field)


def mutation_type() -> type:
    """Return the Mutation type: one field for each verb, with its input and payload."""
    fields: dict[str, Any] = {}
    for name, found in VERBS.items():
        given = get_type_hints(found.run)["given"]
        pascal = "".join(word.title() for word in name.split("_"))
        fields[name] = strawberry.mutation(
            resolver=_stub(name, given, _payload(pascal, found)),
            description=f"{found.run.__doc__} Needs {', '.join(found.writes)}.",
        )
    return strawberry.type(type("Mutation", (), fields), description="What can be done.")


def _stub(name: str, given: type, payload: type) -> Callable[..., Any]:
    # Only its signature is used: `execute` runs the verb itself.
    def stub(input: Any) -> Any:  # noqa: A002
        raise NotImplementedError(name)

    stub.__annotations__ = {"input": given, "return": payload}
    return stub


def _payload(mutation: str, verb: Verb) -> type:
    members = {code: code for code in sorted({*GENERAL, *verb.codes})}
    make: Any = StrEnum  # mypy wants a literal name where it can see the enum
    code_type = make(f"{mutation}Code", members)
    strawberry.enum(code_type, description=f"What can stop `{mutation}`.")
    problem = strawberry.type(
        type(f"{mutation}Problem", (Problem,), {"__annotations__": {"code": code_type}}),
        description=f"Why `{mutation}` did nothing.",
    )
    changed, kind = verb.changes.name, verb.changes.kind
    fields = {
        "__annotations__": {changed: kind | None, "problems": list[problem]},  # type: ignore[valid-type]
        changed: field(BY_CHANGED, "What changed; null when nothing did."),
        "problems": strawberry.field(description="Empty when it was done; else nothing was."),
    }
    made: type = strawberry.type(
        type(f"{mutation}Payload", (), fields), description=f"The outcome of `{mutation}`."
    )
    return made
