"""Leaves: how a value of each scalar, enum or list of them is written as JSON text."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import (
    GraphQLEnumType,
    GraphQLNamedType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from .arguments import as_parameter
from .rows import Row, Site, or_null
from .seals import seal
from .sources import Column, Computed, Told
from .statement import Statement
from .text import Text, quote

# `{value}` is the SQL expression. Numbers and booleans print as JSON already (floats must be
# finite); enum values are made of characters that JSON never escapes; the rest goes through to_json.
BUILT_IN: Mapping[str, str] = {
    "Int": "{value}::text",
    "Float": "{value}::text",
    "Boolean": "{value}::text",
    "String": "to_json({value})::text",
    "ID": "to_json({value}::text)::text",
}
OTHER = "to_json({value})::text"


def column(statement: Statement, source: Column, site: Site) -> Text:
    """Return the JSON text of a column."""
    row = site.row
    if source.companion:
        row = Row(statement.companion(row, source.companion), None, names=row.names)
    value = row.column(source.name)
    if source.sealed:
        statement.sealed = True
        missing = site.levels + 1 if is_non_null_type(site.type) else 0
        return site.finished(seal(source.sealed.format(row=row.alias, value=value), missing))
    if source.prefix:
        printed = f"('\"{source.prefix}-' || {value} || '\"')"
    else:
        printed = leaf(statement, site.type, value, site.levels)
    if row.table and source.name in row.table.certain:
        return Text().expression(printed)
    return site.finished(printed)


def computed(statement: Statement, source: Computed, site: Site) -> Text:
    """Return the JSON text of an expression."""
    statement.touch(source.label)
    companions = {name: statement.companion(site.row, name) for name in source.companions}
    names = {**site.row.names, **{f"companion_{name}": each for name, each in companions.items()}}
    for name, sql_type in source.types.items():
        argument = site.arguments.get(name)
        if argument is None:
            names[name] = f"NULL::{sql_type}"
        elif f"{{{name}}}" in source.sql:  # PostgreSQL refuses parameters that no text mentions
            names[name] = statement.parameter(argument.text, sql_type)
    value = f"({source.sql.format(row=site.row.alias, **names)})"
    return site.finished(value if source.json else leaf(statement, site.type, value, site.levels))


def told(statement: Statement, source: Told, site: Site) -> Text:
    """Return the JSON text of a value that the host knows."""
    value = statement.parameter(lambda _: source.value(), source.type)
    return site.finished(leaf(statement, site.type, value, site.levels))


def leaf(statement: Statement, kind: GraphQLOutputType, value: str, levels: int) -> str:
    """Return the SQL text of a value as JSON, null where it is null."""
    nullable = get_nullable_type(kind)
    if not is_list_type(nullable):
        return _scalar(get_named_type(kind), value, statement.scalars)
    item = nullable.of_type
    if is_list_type(get_nullable_type(item)):
        return f"to_json({value})::text"  # unnest opens nested arrays only all at once
    alias = statement.alias()
    printed = _scalar(get_named_type(item), f"{alias}.v", statement.scalars)
    text = or_null(printed, item, levels + 1 if is_non_null_type(kind) else 0)
    items = f"unnest({value}) WITH ORDINALITY AS {alias}(v, i)"
    listed = f"SELECT '[' || string_agg({text}, ',' ORDER BY {alias}.i) || ']' FROM {items}"
    return f"(CASE WHEN {value} IS NOT NULL THEN coalesce(({listed}), '[]') END)"


def _scalar(named: GraphQLNamedType, value: str, templates: Mapping[str, str]) -> str:
    if isinstance(named, GraphQLEnumType):
        return _enum(named, value)
    template = templates.get(named.name) or BUILT_IN.get(named.name, OTHER)
    return f"({template.format(value=value)})"


def _enum(named: GraphQLEnumType, value: str) -> str:
    stored = {name: as_parameter(member.value) for name, member in named.values.items()}
    if all(name == text for name, text in stored.items()):
        return f"('\"' || {value}::text || '\"')"
    cases = " ".join(
        f"WHEN {quote(str(text))} THEN {_quoted(name)}" for name, text in stored.items()
    )
    return f"(CASE {value}::text {cases} END)"


def _quoted(name: str) -> str:
    return quote(f'"{name}"')
