"""Free text: what people may write, whatever it says."""

import unicodedata

from alliance_api.domain.errors import Problem

LONGEST = 2000
_LAYOUT = frozenset("\n\t")


def check_text(text: str, field: str, longest: int = LONGEST) -> tuple[Problem, ...]:
    """Return why a text cannot be kept, or nothing.

    Accepts 1 to `longest` characters once stripped. Line breaks and tabs are allowed; all other
    control characters are not, nor are lone surrogates: PostgreSQL stores neither NUL nor
    those, and the others only serve to disguise a text.
    """
    stripped = text.strip()
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in _LAYOUT for c in text):
        return (Problem("CONTROL_CHARACTERS", "Remove the characters nobody can see.", field),)
    if not stripped:
        return (Problem("TEXT_REQUIRED", "Write at least one character.", field),)
    if len(stripped) > longest:
        return (Problem("TEXT_TOO_LONG", f"Use at most {longest} characters.", field),)
    return ()
