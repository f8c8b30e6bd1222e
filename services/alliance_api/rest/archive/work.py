"""The sections about the work itself: how it goes, what was answered, agreed and promised."""

from __future__ import annotations

from collections.abc import Iterator

from .figures import RELIED, attained, concordance, minutes, relied, trajectory
from .forms import Form, by_form
from .markup import Html, el, raw, said
from .phrases import (
    DISCLOSURE,
    OUTCOME,
    ROLE,
    Clock,
    calendar_day,
    person,
    plain,
    signed,
    when,
    worded,
)
from .reader import Reader
from .rows import Row, Rows
from .tables import Cells, note, pairs, table


def glance(reader: Reader) -> Iterator[Html]:
    """Yield the frame of a case, in few words."""
    case, frame = reader.case, reader.case.frame
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
            ("Next", when(upcoming, "") if upcoming else None),
            ("You answered", "1 form" if own == 1 else f"{own} forms"),
            ("Open to others, unless you say", worded(DISCLOSURE, frame["disclosureDefault"])),
            ("Law on age", frame["jurisdiction"]),
        ]
    )
    yield note(f"Times are those of {frame['timeZone']}.")


def charts(reader: Reader) -> Iterator[Html]:
    """Yield the pictures, and the figures behind them."""
    for each in reader.case.drawings:
        yield el("figure", raw(each.svg), class_="chart")
    yield from table(
        "The figures behind the charts",
        ("Form", "Rated by", "Times", "Usual", "Alarm below", "Ruptures"),
        (trajectory(reader, row) for row in reader.case.trajectories),
    )
    yield from table(
        "How near you and your therapist are in rating the same sessions",
        ("Form", "Therapist", "Sessions", "Therapist minus you", "Apart on average", "In"),
        (concordance(reader, row) for row in reader.case.concordances),
    )


def answers(reader: Reader) -> Iterator[Html]:
    """Yield every form, item by item."""
    for (code, version, _, _), rows in by_form(reader.case.measurements).items():
        yield from Form(rows, reader.forms.get((code, version)), reader.clock, reader.me).parts()


def sessions(reader: Reader) -> Iterator[Html]:
    """Yield the sessions and how they came out."""
    yield from table(
        "Every session that was planned",
        ("No.", "Planned", "How", "With", "Came out", "You were late", "Therapist was late"),
        (_session(reader, row) for row in reader.case.sessions),
    )


def _session(reader: Reader, row: Row) -> Cells:
    outcome = worded(OUTCOME, row["outcome"] or row["state"])
    if by := row["cancelledBy"]:
        outcome += " by you" if by == "CLIENT" else f" by the {worded(ROLE, by)}"
    if row["excused"]:
        outcome += ", excused"
    if row["movedTo"]:
        outcome += f", to session {row['movedTo']['number']}"
    late = (minutes(row[f"{who}MinutesLate"]) for who in ("client", "therapist"))
    planned, how = reader.clock.at(row["plannedStart"]), plain(row["modality"])
    return (str(row["number"]), planned, how, person(row["therapist"]), outcome, *late)


def goals(reader: Reader) -> Iterator[Html]:
    """Yield each goal with its words, stances and ratings."""
    for row in reader.case.goals:
        yield el("article", _goal(reader, row), class_="goal")
    if found := reader.case.frame["attainment"]:
        yield pairs(attained(found))


def _goal(reader: Reader, row: Row) -> Iterator[Html]:
    yield el("h4", said(row["wording"], "(erased)"))
    yield pairs(
        [
            ("State", plain(row["state"])),
            (
                "Proposed by",
                [reader.who(row["proposedBy"]), ", ", reader.clock.day(row["proposedAt"])],
            ),
            *((_stance_of(reader, one["person"]), plain(one["stance"])) for one in row["stances"]),
            ("Agreed on", calendar_day(row["agreedOn"]) if row["agreedOn"] else None),
            ("Ended on", calendar_day(row["endedOn"]) if row["endedOn"] else None),
            ("Importance", f"{row['weight']} of 10" if row["weight"] else None),
        ]
    )
    words = ("In words", "Worded by")
    levels = ((signed(one["level"]), *_words(reader, one)) for one in row["levels"])
    yield from table("What each level looks like", ("Level", *words), levels)
    spell = signed if row["kind"] == "GAS" else str
    ratings = (
        (reader.clock.at(one["ratedAt"]), reader.who(one["ratedBy"]), spell(one["level"]))
        for one in row["ratings"]
    )
    yield from table("Ratings, newest first", ("When", "Rated by", "Level"), ratings)
    if len(row["history"]) > 1:
        versions = ((str(one["version"]), *_words(reader, one)) for one in row["history"])
        yield from table("How its words changed", ("Version", *words), versions)


def _stance_of(reader: Reader, one: Row) -> str:
    return "Your stance" if one["id"] == reader.me else f"Stance of {person(one)}"


def _words(reader: Reader, row: Row) -> tuple[Html, str]:
    return said(row["wording"], "(erased)"), reader.who(row["wordedBy"])


def commitments(reader: Reader) -> Iterator[Html]:
    """Yield what was promised."""
    yield from promises(reader.case.commitments, reader.clock, reader.me)


def promises(rows: Rows, clock: Clock, me: str) -> Iterator[Html]:
    """Yield commitments and what became of them."""

    def cells(row: Row) -> Cells:
        words = said(row["wording"], "(erased)")
        due, settled = clock.at(row["dueAt"]), clock.at(row["settledAt"])
        return words, person(row["owner"], me), due, plain(row["outcome"]), settled

    heads = ("Promise", "By", "Due", "Became", "Settled")
    yield from table("In the order in which they were due", heads, map(cells, rows))


def reliability(reader: Reader) -> Iterator[Html]:
    """Yield how far each can be relied upon."""
    frame = reader.case.frame
    both = [frame["reliabilityOfClient"], frame["reliabilityOfTherapist"]]
    yield from table(
        "What one did is not held against the other",
        ("Figure", "You", "Your therapist"),
        ((name, *(relied(one, read) for one in both)) for name, read in RELIED),
    )
