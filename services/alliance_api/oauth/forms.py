"""Parameters of a request, each at most once (RFC 6749, 3.1); an empty one was not sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from .errors import OAuthError, invalid

LARGEST: Final = 64 * 1024
_MOST: Final = 60
_FORM: Final = "application/x-www-form-urlencoded"
# RFC 8707 alone lets a parameter come more than once.
_REPEATED: Final = frozenset({"resource"})
_PRINTABLE: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]*")


class Form:
    """The parameters of a request."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Read them. Raises `OAuthError`, naming the parameter."""
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            if not _PRINTABLE.fullmatch(name + value):
                raise invalid("A parameter has characters that no parameter has.")
            if not value:
                continue
            if name in self._values and name not in _REPEATED:
                raise invalid("A parameter came more than once.")
            self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        """Say whether a parameter was sent."""
        return name in self._values

    def get(self, name: str) -> str | None:
        """Return a parameter, or None."""
        return self._values[name][0] if name in self._values else None

    def need(self, name: str) -> str:
        """Return a parameter. Raises `OAuthError` if it is missing."""
        found = self.get(name)
        if found is None:
            raise invalid(f"The parameter `{name}` is missing.")
        return found

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a parameter that may come more than once."""
        return tuple(self._values.get(name, ()))


def parsed(text: bytes) -> Form:
    """Read parameters as a form or a query spells them. Raises `OAuthError`."""
    try:
        pairs = parse_qsl(
            text.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(text),
            errors="strict",
            max_num_fields=_MOST,
        )
    except ValueError:
        raise invalid("The parameters cannot be read.") from None
    return Form(pairs)


def query(request: Request) -> Form:
    """Return the parameters of an address. Raises `OAuthError`."""
    return parsed(request.scope.get("query_string", b""))


async def form(request: Request) -> Form:
    """Return the parameters of a body. Raises `OAuthError`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise invalid(f"Send {_FORM}.")
    return parsed(await body(request))


async def body(request: Request) -> bytes:
    """Return a body of at most 64 KiB. Raises `OAuthError`."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > LARGEST:
            raise OAuthError("invalid_request", "The body is too large.", 413)
    return bytes(found)
