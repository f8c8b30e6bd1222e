"""Records for research, and whose they are: the latter is the engine's alone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from .tables import research_records, research_subjects
from .transaction import Transaction

# A week since the first rating is all of time that is told; the order within one is by instant.
_RECORD = text("""
INSERT INTO research_records
  (organisation_id, pseudonym, week, sequence, instrument_code, informant_role, scale, value)
SELECT s.organisation_id, r.pseudonym,
       floor(extract(epoch FROM s.taken_at - min(s.taken_at) OVER of_case) / 604800)::int,
       dense_rank() OVER (PARTITION BY s.case_id ORDER BY s.taken_at, s.measurement_id)::int,
       s.instrument_code, s.informant_role, s.scale, s.raw
FROM scores s
JOIN research_subjects r ON r.organisation_id = s.organisation_id AND r.case_id = s.case_id
JOIN measurements m ON m.organisation_id = s.organisation_id AND m.id = s.measurement_id
WHERE s.current AND s.raw IS NOT NULL AND s.informant_role = 'CLIENT' AND m.disclosure <> 'PRIVATE'
WINDOW of_case AS (PARTITION BY s.case_id)
""")


async def take_part(tx: Transaction, case: UUID) -> None:
    """Give a case a name that means nothing."""
    values = {"organisation_id": tx.principal.organisation, "case_id": case}
    await tx.run(insert(research_subjects).values(values).on_conflict_do_nothing())


async def subjects(tx: Transaction) -> int:
    """Return how many cases take part."""
    found = await tx.run(select(func.count()).select_from(research_subjects))
    return int(found.scalar_one())


async def forget(tx: Transaction, case: UUID) -> None:
    """Delete a case's records, and its name."""
    name = (
        select(research_subjects.c.pseudonym)
        .where(research_subjects.c.case_id == case)
        .scalar_subquery()
    )
    await tx.run(delete(research_records).where(research_records.c.pseudonym == name))
    await tx.run(delete(research_subjects).where(research_subjects.c.case_id == case))


async def forget_all_records(tx: Transaction) -> None:
    """Delete every record of the organisation."""
    await tx.run(delete(research_records))


async def record(tx: Transaction) -> int:
    """Insert the records of all who take part; return how many."""
    return (await tx.run(_RECORD)).rowcount
