"""The notifier over HTTP, as its callers meet it: real tokens, the real ledger, a channel that keeps."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from pydantic import SecretStr

from chassis.tokens import mint, new_key
from notifier.app import create_app
from notifier.channels.message import Channel
from notifier.settings import Settings
from tests.notifier.test_worker import LATER, MASTERS, NOW, House, Kept
from tests.notifier.told import CLIENT, fact, opened, session

PRIVATE, PUBLIC = new_key()
ISSUER = "https://issuer.test"
ORGANISATION = f"organisation-{uuid4()}"
PERSON, OTHER = f"person-{uuid4()}", f"person-{uuid4()}"

Story = Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]]


def token(person: str = PERSON, scope: str = "contacts.write") -> dict[str, str]:
    claims = {
        "iss": ISSUER,
        "aud": "alliance",
        "sub": person,
        "organisation": ORGANISATION,
        "scope": scope,
        "client_id": "app",
        "iat": int(NOW.timestamp()) - 60,
        "exp": int(NOW.timestamp()) + 3600,
    }
    return {"authorization": f"Bearer {mint(PRIVATE, claims, PUBLIC['kid'])}"}


@asynccontextmanager
async def served(url: str, channels: dict[str, Channel]) -> AsyncIterator[httpx.AsyncClient]:
    issuers = json.dumps([{"name": ISSUER, "keys": {"keys": [PUBLIC]}}])
    settings = Settings(
        database_url=SecretStr(url),
        master_keys=SecretStr(MASTERS),
        trusted_issuers=issuers,
        public_url="http://here",
    )
    app = create_app(settings, channels)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            yield client


def run(url: str, channels: dict[str, Channel], story: Story) -> None:
    async def go() -> None:
        async with served(url, channels) as client:
            await story(client)

    asyncio.run(go())


def code_in(kept: Kept) -> str:
    found = re.search(r"\d{6}", kept.sent[-1][0].body)
    assert found
    return found.group()


def test_a_contact_point_is_used_after_its_code_came_back(ledger_url: str) -> None:
    kept = Kept()

    async def story(client: httpx.AsyncClient) -> None:
        given = {"channel": "email", "address": "Amira@Example.ORG"}
        made = await client.post("/v1/contact-points", json=given, headers=token())
        assert (made.status_code, made.json()["state"]) == (201, "UNVERIFIED")
        assert kept.sent[-1][1] == "Amira@example.org"
        path = f"/v1/contact-points/{made.json()['id']}"
        code = code_in(kept)
        wrong = {"code": f"{(int(code) + 1) % 10**6:06}"}
        refused = await client.post(f"{path}/verification", json=wrong, headers=token())
        assert (refused.status_code, refused.json()["code"]) == (422, "WRONG_CODE")
        right = await client.post(f"{path}/verification", json={"code": code}, headers=token())
        assert right.json()["state"] == "VERIFIED"
        # Another's is not there, whatever is asked of it.
        for method, what in (("DELETE", ""), ("POST", "/code"), ("POST", "/secret")):
            foreign = await client.request(method, path + what, headers=token(OTHER))
            assert foreign.status_code == 404
        assert (await client.delete(path, headers=token())).status_code == 204
        assert (await client.get("/v1/contact-points", headers=token())).json() == []

    run(ledger_url, {"email": kept}, story)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer nonsense"}, 401),
        (token(scope="user/*.cruds"), 403),
        (token("case-1"), 401),
    ],
)
def test_nobody_comes_in_without_their_own_token_and_its_scope(
    ledger_url: str, headers: dict[str, str], status: int
) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        for path in ("contact-points", "preferences", "reminders/preview", "deliveries"):
            answer = await client.get(f"/v1/{path}", headers=headers)
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"

    run(ledger_url, {}, story)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (
            "contact-points",
            {"channel": "email", "address": "a@b.example,evil@x.example"},
            "address",
        ),
        ("contact-points", {"channel": "pigeon", "address": "evil@x.example"}, "channel"),
        ("contact-points", {"channel": "sms", "address": "+4670000000"}, "channel"),
        ("preferences", {"zone": "Mars/evil@x.example"}, "zone"),
        ("preferences", {"opted": {"evil@x.example": True}}, "opted"),
        ("preferences", {"channels": ["evil@x.example"]}, "channels"),
        ("preferences", {"quiet": {"starts": "evil@x.example", "ends": "08:00"}}, "quiet.starts"),
        ("preferences", {"evil": "evil@x.example"}, "evil"),
    ],
)
def test_bad_input_names_its_field_and_is_not_repeated(
    ledger_url: str, path: str, body: dict[str, Any], field: str
) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        method = "PUT" if path == "preferences" else "POST"
        answer = await client.request(method, f"/v1/{path}", json=body, headers=token())
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert "evil@" not in answer.text

    run(ledger_url, {"email": Kept()}, story)


def test_a_webhook_shows_its_secret_once_and_signs_with_two_while_it_is_replaced(
    ledger_url: str,
) -> None:
    kept = Kept()

    async def story(client: httpx.AsyncClient) -> None:
        given = {"channel": "webhook", "address": "https://hooks.example.org/a"}
        made = (await client.post("/v1/contact-points", json=given, headers=token())).json()
        listed = (await client.get("/v1/contact-points", headers=token())).json()
        assert made["secret"].startswith("whsec_")
        assert "secret" not in listed[0]
        path = f"/v1/contact-points/{made['id']}/secret"
        second = (await client.post(path, headers=token())).json()["secret"]
        assert second != made["secret"]
        challenge = kept.sent[0][0]
        assert challenge.event == "contact_point.verification"
        assert dict(challenge.ids)["challenge"] == code_in(kept)

    run(ledger_url, {"webhook": kept}, story)


def test_what_was_chosen_is_kept_and_what_was_not_is_as_usual(ledger_url: str) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        usual = (await client.get("/v1/preferences", headers=token())).json()
        assert usual["quiet"] == {"starts": "21:00", "ends": "08:00"}
        chosen = {"zone": "Europe/Madrid", "language": "es", "quiet": None}
        put = await client.put("/v1/preferences", json=chosen, headers=token())
        assert put.status_code == 200, put.text
        kept = (await client.get("/v1/preferences", headers=token())).json()
        assert (kept["zone"], kept["quiet"], kept["weeklyCap"]) == ("Europe/Madrid", None, 10)

    run(ledger_url, {}, story)


def plan_a_session(url: str, admin: str, person: str) -> None:
    async def plan() -> None:
        house = House(url, admin, {})
        await house.parts.store.open()
        facts = [*opened(NOW - timedelta(days=9)), session("1", LATER, NOW - timedelta(days=8))]
        joined = fact("care_team.joined", person, NOW - timedelta(days=9), relation="CLIENT")
        mine = [
            type(each)(
                each.id,
                each.type,
                ORGANISATION,
                each.case,
                each.subject,
                each.at,
                {key: person if value == CLIENT else value for key, value in each.extra.items()},
            )
            for each in [*facts, joined]
        ]
        assert await house.parts.plans.take("feed", None, mine, "1")
        await house.parts.close()

    asyncio.run(plan())


def of_sessions(lines: list[dict[str, Any]]) -> list[str | None]:
    return [each["reason"] for each in lines if each["kind"] == "session-upcoming"]


def test_the_preview_says_what_comes_and_why_something_does_not(
    ledger_url: str, ledger_admin: str
) -> None:
    plan_a_session(ledger_url, ledger_admin, PERSON)

    async def story(client: httpx.AsyncClient) -> None:
        coming = (await client.get("/v1/reminders/preview", headers=token())).json()
        assert of_sessions(coming) == [None, None]
        opted = {"opted": {"session-upcoming": False}}
        await client.put("/v1/preferences", json=opted, headers=token())
        silent = (await client.get("/v1/reminders/preview", headers=token())).json()
        assert of_sessions(silent) == ["OPTED_OUT", "OPTED_OUT"]
        assert (await client.get("/v1/reminders/preview", headers=token(OTHER))).json() == []

    run(ledger_url, {}, story)
    with psycopg.connect(ledger_admin) as connection:
        mine = "SELECT DISTINCT state, reason FROM reminders WHERE recipient = %s"
        assert connection.execute(mine, [PERSON]).fetchall() == [("DROPPED", "OPTED_OUT")]


def test_a_link_shows_a_button_and_only_a_post_leaves(ledger_url: str, ledger_admin: str) -> None:
    plan_a_session(ledger_url, ledger_admin, PERSON)
    house = House(ledger_url, ledger_admin, {})
    path = house.parts.links.unsubscribe(ORGANISATION, PERSON, "session-upcoming")
    path = path.removeprefix("http://127.0.0.1:8001")

    def dropped() -> int:
        with psycopg.connect(ledger_admin) as connection:
            row = connection.execute(
                "SELECT count(*) FROM reminders WHERE reason = 'OPTED_OUT'"
            ).fetchone()
        assert row
        return int(row[0])

    async def story(client: httpx.AsyncClient) -> None:
        page = await client.get(path)
        assert (page.status_code, dropped()) == (200, 0)
        assert "<form" in page.text
        assert "script" not in page.text
        done = await client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (done.status_code, dropped()) == (200, 2)
        chosen = (await client.get("/v1/preferences", headers=token())).json()
        assert chosen["opted"] == {"session-upcoming": False}

    run(ledger_url, {}, story)


@pytest.mark.parametrize(
    "spoil", [lambda text: text[:-1] + "0", lambda _: "x", lambda text: text.split(".")[0]]
)
def test_a_link_that_is_not_ours_does_nothing(
    ledger_url: str, ledger_admin: str, spoil: Any
) -> None:
    house = House(ledger_url, ledger_admin, {})
    link = house.parts.links.unsubscribe(ORGANISATION, PERSON, "session-upcoming")
    spoilt = spoil(link.rpartition("/")[2])

    async def story(client: httpx.AsyncClient) -> None:
        if spoilt != link.rpartition("/")[2]:
            assert (await client.post(f"/u/{spoilt}")).status_code == 404
        chosen = (await client.get("/v1/preferences", headers=token())).json()
        assert chosen["opted"] == {}

    run(ledger_url, {}, story)


def test_the_contract_is_published_without_a_token(ledger_url: str) -> None:
    async def story(client: httpx.AsyncClient) -> None:
        found = (await client.get("/openapi.json")).json()
        assert {
            "/v1/contact-points",
            "/v1/contact-points/{point}/verification",
            "/v1/preferences",
            "/v1/reminders/preview",
            "/v1/deliveries",
        } <= set(found["paths"])

    run(ledger_url, {}, story)


def test_a_slash_too_many_leads_nowhere(ledger_url: str) -> None:
    """Behind TLS a redirect of ours would name http, and a token would follow it."""

    async def story(client: httpx.AsyncClient) -> None:
        for path in ("/v1/preferences/", "/v1/contact-points/"):
            answer = await client.get(path, headers=token())
            assert (answer.status_code, answer.headers.get("location")) == (404, None)

    run(ledger_url, {}, story)
