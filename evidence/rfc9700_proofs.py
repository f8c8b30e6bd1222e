"""Cases of DPoP: the seventeen steps of FAPI 2's negative test, five of which must be taken."""

from __future__ import annotations

import time
from typing import Any, Final
from uuid import uuid4

from joserfc import jwk

from evidence.rfc9700_cases import attack, case, control
from evidence.rfc9700_places import Party, Place, Verdict, of_tokens
from tests.applications import Holder, public

_HOUR: Final = 3600


def _redeems(party: Party, proof: str | None) -> Verdict:
    return party.redeems(party.code(), how={"proof": proof})


def _claims(place: Place, **changed: Any) -> dict[str, Any]:
    usual = {"jti": uuid4().hex, "htm": "POST", "htu": place.at("token"), "iat": int(time.time())}
    return {**usual, **changed}


def _holder(place: Place) -> Holder:
    found = place["bound"].holder
    assert found is not None
    return found


def _says(ahead: int = 0, **changed: Any) -> Any:
    def run(place: Place) -> Verdict:
        given = {
            name: value.replace("{token}", place.at("token")) if isinstance(value, str) else value
            for name, value in changed.items()
        }
        claims = _claims(place, iat=int(time.time()) + ahead, **given)
        return _redeems(place["bound"], _holder(place).signed(claims))

    return run


case("dpop: by another method", _says(htm="GET"))
case("dpop: for another address", _says(htu="https://elsewhere.test/token"))
case("dpop: made in an hour", _says(ahead=_HOUR))
case("dpop: made an hour ago", _says(ahead=-_HOUR))
case("dpop: without a `jti`", _says(jti=None))
case("dpop: with a nonce that is not ours", _says(nonce="made up"))
case("dpop: the query of the address is left out", _says(htu="{token}?query=1"), good=True)
case("dpop: the fragment is left out", _says(htu="{token}#fragment"), good=True)
case("dpop: claims that nobody knows", _says(more="is ignored"), good=True)


@control("dpop: the address in capitals")
def _capitals(place: Place) -> Verdict:
    address = place.at("token").replace("http://", "HTTP://")
    return _redeems(place["bound"], _holder(place).signed(_claims(place, htu=address)))


@control("dpop: as it should be")
def _good(place: Place) -> Verdict:
    return place["bound"].redeems(place["bound"].code())


@attack("dpop: no proof")
def _no_proof(place: Place) -> Verdict:
    return _redeems(place["bound"], None)


@attack("dpop: two proofs")
def _two_proofs(place: Place) -> Verdict:
    party = place["bound"]
    shown, _ = party.shows()
    form = {"grant_type": "authorization_code", "code": party.code(), **shown}
    form |= {"redirect_uri": "https://app.test/callback", "code_verifier": party.verifier}
    headers = [("dpop", party.proof("token")) for _ in range(2)]
    return of_tokens(place.posts("token", form, headers))


@attack("dpop: a proof a second time")
def _twice(place: Place) -> Verdict:
    proof = place["bound"].proof("token")
    assert _redeems(place["bound"], proof).accepted
    return _redeems(place["bound"], proof)


def _header(key: jwk.Key | None = None, **header: Any) -> Any:
    def run(place: Place) -> Verdict:
        mine = _holder(place)
        given = {name: value(mine) if callable(value) else value for name, value in header.items()}
        signer = mine if key is None else Holder(key)
        return _redeems(place["bound"], signer.signed(_claims(place), **given))

    return run


_OCT: Final = jwk.OctKey.generate_key(256)
case("dpop: `alg` none", _header(_OCT, alg="none", jwk=lambda mine: public(mine.key)))
case("dpop: an HMAC", _header(_OCT, alg="HS256", jwk={"kty": "oct", "k": "AA"}))
case("dpop: another's key in the header", _header(jwk=lambda _: public(Holder().key)))
case("dpop: a private key in the header", _header(jwk=lambda m: m.key.as_dict(private=True)))
case("dpop: no key in the header", _header(jwk=None))
case("dpop: another type", _header(typ="JWT"))


def _uses(proved: Any, scheme: str = "DPoP") -> Any:
    def run(place: Place) -> Verdict:
        token = place["bound"].tokens()["access_token"]
        return place["bound"].uses(token, scheme, *proved(place["bound"], token))

    return run


def _proof(party: Party, token: str | None, **claims: Any) -> list[str]:
    return [party.proof("userinfo", token, "GET", **claims)]


case("dpop: a bound token with its key", _uses(_proof), good=True)
case("dpop: a bound token called a bearer's", _uses(lambda _p, _t: [], "Bearer"))
case("dpop: a bound token called a bearer's, with a proof", _uses(_proof, "Bearer"))
case("dpop: a bound token without a proof", _uses(lambda _p, _t: []))
case("dpop: a proof that names no token", _uses(lambda party, _: _proof(party, None)))
case("dpop: a proof that names another token", _uses(lambda party, _: _proof(party, "other")))


@attack("dpop: a bound token by another key")
def _other_key(place: Place) -> Verdict:
    token = place["bound"].tokens()["access_token"]
    proof = Holder().proof("GET", "", token, htu=place.at("userinfo"))
    return place["bound"].uses(token, "DPoP", proof)


@attack("dpop: a bound token, its proof a second time")
def _used_twice(place: Place) -> Verdict:
    token = place["bound"].tokens()["access_token"]
    [proof] = _proof(place["bound"], token)
    assert place["bound"].uses(token, "DPoP", proof).accepted
    return place["bound"].uses(token, "DPoP", proof)


@attack("dpop: a token that is not bound, called so")
def _unbound(place: Place) -> Verdict:
    token = place["public"].tokens()["access_token"]
    return place["public"].uses(token, "DPoP", *_proof(place["bound"], token))
