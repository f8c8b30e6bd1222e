"""Links that need no log-in: each says for whom and for what, and only we can make one."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

from chassis.masters import LocalMasters

_PURPOSE = "unsubscribe"


class Links:
    """Unsubscribe links, signed with the master keys: they last as long as their master does."""

    def __init__(self, masters: LocalMasters, base: str) -> None:
        """Keep the keys, and what links begin with."""
        self._masters, self._base = masters, base.rstrip("/")

    def unsubscribe(self, organisation: str, person: str, kind: str) -> str:
        """Return the link by which a person leaves a kind of reminder."""
        ring = self._masters.ring()
        said = [ring.current, organisation, person, kind]
        text = _spelled(json.dumps(said, separators=(",", ":")).encode())
        return f"{self._base}/u/{text}.{_mac(ring.mac(ring.current, _signed(text)))}"

    def read(self, token: str) -> tuple[str, str, str] | None:
        """Return organisation, person and kind of a link of ours; None for any other."""
        text, _, mac = token.partition(".")
        try:
            said = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except ValueError:
            return None
        ring = self._masters.ring()
        if not isinstance(said, list) or len(said) != 4 or said[0] not in ring.names:  # noqa: PLR2004  (as written)
            return None
        expected = _mac(ring.mac(said[0], _signed(text)))
        if not hmac.compare_digest(expected.encode(), mac.encode()):
            return None
        return str(said[1]), str(said[2]), str(said[3])


def _signed(text: str) -> bytes:
    return f"{_PURPOSE}|{text}".encode()


def _mac(code: str) -> str:
    return code[:40]


def _spelled(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
