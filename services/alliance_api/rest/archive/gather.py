"""Asking the one read path for everything of one person's, page after page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from alliance_api.charter.charter import NEVER, READ
from alliance_api.charter.facets import HOLDINGS
from alliance_api.charter.principal import Principal
from alliance_api.charter.relations import Relation
from alliance_api.instruments.forms import definition
from alliance_api.instruments.pairs import counterpart, pairs

from ..answering import Read
from ..charts import reading, svg
from . import documents
from .contents import Archive, CaseFile, Drawing, OwnWork
from .rows import Row, Rows

# Of a list that a person and those around them write, and of those who only looked.
MOST: Final = 20_000
MOST_READINGS: Final = 100_000
WIDTH: Final = 920
LEAST_DRAWN: Final = 2

# What opens a client's own data: a token that lacks one of these makes an archive with gaps.
NEEDED: Final = frozenset(
    {
        gate
        for facet, holding in HOLDINGS.items()
        if READ[facet][Relation.CLIENT] != (NEVER,)
        for gate in holding.gates
    }
    | {"Patient", "AuditEvent"}
)
# Who only looked may be dropped, and is told; nothing else ever is.
_DROPPED: Final = (
    "Of {total} readings the latest {kept} are in this archive. The older ones can be read page by "
    "page through the API."
)
_NARROW: Final = (
    "The application that made this archive was not given access to everything. What is missing is "
    "held under: {gates}. Another archive, made with full access, will have it."
)
_LOST: Final = (
    "Could not be read, because it leads to somebody or something that the application may not "
    "know of: {names}."
)
_BOUND: Final = (
    "The application was bound to one client: what you wrote in the cases of others is missing."
)


class Nobody(LookupError):  # noqa: N818  (an expected outcome, not an error)
    """The token's person is not somebody of the organisation, or no more."""


class TooLarge(ValueError):  # noqa: N818  (the same)
    """There is more of one kind than an archive holds; names it."""


# A form as it was answered: its code and whose form it is.
Form = tuple[str, str]


