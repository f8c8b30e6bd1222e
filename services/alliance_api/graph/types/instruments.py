"""Instruments: published measures, in one version and informant form."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from alliance_api.domain.constructs import MEANING, Construct
from alliance_api.domain.instruments import LicenceStatus, Polarity, ReliabilityKind, TimeFrame
from alliance_api.onesql.sources import Column, Computed, Inline, Order, Table, ToMany

from ..declare import comes_from, field
from .common import InformantRole, Instant, Node

for _words in (LicenceStatus, Polarity, ReliabilityKind, TimeFrame):
    strawberry.enum(_words)

strawberry.enum(Construct, description="What scales measure.")
for _value in Construct.__strawberry_definition__.values:  # type: ignore[attr-defined]
    _value.description = MEANING[_value.value]

BY_NUMBER = Order((("number", "int"),))


@strawberry.enum
class RecordKind(StrEnum):
    """What a clinic put on record about a form."""

    PERMISSION = "PERMISSION"
    WORDING = "WORDING"


@comes_from(Table("instrument_anchors"))
class Anchor:
    """The words at one point of an item's range."""

    value: float = field(Column("value"))
    wording: str = field(Column("wording"))


@comes_from(Table("instrument_items"))
class Item:
    """One question. Copyrighted wording is loaded by the clinic that holds the licence."""

    number: int = field(Column("number"))
    key: str = field(Column("key"))
    minimum: float = field(Column("minimum"))
    maximum: float = field(Column("maximum"))
    step: float | None = field(Column("step"), "1 for whole numbers; null for any value.")
    wording: str | None = field(Column("wording"))
    not_applicable: bool = field(
        Column("not_applicable"), "Whether one may answer that it does not apply."
    )
    construct: Construct | None = field(Column("construct"))
    safety: bool = field(
        Column("safety"), "Whether an answer may call for help at once; say so beforehand."
    )
    anchors: list[Anchor] = field(
        ToMany(
            {"instrument_id": "instrument_id", "number": "item"},
            Order((("value", "float8"),)),
            expected=5,
        )
    )


OF_SCALE = {"instrument_id": "instrument_id", "key": "scale"}


@comes_from(Table("instrument_norms"))
class ScaleNorm:
    """What change is judged by: spread and score reliability in one population, of one source."""

    population: str = field(Column("population"))
    language: str | None = field(Column("language"))
    n: int | None = field(Column("n"))
    sd: float = field(Column("sd"))
    reliability: float = field(Column("reliability"))
    kind: ReliabilityKind = field(Column("reliability_kind"))
    source: str = field(Column("source"))
    verified: bool = field(Column("verified"), "Whether we saw the source say so.")


@comes_from(Table("instrument_reports"))
class ScaleReport:
    """What one source reports of one population, in points of the raw score; shown, as it is."""

    population: str = field(Column("population"))
    n: int | None = field(Column("n"))
    mean: float | None = field(Column("mean"))
    sd: float | None = field(Column("sd"))
    reliability: float | None = field(Column("reliability"))
    kind: ReliabilityKind | None = field(Column("reliability_kind"))
    reliable_change: float | None = field(Column("reliable_change"), "A published number.")
    source: str = field(Column("source"))
    verified: bool = field(Column("verified"), "Whether we saw the source say so.")


@comes_from(Table("instrument_bands"))
class ScaleBand:
    """A named part of a scale's range, in points of the unrounded raw score."""

    key: str = field(Column("key"))
    at_least: float | None = field(Column("at_least"), "This limit belongs to the band.")
    at_most: float | None = field(Column("at_most"), "This limit belongs to the band.")
    below: float | None = field(Column("below"), "This limit does not belong to the band.")
    source: str = field(Column("source"))
    verified: bool = field(
        Column("verified"), "Whether a source confirms it; else a default that a site may replace."
    )


