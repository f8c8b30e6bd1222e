"""A clinic's own identity provider vouches for people who were linked beforehand, and for nobody else."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import UUID

import pytest

from alliance_api.domain.ids import Kind, format_id
from alliance_api.oauth.people.upstream import Provider, read_providers
from chassis.tokens import new_key
from tests.issuer import FakeIssuer
from tests.people import Clinic
from tests.visitors import Browser, Door


@pytest.fixture
def provider(door: Door, clinic: Clinic, issuer: FakeIssuer) -> Provider:
    """The clinic's provider; it knows the client as `amira`."""
    issuer.plain()
    name = f"clinic-{clinic.organisation}"
    found = Provider(
        name, "Clinic log-in", clinic.organisation, issuer.address, "alliance-here", "s"
    )
    door.providers[name] = found
    clinic.house.change(
        "INSERT INTO oauth.upstream_links (provider, subject, organisation_id, person_id, made_at) "
        "VALUES (%s, 'amira', %s, %s, now())",
        name,
        clinic.organisation,
        clinic.client.uuid,
    )
    return found


def back(browser: Browser, provider: Provider, issuer: FakeIssuer, **changed: str) -> str:
    """Go to the provider and come back; return the heading of where that leads."""
    browser.get(f"/account/sign-in/with/{provider.name}")
    answer = {**issuer.authorize(browser.away), **changed}
    query = "&".join(f"{name}={value}" for name, value in answer.items() if value)
    return browser.get(f"/account/sign-in/back/{provider.name}?{query}").title


def test_who_was_linked_is_signed_in(
    browser: Browser, provider: Provider, issuer: FakeIssuer
) -> None:
    assert "Continue with Clinic log-in" in browser.get("/account/sign-in").text
    before = browser.token
    assert back(browser, provider, issuer) == "Your account"
    assert browser.token != before
    assert "through your organisation" in browser.page.text


def test_who_was_not_linked_is_nobody_and_none_is_made(
    browser: Browser, clinic: Clinic, provider: Provider, issuer: FakeIssuer
) -> None:
    issuer.claims = {"sub": "somebody-else"}
    people = clinic.house.rows("SELECT count(*) FROM people")
    assert back(browser, provider, issuer) == "Sign in"
    assert browser.response.status_code == 422
    assert browser.get("/account").title == "Sign in"
    assert clinic.house.rows("SELECT count(*) FROM people") == people


def test_a_link_of_another_organisation_does_not_count(
    browser: Browser, clinic: Clinic, provider: Provider, issuer: FakeIssuer
) -> None:
    clinic.house.change(
        "UPDATE oauth.upstream_links SET organisation_id = gen_random_uuid() WHERE provider = %s",
        provider.name,
    )
    assert back(browser, provider, issuer) == "Sign in"


def unsigned(claims: dict[str, Any]) -> str:
    def spelled(part: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()

    return f"{spelled({'alg': 'none', 'typ': 'JWT'})}.{spelled(claims)}."


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody-else"},
        {"aud": ["alliance-here", "somebody-else"]},
        {"aud": ["alliance-here", "somebody-else"], "azp": "somebody-else"},
        {"azp": "somebody-else"},
        {"iss": "https://another.example"},
        {"exp": 1},
        {"sub": None},
        {"sub": ""},
    ],
    ids=str,
)
def test_an_id_token_that_does_not_fit_is_refused(
    browser: Browser, provider: Provider, issuer: FakeIssuer, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    assert back(browser, provider, issuer) == "Sign in"
    assert browser.get("/account").title == "Sign in"


def test_several_audiences_with_us_as_the_party_are_taken(
    browser: Browser, provider: Provider, issuer: FakeIssuer
) -> None:
    issuer.claims = {"aud": ["alliance-here", "other"], "azp": "alliance-here"}
    assert back(browser, provider, issuer) == "Your account"


def test_a_token_without_a_signature_or_with_anothers_is_refused(
    browser: Browser, provider: Provider, issuer: FakeIssuer
) -> None:
    issuer.raw_token = unsigned
    assert back(browser, provider, issuer) == "Sign in"
    issuer.raw_token = None
    issuer.key, _ = new_key()
    assert back(browser, provider, issuer) == "Sign in"
    issuer.key = None
    assert back(browser, provider, issuer) == "Your account"


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "another"},
        {"state": ""},
        {"iss": "https://another.example"},
        {"iss": ""},
        {"code": ""},
        {"code": "never-given"},
    ],
    ids=str,
)
def test_an_answer_that_was_not_asked_for_is_refused(
    browser: Browser, provider: Provider, issuer: FakeIssuer, changed: dict[str, str]
) -> None:
    assert back(browser, provider, issuer, **changed) == "Sign in"


def test_an_answer_is_taken_once_and_in_the_browser_that_asked(
    door: Door, browser: Browser, provider: Provider, issuer: FakeIssuer
) -> None:
    browser.get(f"/account/sign-in/with/{provider.name}")
    answer = issuer.authorize(browser.away)
    path = f"/account/sign-in/back/{provider.name}?" + "&".join(
        f"{name}={value}" for name, value in answer.items()
    )
    other = door.browser()
    other.get("/account/sign-in")
    assert other.get(path).title == "Sign in"
    assert browser.get(path).title == "Your account"
    assert browser.get(path).title == "Sign in"


def test_the_answer_of_one_provider_is_not_taken_at_anothers_address(
    door: Door, browser: Browser, provider: Provider, issuer: FakeIssuer
) -> None:
    other = Provider(
        f"{provider.name}-b", "Other", provider.organisation, provider.issuer, "alliance-here"
    )
    door.providers[other.name] = other
    browser.get(f"/account/sign-in/with/{provider.name}")
    answer = issuer.authorize(browser.away)
    query = "&".join(f"{name}={value}" for name, value in answer.items())
    assert browser.get(f"/account/sign-in/back/{other.name}?{query}").title == "Sign in"


def test_a_provider_that_calls_itself_another_is_not_asked(
    door: Door, browser: Browser, clinic: Clinic, provider: Provider, issuer: FakeIssuer
) -> None:
    issuer.metadata = {"issuer": "https://another.example"}
    browser.get(f"/account/sign-in/with/{provider.name}")
    assert browser.response.status_code == 422
    assert browser.page.title == "Sign in"


def test_unknown_providers_are_not_there(browser: Browser) -> None:
    assert browser.get("/account/sign-in/with/nobody").title == "There is no such page"
    assert browser.get("/account/sign-in/back/nobody").title == "There is no such page"


GOOD = {
    "name": "clinic",
    "title": "Clinic",
    "issuer": "https://login.example",
    "client_id": "x",
    "organisation": format_id(Kind.ORGANISATION, UUID(int=1)),
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": "http://login.example"}, "issuer"),
        ({"organisation": "x"}, "organisation"),
        ({"client_id": ""}, "client_id"),
        ({"name": "a/b"}, "name"),
        ({"redirect": "x"}, "redirect"),
    ],
)
def test_a_provider_that_is_written_down_wrongly_stops_the_start(
    changed: dict[str, str], said: str
) -> None:
    assert set(read_providers(json.dumps([GOOD]))) == {"clinic"}
    with pytest.raises(ValueError, match=said):
        read_providers(json.dumps([{**GOOD, **changed}]))
