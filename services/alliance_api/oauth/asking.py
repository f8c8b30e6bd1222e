"""What an authorization request asks for, validated: by parameters, or pushed before (RFC 9126)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from .authority import Authority
from .clients import CODE, REFRESH, Client
from .errors import OAuthError, invalid
from .forms import Form
from .scopes import REFRESH as KEEPING
from .scopes import allowed, asked_for

PROMPTS: Final = frozenset({"none", "login", "consent", "select_account"})
PUSHED_LASTS: Final = timedelta(seconds=90)
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_THUMBPRINT: Final = _CHALLENGE
_LONGEST: Final = 1000
_OLDEST: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that may be stored. Its redirect address is the client's own."""

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    state: str | None
    nonce: str | None
    jkt: str | None
    resource: tuple[str, ...]
    launch: str | None
    prompt: tuple[str, ...]
    max_age: int | None
    login_hint: str | None

    def row(self, issuer: str) -> dict[str, Any]:
        """Return the columns of the stored request."""
        return {
            "client": self.client.id,
            "organisation": self.client.organisation,
            "issuer": issuer,
            "redirect_uri": self.redirect_uri,
            "scopes": list(self.scopes),
            "challenge": self.challenge,
            "state": self.state,
            "nonce": self.nonce,
            "jkt": self.jkt,
            "resource": list(self.resource),
            "prompt": list(self.prompt),
            "max_age": self.max_age,
            "login_hint": self.login_hint,
        }


def redirect_uri(client: Client, form: Form) -> str:
    """Return where to answer. Raises `OAuthError`, which then must not be sent by redirect."""
    if CODE not in client.grants:
        raise OAuthError("unauthorized_client", "The client may not use this grant.")
    given = form.get("redirect_uri")
    if given is None and len(client.redirect_uris) == 1:
        return client.redirect_uris[0]
    if given is None or not client.redirects_to(given):
        raise invalid("The parameter `redirect_uri` is none of the client's.")
    return given


def asking(here: Authority, client: Client, form: Form) -> Asking:
    """Return what a request asks for. Raises `OAuthError`."""
    address = redirect_uri(client, form)
    _refuse_others(form)
    if form.get("response_type") != "code":
        raise OAuthError("unsupported_response_type", "The one `response_type` is `code`.")
    prompt = tuple(dict.fromkeys((form.get("prompt") or "").split()))
    if not PROMPTS.issuperset(prompt) or ("none" in prompt and len(prompt) > 1):
        raise invalid("The parameter `prompt` is none, login, consent or select_account.")
    return Asking(
        client=client,
        redirect_uri=address,
        scopes=_scopes(client, form),
        challenge=_challenge(form),
        state=_short(form, "state"),
        nonce=_short(form, "nonce"),
        jkt=_thumbprint(form),
        resource=resources(here, form),
        launch=_short(form, "launch"),
        prompt=prompt,
        max_age=_max_age(form),
        login_hint=_short(form, "login_hint"),
    )


def _refuse_others(form: Form) -> None:
    # What says something else than the parameters beside it must not be passed over in silence.
    if "request" in form:
        raise OAuthError("request_not_supported", "Push the request instead (RFC 9126).")
    if "request_uri" in form:
        raise invalid("The parameter `request_uri` has no place here.")
    if form.get("response_mode") not in (None, "query"):
        raise invalid("The one `response_mode` is `query`.")


def _challenge(form: Form) -> str:
    if form.get("code_challenge_method") != "S256":
        raise invalid("PKCE is needed: `code_challenge_method` must be S256.")
    found = form.need("code_challenge")
    if not _CHALLENGE.fullmatch(found):
        raise invalid("The parameter `code_challenge` is 43 characters of base64url.")
    return found


def _scopes(client: Client, form: Form) -> tuple[str, ...]:
    found = allowed(asked_for(form.get("scope")), client.scopes)
    if REFRESH not in client.grants:
        found = tuple(scope for scope in found if scope not in KEEPING)
    if "launch" not in found:
        # Only an EHR knows which session is on its screen.
        found = tuple(scope for scope in found if scope != "launch/encounter")
    if not found:
        raise OAuthError("invalid_scope", "None of the scopes can be given to this client.")
    if "launch" in found and "launch" not in form:
        raise invalid("The scope `launch` needs the parameter `launch`.")
    return found


def _short(form: Form, name: str) -> str | None:
    found = form.get(name)
    if found is not None and len(found) > _LONGEST:
        raise invalid(f"The parameter `{name}` is too long.")
    return found


def _thumbprint(form: Form) -> str | None:
    found = form.get("dpop_jkt")
    if found is not None and not _THUMBPRINT.fullmatch(found):
        raise invalid("The parameter `dpop_jkt` is a thumbprint.")
    return found


def resources(here: Authority, form: Form) -> tuple[str, ...]:
    """Return for which resources a token is. Raises `OAuthError` for any that is not ours."""
    given = form.all("resource")
    if "aud" in form:
        # SMART's word for the same.
        given = (*given, form.need("aud"))
    if not here.resources.issuperset(given):
        raise OAuthError("invalid_target", "The resource is none of this server's.")
    return tuple(dict.fromkeys(given))


def _max_age(form: Form) -> int | None:
    found = form.get("max_age")
    if found is None:
        return None
    if not (found.isascii() and found.isdecimal()) or len(found) > len(str(_OLDEST)):
        raise invalid("The parameter `max_age` is a number of seconds.")
    return min(int(found), _OLDEST)


def from_row(client: Client, row: Mapping[str, Any]) -> Asking:
    """Return a request that was validated when it was pushed."""
    return Asking(
        client=client,
        redirect_uri=row["redirect_uri"],
        scopes=tuple(row["scopes"]),
        challenge=row["challenge"],
        state=row["state"],
        nonce=row["nonce"],
        jkt=row["jkt"],
        resource=tuple(row["resource"]),
        launch=row["launch"].get("launch"),
        prompt=tuple(row["prompt"]),
        max_age=row["max_age"],
        login_hint=row["login_hint"],
    )
