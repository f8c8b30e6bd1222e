import asyncio
import hashlib
import hmac
import itertools
import json
import math
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jwk
from joserfc.jws import JWSRegistry

from chassis import keys as keyrings
from chassis import tokens
from chassis.keys import Fetch
from chassis.tokens import Issuer, Reason, TokenRefused, Verifier, mint, new_key

NOW = 1_800_000_000
HOME = "https://id.example"
AUDIENCE = "https://api.example/graphql"

Jwk = dict[str, Any]
Pair = tuple[Jwk, Jwk]


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


class KeyServer:
    """A real server of one JWK set. It counts who asks and can be made to misbehave."""

    def __init__(self) -> None:
        self.served = 0
        self.status = 200
        self.delay = 0.0
        self.headers: dict[str, str] = {}
        self.body = b""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"

    def publish(self, *keys: Jwk) -> None:
        self.body = json.dumps({"keys": keys}).encode()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        mine = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mine.served += 1
                time.sleep(mine.delay)
                self.send_response(mine.status)
                self.send_header("Content-Length", str(len(mine.body)))
                for name, value in mine.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(mine.body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def key_of(key: jwk.RSAKey | jwk.ECKey | jwk.OKPKey, kid: str) -> Pair:
    private: Jwk = {**key.as_dict(private=True), "kid": kid}
    public: Jwk = {**key.as_dict(private=False), "kid": kid}
    return private, public


RSA = key_of(jwk.RSAKey.generate_key(2048), "rsa")
EC = key_of(jwk.ECKey.generate_key("P-256"), "ec")
ED = key_of(jwk.OKPKey.generate_key("Ed25519"), "ed")
PUBLIC = {"keys": [RSA[1], EC[1], ED[1]]}
STRANGER = new_key()


def spell(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def claims(**changed: object) -> dict[str, Any]:
    usual = {"iss": HOME, "aud": AUDIENCE, "sub": "u1", "exp": NOW + 600, "iat": NOW, "nbf": NOW}
    return {name: value for name, value in (usual | changed).items() if value is not ...}


def token(pair: Pair = ED, **changed: object) -> str:
    return mint(pair[0], claims(**changed), pair[1]["kid"])


def signed_by(pair: Pair, header: Mapping[str, Any] | bytes, body: object = None) -> str:
    """Sign, with the algorithm the key is for, a header that may claim anything."""
    text = header if isinstance(header, bytes) else json.dumps(dict(header)).encode()
    payload = body if isinstance(body, bytes) else json.dumps(body or claims()).encode()
    message = f"{spell(text)}.{spell(payload)}"
    algorithm = keyrings.algorithm_of(pair[0])
    assert algorithm is not None
    model = JWSRegistry.algorithms[algorithm]
    return f"{message}.{spell(model.sign(message.encode(), jwk.import_key(pair[0])))}"


def a_verifier(
    *issuers: Issuer,
    clock: Callable[[], float] | None = None,
    fetch: Fetch | None = None,
    leeway: int = 30,
) -> Verifier:
    known = issuers or (Issuer(HOME, keys=PUBLIC),)
    return Verifier(known, AUDIENCE, fetch=fetch, clock=clock or Clock(), leeway=leeway)


def verified(token: str, verifier: Verifier | None = None) -> tokens.Claims:
    return asyncio.run((verifier or a_verifier()).verify(token))


def refusal(token: str, verifier: Verifier | None = None) -> Reason:
    with pytest.raises(TokenRefused) as caught:
        verified(token, verifier)
    assert str(caught.value) == caught.value.reason
    return caught.value.reason


async def outcome(verifier: Verifier, token: str) -> str:
    try:
        await verifier.verify(token)
    except TokenRefused as refused:
        return refused.reason
    return "verified"


# Good tokens


@pytest.mark.parametrize("pair", [RSA, EC, ED])
def test_each_algorithm_is_accepted(pair: Pair) -> None:
    assert verified(token(pair)) == claims()


def test_a_new_key_mints_tokens_its_public_half_verifies() -> None:
    private, public = new_key()
    assert "d" not in public
    verifier = a_verifier(Issuer(HOME, keys={"keys": [public]}))
    assert verified(mint(private, claims(), public["kid"]), verifier)["sub"] == "u1"


@pytest.mark.parametrize("typ", [{}, {"typ": "JWT"}, {"typ": "jwt"}, {"typ": "at+JWT"}])
def test_the_type_may_be_absent_or_spelled_in_any_case(typ: dict[str, str]) -> None:
    assert verified(signed_by(ED, {"alg": "EdDSA", "kid": "ed", **typ}))


def test_header_parameters_without_power_are_passed_over() -> None:
    assert verified(signed_by(ED, {"alg": "EdDSA", "kid": "ed", "x5t": "abc", "nonce": "n"}))


@pytest.mark.parametrize("aud", [AUDIENCE, [AUDIENCE], ["other", AUDIENCE]])
def test_the_audience_is_a_name_or_among_names(aud: object) -> None:
    assert verified(token(aud=aud))["sub"] == "u1"


def test_a_token_without_kid_is_verified_by_the_key_without_one() -> None:
    bare = {name: value for name, value in ED[1].items() if name != "kid"}
    nameless = signed_by(ED, {"alg": "EdDSA"})
    assert verified(nameless, a_verifier(Issuer(HOME, keys={"keys": [bare, EC[1]]})))
    assert refusal(nameless) == "unknown_key"


def test_claims_cannot_be_changed_for_the_next_who_brings_the_token() -> None:
    read = verified(token(realm={"roles": ["reader"]}))
    assert read["realm"]["roles"] == ("reader",)
    with pytest.raises(TypeError):
        read["sub"] = "u2"  # type: ignore[index]
    with pytest.raises(TypeError):
        read["realm"]["roles"] = ("owner",)


# Attacks on the signature


def test_alg_none_is_refused() -> None:
    for alg, signature in itertools.product(["none", "None", "NONE", "nOnE"], ["", "AA"]):
        header = json.dumps({"alg": alg, "kid": "ed"}).encode()
        attack = f"{spell(header)}.{spell(json.dumps(claims()).encode())}.{signature}"
        assert refusal(attack) == "malformed"


@pytest.mark.parametrize("pair", [RSA, EC, ED])
@pytest.mark.parametrize("alg", ["HS256", "EdDSA", "ES256", "RS256"])
def test_an_hmac_made_with_the_public_key_is_refused(pair: Pair, alg: str) -> None:
    header = json.dumps({"alg": alg, "kid": pair[1]["kid"]}).encode()
    message = f"{spell(header)}.{spell(json.dumps(claims()).encode())}"
    key = jwk.import_key(pair[1])
    assert not isinstance(key, jwk.OctKey)
    for secret in (key.as_pem(private=False), json.dumps(pair[1]).encode()):
        mac = hmac.new(secret, message.encode(), hashlib.sha256).digest()
        assert refusal(f"{message}.{spell(mac)}") in {"malformed", "bad_signature"}


@pytest.mark.parametrize(
    ("signer", "alg", "kid"),
    [
        *((RSA, "ES256", "rsa"), (RSA, "ES256", "ec"), (RSA, "RS256", "ec")),
        *((EC, "RS256", "ec"), (EC, "RS256", "rsa"), (EC, "EdDSA", "ec"), (EC, "ES256", "rsa")),
        *((ED, "ES256", "ed"), (ED, "EdDSA", "ec"), (ED, "ES256", "ec")),
    ],
)
def test_the_header_cannot_choose_another_algorithm_than_the_keys_own(
    signer: Pair, alg: str, kid: str
) -> None:
    assert refusal(signed_by(signer, {"alg": alg, "kid": kid})) == "bad_signature"


@pytest.mark.parametrize(
    "alg",
    [
        *("PS256", "RS384", "RS512", "ES384", "ES512", "ES256K", "Ed448", "eddsa", "rs256", ""),
        *(None, 1, ["EdDSA"], {"EdDSA": 1}),
    ],
)
def test_algorithms_off_the_list_are_refused(alg: object) -> None:
    assert refusal(signed_by(ED, {"alg": alg, "kid": "ed"})) == "malformed"


@pytest.mark.parametrize(
    "extra",
    [
        {"jwk": STRANGER[1]},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/cert.pem"},
        {"x5c": ["MIIB"]},
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": True},
    ],
)
@pytest.mark.parametrize("signer", [ED, STRANGER])
def test_a_header_that_brings_its_own_key_or_rules_is_refused(
    signer: Pair, extra: dict[str, Any]
) -> None:
    assert refusal(signed_by(signer, {"alg": "EdDSA", "kid": "ed", **extra})) == "malformed"


@pytest.mark.parametrize("pair", [RSA, EC, ED])
def test_any_changed_octet_of_the_signature_is_noticed(pair: Pair) -> None:
    message, _, text = token(pair).rpartition(".")
    signature = keyrings.octets(text)
    for at in range(len(signature)):
        bent = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
        assert refusal(f"{message}.{spell(bent)}") == "bad_signature"


@pytest.mark.parametrize("pair", [RSA, EC, ED])
def test_signatures_of_the_wrong_length_are_refused(pair: Pair) -> None:
    message, _, text = token(pair).rpartition(".")
    right = keyrings.octets(text)
    for wrong in (right[:-1], right + b"\0", b"\0" + right, right * 2, b"\0" * 64, b"\0"):
        assert refusal(f"{message}.{spell(wrong)}") == "bad_signature"
    assert refusal(f"{message}.") == "malformed"


def test_claims_under_another_tokens_signature_are_refused() -> None:
    header, _, signature = token().split(".")
    other = token(sub="u2").split(".")[1]
    assert refusal(f"{header}.{other}.{signature}") == "bad_signature"


# Whose key


def test_another_issuers_key_does_not_sign_for_this_one() -> None:
    neighbour = new_key()
    verifier = a_verifier(
        Issuer(HOME, keys={"keys": [ED[1]]}),
        Issuer("https://clinic.example", keys={"keys": [neighbour[1]]}),
    )
    assert refusal(token(neighbour), verifier) == "unknown_key"
    assert verified(token(neighbour, iss="https://clinic.example"), verifier)
    same_kid = ({**neighbour[0]}, {**neighbour[1], "kid": "ed"})
    assert refusal(token(same_kid), verifier) == "bad_signature"


@pytest.mark.parametrize(
    "iss", [..., None, "", HOME + "/", HOME.upper(), 1, True, [HOME], {"iss": HOME}]
)
def test_an_issuer_is_known_by_its_exact_name(iss: object) -> None:
    assert refusal(token(iss=iss)) == "unknown_issuer"


@pytest.mark.parametrize("kid", [1, True, ["ed"], {"ed": 1}])
def test_a_kid_is_a_text(kid: object) -> None:
    assert refusal(signed_by(ED, {"alg": "EdDSA", "kid": kid})) == "malformed"


@pytest.mark.parametrize(
    "useless",
    [
        {"kty": "oct", "k": "c2VjcmV0"},
        {**ED[1], "use": "enc"},
        {**ED[1], "alg": "ES256"},
        {**ED[1], "key_ops": ["sign"]},
        {**ED[1], "key_ops": "verify"},
        {**ED[1], "kid": 7},
        {**ED[1], "kty": "EC"},
        {**ED[1], "crv": ["Ed25519"]},
        {**ED[1], "x": ED[1]["x"] + "="},
        {**ED[1], "x": 1},
        {**ED[1], "x": "AA"},
        {**RSA[1], "alg": "PS256"},
        {**RSA[1], "crv": "P-256"},
        {**RSA[1], "n": "AQAB"},
        {**EC[1], "x": EC[1]["y"], "y": EC[1]["y"]},
        {**EC[1], "crv": "P-384"},
        jwk.ECKey.generate_key("P-384").as_dict(private=False),
        jwk.OKPKey.generate_key("Ed448").as_dict(private=False),
        jwk.OKPKey.generate_key("X25519").as_dict(private=False),
        {},
    ],
)
def test_keys_that_cannot_verify_a_token_are_passed_over(useless: Jwk) -> None:
    assert keyrings.public_keys({"keys": [useless]}) == {}
    assert set(keyrings.public_keys({"keys": [useless, STRANGER[1]]})) == {STRANGER[1]["kid"]}


def test_a_short_rsa_key_is_passed_over() -> None:
    with pytest.warns(UserWarning, match="2048"):
        weak = jwk.RSAKey.generate_key(1024).as_dict(private=False)
    assert keyrings.public_keys({"keys": [weak]}) == {}


def test_a_private_key_published_by_mistake_is_kept_as_its_public_half() -> None:
    assert keyrings.public_keys({"keys": [ED[0]]}) == keyrings.public_keys({"keys": [ED[1]]})


def test_a_kid_given_to_two_keys_names_neither() -> None:
    twin = {**STRANGER[1], "kid": "ed"}
    assert keyrings.public_keys({"keys": [ED[1], twin]}) == {}


# Time, audience, type, size


WRONG_AUDIENCES: list[object] = [..., None, "", [], AUDIENCE + "/", AUDIENCE[:-1]]
WRONG_AUDIENCES += [[[AUDIENCE]], {AUDIENCE: 1}, [None, 1]]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": NOW - 30}, "expired"),
        ({"exp": 0}, "expired"),
        ({"exp": -1e300}, "expired"),
        ({"nbf": NOW + 31}, "not_yet_valid"),
        ({"iat": NOW + 31}, "not_yet_valid"),
        ({"iat": 1e300}, "not_yet_valid"),
        ({"exp": ...}, "malformed"),
        *(({name: None}, "malformed") for name in ("exp", "nbf", "iat")),
        *(({name: True}, "malformed") for name in ("exp", "nbf", "iat")),
        *(({name: str(NOW)}, "malformed") for name in ("exp", "nbf", "iat")),
        *(({name: [NOW]}, "malformed") for name in ("exp", "nbf", "iat")),
        *(({"aud": names}, "wrong_audience") for names in WRONG_AUDIENCES),
    ],
)
def test_claims_out_of_time_or_place_are_refused(changed: dict[str, Any], reason: Reason) -> None:
    assert refusal(token(**changed)) == reason


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "9" * 400, "9007199254740993"])
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_times_that_are_no_numbers_are_refused(name: str, number: str) -> None:
    body = json.dumps(claims(**{name: "?"})).replace('"?"', number).encode()
    assert refusal(signed_by(ED, {"alg": "EdDSA", "kid": "ed"}, body)) == "malformed"


