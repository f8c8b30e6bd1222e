"""The sections of a case, each as it is read from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .contents import Archive, CaseFile
from .figures import RELIED, attained, concordance, minutes, relied, trajectory
from .forms import by_form, form
from .markup import Html, el, raw, said
from .phrases import (
    DIMENSION,
    DISCLOSURE,
    OUTCOME,
    PURPOSE,
    ROLE,
    SIGNAL,
    Clock,
    calendar_day,
    person,
    plain,
    when,
    worded,
)
from .rows import Row, Rows
from .tables import Cells, note, pairs, table

Write = Callable[[], Iterator[Html]]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its name, whether there is anything in it, and how it is written."""

    id: str
    title: str
    there: bool
    write: Write


@dataclass(frozen=True, slots=True)
class Writer:
    """What the sections of one case are written from."""

    archive: Archive
    case: CaseFile

    @property
    def clock(self) -> Clock:
        """The time where the case is."""
        return Clock(self.case.frame["timeZone"])

    def sections(self) -> list[Section]:
        """Return the sections in their order."""
        case, frame = self.case, self.case.frame
        return [
            Section("glance", "At a glance", there=True, write=self.glance),
            Section("charts", "The work together, over time", bool(case.drawings), self.charts),
            Section("answers", "What was answered", bool(len(case.measurements)), self.answers),
            Section("sessions", "Sessions", bool(len(case.sessions)), self.sessions_),
            Section("goals", "Goals", bool(len(case.goals)), self.goals),
            Section("promises", "Promises", bool(len(case.commitments)), self.commitments),
            Section("reliability", "Reliability of both", self._relied(), self.reliability),
            Section("signals", "Signals", bool(len(case.signals)), self.signals),
            Section("wishes", "How therapy should be", bool(frame["preferences"]), self.wishes),
            Section("planned", "Forms that were planned", bool(frame["occasions"]), self.planned),
            Section("people", "Who is in the care team", bool(frame["careTeam"]), self.people),
            Section("consents", "Consents and emergencies", self._guarded(), self.guarding),
            Section("readings", "Who read what", bool(len(case.readings)), self.readings),
        ]

    def _relied(self) -> bool:
        frame = self.case.frame
        return any(frame[f"reliabilityOf{who}"] for who in ("Client", "Therapist"))

    def _guarded(self) -> bool:
        return bool(self.case.frame["consents"] or self.case.frame["emergencies"])

    def glance(self) -> Iterator[Html]:
        """Yield the frame of a case, in few words."""
        case, frame = self.case, self.case.frame
        team = [one for one in frame["careTeam"] if one["relation"] == "THERAPIST"]
        kept = sum(row["outcome"] == "KEPT" for row in case.sessions)
        own = sum(row["role"] == "CLIENT" for row in case.measurements)
        upcoming = frame["nextSession"]
        yield pairs(
            [
                ("Opened", calendar_day(frame["openedOn"])),
                ("Closed", calendar_day(frame["closedOn"]) if frame["closedOn"] else None),
                ("With", ", ".join(person(one["person"]) for one in team) or None),
                ("Sessions", f"{kept} took place, of {len(case.sessions)} planned"),
                ("Next session", when(upcoming, "") if upcoming else None),
                ("Your answers", f"{own} forms" if own != 1 else "1 form"),
                ("Others read them", worded(DISCLOSURE, frame["disclosureDefault"])),
                ("Law on age", frame["jurisdiction"]),
            ]
        )
        yield note(f"Times are those of {frame['timeZone']}.")

    def charts(self) -> Iterator[Html]:
        """Yield the pictures."""
        for each in self.case.drawings:
            yield el("figure", raw(each.svg), class_="chart")
        yield from table(
            "The figures behind the charts",
            ("Scale", "Rated by", "Times", "Usual", "Alarm below", "Ruptures"),
            map(trajectory, self.case.trajectories),
        )
        yield from table(
            "How near you and your therapist are in rating the same sessions",
            ("Scale", "Therapist", "Sessions", "Therapist minus you", "Apart on average"),
            map(concordance, self.case.concordances),
        )

    def answers(self) -> Iterator[Html]:
        """Yield every form, item by item."""
        known = {(row["code"], row["version"]): row for row in self.archive.instruments}
        me = self.archive.person["id"]
        for (code, version, _, _), rows in by_form(self.case.measurements).items():
            yield from form(rows, known.get((code, version)), self.clock, me)

    def sessions_(self) -> Iterator[Html]:
        """Yield the sessions and how they came out."""
        yield from table(
            "Every session that was planned",
            ("No.", "Planned", "How", "With", "Came out", "You were late", "Therapist was late"),
            map(self._session, self.case.sessions),
        )

    def _session(self, row: Row) -> Cells:
        outcome = worded(OUTCOME, row["outcome"] or row["state"])
        if row["cancelledBy"]:
            outcome += f" by the {worded(ROLE, row['cancelledBy'])}"
        if row["excused"]:
            outcome += ", excused"
        if row["movedTo"]:
            outcome += f", to session {row['movedTo']['number']}"
        late = (minutes(row[f"{who}MinutesLate"]) for who in ("client", "therapist"))
        planned = self.clock.at(row["plannedStart"])
        how = plain(row["modality"])
        return (str(row["number"]), planned, how, person(row["therapist"]), outcome, *late)

    def goals(self) -> Iterator[Html]:
        """Yield each goal with its words, stances and ratings."""
        for row in self.case.goals:
            yield el("article", self._goal(row), class_="goal")
        if found := self.case.frame["attainment"]:
            yield pairs(attained(found))

    def _goal(self, row: Row) -> Iterator[Html]:
        yield el("h4", said(row["wording"], "(erased)"))
        stances = "; ".join(f"{person(s['person'])}: {plain(s['stance'])}" for s in row["stances"])
        yield pairs(
            [
                ("State", plain(row["state"])),
                (
                    "Proposed by",
                    f"{person(row['proposedBy'])}, {self.clock.day(row['proposedAt'])}",
                ),
                ("Stances", stances or None),
                ("Agreed on", calendar_day(row["agreedOn"]) if row["agreedOn"] else None),
                ("Ended on", calendar_day(row["endedOn"]) if row["endedOn"] else None),
                ("Importance", f"{row['weight']} of 10" if row["weight"] else None),
            ]
        )
        heads = ("Level", "In words", "Worded by")
        yield from table("What each level looks like", heads, map(_level, row["levels"]))
        sign = "+d" if row["kind"] == "GAS" else "d"
        ratings = (
            (self.clock.at(one["ratedAt"]), person(one["ratedBy"]), format(one["level"], sign))
            for one in row["ratings"]
        )
        yield from table("Ratings, newest first", ("When", "Rated by", "Level"), ratings)
        if len(row["history"]) > 1:
            heads = ("Version", "In words", "Worded by")
            yield from table("How its words changed", heads, map(_version, row["history"]))

    def commitments(self) -> Iterator[Html]:
        """Yield what was promised."""
        yield from promises(self.case.commitments, self.clock)

    def reliability(self) -> Iterator[Html]:
        """Yield how far each can be relied upon."""
        frame = self.case.frame
        both = [frame["reliabilityOfClient"], frame["reliabilityOfTherapist"]]
        yield from table(
            "What one did is not held against the other",
            ("", "You", "Your therapist"),
            ((name, *(relied(one, read) for one in both)) for name, read in RELIED),
        )

    def signals(self) -> Iterator[Html]:
        """Yield what was raised to be talked about."""
        yield note("A prompt to talk: never a diagnosis, nor anybody's fault.")
        yield from table(
            "Newest first",
            ("Signal", "Raised", "State", "About", "Rests on", "You felt heard"),
            map(self._signal, self.case.signals),
        )

    def _signal(self, row: Row) -> Cells:
        sessions = [each["session"]["number"] for each in row["evidence"] if each["session"]]
        rests = (
            f"sessions {', '.join(map(str, sessions))}"
            if sessions
            else f"{len(row['evidence'])} items"
        )
        heard = "–" if row["heard"] is None else "yes" if row["heard"] else "no"
        about = " ".join(filter(None, (row["instrumentCode"], plain(row["scale"] or "")))) or plain(
            row["party"]
        )
        raised = self.clock.day(row["raisedAt"])
        return worded(SIGNAL, row["kind"]), raised, plain(row["state"]), about, rests, heard

    def wishes(self) -> Iterator[Html]:
        """Yield what the client would like, beside what therapy is like."""
        yield from table(
            "From -3 to 3; neither end is better",
            ("Below 0", "Above 0", "Said by", "Value", "When"),
            map(self._wish, self.case.frame["preferences"]),
        )

    def _wish(self, row: Row) -> Cells:
        low, high = DIMENSION.get(row["dimension"], (plain(row["dimension"]), ""))
        said_by = f"{person(row['setBy'])} ({worded(ROLE, row['role'])})"
        return low, high, said_by, f"{row['value']:+g}", self.clock.day(row["setAt"])

    def planned(self) -> Iterator[Html]:
        """Yield what was asked of whom."""
        yield from table(
            "In the order in which they were due",
            ("Form", "For", "Session", "Open from", "Due", "State"),
            map(self._occasion, self.case.frame["occasions"]),
        )

    def _occasion(self, row: Row) -> Cells:
        opens, due = self.clock.at(row["opensAt"]), self.clock.at(row["dueAt"])
        at = str(row["session"]["number"]) if row["session"] else "–"
        who = person(row["informant"])
        return row["instrument"]["name"], who, at, opens, due, plain(row["state"])

    def people(self) -> Iterator[Html]:
        """Yield who cares, and who did."""
        heads = ("Name", "As", "Since", "Until", "On what it rests")
        frame = self.case.frame
        yield from table("Now", heads, map(self._member, frame["careTeam"]))
        yield from table("Before", heads, map(self._member, frame["formerCareTeam"]))

    def _member(self, row: Row) -> Cells:
        as_ = plain(row["relation"])
        until = self.clock.day(row["until"])
        since = self.clock.day(row["since"])
        return person(row["person"]), as_, since, until, plain(row["authority"])

    def guarding(self) -> Iterator[Html]:
        """Yield consents, and who broke the glass."""
        yield from table(
            "What was consented to",
            ("To", "Given by", "Given", "Withdrawn", "In force"),
            map(self._consent, self.case.frame["consents"]),
        )
        yield from table(
            "Who read in an emergency",
            ("Who", "From", "Until", "Reason", "Reviewed"),
            map(self._emergency, self.case.frame["emergencies"]),
        )

    def _consent(self, row: Row) -> Cells:
        by, given = person(row["givenBy"]), self.clock.at(row["givenAt"])
        withdrawn = self.clock.at(row["withdrawnAt"])
        return plain(row["kind"]), by, given, withdrawn, "yes" if row["live"] else "no"

    def _emergency(self, row: Row) -> Cells:
        review = row["review"]
        judged = f"{plain(review['verdict'])} by {person(review['by'])}" if review else "not yet"
        since, until = self.clock.at(row["openedAt"]), self.clock.at(row["endsAt"])
        return person(row["by"]), since, until, said(row["reason"], "(erased)"), judged

    def readings(self) -> Iterator[Html]:
        """Yield who read about this case."""
        yield note("Refused attempts were shown nothing; they are told of all the same.")
        yield from table(
            "Newest first",
            ("When", "Who", "With", "What for", "What", "Outcome"),
            map(self._reading, self.case.readings),
            "readings",
        )

    def _reading(self, row: Row) -> Cells:
        what = ", ".join(plain(each) for each in row["facets"])
        who = (
            "you" if (row["by"] or {}).get("id") == self.archive.person["id"] else person(row["by"])
        )
        why = worded(PURPOSE, row["purpose"])
        with_ = said(row["application"])
        return self.clock.at(row["at"]), who, with_, why, what, plain(row["outcome"])


def promises(rows: Rows, clock: Clock) -> Iterator[Html]:
    """Yield commitments and what became of them."""

    def cells(row: Row) -> Cells:
        words = said(row["wording"], "(erased)")
        due, settled = clock.at(row["dueAt"]), clock.at(row["settledAt"])
        return words, person(row["owner"]), due, plain(row["outcome"]), settled

    heads = ("Promise", "By", "Due", "Became", "Settled")
    yield from table("In the order in which they were due", heads, map(cells, rows))


def _level(row: Row) -> Cells:
    return f"{row['level']:+d}", said(row["wording"], "(erased)"), person(row["wordedBy"])


def _version(row: Row) -> Cells:
    return str(row["version"]), said(row["wording"], "(erased)"), person(row["wordedBy"])
