"""The reference page of the kinds, made from what their folders say: rules, examples, wording."""

from collections.abc import Iterator
from datetime import timedelta

from notifier.domain.kind import Kind, Moment, Recipient, Shift

from .examples import Example
from .languages import languages
from .loader import Folder, load_all
from .wording import Wording

_INTRODUCTION = """\
# Reminders

Generated from `services/notifier/kinds/` by `make schema`. Every example below is a test: facts
come in on the left of time, and what became of each reminder is told line by line. Times are those
of the clock on the wall in the example's zone; quiet hours last from 21:00 to 08:00 where nothing
else is said. [How to add a kind](../how-to/add-a-reminder.md).

Of every kind a person can say yes or no. A weekly cap counts any 7 × 24 hours. Nobody without an
open place in the case is reminded of anything, and nothing leaves in a person's quiet hours or
after it expired. Discreet wording is what everybody gets who did not ask for the explicit form.
"""

_REASONS = """\
## Why something is not sent

| reason | means |
| --- | --- |
| ENDED | the matter ended: cancelled, moved, done, answered, the case closed |
| REPLANNED | the same matter was set to another time |
| NOT_CONCERNED | the person has no open place in the case (any more) |
| ERASED | the person was erased |
| OPTED_OUT | the person does not want this kind, or did not ask for it |
| PAUSED | the person wants nothing at that time |
| CAPPED | the person had enough of this kind, or of all kinds, in seven days |
| QUIET | quiet hours and free days leave no room before it expires |
| EXPIRED | it has lost its sense |
| STALE | it is so late that silence is better |
| KNOWN_TOO_LATE | it would have been due before anybody could know of it |
| UNREACHABLE | the person has no verified contact point that may be used |
| RETIRED | there is no such kind any more |
"""

_TO = {
    Recipient.CLIENT: "the client",
    Recipient.THERAPIST: "the therapists of the case",
    Recipient.ONLY_THERAPIST: "the therapist, where the case has one only",
    Recipient.OWNER: "who promised it",
    Recipient.INFORMANT: "who is asked",
    Recipient.LEADER: "who leads the session",
}
_SHIFT = {Shift.LATER: "to their end", Shift.EARLIER: "to the time before them"}


def reminders_page() -> str:
    """Return docs/reference/reminders.md."""
    folders = load_all()
    parts = [_INTRODUCTION, _REASONS, _table()]
    parts += [text for name, folder in folders.items() for text in _kind(name, folder)]
    return "\n".join(parts)


def _table() -> str:
    rows = [
        f"| [{each.kind.name}](#{each.kind.name}) | {each.about} | {_to(each.kind)} "
        f"| {'on' if each.kind.default else 'off'} |"
        for each in load_all().values()
    ]
    head = ["## The kinds", "", "| kind | when | to | unless they say otherwise |"]
    return "\n".join([*head, "| --- | --- | --- | --- |", *rows, ""])


def _kind(name: str, folder: Folder) -> Iterator[str]:
    yield f"## {name}\n\n{folder.about}\n"
    yield "\n".join([*_rule(folder.kind), ""])
    yield from (_example(each) for each in folder.examples)
    yield from (_wording(code, each) for code, each in folder.wordings.items())


def _rule(kind: Kind) -> Iterator[str]:
    yield "| | |"
    yield "| --- | --- |"
    yield f"| to | {_to(kind)} |"
    yield f"| started by | {_codes(kind.starts)}{_where(kind)} |"
    if kind.replans:
        yield f"| planned anew by | {_codes(kind.replans)} |"
    if kind.drops or kind.open_until:
        ends = f", or as soon as there is `{kind.open_until}`" if kind.open_until else ""
        yield f"| dropped by | {_codes(kind.drops) or 'nothing'}{ends} |"
    yield f"| speaks | {'; '.join(_moment(each, kind) for each in kind.moments)} |"
    days = " and on free days" if kind.for_staff else ""
    yield f"| in quiet hours{days} | moves {_SHIFT[kind.shift]} |"
    yield f"| expires | {_expiry(kind)} |"
    yield f"| too late to be sent | {_length(kind.stale_after)} after it was due |"
    yield f"| weekly cap | {kind.cap} a person{', whatever else was sent' if kind.uncapped else ''} |"
    yield f"| without a yes or no | {'on' if kind.default else 'off'} |"


def _to(kind: Kind) -> str:
    return " and ".join(_TO[each] for each in kind.recipients)


def _where(kind: Kind) -> str:
    told = (f"`{key}` is {' or '.join(sorted(values))}" for key, values in kind.where.items())
    text = " and ".join(told)
    return f" where {text}" if text else ""


def _codes(types: tuple[str, ...]) -> str:
    return ", ".join(f"`{each}`" for each in types)


def _moment(moment: Moment, kind: Kind) -> str:
    anchor = "the fact" if kind.anchor == "at" else f"`{kind.anchor}`"
    channel = f" (from channel {moment.step + 1} on)" if moment.step else ""
    if moment.at is not None:
        days = f"{abs(moment.days)} days {'before' if moment.days < 0 else 'after'}"
        day = f"the day of {anchor}" if moment.days == 0 else f"{days} {anchor}"
        return f"{day} at {moment.at:%H:%M}{channel}"
    offset = moment.offset or timedelta()
    if not offset:
        return f"at {anchor}{channel}"
    side = "before" if offset < timedelta() else "after"
    return f"{_length(abs(offset))} {side} {anchor}{channel}"


def _expiry(kind: Kind) -> str:
    expiry = kind.expiry
    told = []
    if expiry.of:
        side = "before" if expiry.offset < timedelta() else "after"
        by = f"{_length(abs(expiry.offset))} {side} " if expiry.offset else "at "
        told.append(f"{by}`{expiry.of}`")
    if expiry.after is not None:
        told.append(f"{_length(expiry.after)} after it was due")
    return ", or ".join(told)


def _length(span: timedelta) -> str:
    hours, rest = divmod(span, timedelta(hours=1))
    if rest:
        return f"{span // timedelta(minutes=1)} minutes"
    return f"{hours // 24} days" if hours % 24 == 0 and hours > 2 * 24 else f"{hours} h"


def _example(example: Example) -> str:
    zone = f"in {example.zone}"
    quiet = example.preferences.quiet
    hours = f", quiet from {quiet.starts:%H:%M} to {quiet.ends:%H:%M}" if quiet else ""
    lines = [f"**{example.name}** ({zone}{hours})", "", "```text"]
    lines += [f"   {each}" for each in example.facts]
    lines += [f"-> {each}" for each in example.reminders] or ["-> nothing"]
    return "\n".join([*lines, "```", ""])


def _wording(code: str, wording: Wording) -> str:
    discreet, explicit = wording.discreet.parts, wording.explicit.parts
    rows = [f"| {part} | {_cell(discreet[part])} | {_cell(explicit[part])} |" for part in discreet]
    head = [f"*{languages()[code].name}*", "", "| | discreet | explicit |", "| --- | --- | --- |"]
    return "\n".join([*head, *rows, ""])


def _cell(text: str) -> str:
    return " ".join(text.split())