def test_the_clocks_of_issuer_and_service_may_differ_by_the_leeway() -> None:
    assert verified(token(exp=NOW - 29.5, nbf=NOW + 30, iat=NOW + 30))
    strict = a_verifier(leeway=0)
    assert refusal(token(exp=NOW), strict) == "expired"
    assert refusal(token(nbf=NOW + 1), strict) == "not_yet_valid"


@pytest.mark.parametrize(
    "typ", ["id_token", "dpop+jwt", "logout+jwt", "application/at+jwt", "", None, 1, ["JWT"]]
)
def test_other_kinds_of_token_are_refused(typ: object) -> None:
    assert refusal(signed_by(ED, {"alg": "EdDSA", "kid": "ed", "typ": typ})) == "wrong_type"


def test_a_huge_token_is_refused_unread() -> None:
    assert refusal(token(note="x" * 8192)) == "too_large"
    assert refusal("x" * 10_000_000) == "too_large"
    shorter = 8192 * 3 // 4 - 400
    assert verified(token(note="x" * shorter))["sub"] == "u1"


# Spelling


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize(
    "tail", ["=", "==", " ", "\n", "\t", "\r\n", "\0", "+", "/", "é", "A=", "."]
)
def test_padding_whitespace_and_foreign_letters_are_refused(part: int, tail: str) -> None:
    parts = token().split(".")
    parts[part] += tail
    assert refusal(".".join(parts)) == "malformed"


