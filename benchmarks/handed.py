"""Alliance with its tokens verified less or more than the product does, to measure what that costs.

The product has no switch for it. Each application here is the whole product, but for one function
that is replaced in this process.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from alliance_api.charter.principal import Principal, principal_of
from alliance_api.oauth.caller import Callers
from chassis import tokens
from chassis.keys import octets


def unverified() -> Any:
    """Return the application that is handed its callers: it believes each token."""
    known: dict[str, Principal] = {}

    async def call(_: Callers, authorization: str | None, __: Any = None) -> Principal:
        token = (authorization or "").partition(" ")[2]
        if token not in known:
            known[token] = principal_of(orjson.loads(octets(token.split(".")[1])))
        return known[token]

    type.__setattr__(Callers, "__call__", call)
    return whole()


def anew() -> Any:
    """Return the application that remembers no token: each request's is verified by its signature."""

    def forget(*_: Any) -> Mapping[str, Any] | None:
        return None

    vars(tokens)["_Verified"].recall = forget
    return whole()


def whole() -> Any:
    """Return the product."""
    from alliance_api.app import create_app

    return create_app()
