"""A compiled selection: the SQL, how its parameters are found, and what it touches."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import GraphQLObjectType
from graphql.execution.values import VariableValues

from .arguments import Bind, as_parameter
from .selection import Fields


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement that returns one row: `body` (JSON text) and `subjects` (uuid[] or null).

    `sql` is the FROM-less core: `SELECT <body> AS body, <subjects> AS subjects ...`; `labels` are
    the kinds of confidential data that were selected; `root` and `fields` serve the mending of
    missing values.
    """

    sql: str
    binders: tuple[Bind, ...]
    labels: frozenset[str]
    root: GraphQLObjectType
    fields: Fields

    def parameters(self, variables: VariableValues) -> list[str | None]:
        """Return the statement's parameters in PostgreSQL's text format."""
        return [as_parameter(bind(variables)) for bind in self.binders]
