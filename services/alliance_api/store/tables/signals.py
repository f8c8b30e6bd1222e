"""Signals and what they rest on."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Double,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from .base import (
    NEW_ID,
    PARTIES,
    ROLES,
    SECONDS,
    by,
    col,
    for_audience,
    key,
    metadata,
    one_of,
    refers,
)

# A finding with its evidence: one row an episode, however often it is computed anew. Whose ratings
# it rests on, if it is one informant's, decides who else of an audience may see it.
signals = Table(
    "signals",
    metadata,
    *for_audience(),
    col("id", Uuid, default=NEW_ID),
    col("kind", Text),
    col("episode", Text),
    col("state", Text, default="OPEN"),
    col("informant_id", Uuid, null=True),
    col("informant_role", Text, null=True),
    col("instrument_code", Text, null=True),
    col("scale", Text, null=True),
    col("party", Text, null=True),
    col("raised_at", SECONDS),
    col("over", Boolean, default=text("false")),
    col("acknowledged_by", Uuid, null=True),
    col("acknowledged_at", SECONDS, null=True),
    col("heard", Boolean, null=True),
    col("heard_at", SECONDS, null=True),
    col("false_alarm_rate", Double, null=True),
    *by(),
    key("id"),
    UniqueConstraint("organisation_id", "case_id", "audience", "kind", "episode"),
    refers("acknowledged_by", "people"),
    refers("informant_id", "people"),
    one_of("state", "OPEN", "ACKNOWLEDGED", "CLOSED"),
    one_of("informant_role", *ROLES),
    one_of("party", *PARTIES),
    Index(None, "organisation_id", "case_id", "raised_at"),
)

# What a signal rests on: exactly one of the references, in order.
signal_evidence = Table(
    "signal_evidence",
    metadata,
    *for_audience(),
    col("signal_id", Uuid),
    col("position", SmallInteger),
    col("informant_id", Uuid, null=True),
    col("informant_role", Text, null=True),
    col("measurement_id", Uuid, null=True),
    col("session_id", Uuid, null=True),
    col("occasion_id", Uuid, null=True),
    col("commitment_id", Uuid, null=True),
    col("goal_id", Uuid, null=True),
    key("signal_id", "position"),
    refers("signal_id", "signals"),
    refers("measurement_id", "measurements"),
    refers("session_id", "sessions"),
    refers("occasion_id", "occasions"),
    refers("commitment_id", "commitments"),
    refers("goal_id", "goals"),
    one_of("informant_role", *ROLES),
    CheckConstraint(
        "num_nonnulls(measurement_id, session_id, occasion_id, commitment_id, goal_id) = 1",
        name="one",
    ),
)
