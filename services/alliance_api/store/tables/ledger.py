"""What happened and who read: facts, the read ledger and its seals, idempotency keys."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from .base import EXACT, NEW_ID, NOW, Xid8, col, key, metadata, one_of, short, tenant

# The outbox: what happened, stated once; ids, instants and kinds, never what was said.
facts = Table(
    "facts",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("transaction", Xid8, default=text("pg_current_xact_id()")),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    col("type", Text),
    # Null where it is about nobody's case: a person who was erased may have had several.
    col("case_id", Uuid, null=True),
    col("subject_id", Uuid),
    col("at", EXACT, default=NOW),
    col("extra", JSONB, default=text("'{}'")),
    # Of the request that made it so: whoever acts on the fact goes on in the same trace.
    col("traceparent", Text, null=True),
    key("id"),
    Index(None, "organisation_id", "transaction", "position"),
)

read_ledger = Table(
    "read_ledger",
    metadata,
    tenant(),
    col("id", Uuid, default=NEW_ID),
    col("at", EXACT, default=NOW),
    col("person_id", Uuid),
    col("application", Text),
    col("purpose", Text),
    col("operation", Text, null=True),
    col("document_hash", Text),
    col("trace_id", Text, null=True),
    col("facets", ARRAY(Text)),
    col("cases", ARRAY(Uuid)),
    # A refused attempt names the case that was asked for, if any was.
    col("outcome", Text, default="ALLOWED"),
    # Where it stands in the chain: by transaction, so that slow ones are not left out of a seal.
    col("transaction", Xid8, default=text("pg_current_xact_id()")),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    key("id"),
    one_of("outcome", "ALLOWED", "REFUSED"),
    Index(None, "organisation_id", "transaction", "position"),
    Index(None, "organisation_id", "person_id", "at"),
    Index("read_ledger_cases_ix", "cases", postgresql_using="gin"),
)

# The chain over the read ledger: each seal covers the entries since the last one by their Merkle
# root, names the seal before it, and is signed with a key that is not in this database.
ledger_seals = Table(
    "ledger_seals",
    metadata,
    tenant(),
    col("number", BigInteger),
    col("after_transaction", Xid8),
    col("after_position", BigInteger),
    col("last_transaction", Xid8),
    col("last_position", BigInteger),
    col("entries", Integer),
    col("total", BigInteger),
    col("root", Text),
    # Sixteen octets of id and 32 of hash for each entry: they name which one was touched.
    col("leaves", LargeBinary),
    col("previous", Text),
    col("sealed_at", EXACT),
    col("key_id", Text),
    col("signature", Text),
    key("number"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    tenant(),
    col("person_id", Uuid),
    col("key", Text),
    col("mutation", Text),
    col("input_hash", Text),
    col("changed_id", Uuid),
    col("created_at", EXACT, default=NOW),
    key("person_id", "key"),
    short("key", 255),
)
