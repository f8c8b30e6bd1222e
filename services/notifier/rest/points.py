"""`/v1/contact-points`: where one may be reached, once a code that was sent there came back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.refused import Refused
from notifier.channels import addresses, webpush
from notifier.channels.fence import NO_FENCE
from notifier.channels.message import Channel, ChannelError, Message
from notifier.channels.webhook import new_secret
from notifier.ledger.people import CODE_DIGITS, ContactPoint, Contacts, TooMany

from .caller import Caller, Who

LONGEST = 5000
Name = Literal["email", "sms", "push", "webpush", "webhook", "console"]

# What goes with a code: nothing of who sends it or why.
WORDS = {
    "en": ("Your code", "Your code is {code}. It is good for 15 minutes."),
    "de": ("Ihr Code", "Ihr Code ist {code}. Er gilt 15 Minuten."),
    "es": ("Su código", "Su código es {code}. Vale 15 minutos."),
}


class NewPoint(BaseModel):
    """A contact point to add."""

    model_config = ConfigDict(extra="forbid")

    channel: Name
    address: str = Field(min_length=1, max_length=LONGEST, description="As the channel spells it.")
    language: Literal["en", "de", "es"] = "en"


class Code(BaseModel):
    """A code that was sent."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=rf"^[0-9]{{{CODE_DIGITS}}}$")


class Point(BaseModel):
    """One's own contact point."""

    id: UUID
    channel: str
    state: Literal["UNVERIFIED", "VERIFIED", "DISABLED"]
    address: str
    disabledReason: str | None = None  # noqa: N815  (as JSON spells it)


class PointWithSecret(Point):
    """The same, with the secret that signs its webhooks: it is shown this once."""

    secret: str | None = None


def _shown(point: ContactPoint) -> Point:
    return Point.model_validate(_values(point))


def _values(point: ContactPoint) -> dict[str, object]:
    return {
        "id": point.id,
        "channel": point.channel,
        "state": point.state,
        "address": point.address,
        "disabledReason": point.disabled_reason,
    }


def read_address(channel: str, text: str, *, development: bool) -> str:
    """Return an address as it is kept. Raises `Refused`."""
    try:
        if channel == "webpush":
            webpush.subscription(text, loopback=development)
            return text
        if channel == "webhook":
            return addresses.https(text, loopback=development)
        read = {"email": addresses.email, "sms": addresses.telephone, "push": addresses.token}
        return read.get(channel, addresses.email)(text)
    except (addresses.BadAddress, webpush.BadSubscription) as wrong:
        raise Refused(422, "BAD_ADDRESS", str(wrong), "address") from None


class Points:
    """The routes."""

    def __init__(
        self, contacts: Contacts, channels: Mapping[str, Channel], *, development: bool
    ) -> None:
        """Keep what they need."""
        self._contacts, self._channels, self._development = contacts, channels, development

    async def add(self, caller: Caller, new: NewPoint) -> PointWithSecret:
        """Keep a contact point, and send it a code."""
        if new.channel not in self._channels:
            told = "There is no such channel here."
            raise Refused(422, "NO_SUCH_CHANNEL", told, "channel")
        address = read_address(new.channel, new.address, development=self._development)
        keys = (new_secret(),) if new.channel == "webhook" else ()
        try:
            point, code = await self._contacts.add(
                caller.organisation, caller.person, new.channel, address, keys
            )
        except TooMany:
            raise Refused(
                409, "TOO_MANY", "Remove a contact point before you add another."
            ) from None
        await self._send(caller, point, code, new.language)
        values = _values(point) | {"secret": keys[0] if keys else None}
        return PointWithSecret.model_validate(values)

    async def all(self, caller: Caller) -> list[Point]:
        """Return one's own."""
        known = await self._contacts.known(caller.organisation, caller.person)
        return [_shown(each) for each in known.points]

    async def one(self, caller: Caller, point: UUID) -> ContactPoint:
        """Return one of one's own. Raises `Refused`, the same for another's and for none."""
        known = await self._contacts.known(caller.organisation, caller.person)
        for each in known.points:
            if each.id == point:
                return each
        raise Refused(404, "NOT_FOUND", "You have no such contact point.")

    async def verify(self, caller: Caller, point: UUID, given: Code) -> Point:
        """Take a code."""
        right = await self._contacts.verify(caller.organisation, caller.person, point, given.code)
        if not right:
            told = "This is not the code, or it is too late for it, or it was tried too often."
            raise Refused(422, "WRONG_CODE", told, "code")
        return _shown(await self.one(caller, point))

    async def send_again(self, caller: Caller, point: UUID) -> None:
        """Send another code."""
        found = await self.one(caller, point)
        code = await self._contacts.new_code(caller.organisation, caller.person, found)
        if code is None:
            told = "A code was sent a moment ago, or none is needed."
            raise Refused(429, "TOO_SOON", told, headers={"retry-after": "60"})
        await self._send(caller, found, code, "en")

    async def rotate(self, caller: Caller, point: UUID) -> PointWithSecret:
        """Give a webhook another secret; the one before signs beside it until the next time."""
        found = await self.one(caller, point)
        if found.channel != "webhook":
            raise Refused(409, "NO_SECRET", "Only webhooks have a secret.")
        secret = new_secret()
        keys = (secret, *found.secrets[:1])
        await self._contacts.rotate(caller.organisation, caller.person, found, keys)
        return PointWithSecret.model_validate(_values(found) | {"secret": secret})

    async def remove(self, caller: Caller, point: UUID) -> None:
        """Forget one."""
        if not await self._contacts.remove(caller.organisation, caller.person, point):
            raise Refused(404, "NOT_FOUND", "You have no such contact point.")

    async def _send(self, caller: Caller, point: ContactPoint, code: str, language: str) -> None:
        subject, body = WORDS[language]
        text = body.format(code=code)
        message = Message(
            key=f"{point.id}-{code}",
            organisation=caller.organisation,
            reminder=point.id,
            kind="verification",
            language=language,
            subject=subject,
            body=text,
            short=text,
            fence=NO_FENCE,
            event="contact_point.verification",
            ids=(("challenge", code),) if point.channel == "webhook" else (),
            secrets=point.secrets,
        )
        try:
            await self._channels[point.channel].send(message, point.address)
        except ChannelError as error:
            await self._contacts.remove(caller.organisation, caller.person, point.id)
            told = f"No code could be sent there ({error.code})."
            raise Refused(422, "UNREACHABLE", told, "address") from None


def router(points: Points) -> APIRouter:
    """Return the routes of contact points."""
    found = APIRouter(prefix="/v1/contact-points", tags=["contact points"])

    @found.get("")
    async def contact_points(caller: Who) -> list[Point]:
        return await points.all(caller)

    @found.post("", status_code=201)
    async def add_contact_point(caller: Who, new: NewPoint) -> PointWithSecret:
        return await points.add(caller, new)

    @found.post("/{point}/verification")
    async def verify_contact_point(caller: Who, point: UUID, code: Code) -> Point:
        return await points.verify(caller, point, code)

    @found.post("/{point}/code", status_code=204)
    async def send_code_again(caller: Who, point: UUID) -> Response:
        await points.send_again(caller, point)
        return Response(status_code=204)

    @found.post("/{point}/secret")
    async def rotate_secret(caller: Who, point: UUID) -> PointWithSecret:
        return await points.rotate(caller, point)

    @found.delete("/{point}", status_code=204)
    async def remove_contact_point(caller: Who, point: UUID) -> Response:
        await points.remove(caller, point)
        return Response(status_code=204)

    return found
