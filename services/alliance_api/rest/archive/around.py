"""The sections about what is around the work: signals, wishes, plans, people, and who read what."""

from __future__ import annotations

from collections.abc import Iterator

from .figures import evidence, wishes
from .markup import Html, Inside, said
from .phrases import DIMENSION, PURPOSE, SIGNAL, person, plain, signed, worded
from .reader import Reader
from .rows import Row
from .tables import Cells, note, table


def signals(reader: Reader) -> Iterator[Html]:
    """Yield what was raised to be talked about."""
    yield note("A prompt to talk: never a diagnosis, nor anybody's fault.")
    yield from table(
        "Newest first",
        ("Signal", "Raised", "State", "About", "Rests on", "You felt heard"),
        (_signal(reader, row) for row in reader.case.signals),
    )


def _signal(reader: Reader, row: Row) -> Cells:
    if row["instrumentCode"] is None:
        about = plain(row["scale"] or row["party"])
    else:
        about = reader.scale(row["instrumentCode"], row["scale"])
    heard = "–" if row["heard"] is None else "yes" if row["heard"] else "no"
    raised, kind = reader.clock.day(row["raisedAt"]), worded(SIGNAL, row["kind"])
    return kind, raised, plain(row["state"]), about, evidence(row["evidence"]), heard


def preferences(reader: Reader) -> Iterator[Html]:
    """Yield what the client would like, beside what therapy is like."""
    rows = (
        (
            *DIMENSION.get(name, (plain(name), "")),
            _wish(reader, by.get("CLIENT")),
            _wish(reader, by.get("THERAPIST")),
        )
        for name, by in wishes(reader.case.frame["preferences"])
    )
    yield from table(
        "From \u22123 to 3; neither end is better",
        ("Below 0", "Above 0", "You would like", "The therapist says it is"),
        rows,
    )


def _wish(reader: Reader, row: Row | None) -> Inside:
    return "–" if row is None else [signed(row["value"]), ", ", reader.clock.day(row["setAt"])]


def occasions(reader: Reader) -> Iterator[Html]:
    """Yield what was asked of whom."""
    yield from table(
        "In the order in which they were due",
        ("Form", "For", "Session", "Open from", "Due", "State"),
        (_occasion(reader, row) for row in reader.case.frame["occasions"]),
    )


def _occasion(reader: Reader, row: Row) -> Cells:
    opens, due = reader.clock.at(row["opensAt"]), reader.clock.at(row["dueAt"])
    at = str(row["session"]["number"]) if row["session"] else "–"
    who = reader.who(row["informant"])
    return row["instrument"]["name"], who, at, opens, due, plain(row["state"])


def people(reader: Reader) -> Iterator[Html]:
    """Yield who cares, and who did."""
    heads = ("Name", "As", "Since", "Until", "On what it rests")
    for caption, field in (("Now", "careTeam"), ("Before", "formerCareTeam")):
        members = (_member(reader, row) for row in reader.case.frame[field])
        yield from table(caption, heads, members)


def _member(reader: Reader, row: Row) -> Cells:
    since, until = (reader.clock.day(row[name]) for name in ("since", "until"))
    return person(row["person"]), plain(row["relation"]), since, until, plain(row["authority"])


def guarding(reader: Reader) -> Iterator[Html]:
    """Yield consents, and who broke the glass."""
    yield from table(
        "What was consented to",
        ("To", "Given by", "Given", "Assented to", "Withdrawn", "In force"),
        (_consent(reader, row) for row in reader.case.frame["consents"]),
    )
    yield from table(
        "Who read in an emergency",
        ("Who", "From", "Until", "Reason", "Reviewed"),
        (_emergency(reader, row) for row in reader.case.frame["emergencies"]),
    )


def _consent(reader: Reader, row: Row) -> Cells:
    given, assented, withdrawn = (
        reader.clock.at(row[name]) for name in ("givenAt", "assentedAt", "withdrawnAt")
    )
    live = "yes" if row["live"] else "no"
    return plain(row["kind"]), reader.who(row["givenBy"]), given, assented, withdrawn, live


def _emergency(reader: Reader, row: Row) -> Cells:
    review = row["review"]
    judged = f"{plain(review['verdict'])} by {person(review['by'])}" if review else "not yet"
    since, until = reader.clock.at(row["openedAt"]), reader.clock.at(row["endsAt"])
    return person(row["by"]), since, until, said(row["reason"], "(erased)"), judged


def readings(reader: Reader) -> Iterator[Html]:
    """Yield who read about this case; of oneself, with which application and how often."""
    yield note("Refused attempts were shown nothing; they are told of all the same.")
    others = (_reading(reader, row) for row in reader.case.readings if not _is_mine(reader, row))
    heads = ("When", "Who", "With", "What for", "What", "Outcome")
    yield from table("By others, newest first", heads, others, "readings")
    own: dict[str, list[str]] = {}
    for row in reader.case.readings:
        if _is_mine(reader, row):
            own.setdefault(row["application"], []).append(row["at"])
    rows = (
        (said(name), str(len(times)), reader.clock.at(times[-1]), reader.clock.at(times[0]))
        for name, times in own.items()
    )
    told = "By yourself, what it took to make this file included; one by one in data.json"
    yield from table(told, ("With", "Times", "First", "Last"), rows)


def _is_mine(reader: Reader, row: Row) -> bool:
    return (row["by"] or {}).get("id") == reader.me


def _reading(reader: Reader, row: Row) -> Cells:
    what = ", ".join(plain(each) for each in row["facets"])
    why, with_ = worded(PURPOSE, row["purpose"]), said(row["application"])
    return reader.clock.at(row["at"]), person(row["by"]), with_, why, what, plain(row["outcome"])
