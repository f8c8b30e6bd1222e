"""The read ledger: whoever reads a confidential facet leaves a row, in the same statement."""

from __future__ import annotations

from collections.abc import Iterable

_ROW = """
INSERT INTO read_ledger (organisation_id, person_id, application, purpose, trace_id,
                         operation, document_hash, facets, cases)
SELECT current_setting('alliance.organisation')::uuid, current_setting('alliance.person')::uuid,
       current_setting('alliance.application'), current_setting('alliance.purpose'),
       nullif(current_setting('alliance.trace'), ''), {operation}, {document}, {facets},
       ARRAY(SELECT DISTINCT unnest(subjects))
FROM answer{when}
"""
# Facets that can be read of a person whom no case of the answer is about.
OF_A_PERSON = frozenset({"IDENTITY"})


def with_ledger(
    select: str, facets: Iterable[str], operation: str | None, document: str, count: int
) -> tuple[str, list[str | None]]:
    """Return `select` (of `body` and `subjects`) with its ledger row, and the added parameters.

    `count` is how many parameters `select` has. If the row cannot be written, nothing is read.
    A selection without a confidential facet needs no row, nor does one that found nobody's case,
    unless it may have found a person.
    """
    named = sorted(facets)
    if not named:
        return f"SELECT body FROM ({select}) AS answer", []
    first = count + 1
    row = _ROW.format(
        operation=f"${first}::text",
        document=f"${first + 1}::text",
        facets=f"${first + 2}::text[]",
        when="" if OF_A_PERSON & set(named) else " WHERE cardinality(subjects) > 0",
    )
    listed = "{" + ",".join(named) + "}"
    sql = f"WITH answer AS MATERIALIZED ({select}), ledger AS ({row}) SELECT body FROM answer"
    return sql, [operation, document, listed]
