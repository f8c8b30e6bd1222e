"""Cases of clients that are not who they say."""

from __future__ import annotations

import time
from base64 import b64encode
from typing import Any, Final
from uuid import uuid4

from joserfc import jwk

from evidence.rfc9700_cases import attack, case, control
from evidence.rfc9700_places import OF_SYSTEM, Party, Place, Verdict, of_tokens
from tests.applications import ASSERTION, elliptic, public

ASKING: Final = {"grant_type": "client_credentials", "scope": OF_SYSTEM}
_HOUR: Final = 3600

WRONG: Final[dict[str, dict[str, Any]]] = {
    "for somebody else": {"aud": "https://elsewhere.test/token"},
    "for us and somebody else": {"aud": ["{issuer}", "https://elsewhere.test/token"]},
    "for nobody": {"aud": None},
    "over": {"exp": -120},
    "good for an hour": {"exp": _HOUR},
    "good for ever": {"exp": None},
    "not good before tomorrow": {"nbf": 24 * _HOUR},
    "made in an hour": {"iat": _HOUR},
    "without a `jti`": {"jti": None},
    "by another issuer": {"iss": "nobody"},
    "about another client": {"sub": "nobody"},
    "with a `kid` that is a path": {"head": {"kid": "../../../dev/null"}, "other": True},
    "with a `kid` that is SQL": {"head": {"kid": "one' UNION SELECT 'x"}, "other": True},
    "with a `kid` that is a list": {"head": {"kid": ["one"]}},
    "with an address of keys": {"head": {"jku": "https://evil.test/jwks"}, "other": True},
    "with a certificate's address": {"head": {"x5u": "https://evil.test/x5u"}, "other": True},
    "with a critical extension": {"head": {"crit": ["exp"], "exp": 1}},
    "by another key": {"other": True},
}


def _asserted(party: Party, **claims: Any) -> str:
    now, other = int(time.time()), claims.pop("other", False)
    given: dict[str, Any] = {}
    for name, value in claims.items():
        if name in {"exp", "nbf", "iat"} and value is not None:
            given[name] = now + value
        elif isinstance(value, list):
            given[name] = [one.format(issuer=party.place.issuer) for one in value]
        else:
            given[name] = value
    return party.assertion(elliptic("P-256") if other else None, **given)


def _asks(party: Party, assertion: str) -> Verdict:
    return of_tokens(party.sends("token", ASKING, assertion=assertion))


def _case(claims: dict[str, Any]) -> Any:
    return lambda place: _asks(place["system"], _asserted(place["system"], **claims))


for _name, _claims in WRONG.items():
    case(f"assertion: {_name}", _case(_claims))


@control("assertion: as it should be")
def _good(place: Place) -> Verdict:
    return _asks(place["system"], place["system"].assertion())


@attack("assertion: a second time")
def _replayed(place: Place) -> Verdict:
    shown = place["system"].assertion()
    assert _asks(place["system"], shown).accepted
    return _asks(place["system"], shown)


@attack("assertion: `alg` none")
def _none(place: Place) -> Verdict:
    party = place["system"]
    shown = party.assertion(jwk.OctKey.generate_key(256), head={"alg": "none"})
    return _asks(party, shown.rpartition(".")[0] + ".")


@attack("assertion: an HMAC over the public key")
def _confused(place: Place) -> Verdict:
    party = place["system"]
    assert isinstance(party.key, jwk.ECKey)
    return _asks(party, party.assertion(party.key.as_pem(private=False), head={"alg": "HS256"}))


@attack("assertion: with the forger's key in its header")
def _embedded(place: Place) -> Verdict:
    party, mine = place["system"], elliptic("P-256")
    return _asks(party, party.assertion(mine, head={"jwk": public(mine)}))


@attack("assertion: its signature cut off")
def _cut(place: Place) -> Verdict:
    party = place["system"]
    return _asks(party, party.assertion().rpartition(".")[0] + ".")


@attack("assertion: of another client, with its own name beside")
def _named(place: Place) -> Verdict:
    form = {**ASKING, "client_id": place["system"].id, "client_assertion_type": ASSERTION}
    return of_tokens(place.posts("token", {**form, "client_assertion": place["keyed"].assertion()}))


@attack("assertion: of another type")
def _typed(place: Place) -> Verdict:
    form = {**ASKING, "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2"}
    return of_tokens(
        place.posts("token", {**form, "client_assertion": place["system"].assertion()})
    )


@attack("client: by the name of one with a key")
def _by_name(place: Place) -> Verdict:
    return of_tokens(place.posts("token", {**ASKING, "client_id": place["system"].id}))


@attack("client: unknown")
def _unknown(place: Place) -> Verdict:
    return of_tokens(place.posts("token", {**ASKING, "client_id": uuid4().hex}))


@attack("client: in two ways at once")
def _two_ways(place: Place) -> Verdict:
    shown, _ = place["system"].shows()
    _, header = place["secret"].shows()
    return of_tokens(place.posts("token", {**ASKING, **shown}, header))


def _refreshing(place: Place) -> dict[str, str]:
    token = place["secret"].tokens()["refresh_token"]
    return {"grant_type": "refresh_token", "refresh_token": token}


@control("client: by its secret")
def _secret(place: Place) -> Verdict:
    return of_tokens(place["secret"].sends("token", _refreshing(place)))


@attack("client: by another secret")
def _wrong_secret(place: Place) -> Verdict:
    told = b64encode(f"{place['secret'].id}:wrong".encode()).decode()
    return of_tokens(place.posts("token", _refreshing(place), {"authorization": f"Basic {told}"}))


@attack("client: by its secret in the body")
def _secret_in_body(place: Place) -> Verdict:
    party = place["secret"]
    shown = {"client_id": party.id, "client_secret": party.secret}
    return of_tokens(place.posts("token", {**_refreshing(place), **shown}))


@attack("client: by its secret in the address")
def _secret_in_address(place: Place) -> Verdict:
    party = place["secret"]
    query = f"?client_id={party.id}&client_secret={party.secret}"
    return of_tokens(place.posts("token", _refreshing(place), None, query))


@attack("client: FAPI's, its assertion for the token endpoint")
def _audience(place: Place) -> Verdict:
    shown = place["strict"].assertion(aud=place.at("par"))
    return of_tokens(place["strict"].pushes(assertion=shown))


@attack("client: more scopes than it was registered for")
def _scopes(place: Place) -> Verdict:
    form = {"grant_type": "client_credentials", "scope": "user/*.cruds"}
    return of_tokens(place["system"].sends("token", form))
