"""What an archive holds, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from alliance_api.charter.facets import Facet
from alliance_api.charter.labels import Label, highest, labelled
from alliance_api.charter.notices import PART2_POLICY

from .rows import Row, Rows

FORMAT: Final = "alliance-archive"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart: its name, how many points its longest line has, and the picture."""

    title: str
    points: int
    svg: str


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything of one case in which the person is the client."""

    frame: Row
    sessions: Rows = field(default_factory=Rows)
    measurements: Rows = field(default_factory=Rows)
    goals: Rows = field(default_factory=Rows)
    commitments: Rows = field(default_factory=Rows)
    signals: Rows = field(default_factory=Rows)
    readings: Rows = field(default_factory=Rows)
    trajectories: list[Row] = field(default_factory=list)
    concordances: list[Row] = field(default_factory=list)
    drawings: list[Drawing] = field(default_factory=list)

    @property
    def notice(self) -> str | None:
        """The text that a law wants passed on with it."""
        found = self.frame["labels"]["notice"]
        return str(found["text"]) if found else None

    @property
    def labels(self) -> dict[Facet, Label]:
        """How each kind of this case's rows must be handled."""
        told = self.frame["labels"]
        ways = {"part2": PART2_POLICY in told["policies"], "young": "ADOL" in told["sensitivity"]}
        return {facet: labelled(facet, **ways) for facet in Facet}


@dataclass(frozen=True, slots=True)
class OwnWork:
    """What the person wrote in cases in which they are not the client."""

    measurements: Rows = field(default_factory=Rows)
    commitments: Rows = field(default_factory=Rows)
    notes: Rows = field(default_factory=Rows)

    def __len__(self) -> int:
        return len(self.measurements) + len(self.commitments) + len(self.notes)


@dataclass(frozen=True, slots=True)
class Archive:
    """Everything of one person's; `missing` says in whole sentences what is not in it, and why."""

    person: Row
    organisation: Row
    created: datetime
    cases: list[CaseFile] = field(default_factory=list)
    own: OwnWork = field(default_factory=OwnWork)
    instruments: list[Row] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def instant(self) -> str:
        """When it was made, as in RFC 3339."""
        return self.created.isoformat(timespec="seconds").replace("+00:00", "Z")

    def data(self) -> dict[str, Any]:
        """Return all of it for machines; `Rows` stand where many rows are."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "created": self.instant,
            "person": self.person,
            "organisation": self.organisation,
            "missing": self.missing,
            "cases": [_case(each) for each in self.cases],
            "own": {
                "measurements": self.own.measurements,
                "commitments": self.own.commitments,
                "notes": self.own.notes,
            },
            "instruments": self.instruments,
        }


def _case(found: CaseFile) -> dict[str, Any]:
    return {
        **found.frame,
        "labels": {
            **found.frame["labels"],
            "kinds": {facet.value: _label(label) for facet, label in found.labels.items()},
        },
        "sessions": found.sessions,
        "measurements": found.measurements,
        "goals": found.goals,
        "commitments": found.commitments,
        "signals": found.signals,
        "trajectories": found.trajectories,
        "concordances": found.concordances,
        "readings": found.readings,
    }


def _label(label: Label) -> dict[str, Any]:
    return {
        "confidentiality": label.confidentiality.value,
        "sensitivity": label.sensitivity,
        "policies": label.policies,
        "obligations": label.obligations,
    }


def labels_of(archive: Archive) -> list[Mapping[str, Any]]:
    """Return how each case's data must be handled, for the manifest; the highest of all its kinds."""
    return [
        {
            "case": each.frame["id"],
            **_label(highest(_told(each))),
            "notice": each.frame["labels"]["notice"],
        }
        for each in archive.cases
    ]


def _told(found: CaseFile) -> list[Label]:
    # What a client is never shown is in no client's archive.
    hidden = {Facet.PROCESS_NOTE, Facet.RESEARCH}
    return [label for facet, label in found.labels.items() if facet not in hidden]
