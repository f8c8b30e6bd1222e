"""Archives as values, and what tests do with their octets and their page."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from alliance_api.rest.archive.contents import Archive, CaseFile, Drawing, OwnWork
from alliance_api.rest.archive.rows import Rows

ME = {"id": "person-1", "name": "Amira <b>", "birthDate": "1994-06-03", "language": "en"}
OTHER = {"id": "person-2", "name": "Tomas & Co"}


def a_measurement(number: int, words: str | None, **more: Any) -> dict[str, Any]:
    method = {"id": "sum", "version": "1"}
    score = {
        "scale": "total",
        "instrumentCode": "check",
        "informant": "CLIENT",
        "raw": 3.0 * number,
        "mean": 3.0,
        "pomp": 50.0,
        "minimum": 0.0,
        "maximum": 20.0,
        "answered": 2,
        "missing": 0,
        "reason": None,
        "takenAt": "2026-01-05T15:00:00+00:00",
        "session": {"id": "session-1"},
        "interval": None,
        "change": {"direction": "DOWN"} if number == 2 else None,
        "sinceBaseline": None,
        "outcome": None,
        "method": method,
    }
    return {
        "id": f"measurement-{number}",
        "caseId": "case-1",
        "instrument": {"id": "instrument-1", "code": "check", "version": 1, "name": "Check <i>"},
        "informant": ME,
        "role": "CLIENT",
        "session": {"id": f"session-{number}", "number": number},
        "takenAt": f"2026-01-{number:02}T15:00:00+00:00",
        "disclosure": "SHARED",
        "scores": [score],
        "answers": [
            {"item": 1, "value": 3.0, "notApplicable": False},
            {"item": 2, "value": None, "notApplicable": True},
        ],
        "findings": [{"code": "AT_CEILING", "scale": None, "answered": 2, "method": method}],
        "comment": words,
        "withheld": [],
        "supersededBy": None,
        **more,
    }


def an_instrument(words: str = "How was it?") -> dict[str, Any]:
    anchors = [{"value": 3.0, "wording": "good"}]
    items = [{"number": n, "wording": words, "anchors": anchors} for n in (1, 2)]
    licence = {"holder": "Somebody"}
    return {"code": "check", "version": 1, "name": "Check", "items": items, "licence": licence}


LABELS = {
    "confidentiality": "N",
    "sensitivity": ["BH"],
    "policies": [],
    "obligations": [],
    "notice": None,
}
NOTICE = {"id": "n", "version": "1", "text": "Do not <pass> this on.", "verified": False}
PART2 = {
    "confidentiality": "R",
    "sensitivity": ["BH", "SUD"],
    "policies": ["42CFRPart2"],
    "obligations": ["NORDSCLCD"],
    "notice": NOTICE,
}


AT = "2026-01-05T15:00:00+00:00"


def a_goal(words: str, other: dict[str, Any]) -> dict[str, Any]:
    """A goal with a level, a stance, two versions and a rating."""
    worded = {"wording": words, "wordedBy": ME}
    return {
        "id": "goal-1",
        **worded,
        "version": 2,
        "kind": "GAS",
        "levels": [{"level": -1, **worded}],
        "state": "AGREED",
        "weight": 3,
        "proposedBy": other,
        "proposedAt": AT,
        "agreedOn": "2026-01-06",
        "endedOn": None,
        "stances": [{"person": other, "role": "THERAPIST", "stance": "AGREE", "answeredAt": AT}],
        "history": [{"version": n, **worded, "wordedAt": AT} for n in (1, 2)],
        "change": None,
        "ratings": [{"ratedBy": ME, "role": "CLIENT", "level": 0, "ratedAt": AT}],
    }


def a_promise(words: str, other: dict[str, Any], case: str) -> dict[str, Any]:
    """A commitment that is open."""
    return {
        "id": "commitment-1",
        "caseId": case,
        "owner": other,
        "role": "THERAPIST",
        "wording": words,
        "madeAt": AT,
        "dueAt": AT,
        "outcome": "OPEN",
        "settledAt": None,
    }


def a_frame(labels: dict[str, Any], emergency: dict[str, Any]) -> dict[str, Any]:
    """A case with a broken glass, and nothing else around it."""
    empty: dict[str, list[Any]] = {
        name: [] for name in ("careTeam", "formerCareTeam", "consents", "occasions", "preferences")
    }
    none = dict.fromkeys(
        ("attainment", "reliabilityOfClient", "reliabilityOfTherapist", "closedOn", "nextSession")
    )
    return {
        "id": "case-1",
        "status": "ACTIVE",
        "openedOn": "2026-01-05",
        "timeZone": "Europe/Berlin",
        "client": ME,
        "disclosureDefault": "NEXT_SESSION",
        "jurisdiction": None,
        "labels": labels,
        "emergencies": [emergency],
        "openSignals": 0,
        **empty,
        **none,
    }


def a_case(texts: tuple[str, ...], labels: dict[str, Any]) -> CaseFile:
    """A case in which every text that people write is one of `texts`."""
    one = texts[0]
    other = {**OTHER, "name": one}
    emergency = {"by": other, "openedAt": AT, "endsAt": AT, "reason": one, "review": None}
    reading = {
        "at": AT,
        "by": other,
        "application": one,
        "purpose": "TREAT",
        "operation": one,
        "facets": ["CASE_FRAME"],
        "outcome": "ALLOWED",
    }
    return CaseFile(
        a_frame(labels, emergency),
        measurements=Rows(a_measurement(n + 1, words) for n, words in enumerate(texts)),
        goals=Rows([a_goal(one, other)]),
        commitments=Rows([a_promise(one, other, "case-1")]),
        readings=Rows([reading, {**reading, "by": ME}]),
        drawings=[Drawing("Check", 2, '<svg xmlns="http://www.w3.org/2000/svg"></svg>')],
    )


def own_work(words: str) -> OwnWork:
    """Work in somebody else's case."""
    note = {"caseId": "case-2", "body": words, "session": None, "writtenAt": AT}
    promise = a_promise(words, {**OTHER, "name": words}, "case-2")
    return OwnWork(
        Rows([a_measurement(1, words, caseId="case-2", role="THERAPIST", labels=LABELS)]),
        Rows([{**promise, "labels": LABELS}]),
        Rows([{**note, "labels": {**LABELS, "confidentiality": "V"}}]),
    )


