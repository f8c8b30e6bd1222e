"""What every HTTP answer carries, and how a request without a good token is refused."""

from __future__ import annotations

# On every answer: nothing is stored on the way, guessed, framed or told to other sites.
ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


def headers(policy: str) -> dict[str, str]:
    """Return what every answer carries, under another content security policy."""
    always = {name.decode(): value.decode() for name, value in ALWAYS}
    return {**always, "content-security-policy": policy}


class Unauthorised(Exception):  # noqa: N818  (an expected outcome, not an error)
    """A request without a token that we trust."""

    def __init__(self, reason: str) -> None:
        """Keep the reason's public code."""
        super().__init__(reason)
        self.reason = reason

    @property
    def message(self) -> str:
        """What to do about it."""
        return f"A valid bearer token is needed ({self.reason})."

    @property
    def challenge(self) -> str:
        """The WWW-Authenticate header (RFC 6750)."""
        if self.reason == "missing":
            return "Bearer"
        return f'Bearer error="invalid_token", error_description="{self.reason}"'