class Gathering:
    """One person's archive in the making."""

    def __init__(self, read: Read, principal: Principal) -> None:
        """Keep who asks, and by what."""
        self._read = read
        self._principal = principal
        self._instruments: dict[tuple[str, int], None] = {}
        self._lost: dict[str, None] = {}

    async def everything(self, created: datetime) -> Archive:
        """Return the archive. Raises `Nobody`, `TooLarge`."""
        found = await self._ask(documents.PERSON)
        viewer = (found or {}).get("viewer")
        if viewer is None or viewer["person"] is None:
            raise Nobody
        missing = self._gaps()
        cases = [await self._case(row["id"], missing) for row in viewer["cases"]]
        own = await self._own()
        instruments = [await self._instrument(*key) for key in sorted(self._instruments)]
        if self._lost:
            missing.append(_LOST.format(names=", ".join(self._lost)))
        return Archive(
            person=viewer["person"],
            organisation=viewer["organisation"],
            created=created,
            cases=cases,
            own=own,
            instruments=[each for each in instruments if each],
            missing=missing,
        )

    def _gaps(self) -> list[str]:
        told = []
        if lacking := sorted(NEEDED - self._principal.reads):
            told.append(_NARROW.format(gates=", ".join(lacking)))
        if self._principal.patient not in {None, self._principal.person}:
            told.append(_BOUND)
        return told

    async def _ask(self, document: str, **given: Any) -> Mapping[str, Any] | None:
        return await self._read(self._principal, document, given)

    def _under(self, found: Any, *path: str) -> Any:
        """Return what stands under a path; if its parent could not be told, note what is lost.

        Where somebody must be named and may not be known, the answer has a hole as large as it
        takes, and not a shorter list.
        """
        *parents, name = path
        for step in parents:
            found = (found or {}).get(step)
        if found is None:
            self._lost[name] = None
            return None
        return found[name]

    async def _case(self, case: str, missing: list[str]) -> CaseFile:
        frame = self._under(await self._ask(documents.CASE, case=case), "case")
        if frame is None:
            raise Nobody
        parts = {name: await self._part(name, case) for name in documents.PARTS}
        found = CaseFile({**frame, **parts})
        await self._all(found.sessions, documents.SESSIONS, ("case", "sessions"), case=case)
        path = ("case", "measurements")
        await self._all(found.measurements, documents.MEASUREMENTS, path, case=case)
        await self._lists(found, case)
        await self._trends(found, case)
        # Last, so that who reads is told of this very reading too.
        await self._readings(found, case, missing)
        self._note(found.measurements)
        return found

    async def _part(self, name: str, case: str) -> Any:
        found = self._under(await self._ask(documents.PARTS[name], case=case), "case", name)
        return [] if found is None and name not in documents.FIGURES else found

    async def _lists(self, found: CaseFile, case: str) -> None:
        async for goals in self._slices(documents.GOAL, "goals", documents.GOALS, case):
            found.goals.extend([await self._rated(goal) for goal in goals])
            _check("goals", found.goals)
        size = documents.LARGEST_PAGE
        async for rows in self._slices(documents.COMMITMENTS, "commitments", size, case):
            found.commitments.extend(rows)
            _check("commitments", found.commitments)
        async for rows in self._slices(documents.SIGNALS, "signals", size, case):
            found.signals.extend(rows)
            _check("signals", found.signals)

    async def _rated(self, goal: Row) -> Row:
        """Return a goal with all of its ratings."""
        ratings, last = list(goal["ratings"]), goal["ratings"]
        while len(last) == documents.LARGEST_PAGE:
            found = await self._ask(documents.RATINGS, goal=goal["id"], skip=len(ratings))
            last = self._under(found, "node", "ratings") or []
            ratings += last
        return {**goal, "ratings": ratings}

    async def _slices(
        self, document: str, name: str, size: int, case: str
    ) -> AsyncIterator[Sequence[Row]]:
        skip = 0
        while True:
            found = await self._ask(document, case=case, first=size, skip=skip)
            rows = self._under(found, "case", name) or []
            yield rows
            skip += len(rows)
            if len(rows) < size:
                return

    async def _pages(
        self, into: Rows, document: str, path: Sequence[str], most: int = MOST, **given: Any
    ) -> int:
        """Add the rows of a connection, a page beyond `most` of them; return how many there are."""
        after = None
        while True:
            found = self._under(await self._ask(document, after=after, **given), *path)
            if found is None:
                return len(into)
            into.extend(found["nodes"])
            if not found["pageInfo"]["hasNextPage"]:
                return len(into)
            if len(into) > most:
                return int(found["totalCount"])
            after = found["pageInfo"]["endCursor"]

    async def _all(self, into: Rows, document: str, path: Sequence[str], **given: Any) -> None:
        await self._pages(into, document, path, **given)
        _check(path[-1], into)

    async def _readings(self, found: CaseFile, case: str, missing: list[str]) -> None:
        path, into = ("case", "readings"), found.readings
        total = await self._pages(into, documents.READINGS, path, MOST_READINGS, case=case)
        if total > len(into):
            missing.append(_DROPPED.format(total=total, kept=len(into)))

    async def _trends(self, found: CaseFile, case: str) -> None:
        forms = _forms(found.measurements)
        for (code, informant), scales in forms.items():
            for scale in scales:
                given = {"case": case, "instrument": code, "informant": informant, "scale": scale}
                row = await self._of_case(documents.TRAJECTORY, "trajectory", given)
                found.trajectories.extend(row)
            for other in pairs(code):
                for scale in scales if (other.form, "THERAPIST") in forms else ():
                    both = {"instrument": code, "therapistForm": other.form}
                    row = await self._of_case(
                        documents.CONCORDANCE, "concordance", {"case": case, "scale": scale, **both}
                    )
                    found.concordances.extend(row)
        for code, scale in drawn(forms):
            await self._draw(found, case, code, scale)
        found.drawings.sort(key=lambda each: -each.points)

    async def _of_case(self, document: str, name: str, given: Mapping[str, Any]) -> list[Row]:
        found = self._under(await self._ask(document, **given), "case", name)
        return [found] if found else []

    async def _draw(self, found: CaseFile, case: str, code: str, scale: str) -> None:
        given = reading.variables(case, code, scale)
        data = await self._ask(reading.DOCUMENT, **given)
        if self._under(data, "case", "labels") is None:
            return
        assert data is not None  # noqa: S101  (something stands under it)
        chart = reading.chart(code, scale, data["case"])
        # One point says no more than its number does.
        longest = max(len(one.points) for one in chart.series)
        if longest >= LEAST_DRAWN:
            name = f"chart-{case[-12:]}-{code}-{scale}".replace(".", "-")
            found.drawings.append(Drawing(chart.title, longest, svg.picture(chart, WIDTH, name)))

    async def _own(self) -> OwnWork:
        own, path = OwnWork(), ("viewer", "measurements")
        for role in ("CAREGIVER", "THERAPIST"):
            await self._all(own.measurements, documents.OWN_MEASUREMENTS, path, informant=role)
        await self._all(own.commitments, documents.OWN_COMMITMENTS, ("viewer", "commitments"))
        await self._all(own.notes, documents.OWN_NOTES, ("viewer", "notes"))
        self._note(own.measurements)
        return own

    def _note(self, measurements: Iterable[Row]) -> None:
        """Remember which forms were answered."""
        for row in measurements:
            form = row["instrument"]
            self._instruments[form["code"], form["version"]] = None

    async def _instrument(self, code: str, version: int) -> Row | None:
        found = await self._ask(documents.INSTRUMENT, code=code, version=version)
        row: Row | None = self._under(found, "instrument")
        return row


def _check(name: str, rows: Rows) -> None:
    if len(rows) > MOST:
        raise TooLarge(name)


def _forms(measurements: Iterable[Row]) -> dict[Form, list[str]]:
    """Return the forms that have scores to be seen, each with its scales."""
    found: dict[Form, dict[str, None]] = {}
    for row in measurements:
        scales = found.setdefault((row["instrument"]["code"], row["role"]), {})
        scales.update(dict.fromkeys(score["scale"] for score in row["scores"] or ()))
    return {form: sorted(scales) for form, scales in sorted(found.items()) if scales}


def drawn(forms: Mapping[Form, Sequence[str]]) -> list[tuple[str, str]]:
    """Return what is drawn: the scale that stands for a form, or each of one that has none.

    A chart has both parties' sides, so that a form beside the other party's is not drawn again.
    """
    found: dict[tuple[str, str], None] = {}
    for code, role in sorted(forms, key=lambda form: (form[1] != "CLIENT", form)):
        form = definition(code)
        if form is None:
            continue
        headline = form.headline.key if form.headline else None
        scales = [headline] if headline in forms[code, role] else forms[code, role]
        other = counterpart(code)
        for scale in scales:
            if scale and (other is None or (other, scale) not in found):
                found[code, scale] = None
    return list(found)
