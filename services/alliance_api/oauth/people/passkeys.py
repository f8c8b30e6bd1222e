"""Passkeys (WebAuthn): found by the browser without a name, and only with the user verified."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

LONGEST: Final = 16_384
_MILLISECONDS: Final = 300_000
_REQUIRED: Final = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class Site:
    """Whom passkeys are made for: the host, the origin the browser must name, and a name to show."""

    host: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey, verified."""

    credential: bytes
    public_key: bytes
    count: int


def new_challenge() -> str:
    """Return a challenge, spelled to be kept with a visit."""
    return secrets.token_urlsafe(32)


def creation(site: Site, name: str, handle: bytes, challenge: str, known: Sequence[bytes]) -> str:
    """Return the options (JSON) with which a browser makes a passkey that it can find by itself."""
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_name=name,
        user_id=handle,
        challenge=_octets(challenge),
        timeout=_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return options_to_json(options)


def request(site: Site, challenge: str) -> str:
    """Return the options (JSON) with which a browser proves a passkey; it knows whose by itself."""
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=_octets(challenge),
        timeout=_MILLISECONDS,
        user_verification=_REQUIRED,
    )
    return options_to_json(options)


def made(site: Site, challenge: str, answer: str) -> Made | None:
    """Return the new passkey of a browser's answer, or None if it is not what was asked for."""
    found = _parsed(answer)
    if found is None:
        return None
    try:
        verified = verify_registration_response(
            credential=found,
            expected_challenge=_octets(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return Made(verified.credential_id, verified.credential_public_key, verified.sign_count)


def named(answer: str) -> tuple[bytes, bytes] | None:
    """Return which passkey an answer claims to be, and whose account it names: nothing verified."""
    found = _parsed(answer) or {}
    response = found.get("response")
    if not isinstance(response, dict):
        return None
    try:
        return _octets(found["rawId"]), _octets(response["userHandle"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return None


def proved(site: Site, challenge: str, answer: str, public_key: bytes) -> int | None:
    """Return the new count of a passkey that an answer proves, or None if it proves nothing.

    Whether the count went back is decided where it is kept.
    """
    found = _parsed(answer)
    if found is None:
        return None
    try:
        verified = verify_authentication_response(
            credential=found,
            expected_challenge=_octets(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return verified.new_sign_count


def _parsed(answer: str) -> dict[str, Any] | None:
    if len(answer) > LONGEST:
        return None
    try:
        found = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _octets(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def spelled(octets: bytes) -> str:
    """Return octets in base64url, as forms carry them."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def octets(text: str) -> bytes | None:
    """Read `spelled` back; None for anything else."""
    try:
        return _octets(text)
    except (ValueError, UnicodeEncodeError):
        return None
