"""A request of a REST route that ends without what it asked for, as an RFC 9457 problem."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import orjson
from starlette.responses import Response

from .problems import ALWAYS

MEDIA_TYPE = "application/problem+json"


class Refused(Exception):  # noqa: N818  (an expected outcome, not an error)
    """A request that ends without what it asked for; it repeats nothing that was sent."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what to answer; `field` is the part of the request to mend."""
        super().__init__(code)
        self.status = status
        self.headers = dict(headers or {})
        self.problem = {
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "field": field,
            "detail": message,
        }

    def response(self) -> Response:
        """Return the answer."""
        always = {name.decode(): value.decode() for name, value in ALWAYS}
        body = orjson.dumps(self.problem)
        return Response(body, self.status, {**always, **self.headers}, MEDIA_TYPE)
