"""What leaves a case for figures over many: published aggregates, records for research."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Date,
    Double,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from .base import ROLES, SECONDS, by, col, key, metadata, one_of, refers, tenant

# What was published about a closed period: one row a cell, frozen once it is written, so that no
# later release differs from it by one client. Of a suppressed cell nothing is there but why.
aggregates = Table(
    "aggregates",
    metadata,
    tenant(),
    col("period", Text),
    col("measure", Text),
    col("instrument_code", Text, default=text("''")),
    col("scale", Text, default=text("''")),
    col("informant_role", Text, default=text("''")),
    col("level", Text),
    col("unit_id", Uuid),
    # The team of a team's or a therapist's cell, at the end of the period.
    col("team_id", Uuid, null=True),
    col("constructs", ARRAY(Text), default=text("'{}'")),
    col("starts_on", Date),
    col("ends_on", Date),
    # The range of one client's value.
    col("minimum", Double),
    col("maximum", Double),
    # At least so many clients, in fives.
    col("n", Integer, null=True),
    col("value", Double, null=True),
    # How coarsely the value is told.
    col("step", Double, null=True),
    col("value_lower", Double, null=True),
    col("value_upper", Double, null=True),
    col("pooled_value", Double, null=True),
    col("pooled_lower", Double, null=True),
    col("pooled_upper", Double, null=True),
    col("weight", Double, null=True),
    col("funnel_lower", Double, null=True),
    col("funnel_upper", Double, null=True),
    col("unusual", Boolean, null=True),
    col("grand_mean", Double, null=True),
    col("between_variance", Double, null=True),
    col("within_variance", Double, null=True),
    col("groups", Integer, null=True),
    col("reason", Text, null=True),
    col("published_at", SECONDS),
    *by(),
    key("period", "measure", "instrument_code", "scale", "informant_role", "level", "unit_id"),
    one_of("level", "ORGANISATION", "TEAM", "THERAPIST"),
    CheckConstraint("(value IS NULL) = (reason IS NOT NULL)", name="reason"),
)

# The disjoint sets of clients that published figures are made of: later ones must differ from them.
aggregate_sets = Table(
    "aggregate_sets",
    metadata,
    tenant(),
    col("period", Text),
    col("measure", Text),
    col("instrument_code", Text, default=text("''")),
    col("informant_role", Text, default=text("''")),
    col("number", SmallInteger),
    col("clients", ARRAY(Uuid)),
    key("period", "measure", "instrument_code", "informant_role", "number"),
)

# Whose records researchers see under which name: the engine's alone.
research_subjects = Table(
    "research_subjects",
    metadata,
    tenant(),
    col("case_id", Uuid),
    col("pseudonym", Uuid, default=text("gen_random_uuid()")),
    key("case_id"),
    refers("case_id", "cases"),
)

# What clients gave to research: a name that means nothing, the week since the first rating, and
# figures. No id, no date, no word.
research_records = Table(
    "research_records",
    metadata,
    tenant(),
    col("id", Uuid, default=text("gen_random_uuid()")),
    col("pseudonym", Uuid),
    col("week", Integer),
    col("sequence", Integer),
    col("instrument_code", Text),
    col("informant_role", Text),
    col("scale", Text),
    col("value", Double),
    key("id"),
    one_of("informant_role", *ROLES),
    Index(None, "organisation_id", "pseudonym"),
)