@pytest.mark.parametrize(
    "around", ["{} ", " {}", "\n{}", "{}\n", "Bearer {}", "{}.", ".{}", "{}.x"]
)
def test_nothing_stands_around_a_token(around: str) -> None:
    assert refusal(around.format(token())) == "malformed"


@pytest.mark.parametrize("pair", [RSA, EC, ED])
def test_bits_left_over_in_the_last_letter_are_refused(pair: Pair) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    good = token(pair)
    others = {good[:-1] + letter for letter in alphabet} - {good}
    reasons = [refusal(other) for other in sorted(others)]
    assert len(keyrings.octets(good.rpartition(".")[2])) % 3, "else no bits are left over"
    assert "malformed" in reasons
    assert set(reasons) <= {"malformed", "bad_signature"}


@pytest.mark.parametrize(
    "header",
    [
        *(b"", b"[]", b"null", b'"EdDSA"', b"{", b"\xff", b"{}", b'{"alg":"EdDSA","kid":"ed"} x'),
        b'{"alg":"none","alg":"EdDSA","kid":"ed"}',
        b'{"alg":"EdDSA","kid":"ed","a":' + b"[" * 2000 + b"]" * 2000 + b"}",
    ],
)
def test_headers_that_are_no_strict_json_object_are_refused(header: bytes) -> None:
    assert refusal(signed_by(ED, header)) == "malformed"


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b"{", b'{"iss":"a","iss":"b"}', b"\xff"])
def test_claims_that_are_no_strict_json_object_are_refused(body: bytes) -> None:
    assert refusal(signed_by(ED, {"alg": "EdDSA", "kid": "ed"}, body)) == "malformed"


