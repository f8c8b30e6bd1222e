"""Timeline examples: facts in, reminders out. They are a kind's tests and its manual."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifier.domain import clock
from notifier.domain.facts import TYPES, Fact, shape_of
from notifier.domain.kind import Kind
from notifier.domain.occasions import Case
from notifier.domain.preferences import Preferences, QuietHours, zones
from notifier.domain.timeline import Outcome, Timeline

from .tables import Table

CLIENT, THERAPIST = "person-client", "person-therapist"
_CASE, _ORGANISATION = "case-1", "organisation-1"
_STAMP = "%Y-%m-%d %H:%M"
_LOCAL = len("2026-03-29T09:00")


@dataclass(frozen=True, slots=True)
class Example:
    """A history in one zone: what happened (`facts`), and what came of it (`reminders`), a line each.

    Times are those of the wall clock there. The case was opened a day before the first fact.
    `away` is a span in which the notifier did not run.
    """

    name: str
    zone: str
    preferences: Preferences
    facts: tuple[str, ...]
    reminders: tuple[str, ...]
    away: tuple[datetime, datetime] | None


def examples_of(table: Table) -> tuple[Example, ...]:
    """Read a file of examples."""
    found = tuple(_example(each) for each in table.tables("example"))
    table.done()
    return found


def differences(kind: Kind, example: Example) -> tuple[str, ...]:
    """Return where a kind does not do what an example says; empty if it does."""
    found = [line(each, example.zone) for each in played(kind, example)]
    missing = [f"missing: {each}" for each in example.reminders if each not in found]
    surplus = [f"surplus: {each}" for each in found if each not in example.reminders]
    if not missing and not surplus and list(example.reminders) != found:
        return ("the reminders come in another order",)
    return (*missing, *surplus)


def line(outcome: Outcome, zone: str) -> str:
    """Return an outcome as examples spell it: local time, recipient, label, what became of it."""
    at = "-" if outcome.at is None else clock.local(outcome.at, zone).strftime(_STAMP)
    who = outcome.recipient.removeprefix("person-")
    return f"{at}  {who}  {outcome.label}  {outcome.reason or 'sent'}"


def played(kind: Kind, example: Example) -> tuple[Outcome, ...]:
    """Let an example's time pass, and return what became of every reminder."""
    return run(kind, example).outcomes


def run(kind: Kind, example: Example) -> Timeline:
    """Let an example's time pass, and return all that happened."""
    heard = [_fact(text, at, example.zone) for at, text in enumerate(example.facts)]
    start = min(fact.at for fact in heard) - timedelta(days=1)
    wishes = dict.fromkeys((CLIENT, THERAPIST, "person-caregiver"), example.preferences)
    line = Timeline({kind.name: kind}, Case(_ORGANISATION, _CASE), wishes)
    line.hear(_opening(start, example.zone), start)
    for fact in sorted(heard, key=lambda each: each.at):
        _pass(line, example, fact.at)
        # Who is away hears of it only on coming back.
        now = example.away[1] if example.away and _within(fact.at, example.away) else fact.at
        line.hear([fact], now)
    _pass(line, example, max(fact.at for fact in heard) + timedelta(days=120))
    return line


def _pass(passing: Timeline, example: Example, until: datetime) -> None:
    if example.away and until >= example.away[0]:
        passing.pass_until(example.away[0])
        if until < example.away[1]:
            return
        passing.wake(example.away[1])
    passing.pass_until(until)


def _within(at: datetime, span: tuple[datetime, datetime]) -> bool:
    return span[0] <= at < span[1]


def _opening(at: datetime, zone: str) -> list[Fact]:
    return [
        Fact(
            "opened",
            "case.opened",
            _ORGANISATION,
            _CASE,
            _CASE,
            at,
            {"client": CLIENT, "timeZone": zone, "intervalDays": "7"},
        ),
        Fact(
            "joined",
            "care_team.joined",
            _ORGANISATION,
            _CASE,
            THERAPIST,
            at,
            {"relation": "THERAPIST"},
        ),
    ]


def _example(table: Table) -> Example:
    zone = table.text("zone")
    if zone not in zones():
        raise table.fault("zone", "must be a zone of the IANA database")
    found = Example(
        name=table.text("name"),
        zone=zone,
        preferences=_preferences(table, zone),
        facts=_lines(table, "facts"),
        reminders=_lines(table, "reminders"),
        away=_away(table, zone),
    )
    for at, text in enumerate(found.facts):
        _check(table, text, at, zone)
    table.done()
    return found


def _preferences(table: Table, zone: str) -> Preferences:
    quiet = table.get("quiet", str, "21:00-08:00")
    try:
        starts, ends = (time.fromisoformat(each) for each in quiet.split("-"))
        hours = QuietHours(starts, ends)
    except ValueError:
        raise table.fault("quiet", "must be two local times such as 21:00-08:00") from None
    opted = {
        **dict.fromkeys(table.texts("wanted", []), True),
        **dict.fromkeys(table.texts("unwanted", []), False),
    }
    return Preferences(zone=zone, quiet=hours, opted=opted)


def _away(table: Table, zone: str) -> tuple[datetime, datetime] | None:
    texts = table.texts("away", [])
    if not texts:
        return None
    try:
        starts, ends = (_local(text, zone) for text in texts)
    except ValueError:
        raise table.fault("away", "must be two local times such as 2026-03-10 14:00") from None
    return starts, ends


def _lines(table: Table, key: str) -> tuple[str, ...]:
    lines = (" ".join(each.split()) for each in table.get(key, str).splitlines())
    if key == "facts":
        return tuple(each for each in lines if each)
    return tuple("  ".join(_cells(each)) for each in lines if each)


def _cells(text: str) -> Iterator[str]:
    """Yield when, who, which moment and what became of it; times and moments may have a space."""
    words = text.split()
    yield words[0] if words[0] == "-" else " ".join(words[:2])
    rest = words[1:] if words[0] == "-" else words[2:]
    yield rest[0]
    yield " ".join(rest[1:-1])
    yield rest[-1]


def _check(table: Table, text: str, at: int, zone: str) -> None:
    try:
        _fact(text, at, zone)
    except (ValueError, IndexError) as error:
        raise table.fault("facts", f"line {at + 1}: {error}") from None


def _fact(text: str, place: int, zone: str) -> Fact:
    """Read `2026-03-02 09:00 session.planned session-1 plannedStart=2026-03-12T15:00 …`."""
    words = text.split()
    at, kind, subject = _local(" ".join(words[:2]), zone), words[2], words[3]
    if kind not in TYPES:
        raise ValueError("a type of fact that is not known")
    pairs = (word.partition("=") for word in words[4:])
    extra = {key: _value(value, zone) for key, _, value in pairs}
    for key, read in shape_of(kind).items():
        if key in extra:
            read(extra[key], key)
    return Fact(f"fact-{place:03}", kind, _ORGANISATION, _CASE, subject, at, extra)


def _value(text: str, zone: str) -> str:
    """Return an instant for a local time, and anything else as it is."""
    if len(text) == _LOCAL and "T" in text:
        return _local(text.replace("T", " "), zone).isoformat()
    return text


def _local(text: str, zone: str) -> datetime:
    shown = datetime.strptime(text, _STAMP).replace(tzinfo=ZoneInfo(zone))
    return shown.astimezone(UTC)
