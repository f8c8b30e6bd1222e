"""From facts to what arrives: the real ledger, the real kinds, a channel that keeps what it was sent."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from chassis.masters import BYTES, Ring
from notifier.app import Parts
from notifier.channels.breaker import Breaker
from notifier.channels.message import Channel, ChannelError, Message
from notifier.domain.facts import Fact
from notifier.settings import Settings
from notifier.worker.delivery import backoff
from notifier.worker.sender import LONGEST_DELAY
from tests.notifier.told import CLIENT, ORGANISATION, THERAPIST, fact, opened, session

MASTERS = Ring({"test": os.urandom(BYTES)}).text()
NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(hours=1)
LATER = NOW + timedelta(days=5)


class Kept:
    """A channel that keeps what it was sent, and fails as often as it is told."""

    def __init__(self, *failures: ChannelError) -> None:
        self.failures, self.sent = list(failures), list[tuple[Message, str]]()
        self.tried = 0

    async def send(self, message: Message, address: str) -> str:
        message.fence()
        self.tried += 1
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((message, address))
        return f"receipt-{message.key}"

    async def close(self) -> None:
        """Nothing is open."""


class House:
    """A notifier of one test."""

    def __init__(self, url: str, admin: str, channels: dict[str, Channel]) -> None:
        settings = Settings(database_url=SecretStr(url), master_keys=SecretStr(MASTERS))
        self.parts, self.admin, self.cursor = Parts(settings, channels), admin, 0

    async def told(self, *facts: Fact) -> bool:
        after = str(self.cursor) if self.cursor else None
        self.cursor += 1
        return await self.parts.plans.take("feed", after, facts, str(self.cursor))

    async def reachable(
        self, person: str, channel: str = "email", address: str = "a@b.example"
    ) -> None:
        contacts = self.parts.contacts
        point, code = await contacts.add(ORGANISATION, person, channel, address)
        assert await contacts.verify(ORGANISATION, person, point.id, code)

    async def choose(self, person: str, **chosen: Any) -> None:
        awake = {"quiet": None, "zone": "Europe/Berlin", "working_days": list(range(7)), **chosen}
        await self.parts.contacts.choose(ORGANISATION, person, awake)

    async def work(self, until: str) -> None:
        """Run a worker until a query finds something."""
        sender = self.parts.sender("w")
        running = asyncio.create_task(sender.run())
        async with asyncio.timeout(20):
            while not self.rows(until):
                sender.wake.set()
                await asyncio.sleep(0.02)
        sender.stop()
        await running

    def rows(self, query: str) -> list[Any]:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            return list(connection.execute(query.encode()))

    def states(self) -> dict[str, int]:
        return dict(self.rows("SELECT state, count(*) FROM reminders GROUP BY state"))


@pytest.fixture
def channels() -> dict[str, Channel]:
    return {"email": Kept()}


@asynccontextmanager
async def a_house(url: str, admin: str, channels: dict[str, Channel]) -> AsyncIterator[House]:
    house = House(url, admin, channels)
    await house.parts.store.open()
    try:
        yield house
    finally:
        await house.parts.close()


SETTLED = "SELECT FROM reminders WHERE state IN ('SENT', 'DEAD', 'DROPPED', 'FAILED')"


def facts_of_a_session(starts: datetime) -> Sequence[Fact]:
    return [*opened(NOW - timedelta(days=9)), session("1", starts, NOW - timedelta(days=8))]


def test_a_session_in_an_hour_reaches_the_client_once_in_discreet_words(
    ledger_url: str, ledger_admin: str
) -> None:
    kept = Kept()

    async def story() -> None:
        async with a_house(ledger_url, ledger_admin, {"email": kept}) as house:
            await house.choose(CLIENT)
            await house.reachable(CLIENT)
            await house.told(*facts_of_a_session(SOON))
            await house.work("SELECT FROM reminders WHERE state = 'SENT'")
            assert house.states()["SENT"] == 1
            ((receipt, late),) = house.rows(
                "SELECT receipt, late FROM attempts WHERE outcome = 'SENT'"
            )
            assert (receipt, late) == (f"receipt-{kept.sent[0][0].key}", False)

    asyncio.run(story())
    ((message, address),) = kept.sent
    assert address == "a@b.example"
    assert message.calendar is not None
    assert message.unsubscribe is not None
    for word in ("therap", "session", "clinic", "Lindqvist"):
        assert word not in (message.subject + message.body + message.short).lower()


def test_a_batch_is_planned_once_however_many_read_it(ledger_url: str, ledger_admin: str) -> None:
    async def story() -> None:
        async with a_house(ledger_url, ledger_admin, {}) as house:
            take = house.parts.plans.take
            facts = facts_of_a_session(LATER)
            first = await asyncio.gather(*(take("feed", None, facts, "c1") for _ in range(4)))
            again = await asyncio.gather(*(take("feed", "c1", facts, "c2") for _ in range(4)))
            assert (sorted(first), sorted(again)) == ([False] * 3 + [True], [False] * 3 + [True])
            assert await house.parts.plans.position("feed") == "c2"
            assert house.states() == {"PLANNED": 4}  # two of the session, two of the time after it

    asyncio.run(story())


def test_a_moved_session_drops_and_replans_in_one_transaction(
    ledger_url: str, ledger_admin: str
) -> None:
    moved = session("1", LATER + timedelta(days=1), NOW, movedTo="session-2")

    async def story() -> None:
        async with a_house(ledger_url, ledger_admin, {}) as house:
            await house.told(*facts_of_a_session(LATER))
            await house.told(moved)
            found = house.rows(
                "SELECT occasion, state, reason FROM reminders WHERE kind = 'session-upcoming'"
            )
            assert set(found) == {
                ("session-1", "DROPPED", "ENDED"),
                ("session-2", "PLANNED", None),
            }

    asyncio.run(story())


def test_of_an_erased_person_nothing_stays_but_the_bare_ledger(
    ledger_url: str, ledger_admin: str
) -> None:
    kept = Kept()

    async def story() -> None:
        async with a_house(ledger_url, ledger_admin, {"email": kept}) as house:
            await house.choose(CLIENT)
            await house.reachable(CLIENT)
            await house.told(*facts_of_a_session(SOON))
            await house.work("SELECT FROM reminders WHERE state = 'SENT'")
            await house.told(fact("person.erased", CLIENT, NOW))
            for table, column in (
                ("reminders", "recipient"),
                ("contact_points", "person_id"),
                ("preferences", "person_id"),
                ("person_keys", "person_id"),
            ):
                assert house.rows(f"SELECT FROM {table} WHERE {column} = '{CLIENT}'") == [], table
            assert house.rows("SELECT count(*) FROM attempts") != [(0,)]
            # What comes later plans nothing for them either.
            await house.told(session("3", LATER, NOW))
            assert house.rows(f"SELECT FROM reminders WHERE recipient = '{CLIENT}'") == []

    asyncio.run(story())


def test_who_is_gone_from_one_channel_is_reached_on_the_next(
    ledger_url: str, ledger_admin: str
) -> None:
    mail, sms = Kept(ChannelError("SMTP_550", gone=True)), Kept()

    async def story() -> None:
        async with a_house(ledger_url, ledger_admin, {"email": mail, "sms": sms}) as house:
            await house.choose(CLIENT, channels=["email", "sms"])
            await house.reachable(CLIENT)
            await house.reachable(CLIENT, "sms", "+4670000000")
            # The second moment of this kind begins with the next channel: take the one before it.
            await house.told(*facts_of_a_session(NOW + timedelta(hours=47)))
            await house.work("SELECT FROM reminders WHERE state = 'SENT'")
            assert house.rows(
                "SELECT channel, state, disabled_reason FROM contact_points ORDER BY 1"
            ) == [
                ("email", "DISABLED", "SMTP_550"),
                ("sms", "VERIFIED", None),
            ]

    asyncio.run(story())
    assert (mail.tried, len(sms.sent)) == (1, 1)


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (ChannelError("HTTP_503"), "FAILED", None),
        (ChannelError("HTTP_422", permanent=True), "DEAD", "HTTP_422"),
    ],
)
def test_an_error_is_for_now_or_for_good(
    ledger_url: str, ledger_admin: str, error: ChannelError, state: str, reason: str | None
) -> None:
    kept = Kept(*[error] * 9)

    async def story() -> None:
        async with a_house(ledger_url, ledger_admin, {"email": kept}) as house:
            await house.choose(CLIENT)
            await house.reachable(CLIENT)
            await house.told(*facts_of_a_session(SOON))
            await house.work(SETTLED)
            assert (state, reason) in house.rows("SELECT state, reason FROM reminders")

    asyncio.run(story())


@pytest.mark.parametrize(("channel", "blamed"), [("email", False), ("webhook", True)])
def test_a_provider_that_is_down_says_nothing_of_an_address_but_a_subscriber_does(
    ledger_url: str, ledger_admin: str, channel: str, blamed: bool
) -> None:
    kept = Kept(ChannelError("HTTP_503"))

    async def story() -> None:
        async with a_house(ledger_url, ledger_admin, {channel: kept}) as house:
            await house.choose(CLIENT, channels=[channel])
            await house.reachable(CLIENT, channel)
            await house.told(*facts_of_a_session(SOON))
            await house.work(SETTLED)
            found = house.rows("SELECT failing_since IS NOT NULL FROM contact_points")
            # One that was reached meanwhile is not blamed any more.
            assert found == [(blamed and not kept.sent,)]

    asyncio.run(story())


def test_who_has_no_contact_point_is_not_waited_for(ledger_url: str, ledger_admin: str) -> None:
    async def story() -> None:
        async with a_house(ledger_url, ledger_admin, {"email": Kept()}) as house:
            await house.choose(CLIENT)
            await house.told(*facts_of_a_session(SOON))
            await house.work(SETTLED)
            assert ("DROPPED", "UNREACHABLE") in house.rows("SELECT state, reason FROM reminders")

    asyncio.run(story())


def test_a_code_is_guessed_five_times_at_most(ledger_url: str, ledger_admin: str) -> None:
    async def story() -> None:
        async with a_house(ledger_url, ledger_admin, {}) as house:
            contacts = house.parts.contacts
            point, code = await contacts.add(ORGANISATION, CLIENT, "email", "a@b.example")
            wrong = f"{(int(code) + 1) % 10**6:06}"
            guesses = [
                await contacts.verify(ORGANISATION, CLIENT, point.id, each)
                for each in [wrong] * 5 + [code]
            ]
            assert guesses == [False] * 6
            assert not await contacts.verify(ORGANISATION, THERAPIST, point.id, code)

    asyncio.run(story())


def test_addresses_and_codes_lie_sealed(ledger_url: str, ledger_admin: str) -> None:
    async def story() -> str:
        async with a_house(ledger_url, ledger_admin, {}) as house:
            _, code = await house.parts.contacts.add(
                ORGANISATION, CLIENT, "email", "amira@b.example"
            )
            return code

    code = asyncio.run(story())
    with psycopg.connect(ledger_admin) as connection:
        text = str(connection.execute("SELECT * FROM contact_points").fetchall())
    assert "amira" not in text
    assert code not in text


@pytest.mark.ground
def test_waiting_grows_and_is_spread_and_bounded() -> None:
    for tries in range(1, 30):
        assert 0 <= backoff(tries) <= LONGEST_DELAY
    assert max(backoff(1) for _ in range(200)) <= 1.0
    assert backoff(1, 30.0) == 30.0


@pytest.mark.ground
def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_through() -> None:
    at = [0.0]
    breaker = Breaker(lambda: at[0], failures_allowed=3, seconds=5.0)
    for _ in range(2):
        breaker.failed()
    assert breaker.wait() == 0
    breaker.failed()
    assert breaker.wait() == 5.0
    at[0] = 5.0
    assert breaker.wait() == 0.0
    assert breaker.wait() > 0
    breaker.succeeded()
    assert breaker.wait() == 0.0
