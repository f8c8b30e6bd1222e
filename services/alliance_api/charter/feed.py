"""Which facts a system is told: of everything that happens, what its office needs, and no more.

The notifier of an organisation plans reminders, so it is told what starts and what ends them, in
every case. An EHR is told of the cases whose client consents, and of nothing there that the charter
would not let it read: a measurement may not be disclosed yet, so no fact about one is for it.
"""

from __future__ import annotations

from typing import Final

from alliance_api.domain import fact_types as types

NOTIFIER: Final = "NOTIFIER"
EHR: Final = "EHR"
GATE: Final = "feed.read"

_BOTH = frozenset(
    {
        types.CASE_OPENED,
        types.CASE_CLOSED,
        types.CARE_TEAM_JOINED,
        types.CARE_TEAM_LEFT,
        types.SESSION_PLANNED,
        types.SESSION_MOVED,
        types.SESSION_CANCELLED,
        types.SESSION_RECORDED,
        types.OCCASION_PLANNED,
        types.COMMITMENT_MADE,
        types.COMMITMENT_SETTLED,
        types.GOAL_PROPOSED,
        types.GOAL_ANSWERED,
        types.GOAL_RATED,
        types.GOAL_ENDED,
        types.SIGNAL_RAISED,
        types.SIGNAL_ACKNOWLEDGED,
        types.SIGNAL_HEARD,
        # About nobody's case: whoever holds anything of the person must drop it.
        types.PERSON_ERASED,
    }
)
TOLD: Final[dict[str, frozenset[str]]] = {
    # It must not remind whoever has answered, though they keep to themselves that they did; and it
    # tells a client that somebody broke the glass.
    NOTIFIER: _BOTH | {types.OCCASION_SETTLED, types.EMERGENCY_OPENED},
    EHR: _BOTH,
}
# Facts that no feed tells: of measurements, of who consented to what, of a privacy officer's work.
UNTOLD: Final = types.TYPES - TOLD[NOTIFIER] - TOLD[EHR]
