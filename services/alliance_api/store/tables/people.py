"""Organisations and the people in them: identities, offices, teams, keys, holds and erasures."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Date,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from .base import (
    EXACT,
    NEW_ID,
    NOW,
    OFFICES,
    SECONDS,
    Xid8,
    col,
    key,
    metadata,
    one_of,
    refers,
    short,
    tenant,
)

organisations = Table(
    "organisations",
    metadata,
    tenant(),
    col("name", Text),
    # Up to where old facts were taken out of the feed, if they ever were.
    col("pruned_transaction", Xid8, null=True),
    col("pruned_position", BigInteger, null=True),
    PrimaryKeyConstraint("organisation_id"),
)

people = Table(
    "people",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    # From when this is a tombstone: whoever it was is not known here any more.
    col("erased_at", SECONDS, null=True),
    key("id"),
    ForeignKeyConstraint(["organisation_id"], ["organisations.organisation_id"]),
)

identities = Table(
    "identities",
    metadata,
    tenant(),
    col("person_id", Uuid),
    col("name", Text),
    col("birth_date", Date, null=True),
    col("language", Text, null=True),
    key("person_id"),
    refers("person_id", "people"),
    short("name", 200),
)

staff = Table(
    "staff",
    metadata,
    tenant(),
    col("person_id", Uuid),
    col("role", Text),
    col("starts_at", EXACT, default=NOW),
    col("ends_at", EXACT, null=True),
    key("person_id", "role", "starts_at"),
    refers("person_id", "people"),
    one_of("role", *OFFICES),
)

# The key of what a person writes, wrapped by a master key that is not in this database. Without it
# their words cannot be read any more: that is what erasing a person means.
person_keys = Table(
    "person_keys",
    metadata,
    tenant(),
    col("person_id", Uuid),
    col("wrapped", Text),
    col("master", Text),
    col("made_at", SECONDS, default=NOW),
    key("person_id"),
    refers("person_id", "people"),
)

# Why somebody may not be erased for now.
legal_holds = Table(
    "legal_holds",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("person_id", Uuid),
    col("reason", Text),
    col("set_by", Uuid),
    col("set_at", SECONDS),
    col("lifted_at", SECONDS, null=True),
    key("id"),
    refers("person_id", "people"),
    refers("set_by", "people"),
    one_of("reason", "COURT_ORDER", "LITIGATION", "STATUTORY_RETENTION", "COMPLAINT"),
    Index(None, "organisation_id", "person_id"),
)

# Who was erased: what a restore from an older backup does again.
erasures = Table(
    "erasures",
    metadata,
    tenant(),
    col("person_id", Uuid),
    col("asked_by", Uuid),
    col("erased_at", SECONDS),
    key("person_id"),
    refers("person_id", "people"),
    refers("asked_by", "people"),
)

teams = Table(
    "teams",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("name", Text),
    key("id"),
    short("name", 200),
)

team_members = Table(
    "team_members",
    metadata,
    tenant(),
    col("team_id", Uuid),
    col("person_id", Uuid),
    col("starts_at", EXACT, default=NOW),
    col("ends_at", EXACT, null=True),
    key("team_id", "person_id", "starts_at"),
    refers("team_id", "teams"),
    refers("person_id", "people"),
)
