"""What a reminder says: templates with two variables, a day and a time, and nothing else."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from notifier.domain import clock
from notifier.domain.facts import day as read_day
from notifier.domain.facts import instant
from notifier.domain.kind import Kind
from notifier.domain.preferences import Preferences
from notifier.domain.reminder import Reminder

from .languages import Language, chosen, spell_time
from .tables import Table

VARIABLES = frozenset({"day", "time"})
_A_DAY = len("2026-03-29")


@dataclass(frozen=True, slots=True)
class Form:
    """One way of saying it: `subject` and `body` for mail, `short` for texts and pushes."""

    subject: str
    body: str
    short: str

    @property
    def parts(self) -> Mapping[str, str]:
        """Its texts by name."""
        return {"subject": self.subject, "body": self.body, "short": self.short}


@dataclass(frozen=True, slots=True)
class Wording:
    """A kind in one language: so that nobody who looks over a shoulder learns anything, and openly."""

    discreet: Form
    explicit: Form

    @property
    def forms(self) -> Mapping[str, Form]:
        """Its forms by name."""
        return {"discreet": self.discreet, "explicit": self.explicit}


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: plain text, complete, in one language."""

    language: str
    subject: str
    body: str
    short: str


def wording_of(table: Table) -> Wording:
    """Read a wording's file."""
    found = Wording(_form(table.table("discreet")), _form(table.table("explicit")))
    table.done()
    return found


def _form(table: Table) -> Form:
    found = Form(table.text("subject"), table.text("body"), table.text("short"))
    for key, text in found.parts.items():
        _check_variables(table, key, text)
    table.done()
    return found


def _check_variables(table: Table, key: str, text: str) -> None:
    try:
        named = variables(text)
    except ValueError:
        raise table.fault(key, "has a brace too many or too few") from None
    if not named <= VARIABLES:
        raise table.fault(key, "may name {day} and {time} only: there is nothing else to name")


@cache
def variables(text: str) -> frozenset[str]:
    """Return what a template names; a variable with a format or an index counts by its spelling.

    Raises:
        ValueError: for unbalanced braces.
    """
    return frozenset(
        name + (f":{how}" if how else "") + (f"!{conversion}" if conversion else "")
        for _, name, how, conversion in string.Formatter().parse(text)
        if name is not None
    )


def render(
    kind: Kind, wordings: Mapping[str, Wording], reminder: Reminder, preferences: Preferences
) -> Message:
    """Return what a reminder says, in its recipient's language and zone.

    It is discreet unless they asked for the explicit form.
    """
    language = chosen(preferences.language)
    wording = wordings[language.code]
    form = wording.explicit if preferences.explicit else wording.discreet
    told = values(kind, reminder, language, preferences.zone)
    subject, body, short = (text.format(**told) for text in form.parts.values())
    return Message(language.code, subject, body, short)


def values(kind: Kind, reminder: Reminder, language: Language, zone: str) -> dict[str, str]:
    """Return the variables of a reminder; none where its kind tells no instant."""
    text = reminder.details.get(kind.tells) if kind.tells else None
    if text is None:
        return {}
    told = _read(text, zone)
    if isinstance(told, datetime):
        return {"day": language.spell_day(told.date()), "time": spell_time(told)}
    return {"day": language.spell_day(told)}


def _read(text: str, zone: str) -> datetime | date:
    if len(text) == _A_DAY:
        return read_day(text, "details")
    return clock.local(instant(text, "details"), zone)
