"""What the told world leaves empty, filled from above the law, so that no field is silent.

A value that nobody has shows nothing about who may see it. Rows are filled in every case but one:
there stays what is null, and the reasons why. Numbers are made unmistakable afterwards.
"""

from __future__ import annotations

import json
from uuid import UUID, uuid4

from evidence.world import World
from tests.house import House

# Words that a column may hold, where any text would not do; others get a text of their own.
_WORDS = {
    "previous_direction": "UP",
    "baseline_direction": "DOWN",
    "previous_status": "IMPROVED",
    "baseline_status": "IMPROVED",
    "status_reason": "NO_CUT",
    "norm_kind": "ALPHA",
    "pattern": "U",
    "party": "CLIENT",
    "cancelled_by": "CLIENT",
}
_PLAIN = {
    "double precision": 1,
    "integer": 7,
    "smallint": 7,
    "boolean": True,
    "timestamp with time zone": "2024-02-03 04:05:06+00",
    "date": "2024-02-03",
    "interval": "1 day 06:00:00",
}
# The instrument that has everything.
WHOLE = "alliance-check-in"
_PROOFS = (("sessions", "session_id"), ("commitments", "commitment_id"), ("goals", "goal_id"))
# Figures of these tables are filled whole.
_FIGURES = (
    *("attainments", "attendance", "changes", "concordances", "reliability", "series", "signals"),
)


def fill(house: House, world: World) -> None:
    """Fill what nobody has a value of, in every case but the neighbour's."""
    _, kept = world.both
    told = world.cases[world.clinic.case].story
    words = [{"level": 0, "wording": f"Canary of a level: {uuid4()}"}]
    told.client.done("proposeGoal", "", case=told.case_id, wording="Levels", levels=words)
    # No foreign keys: what is meant is there.
    house.change("SET session_replication_role = replica")
    for table in _FIGURES:
        _figures(house, table, kept)
    for case in world.cases:
        if case != kept:
            _case(house, case)
    _signals(house, world, kept)
    _ruptures(house, kept)
    _aggregates(house, world)
    _people(house, world)
    _instrument(house)
    house.change("SET session_replication_role = origin")


def _figures(house: House, table: str, kept: UUID) -> None:
    """Fill every column of a table that is empty in all of its rows."""
    columns = house.rows(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' "
        "AND table_name = %s AND is_nullable = 'YES' AND is_generated = 'NEVER'",
        table,
    )
    for column, kind in columns:
        value = _WORDS.get(column, _PLAIN.get(kind, f"a {column}" if kind == "text" else None))
        if value is None or house.rows(f"SELECT FROM {table} WHERE {column} IS NOT NULL LIMIT 1"):
            continue
        house.change(
            f"UPDATE {table} SET {column} = %s::{kind} WHERE case_id <> %s", str(value), kept
        )


def _case(house: House, case: UUID) -> None:
    """Fill what is about one thing of a case: of several, one."""
    house.change(
        "UPDATE scores SET raw = NULL, mean = NULL, pomp = NULL, reason = 'TOO_FEW_ANSWERS' "
        "WHERE ctid IN (SELECT DISTINCT ON (informant_role) ctid FROM scores "
        "WHERE case_id = %s ORDER BY informant_role, taken_at)",
        case,
    )
    house.change("UPDATE commitments SET settled_at = now() WHERE case_id = %s", case)
    house.change("UPDATE goals SET weight = 3, ended_on = now()::date WHERE case_id = %s", case)
    sessions = house.rows("SELECT id FROM sessions WHERE case_id = %s ORDER BY number", case)
    first, second = (found for (found,) in sessions[:2])
    house.change("UPDATE sessions SET moved_from = %s WHERE id = %s", first, second)
    house.change("UPDATE notes SET session_id = %s WHERE case_id = %s", first, case)
    house.change(
        "INSERT INTO sessions SELECT (jsonb_populate_record(s, jsonb_build_object('id', %s::text, "
        "'number', 99, 'state', 'PLANNED', 'moved_from', NULL, 'planned_start', now() + '9 days', "
        "'planned_end', now() + '9 days 1 hour'))).* FROM sessions s WHERE id = %s",
        uuid4(),
        first,
    )