def an_archive(
    texts: tuple[str, ...] = ("Well.",), labels: dict[str, Any] | None = None, **more: Any
) -> Archive:
    """An archive in which every text that people write is one of `texts`."""
    one = texts[0]
    values: dict[str, Any] = {
        "person": {**ME, "name": one},
        "organisation": {"id": "organisation-1", "name": one},
        "created": datetime(2026, 11, 23, 5, 0, tzinfo=UTC),
        "cases": [a_case(texts, labels or LABELS)],
        "own": own_work(one),
        "instruments": [an_instrument(one)],
        "missing": [],
    }
    return Archive(**{**values, **more})


class Tags(HTMLParser):
    """Every tag and attribute of a page, what comments it has, and the text it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.values: list[str] = []
        self.comments: list[str] = []
        self.shown: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.values += [value or "" for _, value in attrs]
        if tag not in {"meta", "col", "br", "circle", "rect", "path", "line"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                raise AssertionError(f"{tag} is closed before what is in it")

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


def files(made: bytes) -> dict[str, bytes]:
    """The files of an archive."""
    with zipfile.ZipFile(io.BytesIO(made)) as found:
        return {name: found.read(name) for name in found.namelist()}


def packed(path: Path, found: dict[str, bytes]) -> Path:
    """An archive of other files, at a path."""
    with zipfile.ZipFile(path, "w") as into:
        for name, content in found.items():
            into.writestr(name, content)
    return path
