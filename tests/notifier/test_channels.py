"""What leaves on each channel, taken in by something that really speaks its protocol."""

from __future__ import annotations

import asyncio
import email
import json
import math
import socket
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import icalendar
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks import Webhook

from notifier.channels import webpush
from notifier.channels.calendar import entry
from notifier.channels.fence import Fence, Lapsed
from notifier.channels.guard import Guard
from notifier.channels.http import Pool
from notifier.channels.mail import MailChannel, Relay
from notifier.channels.message import ChannelError
from notifier.channels.provider import Provider, ProviderChannel
from notifier.channels.webhook import WebhookChannel, new_secret
from tests.notifier.messages import Sink, a_sink, message


class Inbox:
    """Takes mail, or refuses it with an answer of the test's."""

    def __init__(self, refuse: str | None = None) -> None:
        self.refuse, self.got = refuse, list[bytes]()

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802
        self.got.append(envelope.content)
        return "250 OK"


@contextmanager
def an_inbox(refuse: str | None = None) -> Iterator[tuple[Inbox, Relay]]:
    inbox = Inbox(refuse)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield inbox, Relay("127.0.0.1", port, "reminders@clinic.example", start_tls=False)
    finally:
        controller.stop()


def mails(inbox: Inbox) -> list[EmailMessage]:
    found: list[EmailMessage] = [
        email.message_from_bytes(each, policy=default) for each in inbox.got
    ]
    return list(found)


def test_a_mail_can_be_left_with_one_click_and_is_the_same_mail_twice() -> None:
    link = "https://r.example/u/abc"
    with an_inbox() as (inbox, relay):
        channel = MailChannel(relay)
        for _ in range(2):
            asyncio.run(channel.send(message(unsubscribe=link), "amira@example.org"))
    first, second = mails(inbox)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["To"] == "amira@example.org"
    assert first["List-Unsubscribe"] == f"<{link}>"
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first["Auto-Submitted"] == "auto-generated"
    assert "tomorrow at 15:00" in first.get_content()


def test_a_session_comes_with_a_calendar_entry_that_says_nothing_more() -> None:
    start = datetime(2027, 3, 28, 13, tzinfo=UTC)
    calendar = entry("session-1", start, start.replace(minute=50), start, language="de")
    with an_inbox() as (inbox, relay):
        asyncio.run(MailChannel(relay).send(message(calendar=calendar), "amira@example.org"))
    (attached,) = mails(inbox)[0].iter_attachments()
    found = icalendar.Calendar.from_ical(attached.get_content().encode())
    (event,) = found.walk("VEVENT")
    assert (event["SUMMARY"], event.decoded("DTSTART")) == ("Termin", start)
    assert event["CLASS"] == "PRIVATE"


@pytest.mark.parametrize(
    ("answer", "permanent", "gone"),
    [
        ("550 no such mailbox", True, True),
        ("554 refused", True, False),
        ("451 later", False, False),
    ],
)
def test_a_relays_answer_is_for_good_or_for_now(answer: str, permanent: bool, gone: bool) -> None:
    with an_inbox(answer) as (_, relay), pytest.raises(ChannelError) as caught:
        asyncio.run(MailChannel(relay).send(message(), "amira@example.org"))
    assert (caught.value.permanent, caught.value.gone) == (permanent, gone)
    assert caught.value.code == f"SMTP_{answer[:3]}"


def test_after_its_lease_no_mail_leaves() -> None:
    fallen = Fence(-math.inf)
    with an_inbox() as (inbox, relay), pytest.raises(Lapsed):
        asyncio.run(MailChannel(relay).send(message(fence=fallen), "amira@example.org"))
    assert inbox.got == []


def sent(channel_of: Any, sink_answer: Any = None, **given: Any) -> tuple[Sink, Any]:
    async def story() -> tuple[Sink, Any]:
        async with a_sink() as sink:
            if sink_answer:
                sink.answer = sink_answer
            channel = channel_of(sink)
            try:
                found: Any = await channel.send(message(**given), f"{sink.address}/hook")
            except (ChannelError, Lapsed) as error:
                found = error
            await channel.close()
            return sink, found

    return asyncio.run(story())


def provider(sink: Sink) -> ProviderChannel:
    return ProviderChannel(Provider(f"{sink.address}/sms", headers={"authorization": "Bearer x"}))


def webhook(sink: Sink) -> WebhookChannel:
    return WebhookChannel(Pool(Guard(loopback=True)))


def test_a_provider_is_given_the_key_and_gives_a_receipt() -> None:
    sink, receipt = sent(provider)
    ((path, headers, body),) = sink.got
    assert (path, headers["idempotency-key"], receipt) == ("/sms", "key-1", "r-1")
    assert json.loads(body)["text"] == "Appointment tomorrow 15:00"


