"""What applications may do: asked in plain words, allowed in part, remembered, taken back."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.people import Clinic, Person
from tests.visitors import PASSWORD, Browser, Door, a_client, a_request, out

HERE = "https://app.example/back"
LOOPBACK = "http://127.0.0.1:7171/back"
SCOPES = ["openid", "user/Goal.rs", "user/Task.cruds"]


def signed_in(door: Door, browser: Browser, person: Person) -> str:
    name, link = door.invite(person)
    browser.enrol(link)
    assert browser.page.title == "Your account"
    return name


def asks(clinic: Clinic, scopes: list[str], redirect: str = HERE, **more: object) -> str:
    client = a_client(clinic.house, None, redirect, scopes)
    return a_request(clinic.house, client, redirect, scopes, **more)  # type: ignore[arg-type]


def led(browser: Browser) -> dict[str, str]:
    """Return what the application was told."""
    assert browser.response.status_code == 303
    assert browser.away.startswith((HERE, LOOPBACK)), browser.away
    return {name: value[0] for name, value in parse_qs(urlsplit(browser.away).query).items()}


def granted(clinic: Clinic, person: Person) -> list[tuple[object, ...]]:
    return clinic.house.rows(
        "SELECT scopes, patient_id FROM oauth.grants WHERE person_id = %s AND revoked_at IS NULL "
        "ORDER BY made_at",
        person.uuid,
    )


def test_a_request_leads_through_the_sign_in_to_the_question_and_back(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    name = signed_in(door, browser, clinic.client)
    out(browser)
    request = asks(clinic, SCOPES)
    page = browser.get(f"/oauth/login?request={request}")
    assert page.title == "Sign in"
    assert "River Journal asks you to sign in" in page.text
    browser.press("/account/sign-in", "password", name=name, password="a quiet place by the river")
    page = browser.page
    assert page.title == "Allow River Journal?"
    assert "app.example" in page.text
    assert "read goals and preferences" in page.text
    assert "make promises for between sessions" in page.text
    assert "know that it is you who signed in" in page.text
    form = page.form("/oauth/consent")
    browser.send(form, "Allow", scope=SCOPES)
    told = led(browser)
    assert set(told) == {"code", "state", "iss"}
    assert granted(clinic, clinic.client) == [(SCOPES, None)]


def test_who_declines_gives_nothing(door: Door, clinic: Clinic, browser: Browser) -> None:
    signed_in(door, browser, clinic.client)
    request = asks(clinic, SCOPES)
    form = browser.get(f"/oauth/login?request={request}").form("/oauth/consent")
    browser.send(form, "Decline", scope=SCOPES)
    assert led(browser)["error"] == "access_denied"
    assert granted(clinic, clinic.client) == []
    assert browser.get(f"/oauth/login?request={request}").title == "This request is over"


def test_single_things_can_be_left_out_and_no_others_put_in(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    signed_in(door, browser, clinic.client)
    request = asks(clinic, SCOPES)
    form = browser.get(f"/oauth/login?request={request}").form("/oauth/consent")
    page = browser.send(form, "Allow", scope=[])
    assert "Choose at least one" in page.alerts
    form = browser.page.form("/oauth/consent")
    browser.send(form, "Allow", scope=["user/Goal.rs", "user/*.cruds"])
    led(browser)
    assert granted(clinic, clinic.client) == [(["user/Goal.rs"], None)]


def test_what_was_allowed_is_not_asked_again_until_it_is_taken_back(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    signed_in(door, browser, clinic.client)
    client = a_client(clinic.house, None, HERE, SCOPES)

    def ask(scopes: list[str]) -> str:
        return a_request(clinic.house, client, HERE, scopes)

    form = browser.get(f"/oauth/login?request={ask(SCOPES)}").form("/oauth/consent")
    browser.send(form, "Allow", scope=SCOPES)
    browser.get(f"/oauth/login?request={ask(SCOPES[:2])}")
    assert "code" in led(browser)
    more = [*SCOPES, "user/Patient.rs"]
    assert browser.get(f"/oauth/login?request={ask(more)}").title == "Allow River Journal?"
    listed = browser.get("/account/applications")
    assert "read goals and preferences" in listed.text
    assert len(granted(clinic, clinic.client)) == 2
    assert "not allowed any" in browser.press("/account/applications").text
    assert granted(clinic, clinic.client) == []
    assert browser.get(f"/oauth/login?request={ask(SCOPES)}").title == "Allow River Journal?"


def test_an_application_on_this_device_is_asked_about_each_time(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    signed_in(door, browser, clinic.client)
    for redirect in (LOOPBACK, "org.example.journal:/back"):
        client = a_client(clinic.house, None, redirect, SCOPES)
        for _ in range(2):
            request = a_request(clinic.house, client, redirect, SCOPES)
            page = browser.get(f"/oauth/login?request={request}")
            assert page.title == "Allow River Journal?"
            policy = browser.response.headers["content-security-policy"]
            origin = "http://127.0.0.1:7171" if redirect == LOOPBACK else "org.example.journal:"
            assert f"form-action 'self' {origin};" in policy
            browser.send(page.form("/oauth/consent"), "Allow", scope=SCOPES)


def test_a_therapist_chooses_for_whom(
    door: Door, clinic: Clinic, browser: Browser, therapist: tuple[str, str, list[str]]
) -> None:
    second = clinic.another_person("second")
    clinic.another_case(second)
    scopes = ["launch/patient", "patient/Goal.rs"]
    request = asks(clinic, scopes)
    name, _, codes = therapist
    browser.sign_in(name, query=f"?request={request}")
    browser.press("/account/sign-in/code", "recovery", recovery=codes[0])
    page = browser.page
    assert page.title == "Allow River Journal?"
    assert "The client" in page.text
    assert "The second" in page.text or "second" in page.text
    assert "The stranger" not in page.text
    form = page.form("/oauth/consent")
    assert "Choose for whom" in browser.send(form, "Allow", scope=scopes).alerts
    form = browser.page.form("/oauth/consent")
    wrong = browser.send(form, "Allow", scope=scopes, patient=clinic.stranger.id)
    assert "Choose for whom" in wrong.alerts
    form = browser.page.form("/oauth/consent")
    browser.send(form, "Allow", scope=scopes, patient=clinic.client.id)
    led(browser)
    assert granted(clinic, clinic.therapist) == [(scopes, clinic.client.uuid)]
    readings = clinic.house.rows(
        "SELECT count(*) FROM read_ledger WHERE person_id = %s AND application = 'alliance-sign-in'",
        clinic.therapist.uuid,
    )
    assert readings[0][0] >= 1


def test_a_client_and_a_caregiver_are_offered_whom_they_stand_for(
    door: Door, clinic: Clinic
) -> None:
    scopes = ["launch/patient", "patient/Goal.rs"]
    for person, shown in ((clinic.client, "The client (you)"), (clinic.caregiver, "The client")):
        browser = door.browser()
        signed_in(door, browser, person)
        page = browser.get(f"/oauth/login?request={asks(clinic, scopes)}")
        assert shown in page.text
        browser.send(page.form("/oauth/consent"), "Allow", scope=scopes)
        led(browser)
        assert granted(clinic, person)[-1][1] == clinic.client.uuid


def test_who_stands_for_nobody_has_nobody_to_choose(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    signed_in(door, browser, clinic.stranger)
    page = browser.get(
        f"/oauth/login?request={asks(clinic, ['launch/patient', 'patient/Goal.rs'])}"
    )
    assert "nobody for whom" in page.text


def test_a_launch_has_decided_for_whom(door: Door, clinic: Clinic, browser: Browser) -> None:
    signed_in(door, browser, clinic.client)
    scopes = ["launch", "patient/Goal.rs"]
    request = asks(clinic, scopes, launch={"patient": clinic.client.id})
    page = browser.get(f"/oauth/login?request={request}")
    assert "For whom?" not in page.text
    browser.send(page.form("/oauth/consent"), "Allow", scope=scopes)
    led(browser)
    assert granted(clinic, clinic.client) == [(scopes, clinic.client.uuid)]


def test_an_application_of_another_organisation_gets_nothing(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    from tests.people import a_clinic

    signed_in(door, browser, clinic.client)
    other = a_clinic(clinic.house)
    request = asks(clinic, SCOPES, organisation=other.organisation)
    page = browser.get(f"/oauth/login?request={request}")
    assert page.title == "This application is for another organisation"
    assert browser.response.status_code == 403


def test_prompt_none_shows_no_page(door: Door, clinic: Clinic, browser: Browser) -> None:
    browser.get(f"/oauth/login?request={asks(clinic, SCOPES, prompt=['none'])}")
    assert led(browser)["error"] == "login_required"
    signed_in(door, browser, clinic.client)
    browser.get(f"/oauth/login?request={asks(clinic, SCOPES, prompt=['none'])}")
    assert led(browser)["error"] == "consent_required"


def test_prompt_login_asks_who_it_is_again(door: Door, clinic: Clinic, browser: Browser) -> None:
    name = signed_in(door, browser, clinic.client)
    request = asks(clinic, SCOPES, prompt=["login"])
    assert browser.get(f"/oauth/login?request={request}").title == "Sign in"
    # Going straight to the question does not help.
    assert browser.get(f"/oauth/consent?request={request}").title == "Sign in"
    form = browser.page.form("/account/sign-in", "password")
    browser.send(form, name=name, password="a quiet place by the river")
    assert browser.page.title == "Allow River Journal?"


def test_who_signed_in_too_long_ago_signs_in_again(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    signed_in(door, browser, clinic.client)
    request = asks(clinic, SCOPES, max_age=60)
    assert browser.get(f"/oauth/login?request={request}").title == "Allow River Journal?"
    with door.clock.later(seconds=61):
        assert browser.get(f"/oauth/login?request={request}").title == "Sign in"


def test_prompt_consent_asks_again_what_was_allowed(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    signed_in(door, browser, clinic.client)
    client = a_client(clinic.house, None, HERE, SCOPES)
    first = a_request(clinic.house, client, HERE, SCOPES)
    form = browser.get(f"/oauth/login?request={first}").form("/oauth/consent")
    browser.send(form, "Allow", scope=SCOPES)
    again = a_request(clinic.house, client, HERE, SCOPES, prompt=["consent"])
    assert browser.get(f"/oauth/login?request={again}").title == "Allow River Journal?"


@pytest.mark.parametrize(
    "request_", ["x" * 40, "https://evil.example", "//evil.example", "../account", ""]
)
def test_requests_that_are_none_lead_nowhere(browser: Browser, request_: str) -> None:
    assert browser.get(f"/oauth/login?request={request_}").title == "This request is over"
    assert browser.response.status_code == 404


@pytest.mark.parametrize(
    "query",
    ["?to=https://evil.example", "?to=//evil.example", "?request=//evil.example", "?next=/x"],
)
def test_after_signing_in_nobody_is_led_away(
    door: Door, clinic: Clinic, browser: Browser, query: str
) -> None:
    name = signed_in(door, browser, clinic.client)
    out(browser)
    assert browser.sign_in(name, query=query).title == "Your account"
    assert browser.path == "/account"


def test_a_devices_code_leads_to_the_question_and_back_to_a_page(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    signed_in(door, browser, clinic.client)
    for answer, ended in (("Allow", "connected"), ("Decline", "not connected")):
        client = a_client(clinic.house, None, HERE, SCOPES)
        request = a_request(clinic.house, client, "", SCOPES, kind="DEVICE", issuer=door.address)
        door.devices[f"CODE-{answer.upper()}"] = request
        page = browser.get("/oauth/device")
        assert page.title == "Connect a device"
        assert "no device waiting" in browser.press("/oauth/device", user_code="WRONG").alerts
        page = browser.press("/oauth/device", user_code=f"code-{answer.lower()}")
        assert "Allow this only if you yourself began it" in page.text
        page = browser.send(page.form("/oauth/consent"), answer, scope=SCOPES)
        assert ended in page.title


def test_guessing_codes_of_devices_is_slowed(door: Door) -> None:
    attacker, statuses = door.browser(), []
    attacker.get("/oauth/device")
    form = attacker.page.form("/oauth/device")
    for number in range(13):
        attacker.send(form, user_code=f"WRONG{number}")
        statuses.append(attacker.response.status_code)
    assert statuses[:10] == [422] * 10
    assert statuses[-1] == 429


FOREIGN = [
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "https://evil.example"},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"content-type": "text/plain"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_site_cannot_agree_for_somebody(
    door: Door, clinic: Clinic, browser: Browser, headers: dict[str, str]
) -> None:
    signed_in(door, browser, clinic.client)
    form = browser.get(f"/oauth/login?request={asks(clinic, SCOPES)}").form("/oauth/consent")
    browser.send(form, "Allow", headers, scope=SCOPES)
    assert browser.response.status_code in (403, 415)
    assert granted(clinic, clinic.client) == []
    browser.send(form, "Allow", scope=SCOPES)
    assert "code" in led(browser)


def test_who_agrees_by_a_key_of_another_browser_gives_nothing(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    signed_in(door, browser, clinic.client)
    attacker = door.browser()
    signed_in(door, attacker, clinic.caregiver)
    request = asks(clinic, SCOPES)
    mine = dict(attacker.get(f"/oauth/login?request={request}").form("/oauth/consent").values)
    form = browser.get(f"/oauth/login?request={request}").form("/oauth/consent")
    for wrong in ("", mine["form_key"]):
        browser.send(form, "Allow", scope=SCOPES, form_key=wrong)
        assert browser.response.status_code == 403
    assert granted(clinic, clinic.client) == []


@pytest.mark.parametrize("way", ["password", "others"])
def test_what_other_browsers_allowed_ends_when_they_are_shut_out(
    door: Door, clinic: Clinic, browser: Browser, way: str
) -> None:
    name = signed_in(door, browser, clinic.client)
    thief = door.browser()
    thief.sign_in(name)
    for one in (browser, thief):
        form = one.get(f"/oauth/login?request={asks(clinic, SCOPES)}").form("/oauth/consent")
        one.send(form, "Allow", scope=SCOPES)
        assert "code" in led(one)
    assert len(granted(clinic, clinic.client)) == 2
    if way == "password":
        browser.get("/account/password")
        new = "quite another place in the hills"
        browser.press("/account/password", now=PASSWORD, password=new, again=new)
    else:
        browser.get("/account")
        browser.press("/account/sessions/end", "others", others="1")
    assert browser.page.title == "Your account"
    assert len(granted(clinic, clinic.client)) == 1
