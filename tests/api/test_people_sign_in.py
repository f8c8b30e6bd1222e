"""People sign in: the same answer and the same work for everybody, and nobody is locked out."""

from __future__ import annotations

import pyotp
import pytest

from tests.people import Clinic
from tests.visitors import PASSWORD, Browser, Door, out


def test_a_client_sets_up_an_account_and_signs_in(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    name, link = door.invite(clinic.client)
    assert browser.enrol(link).title == "Your account"
    assert "The client, Clinic" in browser.page.text
    browser.press("/account/sign-out")
    assert browser.page.title == "You are signed out"
    assert browser.get("/account").title == "Sign in"
    assert browser.sign_in(name).title == "Your account"


def code_at(door: Door, seed: str) -> str:
    return pyotp.TOTP(seed).at(int(door.clock().timestamp()))


def test_staff_can_do_nothing_before_they_have_a_second_step(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    _, link = door.invite(clinic.therapist)
    assert browser.enrol(link).title == "Add a second step"
    for path in ("/account", "/account/applications"):
        assert browser.get(path).title == "Add a second step"
    before = browser.token
    browser.add_app()
    assert browser.page.title == "Your recovery codes"
    assert browser.token != before
    assert browser.get("/account").title == "Your account"


@pytest.mark.parametrize("name", ["supervisor", "manager"])
def test_everybody_who_works_there_is_staff(
    door: Door, clinic: Clinic, browser: Browser, name: str
) -> None:
    _, link = door.invite(clinic.people[name])
    assert browser.enrol(link).title == "Add a second step"


def test_a_client_who_becomes_staff_does_not_get_in_by_a_password_alone(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    name, link = door.invite(clinic.stranger)
    browser.enrol(link)
    out(browser)
    clinic.house.change(
        "INSERT INTO staff (organisation_id, person_id, role, starts_at) "
        "VALUES (%s, %s, 'CLINICIAN', now() - interval '1 day')",
        clinic.organisation,
        clinic.stranger.uuid,
    )
    assert "second step" in browser.sign_in(name).alerts
    assert browser.get("/account").title == "Sign in"


def test_a_code_is_good_once(
    door: Door, browser: Browser, therapist: tuple[str, str, list[str]]
) -> None:
    name, seed, _ = therapist
    with door.clock.later(seconds=60):
        assert browser.sign_in(name).title == "One more step"
        code = code_at(door, seed)
        assert browser.press("/account/sign-in/code", "code", code=code).title == "Your account"
        out(browser)
        browser.sign_in(name)
        assert "not right" in browser.press("/account/sign-in/code", "code", code=code).alerts
        assert browser.get("/account").title == "Sign in"
    with door.clock.later(seconds=30):
        # The step before the one that was used.
        earlier = code_at(door, seed)
    with door.clock.later(seconds=60):
        browser.sign_in(name)
        assert "not right" in browser.press("/account/sign-in/code", "code", code=earlier).alerts


def test_the_code_that_set_an_app_up_is_used_up(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    name, link = door.invite(clinic.therapist)
    browser.enrol(link)
    seed, _ = browser.add_app()
    code = code_at(door, seed)
    out(browser)
    browser.sign_in(name)
    assert "not right" in browser.press("/account/sign-in/code", "code", code=code).alerts


def test_a_recovery_code_is_good_once_however_it_is_typed(
    browser: Browser, therapist: tuple[str, str, list[str]]
) -> None:
    name, _, codes = therapist
    assert len(codes) == 10
    browser.sign_in(name)
    typed = codes[3].upper().replace("-", " ")
    done = browser.press("/account/sign-in/code", "recovery", recovery=typed)
    assert done.title == "Your account"
    assert "9 left" in done.text
    out(browser)
    browser.sign_in(name)
    again = browser.press("/account/sign-in/code", "recovery", recovery=codes[3])
    assert "used before" in again.alerts


def test_after_five_wrong_codes_the_password_is_asked_again(
    door: Door, browser: Browser, therapist: tuple[str, str, list[str]]
) -> None:
    name, seed, _ = therapist
    with door.clock.later(seconds=90):
        browser.sign_in(name)
        form = browser.page.form("/account/sign-in/code", "code")
        for _ in range(4):
            assert "not right" in browser.send(form, code="000000").alerts
        assert "timed out" in browser.send(form, code="000000").alerts
        last = browser.send(form, code=code_at(door, seed))
        assert last.title == "Sign in"
        assert browser.get("/account").title == "Sign in"


def answer_to(browser: Browser, name: str, password: str) -> tuple[int, str, dict[str, str]]:
    page = browser.sign_in(name, password)
    hidden = browser.page.form("/account/sign-in", "password").values
    key = dict(hidden)["form_key"]
    headers = {k: v for k, v in browser.response.headers.items() if k not in ("date", "set-cookie")}
    headers.pop("content-length")
    assert page.title == "Sign in"
    return (
        browser.response.status_code,
        browser.response.text.replace(key, "KEY").replace(name, "NAME"),
        headers,
    )


def test_nobody_learns_whether_there_is_an_account(door: Door, clinic: Clinic) -> None:
    name, link = door.invite(clinic.client)
    one = door.browser()
    one.enrol(link)
    off, off_link = door.invite(clinic.caregiver)
    other = door.browser()
    other.enrol(off_link)
    clinic.house.change("UPDATE oauth.accounts SET disabled_at = now() WHERE name = %s", off)
    never, _ = door.invite(clinic.stranger)
    answers = []
    for who, password in [
        (name, "not the password"),
        ("nobody-at-all", "not the password"),
        (off, PASSWORD),
        (never, "not the password"),
    ]:
        before = door.passwords.compared
        answers.append(answer_to(door.browser(), who, password))
        assert door.passwords.compared == before + 1, who
    assert answers[0][0] == 422
    assert all(answer == answers[0] for answer in answers)


def test_names_are_taken_however_they_are_written(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    _, link = door.invite(clinic.client, f"Amira.{clinic.client.uuid}@Clinic.example")
    browser.enrol(link)
    out(browser)
    typed = f" AMIRA.{clinic.client.uuid}@clinic.EXAMPLE "
    assert browser.sign_in(typed).title == "Your account"


def test_a_session_never_has_the_secret_of_before(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    name, link = door.invite(clinic.client)
    browser.enrol(link)
    out(browser)
    browser.get("/account/sign-in")
    planted = browser.token
    browser.press("/account/sign-in", "password", name=name, password=PASSWORD)
    assert browser.page.title == "Your account"
    assert browser.token != planted
    attacker = door.browser()
    attacker.plant("alliance", planted)
    assert attacker.get("/account").title == "Sign in"
    kept = browser.token
    out(browser)
    attacker.plant("alliance", kept)
    assert attacker.get("/account").title == "Sign in"


def test_only_hashes_of_secrets_are_kept(door: Door, clinic: Clinic, browser: Browser) -> None:
    name, link = door.invite(clinic.client)
    browser.enrol(link)
    secrets = [browser.token, browser.cookies["alliance-device"], link.rpartition("=")[2], PASSWORD]
    dumped = ""
    tables = clinic.house.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'oauth'::regnamespace AND relkind = 'r'"
    )
    for (table,) in tables:
        dumped += str(clinic.house.rows(f"SELECT t::text FROM oauth.{table} t"))
    assert name in dumped
    for secret in secrets:
        assert secret not in dumped
        assert secret.encode().hex() not in dumped


FOREIGN = [
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "https://evil.example"},
    {"origin": "null", "sec-fetch-site": "cross-site"},
    {"origin": "null", "sec-fetch-site": "same-site"},
    {"content-type": "text/plain"},
    {"content-type": "multipart/form-data; boundary=x"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_form_of_another_site_changes_nothing(
    door: Door, clinic: Clinic, browser: Browser, headers: dict[str, str]
) -> None:
    _, link = door.invite(clinic.client)
    browser.enrol(link)
    form = browser.page.form("/account/sign-out")
    browser.send(form, "", headers)
    assert browser.response.status_code in (403, 415)
    assert browser.page.title == "This page has expired"
    assert browser.get("/account").title == "Your account"


def test_a_form_without_its_key_or_with_anothers_changes_nothing(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    _, link = door.invite(clinic.client)
    browser.enrol(link)
    form = browser.page.form("/account/sign-out")
    other = door.browser()
    key = dict(other.get("/account/sign-in").form("/account/sign-in", "password").values)
    for wrong in ("", key["form_key"], browser.token):
        browser.send(form, form_key=wrong)
        assert browser.response.status_code == 403
    assert browser.get("/account").title == "Your account"


def test_somebody_cannot_be_signed_in_to_anothers_account_by_a_form(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    name, link = door.invite(clinic.client)
    door.browser().enrol(link)
    attacker = door.browser()
    form = attacker.get("/account/sign-in").form("/account/sign-in", "password")
    browser.get("/account/sign-in")
    browser.send(form, name=name, password=PASSWORD)
    assert browser.response.status_code == 403
    assert browser.get("/account").title == "Sign in"


def test_a_stranger_who_guesses_does_not_lock_the_owner_out(door: Door, clinic: Clinic) -> None:
    name, link = door.invite(clinic.client)
    owner = door.browser()
    owner.enrol(link)
    out(owner)
    attacker, statuses = door.browser(), []
    for _ in range(12):
        attacker.sign_in(name, "not the password")
        statuses.append(attacker.response.status_code)
    assert statuses[:5] == [422] * 5
    assert statuses[-1] == 429
    assert int(attacker.response.headers["retry-after"]) >= 1
    # The right password does not help who has to wait, nor tells them that it is right.
    assert attacker.sign_in(name).title == "Sign in"
    assert attacker.response.status_code == 429
    assert owner.sign_in(name).title == "Your account"
    # What the attacker asked while waiting made no wait longer.
    with door.clock.later(seconds=10):
        attacker.sign_in(name, "not the password")
        assert attacker.response.status_code == 422


def test_guessing_from_many_networks_slows_new_browsers_for_seconds_only(
    door: Door, clinic: Clinic
) -> None:
    from alliance_api.oauth.people import throttle

    name, link = door.invite(clinic.client)
    owner = door.browser()
    owner.enrol(link)
    out(owner)
    waits = []

    async def guess(network: str) -> None:
        async with clinic.house.database.desk() as desk:
            chosen = throttle.lanes("password", name, network, None)
            wait = await throttle.enter(desk, chosen, door.clock())
            waits.append(wait.total_seconds())

    with door.clock.later(hours=30):
        for number in range(80):
            clinic.house.run(guess, f"192.0.2.{number}/32")
        assert max(waits) <= 20
        assert sum(wait > 0 for wait in waits) >= 20
    # A browser that was here before does not notice.
    assert owner.sign_in(name).title == "Your account"


def test_unknown_names_wait_like_known_ones(door: Door) -> None:
    attacker, statuses = door.browser(), []
    for _ in range(8):
        attacker.sign_in("nobody-of-that-name", "not the password")
        statuses.append(attacker.response.status_code)
    assert statuses[:5] == [422] * 5
    assert statuses[-1] == 429


def test_a_known_browser_has_a_budget_too(door: Door, clinic: Clinic) -> None:
    name, link = door.invite(clinic.client)
    thief = door.browser()
    thief.enrol(link)
    out(thief)
    statuses = []
    for _ in range(14):
        thief.sign_in(name, "not the password")
        statuses.append(thief.response.status_code)
    assert statuses[:10] == [422] * 10
    assert statuses[-1] == 429


def test_a_planted_device_cookie_buys_nothing(door: Door, clinic: Clinic, browser: Browser) -> None:
    planted = "A" * 43
    name, link = door.invite(clinic.client)
    browser.plant("alliance-device", planted)
    browser.enrol(link)
    assert browser.cookies["alliance-device"] != planted
    attacker = door.browser()
    attacker.plant("alliance-device", planted)
    for _ in range(7):
        attacker.sign_in(name, "not the password")
    assert attacker.response.status_code == 429


def test_idle_and_old_sessions_end(door: Door, clinic: Clinic, browser: Browser) -> None:
    _, link = door.invite(clinic.client)
    browser.enrol(link)
    with door.clock.later(minutes=29):
        assert browser.get("/account").title == "Your account"
    with door.clock.later(minutes=58):
        assert browser.get("/account").title == "Your account"
    with door.clock.later(minutes=58 + 31):
        assert browser.get("/account").title == "Sign in"
    _, link = door.invite(clinic.client)
    browser.enrol(link)
    for half in range(1, 24):
        with door.clock.later(minutes=half * 29):
            assert browser.get("/account").title == "Your account"
    with door.clock.later(hours=12, minutes=1):
        assert browser.get("/account").title == "Sign in"


def test_a_person_sees_where_they_are_signed_in_and_ends_it(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    name, link = door.invite(clinic.client)
    browser.enrol(link)
    other = door.browser()
    other.sign_in(name)
    form = browser.get("/account").form("/account/sessions/end", "session")
    assert browser.page.text.count("Firefox, Linux") == 2
    browser.send(form)
    assert other.get("/account").title == "Sign in"
    assert browser.get("/account").title == "Your account"


def test_nobody_ends_anothers_session(door: Door, clinic: Clinic, browser: Browser) -> None:
    _, link = door.invite(clinic.client)
    browser.enrol(link)
    other = door.browser()
    _, link = door.invite(clinic.caregiver)
    other.enrol(link)
    [(theirs,)] = clinic.house.rows(
        "SELECT id FROM oauth.sessions WHERE person_id = %s", clinic.caregiver.uuid
    )
    form = browser.page.form("/account/sign-out")
    form.action = "/account/sessions/end"
    browser.send(form, session=str(theirs))
    browser.send(form, others="1")
    assert other.get("/account").title == "Your account"


def test_a_new_password_ends_other_sessions_and_the_old_password(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    name, link = door.invite(clinic.client)
    browser.enrol(link)
    other = door.browser()
    other.sign_in(name)
    browser.get("/account/password")
    new = "quite another place in the hills"
    wrong = browser.press("/account/password", now="not it", password=new, again=new)
    assert "not your present" in wrong.alerts
    browser.press("/account/password", now=PASSWORD, password=new, again=new)
    assert browser.page.title == "Your account"
    assert other.get("/account").title == "Sign in"
    assert "do not go together" in other.sign_in(name).alerts
    assert other.sign_in(name, new).title == "Your account"


def test_how_one_signs_in_is_changed_only_soon_after_signing_in(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    _, link = door.invite(clinic.client)
    browser.enrol(link)
    browser.get("/account/password")
    form = browser.page.form("/account/password")
    with door.clock.later(minutes=16):
        assert browser.get("/account").title == "Your account"
        assert browser.get("/account/password").title == "Sign in"
        new = "quite another place in the hills"
        browser.send(form, now=PASSWORD, password=new, again=new)
        assert browser.page.title == "Sign in"


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "12 to 128"),
        ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "five different"),
        ("one long password", "another long one", "differ"),
        ("NAME and more", "NAME and more", "sign-in name"),
    ],
)
def test_weak_passwords_are_refused_and_the_link_stays_good(
    door: Door, clinic: Clinic, browser: Browser, password: str, again: str, said: str
) -> None:
    name, link = door.invite(clinic.client)
    browser.get(link)
    given = {"password": password.replace("NAME", name), "again": again.replace("NAME", name)}
    page = browser.press("/account/enrol", "password", **given)
    assert browser.response.status_code == 422
    assert said in page.alerts
    assert browser.enrol(link).title == "Your account"


def test_a_link_is_good_once_and_leaves_the_address(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    _, link = door.invite(clinic.client)
    secret = link.rpartition("=")[2]
    browser.get(link)
    assert browser.path == "/account/enrol"
    assert secret not in browser.response.text
    late = door.browser()
    late.get(link)
    browser.press("/account/enrol", "password", password=PASSWORD, again=PASSWORD)
    assert browser.page.title == "Your account"
    late.press("/account/enrol", "password", password=PASSWORD + "2", again=PASSWORD + "2")
    assert late.response.status_code == 410
    assert door.browser().get(link).title == "This link is no longer good"


def test_links_end_after_three_days_and_by_a_newer_one(
    door: Door, clinic: Clinic, browser: Browser
) -> None:
    _, first = door.invite(clinic.client)
    _, second = door.invite(clinic.client)
    assert browser.get(first).title == "This link is no longer good"
    with door.clock.later(hours=71):
        assert browser.get(second).title == "Set up your account"
    with door.clock.later(hours=73):
        assert browser.get(second).title == "This link is no longer good"
    assert browser.get("/account/enrol?invitation=nonsense").title == "This link is no longer good"


def test_a_new_link_begins_anew(
    door: Door, clinic: Clinic, browser: Browser, therapist: tuple[str, str, list[str]]
) -> None:
    name, _, codes = therapist
    browser.sign_in(name)
    browser.press("/account/sign-in/code", "recovery", recovery=codes[0])
    assert browser.page.title == "Your account"
    same, link = door.invite(clinic.therapist)
    assert same == name
    other = door.browser()
    assert "begins your account anew" in other.get(link).text
    assert browser.get("/account").title == "Your account"
    other.press("/account/enrol", "password", password=PASSWORD, again=PASSWORD)
    assert other.page.title == "Add a second step"
    assert browser.get("/account").title == "Sign in"


def test_who_was_erased_does_not_get_in(door: Door, clinic: Clinic, browser: Browser) -> None:
    name, link = door.invite(clinic.stranger)
    browser.enrol(link)
    out(browser)
    clinic.house.change("UPDATE people SET erased_at = now() WHERE id = %s", clinic.stranger.uuid)
    assert "do not go together" in browser.sign_in(name).alerts


def test_staff_keep_one_second_step(
    door: Door, browser: Browser, therapist: tuple[str, str, list[str]]
) -> None:
    name, _, codes = therapist
    browser.sign_in(name)
    browser.press("/account/sign-in/code", "recovery", recovery=codes[0])
    assert "second step you need" in browser.press("/account/app/remove").alerts


def test_forms_that_are_too_large_are_not_read(door: Door, browser: Browser) -> None:
    form = browser.get("/account/sign-in").form("/account/sign-in", "password")
    browser.send(form, name="n" * 70_000, password="x")
    assert browser.response.status_code == 413
    browser.send(form, name="n" * 60_000, password="y" * 5_000)
    assert browser.response.status_code == 422
