"""What lasts as long as somebody is signed in ends with it (SMART's `online_access`)."""

from __future__ import annotations

from typing import Any

import pytest

from alliance_api.oauth.requests import granted
from tests.applications import signed_in
from tests.people import Clinic
from tests.visitors import Browser, Door, a_client, a_request


@pytest.mark.parametrize("how", ["sign-out", "other", "others"])
def test_signing_out_ends_what_lasts_as_long_as_one_is_signed_in(
    door: Door, clinic: Clinic, browser: Browser, how: str
) -> None:
    name, link = door.invite(clinic.client)
    browser.enrol(link)
    [(session,)] = clinic.house.rows(
        "SELECT id FROM oauth.sessions WHERE person_id = %s", clinic.client.uuid
    )
    for scopes in (["user/Goal.rs", "online_access"], ["user/Goal.rs", "offline_access"]):
        gives(clinic, scopes, session)
    if how == "sign-out":
        browser.press("/account/sign-out")
    else:
        other = door.browser()
        other.sign_in(name)
        form = other.get("/account").form(
            "/account/sessions/end", "session" if how == "other" else "others"
        )
        other.send(form)
    left = [scopes for (scopes,) in open_grants(clinic)]
    # Somebody else may sit at a browser that was signed out from afar: there all of it ends.
    assert left == ([["user/Goal.rs", "offline_access"]] if how == "sign-out" else [])


def gives(clinic: Clinic, scopes: list[str], session: Any) -> None:
    here = "https://app.example/back"
    id_ = a_request(clinic.house, a_client(clinic.house, None, here, scopes), here, scopes)
    who = signed_in(clinic.client, session)

    async def work() -> str:
        return await granted(clinic.house.database, id_, who, scopes, None)

    clinic.house.run(work)


def open_grants(clinic: Clinic) -> list[tuple[Any, ...]]:
    return clinic.house.rows(
        "SELECT scopes FROM oauth.grants WHERE person_id = %s AND revoked_at IS NULL",
        clinic.client.uuid,
    )
