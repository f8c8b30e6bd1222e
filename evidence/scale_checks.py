"""What must hold for two replicas behind a proxy, apart from their dying."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
from joserfc import jwk

from evidence.compose_run import API, Run, ask, mutation, people, sent_to, until
from tests.applications import ASSERTION, Holder, elliptic, public, sign

PROXY = "http://127.0.0.1:8080"
ALIKE = 20
SOON = 2.0
CLIENT, THERAPIST = "amira@linden.example", "tomas@linden.example"
CLOSING = 4


def addresses(run: Run) -> list[str]:
    """Return where each replica of the API is reached itself, past the proxy."""
    return [
        f"http://{address_in(run, name, 'edge')}:8000"
        for name in ("alliance-api", "alliance-api-2")
    ]


def address_in(run: Run, service: str, network: str) -> str:
    """Return the address of a service in a network."""
    networks = run.container(service)["NetworkSettings"]["Networks"]
    [found] = [it["IPAddress"] for name, it in networks.items() if name.endswith(f"_{network}")]
    return str(found)


def read_elsewhere(run: Run, case: str) -> None:
    """Schedule through one replica and read through the other, at once, again and again."""
    replicas = addresses(run)
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    missing = 0
    for number in range(ALIKE):
        one, other = replicas[number % 2], replicas[1 - number % 2]
        begins = start + timedelta(minutes=10 * number)
        made = ask(
            run,
            "therapist",
            mutation("scheduleSession", "session"),
            one,
            idempotencyKey=f"elsewhere-{number}",
            case=case,
            modality="VIDEO",
            plannedStart=begins.isoformat(),
            plannedEnd=(begins + timedelta(minutes=10)).isoformat(),
        )["session"]["id"]
        found = httpx.post(
            f"{other}/graphql",
            json={"query": "query($id: ID!) { node(id: $id) { id } }", "variables": {"id": made}},
            headers=run.headers("therapist"),
        )
        missing += found.json()["data"]["node"] != {"id": made}
    run.expect(not missing, f"{missing} of {ALIKE} sessions were not there at the other replica")
    run.told.append(f"{ALIKE - missing} of {ALIKE} sessions read at the other replica at once")


# --- Tokens of the house's own -----------------------------------------------------------------


class BackEnd:
    """A client with a key, registered by the operator."""

    def __init__(self, run: Run, name: str, *more: str) -> None:
        """Register it in the practice."""
        self.key: jwk.Key = elliptic()
        keys = json.dumps({"keys": [public(self.key, kid="one")]})
        known = "/run/secrets/alliance/operator"
        organisation = f"import json;print(json.load(open('{known}/people.json'))['organisation'])"
        script = (
            f"printf '%s' '{keys}' > /tmp/keys.json && export DATABASE_ADMIN_URL="
            '"$(cat /run/secrets/alliance/migrate/alliance.url)" && exec python -m alliance_api client add '
            f'"{name}" --system --organisation "$(python -c "{organisation}")" --jwks /tmp/keys.json '
            f'--scope "system/*.rs feed.read" {" ".join(more)}'
        )
        printed = run.operator("-c", script, entrypoint="sh")
        found = re.search(r"^client_id\s+(\S+)", printed, re.MULTILINE)
        assert found, printed
        self.id = found[1]

    def _shown(self) -> dict[str, str]:
        claims = {"iss": self.id, "sub": self.id, "aud": f"{PROXY}/oauth/token", "jti": uuid4().hex}
        assertion = sign(
            self.key, {"alg": "ES384", "kid": "one"}, {**claims, "exp": int(time.time()) + 240}
        )
        return {"client_assertion_type": ASSERTION, "client_assertion": assertion}

    def token(self, at: str, **headers: str) -> str:
        """Return a token, asked for at a replica or the proxy."""
        given = {
            "grant_type": "client_credentials",
            "scope": "system/*.rs feed.read",
            **self._shown(),
        }
        answer = httpx.post(f"{at}/oauth/token", data=given, headers=headers)
        assert answer.is_success, answer.text
        return str(answer.json()["access_token"])

    def revoke(self, token: str, at: str) -> None:
        """End a token, at a replica."""
        answer = httpx.post(f"{at}/oauth/revoke", data={"token": token, **self._shown()})
        assert answer.is_success, answer.text


def _status(at: str, headers: dict[str, str]) -> int:
    return httpx.post(
        f"{at}/graphql", json={"query": "{ __typename }"}, headers=headers
    ).status_code


def revoked_everywhere(run: Run) -> None:
    """Revoke through one replica; see how soon the other refuses."""
    client, replicas = BackEnd(run, "An EHR"), addresses(run)
    slowest = 0.0
    for number in range(6):
        one, other = replicas[number % 2], replicas[1 - number % 2]
        token = client.token(PROXY)
        bearer = {"authorization": f"Bearer {token}"}
        run.expect(_status(other, bearer) == 200, "a good token was refused")
        client.revoke(token, one)
        began = time.monotonic()
        while _status(other, bearer) != 401 and time.monotonic() - began < 10 * SOON:
            time.sleep(0.01)
        slowest = max(slowest, time.monotonic() - began)
    run.expect(slowest < SOON, f"a revoked token was taken for {slowest:.1f} s")
    run.told.append(f"6 revoked tokens refused at the other replica within {slowest:.2f} s")


def proofs_name_the_house(run: Run) -> None:
    """See that a proof is about the public address, whatever a request's headers say of it."""
    client, holder = BackEnd(run, "A bound EHR", "--dpop"), Holder()

    def proof(path: str, at: str = PROXY, token: str | None = None) -> str:
        return holder.proof("POST", path, token, htu=f"{at}{path}")

    token = client.token(PROXY, dpop=proof("/oauth/token"))
    inner = "http://api-one:8000"
    lies = {
        "host": "api-one:8000",
        "x-forwarded-host": "api-one:8000",
        "x-forwarded-proto": "https",
    }
    cases = {
        "a proof for the house": (proof("/graphql", token=token), {}, 200),
        "a proof for the house, with lying headers": (proof("/graphql", token=token), lies, 200),
        "a proof for a replica's own address": (proof("/graphql", inner, token), lies, 401),
    }
    for name, (shown, headers, wanted) in cases.items():
        given = {"authorization": f"DPoP {token}", "dpop": shown, **headers}
        found = _status(PROXY, given)
        run.expect(found == wanted, f"{name}: {found}, not {wanted}")
    # The proof of a request that the proxy would have sent twice is refused the second time.
    once = {"authorization": f"DPoP {token}", "dpop": proof("/graphql", token=token)}
    run.expect([_status(PROXY, once), _status(PROXY, once)] == [200, 401], "a proof was good twice")
    run.told.append(f"{len(cases) + 1} proofs judged by the public address")


