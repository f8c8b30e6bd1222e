"""The same thing asked of two servers at the same instant: codes, refresh tokens, `jti`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from evidence.rfc9700_places import Party, Place
from tests.applications import ASSERTION, CALLBACK

AT_ONCE: Final = 24
_GOOD: Final = 200
_BUSY: Final = 503
_TRIES: Final = 5
# Each request on a connection of its own: one that the server closes meanwhile would hide an answer.
_LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=0)


@dataclass(frozen=True, slots=True)
class Raced:
    """What came of it."""

    codes: int
    refreshes: int
    locked_out: int
    twice: int
    never: int


class Servers:
    """Two servers, asked in turn."""

    def __init__(self, place: Place, addresses: Sequence[str]) -> None:
        """Keep the first one's clients, and where both are."""
        self.place, self.addresses = place, addresses

    async def together(self, what: str, form: dict[str, Any], count: int) -> list[httpx.Response]:
        """Send a form so often at once, to both."""
        async with httpx.AsyncClient(limits=_LIMITS, timeout=120, trust_env=False) as http:
            urls = [self.addresses[n % 2] + self.place.paths[what] for n in range(count)]
            answers = await asyncio.gather(*(self._patiently(http, url, form) for url in urls))
        told = Counter((one.status_code, one.json().get("error")) for one in answers)
        print(f"{count} at once at {what}: {dict(told)}")
        return answers

    @staticmethod
    async def _patiently(http: httpx.AsyncClient, url: str, form: dict[str, Any]) -> httpx.Response:
        """Send, and again where a server says that it has too much to do."""
        answer = await http.post(url, data=form)
        for _ in range(_TRIES):
            if answer.status_code != _BUSY:
                break
            await asyncio.sleep(float(answer.headers["retry-after"]))
            answer = await http.post(url, data=form)
        return answer

    async def each_twice(
        self, count: int, ask: Callable[[httpx.AsyncClient, int, str], Awaitable[bool]]
    ) -> list[int]:
        """Ask so many things of both servers at once; return how often each was accepted."""
        gate = asyncio.Semaphore(AT_ONCE)
        async with httpx.AsyncClient(limits=_LIMITS, timeout=120, trust_env=False) as http:

            async def both(number: int) -> int:
                async with gate:
                    found = await asyncio.gather(
                        *(ask(http, number, address) for address in self.addresses)
                    )
                return sum(found)

            return await asyncio.gather(*map(both, range(count)))


def race(place: Place, addresses: Sequence[str], at_once: int, jtis: int, rounds: int) -> Raced:
    """Race; the worst of the rounds counts."""
    servers = Servers(place, addresses)
    codes = [_codes(servers, at_once) for _ in range(rounds)]
    refreshed = [_refreshes(servers, at_once) for _ in range(rounds)]
    accepted = _assertions(servers, jtis // 2) + _proofs(servers, jtis - jtis // 2)
    return Raced(
        codes=max(codes, key=lambda found: abs(found - 1)),
        refreshes=max(winners for winners, _ in refreshed),
        locked_out=sum(lost for _, lost in refreshed),
        twice=sum(times > 1 for times in accepted),
        never=sum(times == 0 for times in accepted),
    )


def _codes(servers: Servers, at_once: int) -> int:
    """Return how many uses of one code gave tokens."""
    party = servers.place["public"]
    form = {
        "grant_type": "authorization_code",
        "client_id": party.id,
        "code": party.code(),
        "redirect_uri": CALLBACK,
        "code_verifier": party.verifier,
    }
    answers = asyncio.run(servers.together("token", form, at_once))
    return sum(answer.status_code == _GOOD for answer in answers)


def _refreshes(servers: Servers, at_once: int) -> tuple[int, int]:
    """Return how many successors one refresh token has, and who was locked out."""
    party = servers.place["public"]
    token = party.tokens()["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": party.id, "refresh_token": token}
    answers = asyncio.run(servers.together("token", form, at_once))
    good = [answer.json() for answer in answers if answer.status_code == _GOOD]
    winners = {found["refresh_token"] for found in good}
    # Each of them must be able to go on with what it was given, and to use it.
    goes_on = all(party.refreshes(winner).accepted for winner in winners)
    return len(winners), at_once - len(good) + (0 if goes_on else 1)


def _assertions(servers: Servers, count: int) -> list[int]:
    """Send each assertion to both servers; return how often it was taken."""
    party = servers.place["system"]
    shown = [party.assertion() for _ in range(min(count, AT_ONCE))]

    async def ask(http: httpx.AsyncClient, number: int, address: str) -> bool:
        while len(shown) <= number:
            # Made as they are needed: an assertion is good for minutes.
            shown.append(party.assertion())
        form = {
            "client_assertion_type": ASSERTION,
            "client_assertion": shown[number],
            "token": "x",
        }
        answer = await http.post(address + servers.place.paths["introspect"], data=form)
        return answer.status_code == _GOOD

    return asyncio.run(servers.each_twice(count, ask))


def _proofs(servers: Servers, count: int) -> list[int]:
    """Send each proof to both servers; return how often it was taken."""
    party = servers.place["bound"]
    bearer = _Bearer(party)
    proofs: list[str] = []

    async def ask(http: httpx.AsyncClient, number: int, address: str) -> bool:
        while len(proofs) <= number:
            proofs.append(party.proof("userinfo", bearer.token(len(proofs)), "GET"))
        headers = {
            "authorization": f"DPoP {bearer.token(number)}",
            "dpop": proofs[number],
        }
        answer = await http.get(address + servers.place.paths["userinfo"], headers=headers)
        return answer.status_code == _GOOD

    return asyncio.run(servers.each_twice(count, ask))


class _Bearer:
    """An access token for every so many proofs: each is good for ten minutes."""

    EACH: Final = 1000

    def __init__(self, party: Party) -> None:
        self._party = party
        self._tokens: list[str] = []

    def token(self, number: int) -> str:
        """Return the token that goes with a proof of this number."""
        while len(self._tokens) <= number // self.EACH:
            self._tokens.append(str(self._party.tokens()["access_token"]))
        return self._tokens[number // self.EACH]
