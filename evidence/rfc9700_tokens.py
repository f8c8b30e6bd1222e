"""Cases of codes, refresh tokens, and questions about tokens."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from evidence.rfc9700_cases import attack, case, control
from evidence.rfc9700_places import SCOPE, Place, Verdict, of_tokens
from tests.applications import Holder, elliptic
from tests.applications import sign as signed

_OTHER: Final = "a" * 43
INJECTED: Final[dict[str, dict[str, Any]]] = {
    "another verifier": {"code_verifier": _OTHER},
    "no verifier": {"code_verifier": None},
    "a verifier that is too short": {"code_verifier": "a"},
    "another redirect address": {"redirect_uri": "https://evil.test/callback"},
    "a made-up code": {"code": "made-up"},
}


def _redeems(**changed: Any) -> Any:
    def run(place: Place) -> Verdict:
        code = changed.get("code") or place["public"].code()
        return place["public"].redeems(code, **{k: v for k, v in changed.items() if k != "code"})

    return run


for _name, _changed in INJECTED.items():
    case(f"code: {_name}", _redeems(**_changed))


# OAuth 2.1 leaves it away: the challenge says more.
case("code: no redirect address", _redeems(redirect_uri=None), good=True)


@attack("code: a second time")
def _twice(place: Place) -> Verdict:
    code = place["public"].code()
    assert place["public"].redeems(code).accepted
    return place["public"].redeems(code)


@attack("code: the tokens of a code that came twice")
def _tokens_of_it(place: Place) -> Verdict:
    code = place["public"].code()
    found = place["public"].redeemed(code).json()
    place["public"].redeems(code)
    return place["public"].refreshes(found["refresh_token"])


@attack("code: injected into another client's session")
def _stolen(place: Place) -> Verdict:
    return place["other"].redeems(place["public"].code())


@attack("code: injected, with the verifier that was stolen besides")
def _stolen_with_verifier(place: Place) -> Verdict:
    code = place["public"].code()
    return place["other"].redeems(code, code_verifier=place["public"].verifier)


@attack("code: a confidential client's, by its name alone")
def _by_name(place: Place) -> Verdict:
    form = {"grant_type": "authorization_code", "code": place["keyed"].code()}
    form |= {"client_id": place["keyed"].id, "code_verifier": place["keyed"].verifier}
    return of_tokens(place.posts("token", {**form, "redirect_uri": "https://app.test/callback"}))


@attack("code: bound to a key, redeemed without it")
def _bound(place: Place) -> Verdict:
    return place["public"].redeems(place["public"].code(dpop_jkt=Holder().print))


@attack("code: bound to a key, redeemed with another")
def _bound_to_another(place: Place) -> Verdict:
    return place["bound"].redeems(place["bound"].code(dpop_jkt=Holder().print))


@control("code: bound to a key, redeemed with it")
def _bound_well(place: Place) -> Verdict:
    holder = place["bound"].holder
    assert holder is not None
    return place["bound"].redeems(place["bound"].code(dpop_jkt=holder.print))


for _kind in ("password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer"):
    case(
        f"token: grant type {_kind.rpartition(':')[2]}",
        lambda place, kind=_kind: of_tokens(  # type: ignore[misc]
            place["keyed"].sends(
                "token", {"grant_type": kind, "username": "amira", "password": "secret"}
            )
        ),
    )


@attack("token: a grant the client was not registered for")
def _not_registered(place: Place) -> Verdict:
    form = {"grant_type": "client_credentials", "scope": "openid"}
    return of_tokens(place["keyed"].sends("token", form))


@attack("token: a parameter twice")
def _parameter_twice(place: Place) -> Verdict:
    party = place["public"]
    shown, _ = party.shows()
    pairs = [*shown.items(), ("grant_type", "refresh_token"), ("grant_type", "authorization_code")]
    headers = {"content-type": "application/x-www-form-urlencoded"}
    token = party.tokens()["refresh_token"]
    content = urlencode([*pairs, ("refresh_token", token)])
    return of_tokens(place.http.post(place.at("token"), content=content, headers=headers))


@attack("token: parameters in the address")
def _in_the_address(place: Place) -> Verdict:
    party = place["public"]
    token = party.tokens()["refresh_token"]
    query = urlencode(
        {"client_id": party.id, "grant_type": "refresh_token", "refresh_token": token}
    )
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return of_tokens(place.http.post(f"{place.at('token')}?{query}", content=b"", headers=headers))


@control("refresh: as it should be")
def _refreshed(place: Place) -> Verdict:
    return place["public"].refreshes(place["public"].tokens()["refresh_token"])


@control("refresh: with fewer scopes")
def _narrowed(place: Place) -> Verdict:
    token = place["public"].tokens()["refresh_token"]
    return place["public"].refreshes(token, scope="openid")


@control("refresh: the answer was lost, and a confidential client asks again")
def _lost(place: Place) -> Verdict:
    token = place["strict"].tokens()["refresh_token"]
    assert place["strict"].refreshes(token).accepted
    return place["strict"].refreshes(token)


@attack("refresh: a made-up token")
def _made_up(place: Place) -> Verdict:
    return place["public"].refreshes("made-up")


@attack("refresh: another client's token")
def _anothers(place: Place) -> Verdict:
    return place["other"].refreshes(place["public"].tokens()["refresh_token"])


@attack("refresh: more scopes than were granted")
def _widened(place: Place) -> Verdict:
    token = place["public"].tokens(scope="openid offline_access user/*.rs")["refresh_token"]
    return place["public"].refreshes(token, scope=f"{SCOPE} user/*.cruds")


def _replayed(place: Place) -> tuple[str, Verdict]:
    first = place["public"].tokens()["refresh_token"]
    second = place["public"].refreshed(first).json()["refresh_token"]
    third = place["public"].refreshed(second).json()["refresh_token"]
    assert len({first, second, third}) > 1, "this server does not rotate"
    return third, place["public"].refreshes(first)


@attack("refresh: a spent token whose successor is in use")
def _spent(place: Place) -> Verdict:
    return _replayed(place)[1]


@attack("refresh: the family of a token that came twice")
def _family(place: Place) -> Verdict:
    return place["public"].refreshes(_replayed(place)[0])


@attack("refresh: a bound token by another key")
def _by_another_key(place: Place) -> Verdict:
    party = place["bound"]
    token = party.tokens()["refresh_token"]
    proof = Holder().proof("POST", "", htu=place.at("token"))
    return party.refreshes(token, how={"proof": proof})


@attack("refresh: a bound token without a proof")
def _without_proof(place: Place) -> Verdict:
    token = place["bound"].tokens()["refresh_token"]
    return place["bound"].refreshes(token, how={"proof": None})


@control("resource: an access token in the header")
def _used(place: Place) -> Verdict:
    return place["public"].uses(place["public"].tokens()["access_token"])


@attack("resource: an access token in the address")
def _in_address(place: Place) -> Verdict:
    token = place["public"].tokens()["access_token"]
    answer = place.http.get(place.at("userinfo"), params={"access_token": token})
    return Verdict(answer.status_code == 200, f"{answer.status_code}")


@attack("resource: a made-up token")
def _made_up_token(place: Place) -> Verdict:
    return place["public"].uses("made-up")


@attack("resource: a refresh token")
def _refresh_token(place: Place) -> Verdict:
    return place["public"].uses(place["public"].tokens()["refresh_token"])


@attack("resource: an id token")
def _id_token(place: Place) -> Verdict:
    return place["public"].uses(place["public"].tokens()["id_token"])


@attack("resource: a token that somebody signed")
def _forged(place: Place) -> Verdict:
    claims = {"iss": place.issuer, "sub": "amira", "aud": place.issuer, "exp": 2**33}
    header = {"alg": "ES256", "typ": "at+jwt", "kid": "one"}
    return place["public"].uses(signed(elliptic("P-256"), header, claims))


@control("introspection: one's own token")
def _introspected(place: Place) -> Verdict:
    token = place["keyed"].tokens()["refresh_token"]
    return _active(place["keyed"].sends("introspect", {"token": token}))


def _active(answer: Any) -> Verdict:
    found = answer.json()
    return Verdict(found.get("active") is True, str(found.get("error", found.get("active"))))


@attack("introspection: by nobody")
def _by_nobody(place: Place) -> Verdict:
    token = place["keyed"].tokens()["refresh_token"]
    return _active(place.posts("introspect", {"token": token}))


@attack("introspection: by a public client")
def _by_public(place: Place) -> Verdict:
    token = place["public"].tokens()["refresh_token"]
    return _active(place["public"].sends("introspect", {"token": token}))


@attack("introspection: a spent code as a token")
def _code_as_token(place: Place) -> Verdict:
    return _active(place["keyed"].sends("introspect", {"token": place["keyed"].code()}))


@attack("revocation: what was revoked")
def _revoked(place: Place) -> Verdict:
    token = place["public"].tokens()["refresh_token"]
    place["public"].sends("revoke", {"token": token})
    return place["public"].refreshes(token)


@control("revocation: by another client changes nothing")
def _by_another(place: Place) -> Verdict:
    token = place["public"].tokens()["refresh_token"]
    place["other"].sends("revoke", {"token": token})
    return place["public"].refreshes(token)
