"""Cases, who stands to them and on what it rests: teams, consents, broken glass, notes."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Date,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from .base import EXACT, NEW_ID, SECONDS, col, key, metadata, one_of, refers, tenant

cases = Table(
    "cases",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("client_id", Uuid),
    col("status", Text, default="ACTIVE"),
    col("opened_on", Date),
    col("closed_on", Date, null=True),
    col("time_zone", Text),
    col("interval_days", SmallInteger, null=True),
    col("disclosure_default", Text, default="NEXT_SESSION"),
    # Whose law says when a caregiver's authority ends; null takes the most protective.
    col("jurisdiction", Text, null=True),
    # Care by a substance use programme under 42 CFR Part 2.
    col("part2", Boolean, default=text("false")),
    key("id"),
    refers("client_id", "people"),
    one_of("status", "ACTIVE", "CLOSED"),
    one_of("disclosure_default", "PRIVATE", "TREND", "NEXT_SESSION", "SHARED"),
    Index(None, "organisation_id", "opened_on", "id"),
    Index(None, "organisation_id", "client_id"),
)

care_team = Table(
    "care_team",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("person_id", Uuid),
    col("relation", Text),
    col("starts_at", SECONDS),
    col("ends_at", SECONDS, null=True),
    # On what a caregiver's place rests; nobody else has one.
    col("authority", Text, null=True),
    key("id"),
    refers("case_id", "cases"),
    refers("person_id", "people"),
    one_of("relation", "THERAPIST", "SUPERVISOR", "CAREGIVER"),
    one_of("authority", "PARENTAL", "COURT", "INVITED"),
    Index(None, "organisation_id", "case_id"),
)

# How people stand to cases, one row for each membership and one for the client: what every policy
# asks. Kept apart from the care team, since a policy that read its own table would never end.
standing = Table(
    "standing",
    metadata,
    tenant(),
    col("person_id", Uuid),
    col("relation", Text),
    col("case_id", Uuid),
    col("starts_at", EXACT),
    col("ends_at", EXACT, null=True),
    col("client_id", Uuid),
    col("consented", Boolean, default=text("false")),
    # The case's: whoever sees any row of it is told, whatever else they may read. Null is not known.
    col("part2", Boolean, null=True),
    key("person_id", "relation", "case_id", "starts_at"),
    refers("person_id", "people"),
    refers("case_id", "cases"),
    one_of("relation", "CLIENT", "THERAPIST", "SUPERVISOR", "CAREGIVER", "EHR", "BREAK_GLASS"),
)

consents = Table(
    "consents",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("kind", Text),
    col("given_by", Uuid),
    col("given_role", Text, default="CLIENT"),
    col("given_at", SECONDS),
    # The young client's own yes to what a caregiver consents to; without it a consent is not live.
    col("assented_by", Uuid, null=True),
    col("assented_at", SECONDS, null=True),
    col("withdrawn_by", Uuid, null=True),
    col("withdrawn_at", SECONDS, null=True),
    key("id"),
    refers("case_id", "cases"),
    refers("given_by", "people"),
    refers("assented_by", "people"),
    refers("withdrawn_by", "people"),
    one_of("given_role", "CLIENT", "CAREGIVER"),
    one_of("kind", "SUPERVISION", "RESEARCH", "EHR", "AGGREGATES"),
    Index(None, "organisation_id", "case_id"),
)

# Breaking the glass: a clinician without a place in the team reads, for an hour, with a reason.
emergencies = Table(
    "emergencies",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("person_id", Uuid),
    col("reason", Text),
    col("opened_at", SECONDS),
    col("ends_at", SECONDS),
    col("reviewed_by", Uuid, null=True),
    col("reviewed_at", SECONDS, null=True),
    col("verdict", Text, null=True),
    key("id"),
    refers("case_id", "cases"),
    refers("person_id", "people"),
    refers("reviewed_by", "people"),
    one_of("verdict", "JUSTIFIED", "NOT_JUSTIFIED"),
    Index(None, "organisation_id", "case_id"),
)

# What a therapist writes for themselves alone.
notes = Table(
    "notes",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("case_id", Uuid),
    col("author_id", Uuid),
    col("session_id", Uuid, null=True),
    col("body", Text),
    col("written_at", SECONDS),
    key("id"),
    refers("case_id", "cases"),
    refers("author_id", "people"),
    refers("session_id", "sessions"),
    Index(None, "organisation_id", "case_id", "written_at", "id"),
)