@pytest.mark.parametrize(
    ("status", "permanent", "after"),
    [(503, False, 7.0), (429, False, 7.0), (401, False, 7.0), (422, True, 7.0)],
)
def test_a_providers_answer_is_for_good_or_for_now(
    status: int, permanent: bool, after: float
) -> None:
    _, error = sent(provider, lambda _: (status, "retry-after: 7\r\n"))
    assert (error.code, error.permanent, error.after) == (f"HTTP_{status}", permanent, after)


def test_after_its_lease_no_request_leaves() -> None:
    fallen = Fence(-math.inf)
    sink, error = sent(provider, fence=fallen)
    assert isinstance(error, Lapsed)
    assert sink.got == []


def test_a_webhook_is_thin_and_verifies_with_the_old_secret_and_the_new() -> None:
    secrets = (new_secret(), new_secret())
    sink, _ = sent(webhook, secrets=secrets, ids=(("occasion", "session-1"),))
    ((_, headers, body),) = sink.got
    for each in secrets:
        assert Webhook(each).verify(body, headers)["type"] == "reminder.due"
    assert headers["webhook-id"] == "key-1"
    assert json.loads(body)["data"] == {
        "reminder": "00000000-0000-4000-8000-000000000007",
        "kind": "session-upcoming",
        "occasion": "session-1",
    }


@pytest.mark.parametrize(
    ("status", "gone"), [(410, True), (404, False), (302, False), (500, False)]
)
def test_a_subscriber_is_given_up_only_when_it_says_so(status: int, gone: bool) -> None:
    sink, error = sent(
        webhook, lambda _: (status, "location: http://127.0.0.1:1/\r\n"), secrets=(new_secret(),)
    )
    assert (error.gone, error.permanent) == (gone, gone)
    assert len(sink.got) == 1


def test_a_request_says_nothing_that_was_not_asked_for() -> None:
    sink, _ = sent(provider)
    ((_, headers, _),) = sink.got
    assert headers.keys() == {
        *("host", "authorization", "content-type", "idempotency-key", "content-length")
    }


class Asked(Fence):
    """A fence that remembers who asked it, and falls with the last of so many looks."""

    def __init__(self, key: str, asked: list[str], most: float = math.inf) -> None:
        super().__init__()
        self.key, self.asked, self.most = key, asked, most

    def __call__(self) -> None:
        self.asked.append(self.key)
        if len(self.asked) >= self.most:
            raise Lapsed


def test_messages_one_after_the_other_use_one_connection_and_each_asks_its_own_fence() -> None:
    asked: list[str] = []

    async def story() -> Sink:
        async with a_sink() as sink:
            channel = provider(sink)
            for key in ("key-1", "key-2"):
                await channel.send(message(key=key, fence=Asked(key, asked)), "+4670000000")
            await channel.close()
            return sink

    sink = asyncio.run(story())
    assert (list(dict.fromkeys(asked)), sink.connections) == (["key-1", "key-2"], 1)


def test_a_lease_that_runs_out_while_the_connection_is_made_lets_nothing_leave() -> None:
    asked: list[str] = []
    sink, error = sent(provider, fence=Asked("key-1", asked, most=2))
    assert isinstance(error, Lapsed)
    assert (len(asked), sink.got) == (2, [])


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    long = json.dumps({"id": "r-1", "more": "y" * 10_000_000}).encode()
    sink, receipt = sent(provider, lambda _: (200, "", long))
    assert (len(sink.got), receipt) == (1, "key-1")


def test_outside_development_a_webhook_does_not_reach_this_machine() -> None:
    sink, error = sent(lambda _: WebhookChannel(Pool(Guard())), secrets=(new_secret(),))
    assert (error.code, sink.got) == ("FORBIDDEN_ADDRESS", [])


def octets(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_web_push_encrypts_as_the_example_of_rfc_8291() -> None:
    # Appendix A of RFC 8291.
    private = int.from_bytes(octets("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    to = webpush.Subscription(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        octets(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        octets("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    found = webpush.encrypted(
        b"When I grow up, I want to be a watermelon",
        to,
        key=ec.derive_private_key(private, ec.SECP256R1()),
        salt=octets("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert found == octets(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6"
        "TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy"
        "4a-fN"
    )


def test_a_browser_is_told_who_sends() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    vapid = webpush.Vapid(key, "mailto:operator@clinic.example")
    header = vapid.header("https://push.example/a/b", 1_000_000)
    token = header.split("t=")[1].split(",")[0]
    claims = json.loads(octets(token.split(".")[1]))
    assert claims["aud"] == "https://push.example"
    assert header.endswith(f"k={vapid.public}")
    from joserfc import jws
    from joserfc.jwk import ECKey

    numbers = key.public_key().public_numbers()
    spelled: dict[str, str | list[str]] = {"kty": "EC", "crv": "P-256"}
    for name, value in (("x", numbers.x), ("y", numbers.y)):
        spelled[name] = webpush._spelled(value.to_bytes(32, "big"))
    found = jws.deserialize_compact(token, ECKey.import_key(spelled), ["ES256"])
    assert json.loads(found.payload) == claims
