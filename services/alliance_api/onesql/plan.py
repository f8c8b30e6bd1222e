"""A compiled selection: the SQL, how its parameters are found, and what it touches."""

from __future__ import annotations

from dataclasses import dataclass

from graphql.execution.values import VariableValues

from .arguments import Bind, as_parameter


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement that returns one row: `body` (JSON text) and `subjects` (uuid[] or null).

    `labels` are the kinds of confidential data that were selected; `sealed` says that the host has
    something to open in the body (`seals.open_seals`).
    """

    sql: str
    binders: tuple[Bind, ...]
    labels: frozenset[str]
    sealed: bool = False

    def parameters(self, variables: VariableValues) -> list[str | None]:
        """Return the statement's parameters in PostgreSQL's text format.

        Raises a located `GraphQLError` for a value that its argument does not allow.
        """
        return [as_parameter(bind(variables)) for bind in self.binders]
