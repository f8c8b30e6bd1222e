"""Rows in scope while a statement is made, and the SQL of their tables and orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .arguments import Argument, BadArgument
from .sources import Order, Table
from .text import identifier

LARGEST_PAGE = 100


@dataclass(slots=True)
class Row:
    """A row in scope: its alias and table, the joins made beside it, and what they touched."""

    alias: str
    table: Table | None
    joins: list[str] = field(default_factory=list)
    companions: dict[str, str] = field(default_factory=dict)
    subjects: list[str] = field(default_factory=list)
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    inside_subject: bool = False

    def from_clause(self, source: str) -> str:
        """Return `source` with every join of this row."""
        return " ".join([source, *self.joins])


def from_table(row: Row) -> str:
    """Return the row's table under its alias."""
    if row.table is None:
        raise LookupError(row.alias)
    return f"{identifier(row.table.name)} AS {row.alias}"


def order_sql(order: Order, alias: str, *, reverse: bool = False) -> str:
    """Return the columns of an order by."""
    word = " DESC" if order.descending != reverse else ""
    return ", ".join(f"{alias}.{identifier(name)}{word}" for name, _ in order.columns)


def check_size(name: str, value: Any) -> None:
    """Refuse a page size outside 1..100."""
    if not 1 <= value <= LARGEST_PAGE:
        raise BadArgument(name, f"`{name}` must be from 1 to {LARGEST_PAGE}.")
