"""A revoked grant is refused at once, on every replica; one that is cut off refuses rather than guess."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from alliance_api.oauth import registering, revoking
from alliance_api.oauth.revocations import Revocations
from tests import servers
from tests.applications import Application, agree, register
from tests.house import House
from tests.people import Clinic

QUERY = b'{"query": "{ caseload { nodes { id } } }"}'


@contextmanager
def replica(house: House) -> Iterator[httpx.Client]:
    """A server of its own over the same database, and a client of it."""
    with servers.replica(house) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def asks(client: httpx.Client, token: str) -> int:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    return client.post("/graphql", content=QUERY, headers=headers).status_code


def until_refused(client: httpx.Client, token: str) -> int:
    """Ask until it is refused; return how often it was not."""
    for count in range(1000):
        if asks(client, token) == 401:
            return count
    raise AssertionError


def test_two_replicas_refuse_what_was_revoked(house: House, clinic: Clinic) -> None:
    application = register(house)
    with replica(house) as one, replica(house) as other:
        found = application.tokens(clinic.therapist)
        token = found["access_token"]
        assert [asks(client, token) for client in (one, other)] == [200, 200]
        revoked = one.post(
            "/oauth/revoke", data={"client_id": application.id, "token": found["refresh_token"]}
        )
        assert revoked.status_code == 200
        # What is on its way is no more than what a message takes.
        assert until_refused(other, token) < 100
        assert until_refused(one, token) < 100
        assert [asks(client, token) for client in (one, other)] == [401, 401]


def test_the_replica_that_was_asked_to_revoke_refuses_from_then_on(
    house: House, clinic: Clinic
) -> None:
    application = register(house)
    with replica(house) as one:
        for _ in range(20):
            found = application.tokens(clinic.therapist)
            assert asks(one, found["access_token"]) == 200
            given = {"client_id": application.id, "token": found["refresh_token"]}
            assert one.post("/oauth/revoke", data=given).status_code == 200
            assert asks(one, found["access_token"]) == 401


def ends_grant(house: House, application: Application, clinic: Clinic) -> None:
    database, at = house.database, datetime.now(UTC)

    async def client() -> None:
        async with database.desk() as desk:
            assert await registering.end(desk, application.id, at)

    house.run(client)


def test_a_revoked_client_ends_with_all_its_grants(house: House, clinic: Clinic) -> None:
    application = register(house)
    found = application.tokens(clinic.therapist)
    ends_grant(house, application, clinic)
    assert application.refresh(found["refresh_token"]).json()["error"] == "invalid_client"
    answers = {application.reads(found["access_token"]).status_code for _ in range(50)}
    assert 401 in answers


@pytest.mark.parametrize("way", ["session", "person", "given"])
def test_what_a_person_takes_back_is_ended(house: House, clinic: Clinic, way: str) -> None:
    application = register(house)
    who, session = clinic.therapist, uuid4()
    id_ = application.request(application.asks("user/*.rs offline_access"))
    code = application.answer(agree(house, id_, who, session=session))["code"]
    found = application.redeem(code).json()

    async def end() -> int:
        database = house.database
        if way == "session":
            return await revoking.end_session(database, session)
        if way == "person":
            return await revoking.end_person(database, who.organisation, who.uuid)
        return await revoking.end_given(database, who.organisation, who.uuid, application.id)

    assert house.run(end) == 1
    assert application.refresh(found["refresh_token"]).json()["error"] == "invalid_grant"


def revocations(house: House, steady: list[float]) -> Revocations:
    return Revocations(
        house.url, house.database, lambda: datetime.now(UTC), lambda: steady[0], lambda: None
    )


def test_a_replica_that_does_not_listen_asks_about_each_token(house: House, clinic: Clinic) -> None:
    application = register(house)
    found = application.tokens(clinic.therapist)
    [(grant,)] = house.rows("SELECT id FROM oauth.grants WHERE client_id = %s", application.id)
    deaf = revocations(house, [0.0])
    assert house.run(deaf.revoked, grant) is False
    application.posts("/oauth/revoke", {"token": found["refresh_token"]})
    assert house.run(deaf.revoked, grant) is True
    assert house.run(deaf.revoked, uuid4()) is True, "a grant that is not there"


def test_a_replica_that_cannot_ask_grants_nothing(house: House) -> None:
    class Cut:
        def desk(self) -> Any:
            raise ConnectionError

    cut: Any = Cut()
    deaf = Revocations("", cut, lambda: datetime.now(UTC), lambda: 0.0, lambda: None)
    with pytest.raises(ConnectionError):
        house.run(deaf.revoked, uuid4())
