"""Passkeys: made for this place, with the user verified, answered once, and never a copy's."""

from __future__ import annotations

import copy

import pytest

from tests.authenticator import Authenticator
from tests.people import Clinic
from tests.visitors import Browser, Door, out


def make(browser: Browser, passkey: Authenticator, begin: str, action: str) -> None:
    browser.press(begin)
    form = browser.page.form(action)
    browser.send(form, answer=passkey.create(form.data["data-options"]), label="My phone")


def enrol(browser: Browser, link: str, passkey: Authenticator) -> None:
    browser.get(link)
    make(browser, passkey, "/account/enrol/passkey", "/account/enrol/passkey/answer")


def sign_in(browser: Browser, passkey: Authenticator, query: str = "") -> None:
    browser.get(f"/account/sign-in{query}")
    browser.press("/account/sign-in/passkey")
    form = browser.page.form("/account/sign-in/passkey/answer")
    browser.send(form, answer=passkey.get(form.data["data-options"]))


def test_a_passkey_alone_is_enough_for_staff(door: Door, clinic: Clinic, browser: Browser) -> None:
    passkey = Authenticator(door.address)
    _, link = door.invite(clinic.therapist)
    enrol(browser, link, passkey)
    assert browser.page.title == "Your account"
    assert "My phone" in browser.page.text
    out(browser)
    before = browser.token
    sign_in(browser, passkey)
    assert browser.page.title == "Your account"
    assert browser.token != before
    [(methods,)] = clinic.house.rows(
        "SELECT methods FROM oauth.sessions WHERE person_id = %s", clinic.therapist.uuid
    )
    assert "mfa" in methods


@pytest.mark.parametrize("wrong", ["origin", "user"])
def test_a_passkey_for_another_place_or_without_its_user_is_refused(
    door: Door, clinic: Clinic, browser: Browser, wrong: str
) -> None:
    bad = (
        Authenticator("https://evil.example")
        if wrong == "origin"
        else Authenticator(door.address, verifies=False)
    )
    _, link = door.invite(clinic.client)
    enrol(browser, link, bad)
    assert browser.page.title == "Make a passkey"
    assert "No passkey was made" in browser.page.alerts
    good = Authenticator(door.address)
    enrol(browser, link, good)
    assert browser.page.title == "Your account"
    out(browser)
    good.origin, good.verifies = bad.origin, bad.verifies
    sign_in(browser, good)
    assert browser.page.title == "Sign in"
    assert browser.get("/account").title == "Sign in"


def test_an_answer_is_good_once_and_in_the_browser_that_was_asked(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    passkey = Authenticator(door.address)
    _, link = door.invite(clinic.client)
    enrol(browser, link, passkey)
    out(browser)
    browser.get("/account/sign-in")
    browser.press("/account/sign-in/passkey")
    form = browser.page.form("/account/sign-in/passkey/answer")
    answer = passkey.get(form.data["data-options"])
    other = door.browser()
    other.get("/account/sign-in")
    other.press("/account/sign-in/passkey")
    theirs = other.page.form("/account/sign-in/passkey/answer")
    assert other.send(theirs, answer=answer).title == "Sign in"
    assert browser.send(form, answer=answer).title == "Your account"
    out(browser)
    browser.get("/account/sign-in")
    browser.press("/account/sign-in/passkey")
    again = browser.page.form("/account/sign-in/passkey/answer")
    assert browser.send(again, answer=answer).title == "Sign in"


def test_a_copy_whose_count_fell_behind_is_refused(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    passkey = Authenticator(door.address)
    _, link = door.invite(clinic.client)
    enrol(browser, link, passkey)
    out(browser)
    stolen = copy.copy(passkey)
    sign_in(browser, passkey)
    out(browser)
    sign_in(browser, stolen)
    assert browser.page.title == "Sign in"


def test_another_key_under_the_same_name_is_refused(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    passkey = Authenticator(door.address)
    _, link = door.invite(clinic.client)
    enrol(browser, link, passkey)
    out(browser)
    forged = Authenticator(door.address, credential=passkey.credential, handle=passkey.handle)
    forged.count = 100
    sign_in(browser, forged)
    assert browser.page.title == "Sign in"
    for answer in ("", "[]", "{}", "nonsense", '{"rawId": "AA", "response": {"userHandle": "AA"}}'):
        browser.get("/account/sign-in")
        browser.press("/account/sign-in/passkey")
        form = browser.page.form("/account/sign-in/passkey/answer")
        assert browser.send(form, answer=answer).title == "Sign in"
        assert browser.response.status_code == 422


def test_a_passkey_is_a_second_step_and_the_last_one_stays(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    passkey = Authenticator(door.address)
    name, link = door.invite(clinic.supervisor)
    browser.enrol(link)
    make(browser, passkey, "/account/passkeys/new", "/account/passkeys/add")
    assert browser.page.title == "Your account"
    browser.press("/account/passkeys/remove")
    assert "second step you need" in browser.page.alerts
    out(browser)
    assert browser.sign_in(name).title == "One more step"
    assert browser.get("/account").title == "Sign in"
    sign_in(browser, passkey)
    assert browser.page.title == "Your account"


def test_who_signs_in_by_passkey_only_keeps_it(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    first, second = Authenticator(door.address), Authenticator(door.address)
    _, link = door.invite(clinic.client)
    enrol(browser, link, first)
    browser.press("/account/passkeys/remove")
    assert "only way to sign in" in browser.page.alerts
    make(browser, second, "/account/passkeys/new", "/account/passkeys/add")
    assert browser.press("/account/passkeys/remove").title == "Your account"
    out(browser)
    sign_in(browser, first)
    assert browser.page.title == "Sign in"
    sign_in(browser, second)
    assert browser.page.title == "Your account"
