"""Sessions, how they came out, and what is asked when."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Double,
    Index,
    Integer,
    Interval,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from .base import NEW_ID, PARTIES, ROLES, SECONDS, col, key, metadata, one_of, refers, tenant

sessions = Table(
    "sessions",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("therapist_id", Uuid),
    col("number", Integer),
    col("planned_start", SECONDS),
    col("planned_end", SECONDS),
    col("modality", Text),
    col("state", Text, default="PLANNED"),
    col("moved_from", Uuid, null=True),
    key("id"),
    UniqueConstraint("organisation_id", "case_id", "number"),
    refers("case_id", "cases"),
    refers("therapist_id", "people"),
    refers("moved_from", "sessions"),
    one_of("modality", "IN_PERSON", "VIDEO", "PHONE", "TEXT"),
    one_of("state", "PLANNED", "MOVED", "CANCELLED", "RECORDED"),
    CheckConstraint("planned_end > planned_start", name="span"),
    Index(None, "organisation_id", "case_id", "planned_start", "id"),
    Index(None, "organisation_id", "therapist_id", "planned_start"),
    Index(None, "organisation_id", "moved_from"),
)

attendance = Table(
    "attendance",
    metadata,
    tenant(),
    col("session_id", Uuid),
    col("case_id", Uuid),
    col("outcome", Text),
    col("started_at", SECONDS, null=True),
    col("ended_at", SECONDS, null=True),
    col("client_delay", Double, null=True),
    col("therapist_delay", Double, null=True),
    col("cancelled_by", Text, null=True),
    col("cancelled_at", SECONDS, null=True),
    col("notice", Interval, null=True),
    col("excused", Boolean, default=text("false")),
    key("session_id"),
    refers("session_id", "sessions"),
    refers("case_id", "cases"),
    one_of("outcome", "KEPT", "CANCELLED", "LATE_CANCELLED", "MISSED"),
    one_of("cancelled_by", *PARTIES),
    CheckConstraint("ended_at >= started_at", name="span"),
    Index(None, "organisation_id", "case_id"),
)

occasions = Table(
    "occasions",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("session_id", Uuid, null=True),
    col("instrument_id", Uuid),
    col("informant_id", Uuid),
    col("informant_role", Text),
    col("opens_on", SECONDS),
    col("due_at", SECONDS),
    key("id"),
    UniqueConstraint(
        "organisation_id", "session_id", "instrument_id", "informant_id", name="occasions_once_key"
    ),
    refers("case_id", "cases"),
    refers("session_id", "sessions"),
    refers("instrument_id", "instruments"),
    refers("informant_id", "people"),
    one_of("informant_role", *ROLES),
    Index(None, "organisation_id", "case_id", "due_at"),
)
