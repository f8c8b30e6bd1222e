"""The two parties of a working alliance."""

from enum import StrEnum


class PartyRole(StrEnum):
    """Who stands on which side; the same word in Python, in SQL and in GraphQL."""

    CLIENT = "CLIENT"
    THERAPIST = "THERAPIST"