@given(st.text() | st.text("AZaz09-_.=eyJ{}", max_size=80))
@example("")
@example("..")
@example("\ud800.a.b")
@example("a" * 8193)
def test_arbitrary_text_is_refused_and_nothing_worse(text: str) -> None:
    assert refusal(text) in get_args(Reason)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
headers = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(["alg", "kid", "typ", "crit"], json_values | st.just("EdDSA"))
)
bodies = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(["iss", "aud", "exp", "nbf", "iat"], json_values | st.just(HOME))
)


@given(header=headers, body=bodies)
def test_well_formed_nonsense_is_refused_and_nothing_worse(
    header: dict[str, object], body: dict[str, object]
) -> None:
    assert refusal(signed_by(ED, header, body)) in get_args(Reason)


@given(body=bodies)
def test_signed_nonsense_is_refused_and_nothing_worse(body: dict[str, Any]) -> None:
    nonsense = claims(sub=...) | body
    result = asyncio.run(
        outcome(a_verifier(), signed_by(ED, {"alg": "EdDSA", "kid": "ed"}, nonsense))
    )
    assert result in {*get_args(Reason), "verified"}
    if result == "verified":
        assert nonsense["iss"] == HOME
        assert nonsense["exp"] > NOW - 30


@given(at=st.integers(0), letter=st.characters())
def test_one_changed_character_is_refused(at: int, letter: str) -> None:
    good = token()
    at %= len(good)
    changed = good[:at] + letter + good[at + 1 :]
    assert changed == good or refusal(changed) in get_args(Reason)


