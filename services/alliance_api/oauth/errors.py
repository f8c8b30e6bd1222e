"""What OAuth answers when it refuses: a code of a closed list, and words that repeat no value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from chassis.problems import ALWAYS

# Beside what every answer carries: an old cache knows no better word, and a browser's application
# may read the answer, which needs no cookie and gets none.
HEADERS = {
    **{name.decode(): value.decode() for name, value in ALWAYS},
    "pragma": "no-cache",
    "access-control-allow-origin": "*",
    # On the answer itself: what is said before it, to OPTIONS, lets nobody read a header.
    "access-control-expose-headers": "dpop-nonce, retry-after, www-authenticate",
}


class OAuthError(Exception):
    """A request that OAuth refuses."""

    def __init__(
        self,
        error: str,
        description: str,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep a code of the RFC at hand, and what to mend."""
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Return the answer."""
        told = {"error": self.error, "error_description": self.description}
        return answer(told, self.status, self.headers)


def answer(
    content: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return JSON that nobody keeps."""
    return Response(
        orjson.dumps(dict(content)), status, {**HEADERS, **(headers or {})}, "application/json"
    )


def invalid(description: str) -> OAuthError:
    """Return the refusal of a request that is not in its right form."""
    return OAuthError("invalid_request", description)


def invalid_grant(description: str = "The grant is unknown, used or over.") -> OAuthError:
    """Return the refusal of a grant; which of the reasons it was, is nobody's business."""
    return OAuthError("invalid_grant", description)


def invalid_client(description: str = "The client could not be authenticated.") -> OAuthError:
    """Return the refusal of a client."""
    return OAuthError("invalid_client", description, 401, {"www-authenticate": "Basic"})
