"""What a sign-in is for: a request of an application, or one of our own pages. Never an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_REQUEST: Final = re.compile(r"[A-Za-z0-9_-]{20,100}")
_PAGES: Final = {
    "account": "/account",
    "applications": "/account/applications",
    "device": "/oauth/device",
}


@dataclass(frozen=True, slots=True)
class Aim:
    """Where somebody goes on to: the request of that id, or the page of that name."""

    request: str | None = None
    page: str | None = None

    @property
    def given(self) -> dict[str, str]:
        """What forms and addresses carry of it."""
        found = {"request": self.request, "to": self.page}
        return {name: value for name, value in found.items() if value}

    @property
    def query(self) -> str:
        """The same as the end of an address; every sign in it is a letter, digit, `-` or `_`."""
        pairs = "&".join(f"{name}={value}" for name, value in self.given.items())
        return f"?{pairs}" if pairs else ""

    @property
    def goal(self) -> str:
        """Where to go on to."""
        if self.request:
            return f"/oauth/consent?request={self.request}"
        return _PAGES[self.page or "account"]


def aim_of(given: Mapping[str, str]) -> Aim:
    """Return the aim of a query, a form or a visit; whatever is not one of ours is nothing."""
    request, page = given.get("request", ""), given.get("to", "")
    if _REQUEST.fullmatch(request):
        return Aim(request=request)
    return Aim(page=page if page in _PAGES else None)