def test_a_refusal_holds_nothing_of_the_token() -> None:
    for bad in (token(sub="SECRET", exp=1), token(STRANGER, sub="SECRET"), "SECRET", "a.SECRET.b"):
        with pytest.raises(TokenRefused) as caught:
            verified(bad)
        assert caught.value.args == (caught.value.reason,)
        assert caught.value.reason in get_args(Reason)


# Keys served by URL


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with KeyServer() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(server: KeyServer, clock: Clock) -> Verifier:
    return a_verifier(Issuer(HOME, server.url), clock=clock)


@pytest.mark.parametrize("pair", [RSA, EC, ED])
def test_served_keys_verify(server: KeyServer, verifier: Verifier, pair: Pair) -> None:
    server.publish(RSA[1], EC[1], ED[1])
    assert verified(token(pair), verifier)["sub"] == "u1"
    assert server.served == 1


def test_keys_are_kept_for_ten_minutes(server: KeyServer, verifier: Verifier, clock: Clock) -> None:
    server.publish(ED[1])
    for minutes, served in ((0, 1), (9, 1), (10, 2), (19, 2), (20, 3)):
        clock.now = NOW + minutes * 60
        assert verified(token(exp=NOW + 3600), verifier)
        assert server.served == served


def test_a_new_key_is_found_when_a_token_first_names_it(
    server: KeyServer, verifier: Verifier, clock: Clock
) -> None:
    server.publish(ED[1])
    assert verified(token(), verifier)
    clock.now += 30
    server.publish(ED[1], EC[1])
    assert verified(token(EC), verifier)
    assert server.served == 2


