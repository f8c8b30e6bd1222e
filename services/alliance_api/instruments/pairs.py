"""Forms of one instrument that client and therapist answer about the same sessions."""

from collections.abc import Mapping
from typing import Final

PARALLEL: Final[Mapping[str, tuple[str, bool]]] = {
    "wai-sr-c": ("wai-sr-t", False),
    "alliance-check-in": ("alliance-check-in-t", True),
}
"""The client's form -> the therapist's, and whether they are the same item for item."""


def counterpart(code: str) -> str | None:
    """Return the other party's form of the same instrument, if there is one."""
    if code in PARALLEL:
        return PARALLEL[code][0]
    return next((mine for mine, (theirs, _) in PARALLEL.items() if theirs == code), None)
