"""The sections of a case, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import around, work
from .markup import Html
from .reader import Reader


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its name, whether there is anything in it, and how it is written."""

    id: str
    title: str
    there: object
    write: Callable[[Reader], Iterator[Html]]


def sections(reader: Reader) -> list[Section]:
    """Return the sections in their order, those without content too."""
    case, frame = reader.case, reader.case.frame
    relied = frame["reliabilityOfClient"] or frame["reliabilityOfTherapist"]
    team = frame["careTeam"] or frame["formerCareTeam"]
    guarded = frame["consents"] or frame["emergencies"]
    trends = case.drawings or case.trajectories
    return [
        Section("glance", "At a glance", frame, work.glance),
        Section("charts", "The work together, over time", trends, work.charts),
        Section("answers", "What was answered", len(case.measurements), work.answers),
        Section("sessions", "Sessions", len(case.sessions), work.sessions),
        Section("goals", "Goals", len(case.goals), work.goals),
        Section("promises", "Promises", len(case.commitments), work.commitments),
        Section("reliability", "Reliability of both", relied, work.reliability),
        Section("signals", "Signals", len(case.signals), around.signals),
        Section("wishes", "How therapy should be", frame["preferences"], around.preferences),
        Section("planned", "Forms that were planned", frame["occasions"], around.occasions),
        Section("people", "Who is in the care team", team, around.people),
        Section("consents", "Consents and emergencies", guarded, around.guarding),
        Section("readings", "Who read what", len(case.readings), around.readings),
    ]
