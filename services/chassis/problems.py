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
    """Return what every page carries: another content security policy, and no frame for old eyes."""
    always = {name.decode(): value.decode() for name, value in ALWAYS}
    # Beside `frame-ancestors`, for browsers that know no policy of the second level (RFC 9700, 4.16).
    return {**always, "content-security-policy": policy, "x-frame-options": "DENY"}


class Unauthorised(Exception):  # noqa: N818  (an expected outcome, not an error)
    """A request without a token that we trust."""

    def __init__(
        self,
        reason: str,
        metadata: str | None = None,
        scheme: str = "Bearer",
        nonce: str | None = None,
    ) -> None:
        """Keep the reason's public code, where it stands who gives tokens (RFC 9728), a nonce."""
        super().__init__(reason)
        self.reason = reason
        self._metadata = metadata
        self._scheme = scheme
        self._nonce = nonce

    @property
    def message(self) -> str:
        """What to do about it."""
        return f"A valid bearer token is needed ({self.reason})."

    @property
    def headers(self) -> dict[str, str]:
        """The headers that say what is needed; with a nonce for the next proof, where one is."""
        nonce = {} if self._nonce is None else {"dpop-nonce": self._nonce}
        return {"www-authenticate": self.challenge, **nonce}

    @property
    def challenge(self) -> str:
        """The WWW-Authenticate header (RFC 6750, 9449, 9728)."""
        about = [] if self.reason == "missing" else self._about()
        if self._metadata is not None:
            about.append(f'resource_metadata="{self._metadata}"')
        return " ".join(part for part in (self._scheme, ", ".join(about)) if part)

    def _about(self) -> list[str]:
        proof = self.reason in {"invalid_dpop_proof", "use_dpop_nonce"}
        error = self.reason if proof else "invalid_token"
        return [f'error="{error}"', f'error_description="{self.reason}"']
