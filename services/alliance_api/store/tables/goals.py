"""Goals, commitments and preferences: what both parties work towards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
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

from .base import DIMENSIONS, NEW_ID, PARTIES, SECONDS, col, key, metadata, one_of, refers, tenant

goals = Table(
    "goals",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("state", Text, default="PROPOSED"),
    col("version", Integer, default=text("1")),
    col("proposed_by", Uuid),
    col("proposed_at", SECONDS),
    col("weight", SmallInteger, null=True),
    # GAS: five levels, -2 to 2. ZERO_TO_TEN: how near one feels to it.
    col("kind", Text, default="GAS"),
    col("agreed_on", Date, null=True),
    col("ended_on", Date, null=True),
    col("to_caregivers", Boolean, default=text("false")),
    key("id"),
    refers("case_id", "cases"),
    refers("proposed_by", "people"),
    one_of("state", "PROPOSED", "AGREED", "DECLINED", "ENDED"),
    one_of("kind", "GAS", "ZERO_TO_TEN"),
    CheckConstraint("weight BETWEEN 1 AND 10", name="weight"),
    Index(None, "organisation_id", "case_id", "id"),
)


def of_a_goal() -> tuple[Any, ...]:
    """Return the columns that tie a row to its goal and the charter."""
    return (
        tenant(),
        col("goal_id", Uuid),
        col("case_id", Uuid),
        col("to_caregivers", Boolean, default=text("false")),
    )


goal_versions = Table(
    "goal_versions",
    metadata,
    *of_a_goal(),
    col("version", Integer),
    col("wording", Text),
    col("worded_by", Uuid),
    col("worded_at", SECONDS),
    key("goal_id", "version"),
    refers("goal_id", "goals"),
    refers("case_id", "cases"),
    refers("worded_by", "people"),
)

# What each level of attainment would look like, in the words of a version.
goal_levels = Table(
    "goal_levels",
    metadata,
    *of_a_goal(),
    col("version", Integer),
    col("level", SmallInteger),
    col("wording", Text),
    col("worded_by", Uuid),
    key("goal_id", "version", "level"),
    refers("goal_id", "goals"),
    refers("worded_by", "people"),
    refers("case_id", "cases"),
    CheckConstraint("level BETWEEN -2 AND 2", name="level"),
)

goal_stances = Table(
    "goal_stances",
    metadata,
    *of_a_goal(),
    col("version", Integer),
    col("person_id", Uuid),
    col("role", Text),
    col("stance", Text, default="PENDING"),
    col("answered_at", SECONDS, null=True),
    key("goal_id", "version", "person_id"),
    refers("goal_id", "goals"),
    refers("case_id", "cases"),
    refers("person_id", "people"),
    one_of("role", *PARTIES),
    one_of("stance", "AGREE", "DISAGREE", "PENDING"),
)

goal_ratings = Table(
    "goal_ratings",
    metadata,
    *of_a_goal(),
    col("id", Uuid, default=NEW_ID),
    col("rated_by", Uuid),
    col("role", Text),
    col("level", SmallInteger),
    col("session_id", Uuid, null=True),
    col("rated_at", SECONDS),
    key("id"),
    refers("goal_id", "goals"),
    refers("case_id", "cases"),
    refers("rated_by", "people"),
    refers("session_id", "sessions"),
    one_of("role", *PARTIES),
    CheckConstraint("level BETWEEN -2 AND 10", name="level"),
    Index(None, "organisation_id", "goal_id", "rated_at", "id"),
)

commitments = Table(
    "commitments",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("owner_id", Uuid),
    col("owner_role", Text),
    col("wording", Text),
    col("due_at", SECONDS),
    col("made_at", SECONDS),
    col("outcome", Text, default="OPEN"),
    col("settled_at", SECONDS, null=True),
    key("id"),
    refers("case_id", "cases"),
    refers("owner_id", "people"),
    one_of("owner_role", *PARTIES),
    one_of("outcome", "OPEN", "KEPT", "MISSED", "RENEGOTIATED", "WITHDRAWN"),
    Index(None, "organisation_id", "case_id", "due_at", "id"),
)

# What the client would like on a two-sided dimension, and what the therapist says therapy is like,
# -3 to 3 each.
preferences = Table(
    "preferences",
    metadata,
    tenant(),
    col("case_id", Uuid),
    col("dimension", Text),
    col("role", Text),
    col("person_id", Uuid),
    col("value", Double),
    col("set_at", SECONDS),
    key("case_id", "dimension", "role"),
    refers("case_id", "cases"),
    refers("person_id", "people"),
    one_of("dimension", *DIMENSIONS),
    one_of("role", *PARTIES),
    CheckConstraint("value BETWEEN -3 AND 3", name="value"),
)
