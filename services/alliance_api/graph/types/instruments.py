"""Instruments: published measures, in one version and informant form."""

from __future__ import annotations

import strawberry

from alliance_api.onesql.sources import Column, Order, Table, ToMany

from ..declare import comes_from, field
from .common import InformantRole, Node


@comes_from(Table("instrument_items"))
class Item:
    """One question. Copyrighted wording is loaded by the clinic that holds the licence."""

    number: int = field(Column("number"))
    key: str = field(Column("key"))
    minimum: float = field(Column("minimum"))
    maximum: float = field(Column("maximum"))
    step: float | None = field(Column("step"), "1 for whole numbers; null for any value.")
    wording: str | None = field(Column("wording"))


@comes_from(Table("instrument_scales"))
class Scale:
    """Items that are scored together, and what they measure."""

    key: str = field(Column("key"))
    constructs: list[str] = field(Column("constructs"))
    items: list[int] = field(Column("items"))
    reversed: list[int] = field(Column("reversed"))
    minimum: float = field(Column("minimum"))
    maximum: float = field(Column("maximum"))
    verified: bool = field(Column("verified"), "Whether the key was checked against a source.")


@comes_from(Table("instruments", prefix="instrument"))
class Instrument(Node):
    """A published measure in one version and informant form."""

    id: strawberry.ID = field(Column("id", prefix="instrument"))
    code: str = field(Column("code"))
    version: int = field(Column("version"))
    name: str = field(Column("name"))
    informant: InformantRole = field(Column("informant"))
    language: str = field(Column("language"))
    licence: str = field(Column("licence"))
    permission_required: bool = field(Column("permission_required"))
    verified: bool = field(Column("verified"), "Whether every key was checked against a source.")
    validated: bool = field(Column("validated"), "Whether studies support what it measures.")
    constructs: list[str] = field(Column("constructs"))
    items: list[Item] = field(
        ToMany({"id": "instrument_id"}, Order((("number", "int"),)), expected=12)
    )
    scales: list[Scale] = field(
        ToMany({"id": "instrument_id"}, Order((("key", "text"),)), expected=4)
    )
