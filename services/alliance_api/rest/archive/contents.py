"""What an archive holds, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Any, Final

from alliance_api.charter.facets import Facet
from alliance_api.charter.labels import Confidentiality, Label, highest, labelled
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
        return _text(self.frame["labels"]["notice"])

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

    def __iter__(self) -> Iterator[Row]:
        return chain(self.measurements, self.commitments, self.notes)


@dataclass(frozen=True)
class Archive:
    """Everything of one person's; `missing` says in whole sentences what is not in it, and why."""

    person: Row
    organisation: Row
    created: datetime
    cases: list[CaseFile] = field(default_factory=list)
    own: OwnWork = field(default_factory=OwnWork)
    instruments: list[Row] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @cached_property
    def labels(self) -> list[dict[str, Any]]:
        """How each case's data must be handled: the highest of all its kinds that are here."""
        return [*map(_of_case, self.cases), *_of_own(self.own)]

    @cached_property
    def notices(self) -> list[str]:
        """The texts that laws want passed on with it."""
        texts = (_text(each["notice"]) for each in self.labels)
        return list(dict.fromkeys(text for text in texts if text))

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
        "sensitivity": list(label.sensitivity),
        "policies": list(label.policies),
        "obligations": list(label.obligations),
    }


def _text(notice: Row | None) -> str | None:
    return str(notice["text"]) if notice else None


# What a client is never shown is in no client's archive.
_HIDDEN: Final = frozenset({Facet.PROCESS_NOTE, Facet.RESEARCH})


def _of_case(found: CaseFile) -> dict[str, Any]:
    told = (label for facet, label in found.labels.items() if facet not in _HIDDEN)
    return _named(found.frame["id"], told, found.frame["labels"]["notice"])


def _of_own(found: OwnWork) -> list[dict[str, Any]]:
    labels: dict[str, dict[Label, None]] = {}
    notices: dict[str, Row | None] = {}
    for row in found:
        case, told = row["caseId"], row["labels"]
        labels.setdefault(case, {})[_read(told)] = None
        notices[case] = told["notice"]
    return [_named(case, labels[case], notices[case]) for case in sorted(labels)]


def _named(case: str, labels: Iterable[Label], notice: Row | None) -> dict[str, Any]:
    return {"case": case, **_label(highest(labels)), "notice": notice}


def _read(told: Row) -> Label:
    codes = (tuple(told[name]) for name in ("sensitivity", "policies", "obligations"))
    return Label(Confidentiality(told["confidentiality"]), *codes)
