"""The device grant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from alliance_api.oauth import requests
from tests.applications import Application, agree, register
from tests.house import ORIGIN, House
from tests.pages import Page
from tests.people import Clinic

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def kiosk(house: House) -> Application:
    return register(house, redirect_uris=[], grant_types=[DEVICE, "refresh_token"])


def begun(kiosk: Application) -> dict[str, Any]:
    answer = kiosk.posts("/oauth/device_authorization", {"scope": "user/*.rs"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def polled(kiosk: Application, code: str, seconds: int) -> str:
    """Ask some seconds from now."""
    with kiosk.house.at(datetime.now(UTC) + timedelta(seconds=seconds)):
        answer = kiosk.posts("/oauth/token", {"grant_type": DEVICE, "device_code": code})
    return str(answer.json().get("error", "given"))


def sent(house: House, code: str) -> httpx.Response:
    """Send the page's form."""
    hidden = dict(Page(house.get("/oauth/device").text).form("/oauth/device").values)
    return house.http("POST", "/oauth/device", data={**hidden, "user_code": code})


def typed(house: House, code: str) -> str:
    """Type a code into the page; return the id of the request."""
    answer = sent(house, code)
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"]
    assert address.startswith("/oauth/login?")
    return parse_qs(urlsplit(address).query)["request"][0]


def test_a_person_lets_a_device_in(house: House, clinic: Clinic, kiosk: Application) -> None:
    found = begun(kiosk)
    code = found["device_code"]
    assert polled(kiosk, code, 0) == "authorization_pending"
    assert polled(kiosk, code, 1) == "slow_down"
    shown = house.get(f"/oauth/device?user_code={found['user_code']}")
    assert found["user_code"] in shown.text
    id_ = typed(house, found["user_code"].lower())
    assert agree(house, id_, clinic.therapist) == f"{ORIGIN}/oauth/device?ended=granted"
    assert polled(kiosk, code, 20) == "given"
    assert polled(kiosk, code, 40) == "invalid_grant", "once"


def test_a_person_says_no(house: House, kiosk: Application) -> None:
    found = begun(kiosk)
    id_ = typed(house, found["user_code"])
    address = house.run(requests.denied, house.database, id_, "access_denied")
    assert address == f"{ORIGIN}/oauth/device?ended=denied"
    assert polled(kiosk, found["device_code"], 20) == "access_denied"


def test_a_code_ends_after_ten_minutes(house: House, kiosk: Application) -> None:
    found = begun(kiosk)
    assert polled(kiosk, found["device_code"], 601) == "expired_token"
    with house.at(datetime.now(UTC) + timedelta(seconds=601)):
        answer = sent(house, found["user_code"])
    assert answer.status_code == 422


def test_another_client_cannot_redeem_it(house: House, clinic: Clinic, kiosk: Application) -> None:
    found = begun(kiosk)
    agree(house, typed(house, found["user_code"]), clinic.therapist)
    thief = register(house, redirect_uris=[], grant_types=[DEVICE])
    assert polled(thief, found["device_code"], 20) == "invalid_grant"
    assert polled(kiosk, found["device_code"], 20) == "given"


def test_codes_cannot_be_tried_for_long(house: House) -> None:
    # At a time of its own, so that others who type codes are not counted with it.
    with house.at(datetime(2031, 1, 1, tzinfo=UTC)):
        tried = [sent(house, f"BCDF-{n:04}").status_code for n in range(15)]
    # A wait of a second follows the eleventh, at a time that stands still.
    assert tried == [422] * 11 + [429] * 4


def test_the_page_needs_no_script_and_repeats_nothing_unescaped(house: House) -> None:
    answer = house.get('/oauth/device?user_code="><script>alert(1)</script>')
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
