"""Tokens that the demo trusts."""

from __future__ import annotations

import time

from chassis.tokens import mint

from .place import AUDIENCE, ISSUER, keys, remembered


def token(person: str, scope: str, *, hours: float = 8.0, application: str = "demo") -> str:
    """Return a token for one of the demo's people."""
    known = remembered()
    if person not in known["people"]:
        people = ", ".join(known["people"])
        raise SystemExit(f"The demo knows no {person!r}. It knows: {people}.")
    private, public = keys()
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": known["people"][person],
        "organisation": known["organisation"],
        "client_id": application,
        "scope": scope,
        "iat": now,
        "exp": now + int(hours * 3600),
    }
    return mint(private, claims, public["kid"])