def _signals(house: House, world: World, kept: UUID) -> None:
    """Let somebody have acknowledged signals, and let evidence be of every kind."""
    therapist = world.clinic.therapist.uuid
    house.change("UPDATE signals SET acknowledged_by = %s WHERE case_id <> %s", therapist, kept)
    for number, (table, column) in enumerate(_PROOFS):
        # Evidence is of one thing: of every four of a case, one of a session, and so on.
        house.change(
            f"UPDATE signal_evidence e SET measurement_id = NULL, {column} = (SELECT t.id "
            f"FROM {table} t WHERE t.case_id = e.case_id ORDER BY t.id LIMIT 1) FROM (SELECT ctid, "
            "row_number() OVER (PARTITION BY case_id, audience ORDER BY informant_role, position) "
            "AS n FROM signal_evidence WHERE measurement_id IS NOT NULL) o "
            "WHERE e.ctid = o.ctid AND mod(o.n, 4) = %s AND e.case_id <> %s",
            *(number + 1, kept),
        )


def _ruptures(house: House, kept: UUID) -> None:
    """Let ruptures be of the series that is asked for, and repaired."""
    house.change(
        "UPDATE ruptures r SET repair_id = nadir_id, depth = 1, pattern = 'U', "
        "instrument_code = s.instrument_code, scale = s.scale, informant_id = s.informant_id "
        "FROM series s WHERE (s.case_id, s.audience, s.informant_role) "
        "= (r.case_id, r.audience, r.informant_role) AND s.scale = 'total' AND r.case_id <> %s",
        kept,
    )


def _aggregates(house: House, world: World) -> None:
    """Publish a cell of a therapist, with all that one can have; the one that is there stays as it is."""
    given = {"level": "THERAPIST", "unit_id": str(world.clinic.therapist.uuid)}
    house.change(
        "INSERT INTO aggregates SELECT (jsonb_populate_record(a, %s::jsonb)).* FROM aggregates a "
        "WHERE organisation_id = %s",
        json.dumps({**given, "instrument_code": WHOLE, "informant_role": "CLIENT"}),
        world.clinic.organisation,
    )
    house.change(
        "UPDATE aggregates SET reason = NULL, n = 7, value = 1, step = 1, value_lower = 1, "
        "value_upper = 1, pooled_value = 1, pooled_lower = 1, pooled_upper = 1, weight = 1, "
        "funnel_lower = 1, funnel_upper = 1, unusual = true, grand_mean = 1, between_variance = 1, "
        "within_variance = 1, groups = 7 WHERE level = 'THERAPIST'"
    )


def _people(house: House, world: World) -> None:
    """Let a therapy have ended, a former caregiver have been erased, and a hold have been lifted."""
    last = list(world.cases)[-1]
    house.change("UPDATE cases SET status = 'CLOSED', closed_on = now()::date WHERE id = %s", last)
    house.change("UPDATE legal_holds SET lifted_at = now()")
    # Somebody who said nothing: of what an erased person said, another test tells.
    house.change(
        "UPDATE people SET erased_at = now() WHERE id IN "
        "(SELECT person_id FROM identities WHERE name = 'former friend')"
    )


# What an instrument consists of that hangs on one of its scales, or on nothing.
_PARTS = {
    "instrument_records": {"words_hash": "a hash"},
    "instrument_norms": {"language": "en", "n": 7},
    "instrument_reports": {
        "n": 7,
        "mean": 1,
        "sd": 1,
        "reliability": 0.5,
        "reliability_kind": "ALPHA",
        "reliable_change": 1,
    },
    "instrument_bands": {"at_least": 1, "at_most": 2, "below": 3},
}


def _instrument(house: House) -> None:
    """Let one instrument of every organisation have all that instruments can have."""
    for table, more in _PARTS.items():
        scaled = "" if table == "instrument_records" else ", 'scale', 'total'"
        house.change(
            f"INSERT INTO {table} SELECT (jsonb_populate_record(t, %s::jsonb || jsonb_build_object("
            f"'instrument_id', i.id, 'organisation_id', i.organisation_id, 'number', 99{scaled}))).* "
            f"FROM instruments i, {table} t WHERE i.code = %s "
            f"AND t.ctid = (SELECT min(ctid) FROM {table})",
            *(json.dumps(more), WHOLE),
        )
    house.change(
        "UPDATE instruments SET permission_statement = 'Permitted', permitted_at = now(), "
        "worded_at = now(), loinc = '1-8', age_maximum = 99, signals_from_age = 12 WHERE code = %s",
        WHOLE,
    )
    house.change(
        "UPDATE instrument_scales SET loinc = '2-6' WHERE instrument_id IN "
        "(SELECT id FROM instruments WHERE code = %s)",
        WHOLE,
    )
