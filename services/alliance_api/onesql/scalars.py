"""How a value of each GraphQL scalar is written as JSON text by PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import GraphQLNamedType, is_enum_type

# `{value}` is the SQL expression. Numbers and booleans print as JSON already; enum values, days
# and spans are made of characters that JSON never escapes; the rest goes through to_json.
BUILT_IN: Mapping[str, str] = {
    "Int": "{value}::text",
    "Float": "{value}::text",
    "Boolean": "{value}::text",
    "String": "to_json({value})::text",
    "ID": "to_json({value}::text)::text",
}
ENUM = "'\"' || {value} || '\"'"
OTHER = "to_json({value})::text"


def scalar_sql(
    named_type: GraphQLNamedType, value: str, templates: Mapping[str, str], *, is_list: bool
) -> str:
    """Return the SQL text expression that prints `value` as JSON (null where it is null)."""
    if is_list:
        return f"to_json({value})::text"
    if is_enum_type(named_type):
        return "(" + ENUM.format(value=value) + ")"
    template = templates.get(named_type.name) or BUILT_IN.get(named_type.name, OTHER)
    return "(" + template.format(value=value) + ")"
