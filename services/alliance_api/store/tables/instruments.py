"""What measures consist of, as an organisation has them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Double,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from .base import NEW_ID, ROLES, SECONDS, col, key, metadata, one_of, refers, tenant

instruments = Table(
    "instruments",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("code", Text),
    col("version", Integer),
    col("name", Text),
    col("informant", Text),
    col("language", Text),
    col("licence", Text),
    col("permission_required", Boolean),
    col("verified", Boolean),
    col("validated", Boolean),
    col("constructs", ARRAY(Text)),
    # The shipped form that holds the key; another code than its own where a clinic translated it.
    col("base_code", Text, null=True),
    col("licence_status", Text, null=True),
    col("licence_holder", Text, null=True),
    col("licence_statement", Text, null=True),
    # By what right this clinic uses the form, in its own words; null until it says so.
    col("permission_statement", Text, null=True),
    col("permitted_at", SECONDS, null=True),
    # When this clinic loaded words of its own; null: the words are ours, or there are none.
    col("worded_at", SECONDS, null=True),
    col("instructions", Text, null=True),
    col("time_frame", Text, null=True),
    col("age_minimum", SmallInteger, null=True),
    col("age_maximum", SmallInteger, null=True),
    col("signals_from_age", SmallInteger, null=True),
    col("loinc", Text, null=True),
    col("source", Text, null=True),
    key("id"),
    UniqueConstraint("organisation_id", "code", "version"),
    one_of("informant", *ROLES),
)

instrument_items = Table(
    "instrument_items",
    metadata,
    tenant(),
    col("instrument_id", Uuid),
    col("number", SmallInteger),
    col("key", Text),
    col("minimum", Double),
    col("maximum", Double),
    col("step", Double, null=True),
    col("wording", Text, null=True),
    col("not_applicable", Boolean, default=text("false")),
    col("construct", Text, null=True),
    # An answer may call for help at once, which is told beforehand.
    col("safety", Boolean, default=text("false")),
    key("instrument_id", "number"),
    refers("instrument_id", "instruments"),
)

# The words at points of an item's range.
instrument_anchors = Table(
    "instrument_anchors",
    metadata,
    tenant(),
    col("instrument_id", Uuid),
    col("item", SmallInteger),
    col("value", Double),
    col("wording", Text),
    key("instrument_id", "item", "value"),
    refers("instrument_id", "instruments"),
)

instrument_scales = Table(
    "instrument_scales",
    metadata,
    tenant(),
    col("instrument_id", Uuid),
    col("key", Text),
    col("constructs", ARRAY(Text)),
    col("items", ARRAY(SmallInteger)),
    col("reversed", ARRAY(SmallInteger)),
    col("minimum", Double),
    col("maximum", Double),
    col("verified", Boolean),
    col("headline", Boolean, default=text("false")),
    col("polarity", Text, null=True),
    col("any_yes", Boolean, default=text("false")),
    col("least_answered", SmallInteger, null=True),
    col("missing_verified", Boolean, default=text("false")),
    col("loinc", Text, null=True),
    key("instrument_id", "key"),
    refers("instrument_id", "instruments"),
)

# What a clinic put on record about a form, in order: by what right it uses it, and in which words.
instrument_records = Table(
    "instrument_records",
    metadata,
    tenant(),
    col("instrument_id", Uuid),
    col("number", SmallInteger),
    col("kind", Text),
    col("at", SECONDS),
    col("statement", Text),
    col("words_hash", Text, null=True),
    key("instrument_id", "number"),
    refers("instrument_id", "instruments"),
    one_of("kind", "PERMISSION", "WORDING"),
)


def of_a_scale() -> tuple[Any, ...]:
    """Return the columns of what a source says about a scale."""
    return (
        tenant(),
        col("instrument_id", Uuid),
        col("scale", Text),
        col("number", SmallInteger),
        col("source", Text),
        col("verified", Boolean),
        key("instrument_id", "scale", "number"),
        refers("instrument_id", "instruments"),
    )


# What judges change on a scale: its spread and score reliability in some population.
instrument_norms = Table(
    "instrument_norms",
    metadata,
    *of_a_scale(),
    col("population", Text),
    col("language", Text, null=True),
    col("n", Integer, null=True),
    col("sd", Double),
    col("reliability", Double),
    col("reliability_kind", Text),
)

# What sources report of a scale, shown as it is.
instrument_reports = Table(
    "instrument_reports",
    metadata,
    *of_a_scale(),
    col("population", Text),
    col("n", Integer, null=True),
    col("mean", Double, null=True),
    col("sd", Double, null=True),
    col("reliability", Double, null=True),
    col("reliability_kind", Text, null=True),
    col("reliable_change", Double, null=True),
)

# Named parts of a scale's range; whether a limit belongs to them is spelled out.
instrument_bands = Table(
    "instrument_bands",
    metadata,
    *of_a_scale(),
    col("key", Text),
    col("at_least", Double, null=True),
    col("at_most", Double, null=True),
    col("below", Double, null=True),
)
