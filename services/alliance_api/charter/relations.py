"""How a person can stand to a case. Relations come from the database, never from a token."""

from __future__ import annotations

from enum import StrEnum


class Relation(StrEnum):
    """A way to stand to a case; whoever has none is a stranger, and sees nothing."""

    CLIENT = "CLIENT"
    THERAPIST = "THERAPIST"
    SUPERVISOR = "SUPERVISOR"
    CAREGIVER = "CAREGIVER"
    EHR = "EHR"
    BREAK_GLASS = "BREAK_GLASS"
    MANAGER = "MANAGER"
    RESEARCHER = "RESEARCHER"
    PRIVACY_OFFICER = "PRIVACY_OFFICER"
    STRANGER = "STRANGER"


# Relations that hold for one case and a period. An EHR stands to the cases whose client consented,
# and who breaks the glass stands to one case for an hour.
OF_A_CASE = (
    Relation.CLIENT,
    Relation.THERAPIST,
    Relation.SUPERVISOR,
    Relation.CAREGIVER,
    Relation.EHR,
    Relation.BREAK_GLASS,
)
# Offices, which hold for a whole organisation.
OF_AN_ORGANISATION = (Relation.MANAGER, Relation.RESEARCHER, Relation.PRIVACY_OFFICER)