def test_a_withdrawn_key_verifies_nothing_not_even_what_was_verified_before(
    server: KeyServer, verifier: Verifier, clock: Clock
) -> None:
    server.publish(ED[1])
    old = token(exp=NOW + 3600)
    assert verified(old, verifier)
    clock.now += 30
    server.publish(EC[1])
    assert verified(token(EC), verifier), "the new kid fetches, and the change forgets"
    assert refusal(old, verifier) == "unknown_key"


def test_a_withdrawn_key_is_noticed_after_ten_minutes_though_its_token_is_hot(
    server: KeyServer, verifier: Verifier, clock: Clock
) -> None:
    server.publish(ED[1])
    hot = token(exp=NOW + 3600)
    assert verified(hot, verifier)
    server.publish()
    clock.now += 599
    assert verified(hot, verifier)
    clock.now += 1
    assert refusal(hot, verifier) == "unknown_key"


def test_a_key_replaced_under_its_old_name_is_another_key(
    server: KeyServer, verifier: Verifier, clock: Clock
) -> None:
    server.publish(ED[1])
    assert verified(token(), verifier)
    server.publish({**STRANGER[1], "kid": "ed"})
    clock.now += 600
    assert refusal(token(exp=NOW + 3600), verifier) == "bad_signature"


def test_a_storm_of_unknown_kids_does_not_reach_the_server(
    server: KeyServer, verifier: Verifier, clock: Clock
) -> None:
    server.publish(ED[1])
    storm = [mint(ED[0], claims(), f"kid-{number}") for number in range(300)]

    async def blow() -> list[str]:
        return list(await asyncio.gather(*(outcome(verifier, bad) for bad in storm)))

    assert set(asyncio.run(blow())) == {"unknown_key"}
    assert server.served == 1
    for _ in range(3):
        clock.now += 29
        asyncio.run(blow())
        clock.now += 1
        asyncio.run(blow())
    assert server.served == 4


def test_requests_at_the_same_time_share_one_fetch(server: KeyServer, verifier: Verifier) -> None:
    server.publish(ED[1], EC[1])
    server.delay = 0.1

    async def rush() -> list[str]:
        crowd = [token(pair, sub=f"u{number}") for number in range(50) for pair in (ED, EC)]
        return list(await asyncio.gather(*(outcome(verifier, one) for one in crowd)))

    assert asyncio.run(rush()) == ["verified"] * 100
    assert server.served == 1


def test_whoever_stops_waiting_does_not_stop_the_fetch_of_the_others(
    server: KeyServer, verifier: Verifier
) -> None:
    server.publish(ED[1])
    server.delay = 0.2

    async def leave_early() -> str:
        first = asyncio.create_task(verifier.verify(token()))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(outcome(verifier, token(sub="u2")))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(leave_early()) == "verified"
    assert server.served == 1


