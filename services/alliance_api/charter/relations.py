"""How a person can stand to a case. Relations come from the database, never from a token."""

from __future__ import annotations

from enum import StrEnum


class Relation(StrEnum):
    """A way to stand to a case; whoever has none is a stranger, and sees nothing."""

    CLIENT = "CLIENT"
    THERAPIST = "THERAPIST"
    SUPERVISOR = "SUPERVISOR"
    CAREGIVER = "CAREGIVER"
    MANAGER = "MANAGER"
    STRANGER = "STRANGER"


# Relations that hold for one case and a period; a manager stands to the whole organisation.
OF_A_CASE = (Relation.CLIENT, Relation.THERAPIST, Relation.SUPERVISOR, Relation.CAREGIVER)
