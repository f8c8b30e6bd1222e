"""What the kinds have to say about a claimed reminder: whether still, where first, in which words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from notifier.channels.calendar import entry
from notifier.channels.fence import Fence
from notifier.channels.message import Message
from notifier.domain.facts import instant
from notifier.domain.kind import Thing
from notifier.domain.preferences import Preferences
from notifier.domain.sending import Drop, Wait, decide
from notifier.kinds.loader import Folder
from notifier.kinds.wording import render
from notifier.ledger.chosen import in_zone, preferences_of
from notifier.ledger.claims import Claimed, Outcome, Settled
from notifier.ledger.people import ContactPoint, Known

# The link by which somebody leaves: of an organisation, a person and a kind.
Link = Callable[[str, str, str], str]


class Speaking:
    """The kinds, at the moment of sending."""

    def __init__(self, kinds: Mapping[str, Folder], link: Link) -> None:
        """Keep them, and how links to leave are made."""
        self._kinds, self._link = kinds, link

    async def check(self, claimed: Claimed, known: Known) -> Settled | None:
        """Say what becomes of a reminder instead of being sent; None if it may go."""
        reminder = claimed.reminder
        folder = self._kinds.get(reminder.kind)
        found = decide(
            reminder,
            folder.kind if folder else None,
            wishes(claimed, known),
            known.sent,
            claimed.now,
        )
        if isinstance(found, Drop):
            return Settled(claimed, Outcome.DROPPED, code=found.reason.value)
        if isinstance(found, Wait):
            delay = (found.until - claimed.now).total_seconds()
            return Settled(claimed, Outcome.WAIT, code="QUIET", delay=delay)
        return None

    @staticmethod
    def order(claimed: Claimed, known: Known) -> tuple[str, ...]:
        """Return a person's channels; a later step of a kind begins further down."""
        channels = wishes(claimed, known).channels
        start = claimed.reminder.step % len(channels) if channels else 0
        return channels[start:] + channels[:start]

    def words(
        self, claimed: Claimed, known: Known, point: ContactPoint, key: str, fence: Fence
    ) -> Message:
        """Return the message in the recipient's language; discreet unless they asked otherwise."""
        reminder = claimed.reminder
        folder = self._kinds[reminder.kind]
        said = render(folder.kind, folder.wordings, reminder, wishes(claimed, known))
        return Message(
            key=key,
            organisation=reminder.organisation,
            reminder=reminder.key,
            kind=reminder.kind,
            language=said.language,
            subject=said.subject,
            body=said.body,
            short=said.short,
            fence=fence,
            ids=(("case", reminder.case), ("occasion", reminder.occasion)),
            calendar=self._calendar(claimed, folder, said.language),
            unsubscribe=self._link(reminder.organisation, reminder.recipient, reminder.kind),
            secrets=point.secrets,
        )

    @staticmethod
    def _calendar(claimed: Claimed, folder: Folder, language: str) -> bytes | None:
        details = claimed.reminder.details
        if folder.kind.thing is not Thing.SESSION or not {"plannedStart", "plannedEnd"} <= set(
            details
        ):
            return None
        start, end = (_at(details, name) for name in ("plannedStart", "plannedEnd"))
        if start < claimed.now:
            return None
        # The stamp is part of what is sent again: it must not depend on when that is.
        return entry(
            claimed.reminder.occasion, start, end, claimed.reminder.due_at, language=language
        )


def wishes(claimed: Claimed, known: Known) -> Preferences:
    """Return what a recipient chose; who chose nothing lives in the zone of the case."""
    return in_zone(claimed.zone) if known.chosen is None else preferences_of(known.chosen)


def _at(details: Mapping[str, str], name: str) -> datetime:
    return instant(details[name], name)
