"""Rows that no told verb makes, and that the law decides about all the same: forged from above it.

A fault is noticed only where there is a row that nothing but the faulty word decides about. The court
of the charter's mutants needs more of them than any honest story has.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from psycopg import sql

from evidence.matrix_world import Matrix
from tests.house import House


def forge(house: House, found: Matrix) -> None:
    """Add what is missing, and then the same rows once more, in another organisation."""
    house.change("SET session_replication_role = replica")  # no foreign keys, no triggers
    _consents_noted_everywhere(house, found)
    _of_caregivers(house, found)
    _over(house, found)
    _levels_of_every_goal(house, found)
    _every_goal_invited(house, found)
    _figures_of_every_level(house, found)
    _sealed_for_others(house, found)
    _twins(house, found)
    house.change("SET session_replication_role = origin")


def _consents_noted_everywhere(house: House, found: Matrix) -> None:
    """The product notes a consent where a supervisor stands: the law must not rely on that."""
    for case, told in found.world.cases.items():
        if told.consented:
            house.change("UPDATE standing SET consented = true WHERE case_id = %s", case)


def _of_caregivers(house: House, found: Matrix) -> None:
    """Let a caregiver be asked, and promise something."""
    clinic = found.world.clinic
    caregiver = str(clinic.people["caregiver"].uuid)
    asked = {"informant_id": caregiver, "informant_role": "CAREGIVER"}
    _again(house, "occasions", clinic.case, id=str(uuid4()), **asked)
    _again(house, "commitments", clinic.case, id=str(uuid4()), owner_id=caregiver)


def _over(house: House, found: Matrix) -> None:
    """Let caregivers have consented everywhere, and taken it back as well; and a case be closed."""
    caregiver = str(found.world.clinic.people["caregiver"].uuid)
    given = {"given_role": "CAREGIVER", "given_by": caregiver, "withdrawn_at": None}
    for case in found.world.cases:
        _again(house, "consents", case, id=str(uuid4()), **given)
        back = {**given, "withdrawn_at": "2026-03-02T09:00:00Z", "withdrawn_by": caregiver}
        _again(house, "consents", case, id=str(uuid4()), **back)
    _, closed = found.world.both
    house.change("UPDATE cases SET status = 'CLOSED', closed_on = opened_on WHERE id = %s", closed)


def _levels_of_every_goal(house: House, found: Matrix) -> None:
    """Let every goal of a case have levels, whoever may see it."""
    invited = {goal for told in found.world.cases.values() for goal in told.invited_goals}
    for case in found.world.both:
        for (goal,) in house.rows("SELECT id FROM goals WHERE case_id = %s", case):
            given = {"case_id": str(case), "goal_id": str(goal), "to_caregivers": goal in invited}
            house.change(
                "INSERT INTO goal_levels SELECT (jsonb_populate_record(l, %s::jsonb)).* "
                "FROM goal_levels l WHERE organisation_id = %s LIMIT 1 ON CONFLICT DO NOTHING",
                json.dumps(given),
                found.world.clinic.organisation,
            )


def _every_goal_invited(house: House, found: Matrix) -> None:
    """Let a case be one in which caregivers may see how far every goal is reached."""
    _, case = found.world.both
    house.change("UPDATE attainments SET to_caregivers = true WHERE case_id = %s", case)
    found.world.cases[case].story.goals.clear()


def _figures_of_every_level(house: House, found: Matrix) -> None:
    """Let figures be published of teams and of therapists, too."""
    clinic = found.world.clinic
    units = [
        ("THERAPIST", clinic.people["therapist"].uuid),
        ("THERAPIST", found.world.neighbour.uuid),
        ("TEAM", uuid4()),
    ]
    for level, unit in units:
        given = json.dumps({"level": level, "unit_id": str(unit)})
        house.change(
            "INSERT INTO aggregates SELECT (jsonb_populate_record(a, %s::jsonb)).* FROM aggregates a "
            "WHERE organisation_id = %s AND level = 'ORGANISATION' LIMIT 1",
            given,
            clinic.organisation,
        )


def _sealed_for_others(house: House, found: Matrix) -> None:
    """Seal what was said for everybody but therapists: only theirs is a law of rating first."""
    others = [
        person.uuid
        for name, person in found.world.clinic.people.items()
        if not name.startswith("therapist")
    ]
    for table in ("scores", "answers", "findings", "comments"):
        house.change(f"UPDATE {table} SET sealed_for = sealed_for || %s::uuid[]", others)


def _again(house: House, table: str, case: UUID, **changes: Any) -> None:
    """Write a row of a case again, with some of it changed."""
    statement = sql.SQL(
        "INSERT INTO {0} SELECT (jsonb_populate_record(r, %s::jsonb)).* FROM {0} r "
        "WHERE case_id = %s LIMIT 1"
    ).format(sql.Identifier(table))
    done = house.admin.execute(statement, [json.dumps(changes), case])
    assert done.rowcount == 1, f"{table} has no row of the case"


def _twins(house: House, found: Matrix) -> None:
    """Let another organisation have the same rows, with the same ids, people and cases.

    Nothing but the organisation is then between them: a policy that forgot it shows both.
    """
    here, there = found.world.clinic.organisation, found.world.elsewhere.organisation
    for table in house.tables():
        columns = house.rows(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND table_name = %s AND is_generated = 'NEVER' AND is_identity = 'NO' "
            "AND column_name <> 'organisation_id'",
            table,
        )
        names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in columns)
        statement = sql.SQL(
            "INSERT INTO {table} (organisation_id, {names}) SELECT %s, {names} FROM {table} "
            "WHERE organisation_id = %s ON CONFLICT DO NOTHING"
        ).format(table=sql.Identifier(table), names=names)
        house.admin.execute(statement, [there, here])
