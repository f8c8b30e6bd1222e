"""The pages of people, put together for the composition root, and inviting somebody to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from starlette.routing import BaseRoute

from alliance_api.charter.principal import Principal
from alliance_api.settings import Settings
from alliance_api.store.transaction import Database
from chassis.masters import MasterKeys

from .. import devices
from .. import house as oauth
from . import invitations
from .accounts import by_person
from .gatehouse import Gatehouse
from .places import Read
from .routes import routes
from .upstream import read_providers

_MANAGER: Final = "MANAGER"
_SET_UP: Final = "This person can sign in already. An operator can let them begin anew."


def gatehouse(  # noqa: PLR0913  (what the pages work with)
    settings: Settings,
    database: Database,
    masters: MasterKeys,
    read: Read,
    doors: oauth.House,
    clock: Callable[[], datetime],
) -> Gatehouse | None:
    """Return what the pages work with; None where this house gives no tokens."""
    here = doors.here
    if here is None:
        return None

    async def entered(code: str) -> str | None:
        return await devices.entered(here, code)

    return Gatehouse(
        database=database,
        masters=masters,
        read=read,
        clock=clock,
        address=here.issuer,
        providers=read_providers(settings.identity_providers or "[]"),
        entered=entered,
        # `ISSUER` itself says so: plain http is taken there for this machine only.
        plain_http=True,
    )


def pages(house: Gatehouse | None) -> list[BaseRoute]:
    """Return the pages, if there are any."""
    return [] if house is None else routes(house)


class NotInvited(Exception):  # noqa: N818  (an expected outcome, not an error)
    """Nobody was invited: an HTTP status, a code, and what to do about it."""

    def __init__(self, status: int, code: str, told: str) -> None:
        """Keep what to answer."""
        super().__init__(told)
        self.status, self.code = status, code


async def invited(
    house: Gatehouse, principal: Principal, person: UUID
) -> tuple[str, str, datetime]:
    """Let a manager invite a person who has no way in yet; return log-in name, link and its end.

    Beginning anew is an operator's to allow: else whoever manages a clinic could become anybody in
    it, and read what only they may. Raises `NotInvited`.
    """
    organisation, now = principal.organisation, house.now()
    own = await house.places(organisation, principal.person)
    if own is None or _MANAGER not in own.words or principal.patient is not None:
        raise NotInvited(403, "NOT_ALLOWED", "Managers of the organisation invite people.")
    if await house.places(organisation, person) is None:
        raise NotInvited(404, "NOT_FOUND", "There is no such person.")
    async with house.database.desk() as desk:
        known = await by_person(desk, organisation, person)
        if known is not None and (known.password_hash or known.has_second_step):
            raise NotInvited(409, "ALREADY_SET_UP", _SET_UP)
        account, secret = await invitations.invite(
            desk, organisation, person, name=None, by=principal.person, now=now
        )
    link = f"{house.site.origin}/account/enrol?invitation={secret}"
    return account.name, link, now + invitations.LASTS
