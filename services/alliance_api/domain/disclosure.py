"""From when others may read a measurement, as its informant chose."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

Opening = datetime | Literal["-infinity", "infinity"] | None
"""When something opens, as PostgreSQL spells it: always, not yet, or (None) never."""


class Disclosure(StrEnum):
    """To whom the informant opened a measurement, from nobody else to the care team at once."""

    PRIVATE = "PRIVATE"
    TREND = "TREND"
    NEXT_SESSION = "NEXT_SESSION"
    SHARED = "SHARED"


@dataclass(frozen=True, slots=True)
class Openings:
    """From when the scores open to others, and the answers; a comment opens with the answers."""

    scores_at: Opening
    answers_at: Opening


def openings(disclosure: Disclosure, next_session_started_at: datetime | None) -> Openings:
    """Return from when others may read what.

    `next_session_started_at` is when the first session after the measurement really started,
    None as long as it has not.
    """
    match disclosure:
        case Disclosure.PRIVATE:
            return Openings(None, None)
        case Disclosure.TREND:
            return Openings("-infinity", None)
        case Disclosure.NEXT_SESSION:
            opens: Opening = next_session_started_at or "infinity"
            return Openings(opens, opens)
        case Disclosure.SHARED:
            return Openings("-infinity", "-infinity")
