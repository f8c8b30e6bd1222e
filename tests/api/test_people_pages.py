"""Every page: strict HTML, a strict policy, nothing secret in an address, in each language."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from alliance_api.oauth.people.gatehouse import Gatehouse, NotSafe
from alliance_api.oauth.people.pages import origin_of
from alliance_api.oauth.people.texts import Texts, preferred
from tests.house import House
from tests.people import Clinic
from tests.visitors import Browser, Door, a_client, a_request

SCOPES = ["openid", "launch/patient", "patient/Goal.rs", "user/*.cruds", "system/Flag.rs"]
REDIRECT = "https://app.example/back"


def strict(browser: Browser, language: str) -> None:
    """Check what came last: its page, its headers, its language."""
    headers = browser.response.headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self';" in policy
    assert "script-src 'none'" in policy or "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["content-language"] == language
    page = browser.page
    assert page.faults == []
    assert page.one("html").get("lang") == language
    assert "script" not in page.source or "script-src 'self'" in policy


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_is_strict_in_each_language(door: Door, clinic: Clinic, language: str) -> None:
    browser = door.browser(**{"accept-language": language})
    seen: set[str] = set()

    def look() -> None:
        strict(browser, language)
        seen.add(browser.page.title)

    client = a_client(clinic.house, None, REDIRECT, SCOPES)
    request = a_request(clinic.house, client, REDIRECT, SCOPES)
    name, link = door.invite(clinic.therapist)
    browser.get(link)
    look()
    browser.press("/account/enrol", "password", password="short", again="short")
    look()
    browser.press("/account/enrol/passkey")
    look()
    browser.get(link)
    password = "a quiet place by the river"
    browser.press("/account/enrol", "password", password=password, again=password)
    look()
    browser.press("/account/passkeys/new")
    look()
    browser.get("/account/second-step")
    browser.press("/account/app")
    look()
    browser.press("/account/app/confirm", code="000000")
    look()
    browser.get("/account/second-step")
    _, codes = browser.add_app()
    look()
    for path in (
        "/account",
        "/account/password",
        "/account/applications",
        "/oauth/device",
        "/oauth/device?ended=granted",
        "/oauth/device?ended=denied",
        "/oauth/login",
        f"/oauth/login?request={request}",
    ):
        browser.get(path)
        look()
    browser.send(browser.page.form("/oauth/consent"), scope=[], answer="allow")
    look()
    browser.press("/account/sign-out")
    look()
    browser.sign_in(name, "wrong password")
    look()
    browser.get(f"/account/sign-in?request={request}")
    look()
    browser.press("/account/sign-in/passkey")
    look()
    browser.sign_in(name)
    look()
    browser.press("/account/sign-in/code", "code", code="000000")
    look()
    browser.press("/account/sign-in/code", "recovery", recovery="none")
    look()
    browser.press("/account/sign-in/code", "recovery", recovery=codes[0])
    look()
    assert len(seen) >= 17


def test_a_page_can_be_had_in_the_other_language(browser: Browser) -> None:
    page = browser.get("/account/sign-in")
    links = {one.text: one.get("href") for one in page.all("a") if one.get("hreflang")}
    assert set(links) == {"English", "Español"}
    assert browser.get(links["Español"]).title == "Iniciar sesión"
    assert browser.get("/oauth/device").title == "Conectar un dispositivo"
    assert browser.get(links["English"]).title == "Sign in"


def test_a_page_that_hears_no_language_speaks_english(door: Door) -> None:
    for header in ("", "xx", "es;q=0", "*", "q" * 1000):
        assert (
            door.browser(**{"accept-language": header}).get("/account/sign-in").title == "Sign in"
        )


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("de, es;q=0.5, en;q=0.9", "en"),
        ("EN-gb", "en"),
        ("es;q=0.1", "es"),
    ],
)
def test_the_browsers_order_of_languages_counts(header: str, language: str) -> None:
    assert preferred(header) == language


def test_dates_are_spelt_as_people_of_the_language_do() -> None:
    moment = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    assert Texts("en").date(moment) == "4 March 2026, 05:06 UTC"
    assert Texts("es").date(moment) == "4 de marzo de 2026, 05:06 UTC"


def test_cookies_keep_to_this_host_and_to_tls(door: Door, browser: Browser) -> None:
    browser.get("/account/sign-in?language=es")
    for cookie in browser.response.headers.get_list("set-cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    found = door.gatehouse
    safe = Gatehouse(found.database, found.masters, found.read, found.clock, "https://a.example")
    assert safe.is_secure
    assert safe.cookie == "__Host-alliance"
    assert safe.device_cookie == "__Host-alliance-device"


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("http://a.example", False),
        ("http://a.example", True),
        ("http://localhost", False),
        ("https://", False),
        ("ftp://localhost", True),
    ],
)
def test_people_do_not_sign_in_over_the_open_net(door: Door, address: str, plain: bool) -> None:
    found = door.gatehouse
    with pytest.raises(NotSafe):
        Gatehouse(found.database, found.masters, found.read, found.clock, address, plain_http=plain)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://app.example/back?x=1", "https://app.example"),
        ("https://app.example:8443/back", "https://app.example:8443"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
        ("http://[::1]:5000/", "http://[::1]:5000"),
        ("org.example.app:/back", "org.example.app:"),
        ("https://evil.example;script-src *", ""),
        ("https://user@app.example/", "https://app.example"),
        ("", ""),
    ],
)
def test_a_policy_names_where_an_answer_goes_and_nothing_else(address: str, origin: str) -> None:
    assert origin_of(address) == origin


def test_nothing_that_people_type_is_logged(
    door: Door, clinic: Clinic, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    name, link = door.invite(clinic.client)
    browser.enrol(link)
    browser.press("/account/sign-out")
    browser.sign_in(name, "not the password")
    browser.sign_in(name)
    ours = [one for one in caplog.records if one.name.startswith("alliance")]
    assert {one.getMessage() for one in ours} >= {"sign_in.refused", "sign_in.done"}
    told = "".join(str(vars(one)) for one in ours)
    for secret in (
        name,
        "not the password",
        "a quiet place",
        link.rpartition("=")[2],
        str(clinic.client.uuid),
        browser.token,
    ):
        assert secret not in told


def test_when_the_database_cannot_a_page_says_so(house: House) -> None:
    from tests.visitors import opened

    with opened(house) as door:

        async def nothing(*_: object) -> None:
            raise TimeoutError

        browser = door.browser()
        form = browser.get("/account/sign-in").form("/account/sign-in", "password")
        door.gatehouse.passwords.good = nothing  # type: ignore[method-assign, assignment]
        browser.send(form, name="x", password="y")
        assert browser.response.status_code == 503
        assert browser.page.title == "That did not work just now"
        assert door.leave() == []
