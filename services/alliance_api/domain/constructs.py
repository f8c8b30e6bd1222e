"""What scales measure, by the names under which they are asked for."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Construct(StrEnum):
    """What a scale is about. Extend it with the instrument that needs it."""

    ANXIETY = "anxiety"
    BOND = "bond"
    COMMUNICATION = "communication"
    DEPRESSION = "depression"
    EMPATHY = "empathy"
    GOALS = "goals"
    MOOD = "mood"
    OUTCOME = "outcome"
    PREFERENCES = "preferences"
    RELIABILITY = "reliability"
    SAFETY = "safety"
    TASKS = "tasks"


MEANING: Final[Mapping[Construct, str]] = MappingProxyType(
    {
        Construct.ANXIETY: "How much worry and fear weigh on the client.",
        Construct.BOND: "Whether the two like, respect and trust each other.",
        Construct.COMMUNICATION: "Whether what matters can be said, and the talk leads somewhere.",
        Construct.DEPRESSION: "How much low mood and lost interest weigh on the client.",
        Construct.EMPATHY: "Whether the client feels understood.",
        Construct.GOALS: "Whether the two work towards the same ends.",
        Construct.MOOD: "How somebody feels right after a session.",
        Construct.OUTCOME: "How the client is doing outside of the room.",
        Construct.PREFERENCES: "How the client would like therapy to be.",
        Construct.RELIABILITY: "Whether the other does what they said they would do.",
        Construct.SAFETY: "Whether it is safe to speak, and what is said stays protected.",
        Construct.TASKS: "Whether the two agree on how they work.",
    }
)