FAILURES: dict[str, Callable[[KeyServer], None]] = {
    "an error": lambda server: setattr(server, "status", 500),
    "no JSON": lambda server: setattr(server, "body", b"<html>"),
    "no JWK set": lambda server: setattr(server, "body", b'{"keys":{}}'),
    "no list": lambda server: setattr(server, "body", b'{"keys":[1]}'),
    "an array": lambda server: setattr(server, "body", b"[]"),
    "a key twice": lambda server: setattr(server, "body", b'{"keys":[],"keys":[]}'),
    "too much": lambda server: setattr(server, "body", b" " * 65_536 + server.body),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_when_a_fetch_fails_the_old_keys_stay(
    server: KeyServer, verifier: Verifier, clock: Clock, failure: Callable[[KeyServer], None]
) -> None:
    server.publish(ED[1])
    assert verified(token(), verifier)
    failure(server)
    clock.now += 600
    for number in range(5):
        assert verified(token(sub=f"u{number}", exp=NOW + 3600), verifier)
    assert server.served == 2, "an outage is asked about every half a minute, not by every request"
    clock.now += 30
    assert verified(token(exp=NOW + 3600), verifier)
    assert server.served == 3


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_when_the_first_fetch_fails_no_key_is_known_until_one_succeeds(
    server: KeyServer, verifier: Verifier, clock: Clock, failure: Callable[[KeyServer], None]
) -> None:
    server.publish(ED[1])
    failure(server)
    assert refusal(token(), verifier) == "unknown_key"
    server.status = 200
    server.publish(ED[1])
    clock.now += 30
    assert verified(token(), verifier)


def test_a_redirect_is_not_followed(server: KeyServer, verifier: Verifier) -> None:
    with KeyServer() as elsewhere:
        elsewhere.publish(ED[1])
        server.status = 302
        server.headers = {"Location": elsewhere.url}
        assert refusal(token(), verifier) == "unknown_key"
        assert elsewhere.served == 0


def test_a_server_that_is_not_there_is_a_refusal(clock: Clock) -> None:
    with KeyServer() as gone:
        url = gone.url
    assert refusal(token(), a_verifier(Issuer(HOME, url), clock=clock)) == "unknown_key"


def test_a_server_that_dawdles_is_given_up(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    async def dawdle(_: str) -> bytes:
        await asyncio.sleep(60)
        return b""

    monkeypatch.setattr(keyrings, "FETCH_TIMEOUT_SECONDS", 0.05)
    verifier = a_verifier(Issuer(HOME, "https://id.example/jwks"), clock=clock, fetch=dawdle)
    assert refusal(token(), verifier) == "unknown_key"


def test_a_fetcher_is_given_the_address_and_its_failure_is_a_refusal(clock: Clock) -> None:
    asked = []

    async def fail(url: str) -> bytes:
        asked.append(url)
        raise RuntimeError("SECRET")

    verifier = a_verifier(Issuer(HOME, "https://id.example/jwks"), clock=clock, fetch=fail)
    assert refusal(token(), verifier) == "unknown_key"
    assert asked == ["https://id.example/jwks"]


@pytest.mark.parametrize(
    "url",
    [
        *("http://id.example/jwks", "http://10.0.0.1/", "http://127.0.0.1.evil.example/"),
        *("http://127.0.0.1@evil.example/", "http://localhost.evil.example/", "http://0.0.0.0/"),
        *("ftp://127.0.0.1/", "file:///etc/passwd", "//id.example/jwks", "jwks.json", "", "https:"),
    ],
)
def test_keys_over_plain_http_come_from_this_machine_only(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Issuer(HOME, url)


@pytest.mark.parametrize(
    "url",
    ["https://id.example/jwks", "http://localhost:8080/", "http://127.0.0.2/", "http://[::1]:1/"],
)
def test_keys_over_https_or_from_this_machine_are_fine(url: str) -> None:
    assert Issuer(HOME, url).jwks_url == url


def test_a_verifier_that_could_never_verify_does_not_start() -> None:
    with pytest.raises(ValueError, match="either"):
        Issuer(HOME)
    with pytest.raises(ValueError, match="either"):
        Issuer(HOME, "https://id.example/jwks", PUBLIC)
    with pytest.raises(ValueError, match="none of"):
        Issuer(HOME, keys={"keys": [{"kty": "oct", "k": "AA"}]})
    with pytest.raises(ValueError, match="audience"):
        Verifier([Issuer(HOME, keys=PUBLIC)], "")
    with pytest.raises(ValueError, match="different names"):
        a_verifier(Issuer(HOME, keys=PUBLIC), Issuer(HOME, keys={"keys": [ED[1]]}))


# What was verified is remembered


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every signature that is verified, while it still is."""
    seen: list[bytes] = []
    model = JWSRegistry.algorithms["EdDSA"]
    verify = model.verify

    def watched(message: bytes, signature: bytes, key: object) -> bool:
        seen.append(signature)
        return verify(message, signature, key)

    monkeypatch.setattr(model, "verify", watched)
    return seen


def test_a_hot_token_is_verified_once_and_dies_on_time(
    clock: Clock, signatures: list[bytes]
) -> None:
    verifier, hot = a_verifier(clock=clock), token(exp=NOW + 600)
    first = verified(hot, verifier)
    clock.now = NOW + 600 + 29.9
    assert verified(hot, verifier) is first
    assert len(signatures) == 1
    clock.now = NOW + 600 + 30
    assert refusal(hot, verifier) == "expired"
    assert not verifier._verified._claims


def test_without_leeway_a_hot_token_dies_at_exp(clock: Clock) -> None:
    verifier, hot = a_verifier(clock=clock, leeway=0), token(exp=NOW + 600)
    assert verified(hot, verifier)
    clock.now = math.nextafter(NOW + 600, 0)
    assert verified(hot, verifier)
    clock.now = NOW + 600
    assert refusal(hot, verifier) == "expired"


def test_a_forgotten_token_is_verified_anew(signatures: list[bytes]) -> None:
    verifier, good = a_verifier(), token()
    assert verified(good, verifier)
    verifier.forget()
    assert verified(good, verifier)
    assert len(signatures) == 2


def test_a_refused_token_is_not_remembered() -> None:
    verifier = a_verifier()
    assert refusal(token(exp=1), verifier) == "expired"
    assert refusal(token(STRANGER), verifier) == "unknown_key"
    assert not verifier._verified._claims


def test_a_remembered_token_with_another_signature_is_another_token() -> None:
    verifier, good = a_verifier(), token()
    assert verified(good, verifier)
    assert refusal(good.rpartition(".")[0] + "." + spell(b"\0" * 64), verifier) == "bad_signature"


def test_the_least_recently_used_tokens_are_forgotten_first(
    monkeypatch: pytest.MonkeyPatch, signatures: list[bytes]
) -> None:
    monkeypatch.setattr(tokens, "MAX_REMEMBERED", 3)
    verifier = a_verifier()
    first, second, third, fourth = (token(sub=f"u{number}") for number in range(4))
    for one in (first, second, third, first, fourth):
        verified(one, verifier)
    assert len(verifier._verified._claims) == 3
    assert len(signatures) == 4
    verified(first, verifier)
    assert len(signatures) == 4
    verified(second, verifier)
    assert len(signatures) == 5


def test_the_memory_is_bounded() -> None:
    remembered = tokens._Verified()
    for number in range(tokens.MAX_REMEMBERED + 500):
        remembered.keep(number.to_bytes(32, "big"), {}, NOW)
    assert len(remembered._claims) == tokens.MAX_REMEMBERED == 10_000
    assert remembered.recall(bytes(32), 0) is None
