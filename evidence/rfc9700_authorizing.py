"""Cases at the authorization endpoint, and of requests that are pushed to it."""

from __future__ import annotations

from typing import Any, Final

from evidence.rfc9700_cases import attack, case, control
from evidence.rfc9700_places import Place, Verdict, of_tokens
from tests.applications import CALLBACK

WRONG: Final[dict[str, dict[str, Any]]] = {
    "no PKCE challenge": {"code_challenge": None, "code_challenge_method": None},
    "PKCE by `plain`": {"code_challenge_method": "plain"},
    "PKCE without a method": {"code_challenge_method": None},
    "a challenge that is too short": {"code_challenge": "short"},
    "`response_type=token`": {"response_type": "token"},
    "`response_type=code token`": {"response_type": "code token"},
    "no `response_type`": {"response_type": None},
    "an unsigned request object": {"request": "eyJhbGciOiJub25lIn0.e30."},
    "a `request_uri` of somebody else's server": {"request_uri": "https://evil.test/request"},
    "`prompt=none login`": {"prompt": "none login"},
    "a negative `max_age`": {"max_age": "-1"},
    "a `dpop_jkt` that is none": {"dpop_jkt": "short"},
    "an unknown client": {"client_id": "nobody"},
    "no client": {"client_id": None},
    "the answer in the fragment": {"response_mode": "fragment"},
    "no scope that is known": {"scope": "admin everything"},
    "a resource of somebody else's": {"resource": "https://evil.test"},
}
TRICKS: Final = {
    "another host": "https://evil.test/callback",
    "a slash more": f"{CALLBACK}/",
    "a query more": f"{CALLBACK}?more=1",
    "a fragment more": f"{CALLBACK}#fragment",
    "a path that climbs": "https://app.test/callback/../evil",
    "another port": "https://app.test:8443/callback",
    "the host as a user's name": "https://app.test@evil.test/callback",
    "plain http": "http://app.test/callback",
    "the scheme in capitals": "HTTPS://app.test/callback",
    "a space at the end": f"{CALLBACK}%20",
    "a subdomain": "https://app.test.evil.test/callback",
    "a script": "javascript:alert(1)//app.test/callback",
    "no scheme": "//app.test/callback",
    "a backslash": "https://evil.test\\@app.test/callback",
    "another path": "https://app.test/other",
}


def _asks(**changed: Any) -> Any:
    return lambda place: place["public"].asked(place["public"].asks(**changed))


for _name, _changed in WRONG.items():
    case(f"authorize: {_name}", _asks(**_changed))
for _name, _address in TRICKS.items():
    case(f"redirect: {_name}", _asks(redirect_uri=_address))


@control("authorize: as it should be")
def _asked(place: Place) -> Verdict:
    return place["public"].asked()


@control("authorize: a code becomes tokens")
def _redeemed(place: Place) -> Verdict:
    return place["public"].redeems(place["public"].code())


@attack("redirect: two addresses")
def _two_addresses(place: Place) -> Verdict:
    given = [*place["public"].asks().items(), ("redirect_uri", "https://evil.test/callback")]
    return place["public"].asked(given)


@attack("authorize: two clients")
def _two_clients(place: Place) -> Verdict:
    return place["public"].asked([*place["public"].asks().items(), ("client_id", "other")])


@attack("authorize: a client that pushes its requests does not")
def _not_pushed(place: Place) -> Verdict:
    return place["strict"].asked()


@control("par: as it should be")
def _pushed(place: Place) -> Verdict:
    return of_tokens(place["keyed"].pushes())


@control("par: pushed, asked, redeemed with DPoP and its nonce")
def _strict(place: Place) -> Verdict:
    return place["strict"].redeems(place["strict"].code())


def _pushes(**changed: Any) -> Any:
    return lambda place: of_tokens(place["keyed"].pushes(place["keyed"].asks(**changed)))


case("par: an address that is not the client's", _pushes(redirect_uri="https://evil.test"))
case("par: PKCE by `plain`", _pushes(code_challenge_method="plain"))
case("par: no PKCE challenge", _pushes(code_challenge=None, code_challenge_method=None))
case("par: a `request_uri` inside", _pushes(request_uri="urn:ietf:params:oauth:request_uri:x"))


def _uri(place: Place, kind: str) -> str:
    found: str = place[kind].pushes().json()["request_uri"]
    return found


@attack("par: the request of another client")
def _anothers(place: Place) -> Verdict:
    given = {"client_id": place["public"].id, "request_uri": _uri(place, "keyed")}
    return place["public"].asked(given)


@attack("par: a request a second time")
def _twice(place: Place) -> Verdict:
    party = place["keyed"]
    given = {"client_id": party.id, "request_uri": _uri(place, "keyed")}
    place.agrees(place, party.authorize(given).headers["location"])
    return party.asked(given)


@attack("par: a made-up request")
def _made_up(place: Place) -> Verdict:
    uri = "urn:ietf:params:oauth:request_uri:made-up"
    return place["public"].asked({"client_id": place["public"].id, "request_uri": uri})


@attack("par: by the name of a client with a key")
def _by_name(place: Place) -> Verdict:
    return of_tokens(place.posts("par", place["keyed"].asks()))
