"""From a kind's folder to a kind: strictly, with errors that name the file and the key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from notifier.domain import facts
from notifier.domain.kind import Expiry, Kind, Moment, Recipient, Shift, Thing
from notifier.domain.occasions import GAP_OPENED
from notifier.domain.planning import NAMED_BY

from .examples import Example, examples_of
from .languages import languages
from .tables import Table, read
from .wording import Wording, variables, wording_of

_NOT_KINDS = frozenset({"languages", "__pycache__"})
_TIMES = frozenset({facts.instant, facts.day})
_GAP: Mapping[str, facts.Reader] = dict.fromkeys(("from", "overdue", "until"), facts.instant)

# Which facts leave marks on which thing, so that a kind cannot wait for one that never comes.
ABOUT: Mapping[Thing, frozenset[str]] = {
    Thing.SESSION: frozenset(each for each in facts.TYPES if each.startswith("session.")),
    Thing.MEASURE: frozenset(
        {facts.OCCASION_PLANNED, facts.OCCASION_SETTLED, facts.MEASUREMENT_SUBMITTED}
    ),
    Thing.COMMITMENT: frozenset({facts.COMMITMENT_MADE, facts.COMMITMENT_SETTLED}),
    Thing.GOAL: frozenset(each for each in facts.TYPES if each.startswith("goal.")),
    Thing.SIGNAL: frozenset(each for each in facts.TYPES if each.startswith("signal.")),
    Thing.EMERGENCY: frozenset({facts.EMERGENCY_OPENED, facts.EMERGENCY_REVIEWED}),
    Thing.GAP: frozenset({GAP_OPENED}),
}


@dataclass(frozen=True, slots=True)
class Folder:
    """Everything a kind's folder has: `about` says in a sentence when it speaks."""

    kind: Kind
    about: str
    wordings: Mapping[str, Wording]
    examples: tuple[Example, ...]


@cache
def load_all() -> Mapping[str, Folder]:
    """Return the kinds that are shipped, by name.

    Raises:
        KindError: for the first thing that is wrong.
    """
    return load_from(resources.files(__package__))


def load_from(place: Traversable) -> Mapping[str, Folder]:
    """Return the kinds of a folder of folders, by name.

    Raises:
        KindError: for the first thing that is wrong.
    """
    found = [each for each in place.iterdir() if each.is_dir() and each.name not in _NOT_KINDS]
    return {each.name: load(each) for each in sorted(found, key=lambda folder: folder.name)}


def load(folder: Traversable) -> Folder:
    """Return one kind.

    Raises:
        KindError: for the first thing that is wrong.
    """
    table = read(folder.joinpath("kind.toml"), f"{folder.name}/kind.toml")
    about = table.text("about")
    kind = _kind(folder.name, table)
    table.done()
    return Folder(kind, about, _wordings(folder, kind), _examples(folder))


def _wordings(folder: Traversable, kind: Kind) -> Mapping[str, Wording]:
    found = {}
    for code in languages():
        name = f"{folder.name}/{code}/wording.toml"
        table = read(folder.joinpath(code, "wording.toml"), name)
        found[code] = wording_of(table)
        _check_told(table, found[code], kind)
    return found


def _check_told(table: Table, wording: Wording, kind: Kind) -> None:
    allowed = _told_by(kind)
    for form, texts in wording.forms.items():
        for part, text in texts.parts.items():
            if not variables(text) <= allowed:
                raise table.fault(f"{form}.{part}", "names what the kind does not tell")


def _told_by(kind: Kind) -> frozenset[str]:
    if kind.tells is None:
        return frozenset()
    reader = _keys(kind.starts)[kind.tells]
    return frozenset({"day"} if reader is facts.day else {"day", "time"})


def _examples(folder: Traversable) -> tuple[Example, ...]:
    return examples_of(read(folder.joinpath("examples.toml"), f"{folder.name}/examples.toml"))