@comes_from(Table("instrument_scales"))
class Scale:
    """Items that are scored together, and what they measure."""

    key: str = field(Column("key"))
    headline: bool = field(
        Column("headline"), "Whether it stands for the whole form where no scale is named."
    )
    constructs: list[Construct] = field(Column("constructs"))
    items: list[int] = field(Column("items"))
    reversed: list[int] = field(Column("reversed"))
    minimum: float = field(Column("minimum"))
    maximum: float = field(Column("maximum"))
    polarity: Polarity | None = field(Column("polarity"), "Null where neither end is better.")
    any_yes: bool = field(
        Column("any_yes"), "Whether a single answer at the top is worth asking about."
    )
    least_answered: int = field(
        Column("least_answered"), "With fewer items answered there is no score."
    )
    verified: bool = field(Column("verified"), "Whether the key was checked against a source.")
    missing_verified: bool = field(
        Column("missing_verified"), "Whether a source says how many items may be missing."
    )
    loinc: str | None = field(Column("loinc"))
    norms: list[ScaleNorm] = field(
        ToMany(OF_SCALE, BY_NUMBER, expected=1), "Without one no claim about change is made."
    )
    reports: list[ScaleReport] = field(ToMany(OF_SCALE, BY_NUMBER, expected=2))
    bands: list[ScaleBand] = field(ToMany(OF_SCALE, BY_NUMBER, expected=3))


@comes_from(None)
class Licence:
    """On which terms a form may be used, and its wording passed on."""

    id: str = field(Column("licence"), "An SPDX identifier, or LicenseRef- and a name of ours.")
    status: LicenceStatus = field(Column("licence_status"))
    holder: str = field(Column("licence_holder"))
    statement: str = field(Column("licence_statement"))
    permission_required: bool = field(
        Column("permission_required"),
        "Whether a clinic must have put a permission on record; also where nobody confirmed the "
        "licence.",
    )


@comes_from(None)
class Permission:
    """By what right this clinic uses a form, in its own words."""

    statement: str = field(Column("permission_statement"))
    recorded_at: Instant = field(Column("permitted_at"))


@comes_from(Table("instrument_records"))
class InstrumentRecord:
    """A statement that was put on record about a form, alone or with new words."""

    kind: RecordKind = field(Column("kind"))
    at: Instant = field(Column("at"))
    statement: str = field(Column("statement"))
    words_hash: str | None = field(Column("words_hash"), "SHA-256 of the words, if there were any.")


@comes_from(None)
class Ages:
    """For clients of which age a form is made, in completed years, both ends included."""

    minimum: int | None = field(Column("age_minimum"))
    maximum: int | None = field(Column("age_maximum"))
    signals_from: int | None = field(
        Column("signals_from_age"), "Below it scores are shown, and no signal is drawn from them."
    )


@comes_from(Table("instruments", prefix="instrument"))
class Instrument(Node):
    """A published measure in one version, language and informant form."""

    id: strawberry.ID = field(Column("id", prefix="instrument"))
    code: str = field(Column("code"))
    base_code: str = field(
        Column("base_code"),
        "The form whose key it is scored by: itself, or what a clinic translated.",
    )
    version: int = field(Column("version"))
    name: str = field(Column("name"))
    informant: InformantRole = field(Column("informant"))
    language: str = field(Column("language"), "A tag such as `en` or `pt-BR`.")
    licence: Licence = field(Inline())
    permission_required: bool = field(Column("permission_required"))
    permission: Permission | None = field(
        Inline(where="{row}.permission_statement IS NOT NULL"),
        "Null while none is on record: `alliance instruments permit`.",
    )
    plannable: bool = field(
        Computed("NOT {row}.permission_required OR {row}.permission_statement IS NOT NULL"),
        "Whether this clinic may use it: it is free to use, or its permission is on record.",
    )
    verified: bool = field(Column("verified"), "Whether every key was checked against a source.")
    validated: bool = field(Column("validated"), "Whether studies support what it measures.")
    source: str = field(Column("source"), "Where the key comes from.")
    time_frame: TimeFrame | None = field(
        Column("time_frame"), "What time it asks about; null where no source says."
    )
    ages: Ages = field(Inline())
    instructions: str | None = field(Column("instructions"))
    loinc: str | None = field(Column("loinc"))
    constructs: list[Construct] = field(Column("constructs"))
    worded_at: Instant | None = field(
        Column("worded_at"), "When the clinic loaded words of its own; null if it did not."
    )
    items: list[Item] = field(ToMany({"id": "instrument_id"}, BY_NUMBER, expected=12))
    scales: list[Scale] = field(
        ToMany({"id": "instrument_id"}, Order((("key", "text"),)), expected=4)
    )
    records: list[InstrumentRecord] = field(
        ToMany({"id": "instrument_id"}, BY_NUMBER, expected=2),
        "What the clinic put on record about it, oldest first.",
    )