# --- From where --------------------------------------------------------------------------------

LIMIT = 20


def nobody_says_where_from(run: Run) -> None:
    """Count as one network whoever names many, and as two those who are two.

    Registration is closed, which is said after it was counted: twenty an hour for a network.
    """
    outside, edge = PROXY, f"http://{address_in(run, 'proxy', 'edge')}:8080"

    def registers(at: str, number: int) -> int:
        lying = {"x-forwarded-for": f"203.0.113.{number}", "forwarded": f"for=203.0.113.{number}"}
        return httpx.post(f"{at}/oauth/register", json={}, headers=lying).status_code

    found = [registers(outside, number) for number in range(LIMIT + 3)]
    run.expect(found == [403] * LIMIT + [429] * 3, f"one network that named many: {found}")
    other = registers(edge, 1)
    run.expect(other == 403, f"another network was counted as the first: {other}")
    # From this machine too, as the first was: whoever were believed would be somewhere new.
    direct = {registers(API, number) for number in range(3)}
    run.expect(direct == {429}, f"past the proxy, a client says where it comes from: {direct}")
    run.told.append("forwarded addresses believed of the proxy only")


# --- Reminders ---------------------------------------------------------------------------------


def plan_reminders(run: Run, case: str) -> None:
    """Plan forms that close in a little more than four hours: their reminders are due in a minute."""
    who = people(run)
    now = datetime.now(UTC).replace(microsecond=0)
    for person, form in (("client", "alliance-check-in"), ("therapist", "alliance-check-in-t")):
        for number in range(CLOSING):
            ask(
                run,
                "therapist",
                mutation("planMeasurement", "occasion"),
                PROXY,
                idempotencyKey=f"{person}-{number}",
                case=case,
                instrument=form,
                informant=who[person],
                opensAt=(now - timedelta(hours=1)).isoformat(),
                dueAt=(now + timedelta(hours=4, seconds=60 + number)).isoformat(),
            )


def check_reminders(run: Run) -> None:
    """See that each came, once: after the code that each address was sent."""
    wanted = 1 + CLOSING
    for address in (CLIENT, THERAPIST):
        until(f"the reminders of {address}", lambda a=address: len(sent_to(a)) >= wanted or None)
    time.sleep(15)
    found = {address: len(sent_to(address)) - 1 for address in (CLIENT, THERAPIST)}
    run.expect(set(found.values()) == {CLOSING}, f"reminders came so often: {found}")
    run.mails = sum(found.values()) + 2
    run.told.append(f"{sum(found.values())} of {2 * CLOSING} reminders came once")