def _kind(name: str, table: Table) -> Kind:
    thing = table.choice("thing", Thing, ", ".join(ABOUT))
    if thing not in ABOUT:
        raise table.fault("thing", f"must be one of {', '.join(ABOUT)}")
    starts = _types(table, "starts", thing)
    if not starts:
        raise table.fault("starts", "must name at least one fact")
    keys = _keys(starts)
    return Kind(
        name=name,
        thing=thing,
        starts=starts,
        replans=_types(table, "replans", thing),
        drops=_types(table, "drops", thing),
        where=_where(table.table("where"), keys),
        open_until=_key(table, "open_until", keys),
        anchor=_key(table, "anchor", keys) or "at",
        opens=_key(table, "opens", keys),
        tells=_key(table, "tells", keys),
        moments=_moments(table, keys),
        expiry=_expiry(table.table("expires"), keys),
        stale_after=table.duration("stale_after"),
        recipients=_recipients(table, keys),
        for_staff=table.flag("for_staff", default=False),
        shift=table.choice("shift", Shift, "later, earlier"),
        cap=_cap(table),
        uncapped=table.flag("uncapped", default=False),
        default=table.flag("default", default=True),
        known_late=table.flag("known_late", default=False),
        when_closed=table.flag("when_closed", default=False),
    )


def _types(table: Table, key: str, thing: Thing) -> tuple[str, ...]:
    found = table.texts(key, [])
    if not set(found) <= ABOUT[thing]:
        raise table.fault(key, f"may name facts about a {thing} only")
    return found


def _keys(starts: Iterable[str]) -> Mapping[str, facts.Reader]:
    """Return the keys that every fact that starts a kind can have."""
    shapes = [_GAP if each == GAP_OPENED else facts.shape_of(each) for each in starts]
    common = set(shapes[0]).intersection(*shapes)
    return {key: shapes[0][key] for key in common}


def _key(table: Table, name: str, keys: Mapping[str, facts.Reader]) -> str | None:
    found = table.maybe(name)
    table.get(name, str, "-")
    if found is None or (found == "at" and name == "anchor"):
        return None
    if keys.get(found) not in _TIMES:
        raise table.fault(name, "must be an instant or a day that the starting facts have")
    return found


def _where(table: Table, keys: Mapping[str, facts.Reader]) -> Mapping[str, frozenset[str]]:
    found = {}
    for key in table.values:
        if keys.get(key) is not facts.code:
            raise table.fault(key, "is no code that the starting facts have")
        found[key] = frozenset(table.texts(key))
    table.done()
    return found


def _moments(table: Table, keys: Mapping[str, facts.Reader]) -> tuple[Moment, ...]:
    anchor = table.values.get("anchor", "at")
    found = tuple(_moment(each, keys.get(anchor)) for each in table.tables("moments"))
    if len({each.label for each in found}) < len(found):
        raise table.fault("moments", "must differ from each other")
    return found


def _moment(table: Table, anchor: facts.Reader | None) -> Moment:
    step = table.get("step", int, 0)
    if table.has("at"):
        days, at = table.get("days", int, 0), table.clock("at")
        table.done()
        return Moment(f"{days:+d}d {at:%H:%M}", None, days, at, step)
    if anchor is facts.day:
        raise table.fault("at", "is missing: from a day one counts days, to a local time")
    offset, label = table.duration("offset"), table.text("offset")
    table.done()
    return Moment(label, offset, step=step)


def _expiry(table: Table, keys: Mapping[str, facts.Reader]) -> Expiry:
    after = table.duration("after") if table.has("after") else None
    of = _key(table, "of", keys)
    if after is None and of is None:
        raise table.fault("after", "is missing: a reminder without an end would be sent years late")
    offset = table.duration("offset") if table.has("offset") else None
    table.done()
    return Expiry(after, of) if offset is None else Expiry(after, of, offset)


def _recipients(table: Table, keys: Mapping[str, facts.Reader]) -> tuple[Recipient, ...]:
    names = table.texts("to")
    allowed = {each.value: each for each in Recipient}
    if not names or not set(names) <= allowed.keys():
        raise table.fault("to", f"must list some of {', '.join(allowed)}")
    found = tuple(allowed[name] for name in names)
    if any(NAMED_BY[each] not in keys for each in found if each in NAMED_BY):
        raise table.fault("to", "names somebody whom the starting facts do not name")
    return found


def _cap(table: Table) -> int:
    found = table.get("cap", int)
    if found < 1:
        raise table.fault("cap", "must be at least 1")
    return found
