"""What `alliance serve` serves of it: one application from `/oauth/authorize` to its code, and invitations."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import psycopg
import pytest

from alliance_api.store import second_steps
from chassis.masters import Wrapped, local_masters
from tests.applications import register
from tests.house import ORIGIN, House
from tests.operators import operating
from tests.pages import Page
from tests.people import Clinic, Person

PASSWORD = "a quiet place by the river"
INVITES = "accounts.write"


def invite(by: Person, of: Person, scope: str = INVITES) -> tuple[int, dict[str, str]]:
    answer = by.house.http(
        "POST",
        "/v1/accounts",
        headers=by.can(scope).headers,
        content=json.dumps({"person": of.id}).encode(),
    )
    return answer.status_code, answer.json()


def sends(house: House, page: str, action: str, **values: str) -> str:
    """Send a form of a page; return where that leads."""
    hidden = dict(Page(page).form(action, "form_key").values)
    answer = house.http("POST", action, data={**hidden, **values})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_from_a_managers_invitation_to_an_applications_code(house: House, clinic: Clinic) -> None:
    status, found = invite(clinic.manager, clinic.client)
    assert status == 201
    assert found["link"].startswith(f"{ORIGIN}/account/enrol?invitation=")
    assert found["expiresAt"].endswith("Z")
    house.get(found["link"].removeprefix(ORIGIN))
    page = house.get("/account/enrol").text
    assert found["signInName"] in page
    form = {"password": PASSWORD, "again": PASSWORD}
    assert sends(house, page, "/account/enrol", **form) == "/account"
    assert "The client, Clinic" in house.get("/account").text

    application = register(house)
    request = application.request()
    question = house.get(f"/oauth/consent?request={request}")
    assert "form-action 'self' " in question.headers["content-security-policy"]
    shown = Page(question.text).form("/oauth/consent")
    hidden = {name: value for name, value in shown.values if name != "scope"}
    scopes = [value for name, value in shown.values if name == "scope"]
    data = {**hidden, "scope": scopes, "answer": "allow"}
    answer = house.http("POST", "/oauth/consent", data=data)
    told = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert told["iss"] == ORIGIN
    assert "code" in told

    assert invite(clinic.manager, clinic.client) == (
        409,
        {
            "title": "Conflict",
            "status": 409,
            "code": "ALREADY_SET_UP",
            "field": "person",
            "detail": "This person can sign in already. An operator can let them begin anew.",
        },
    )


def test_cookies_are_for_this_host_over_tls(house: House) -> None:
    answer = house.get("/account/sign-in?language=en")
    for cookie in answer.headers.get_list("set-cookie"):
        assert cookie.startswith("__Host-alliance")
        assert "Secure" in cookie


@pytest.mark.parametrize("name", ["client", "therapist", "supervisor", "caregiver", "stranger"])
def test_nobody_but_a_manager_invites(clinic: Clinic, name: str) -> None:
    status, found = invite(clinic.people[name], clinic.caregiver)
    assert (status, found["code"]) == (403, "NOT_ALLOWED")


def test_without_the_scope_a_manager_does_not_invite(clinic: Clinic) -> None:
    status, found = invite(clinic.manager, clinic.caregiver, "user/*.cruds")
    assert (status, found["code"]) == (403, "SCOPE_MISSING")


def test_a_manager_invites_nobody_of_another_organisation(house: House, clinic: Clinic) -> None:
    from tests.people import a_clinic

    other = a_clinic(house)
    status, found = invite(clinic.manager, other.client)
    assert (status, found["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 422),
        (b"{}", 422),
        (b'{"person": 1}', 422),
        (b'{"person": "x"}', 422),
        (b'{"person": "x", "name": "y"}', 422),
        (b"x" * 5000, 413),
    ],
)
def test_a_bad_invitation_names_its_field(clinic: Clinic, body: bytes, status: int) -> None:
    headers = clinic.manager.can(INVITES).headers
    answer = clinic.house.http("POST", "/v1/accounts", headers=headers, content=body)
    assert answer.status_code == status
    assert answer.json()["field"] == ("person" if status == 422 else None)


def test_an_operator_invites_links_and_stops(
    house: House,
    clinic: Clinic,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = operating(house.admin_url, Path(house.masters), monkeypatch)
    monkeypatch.setenv("ISSUER", ORIGIN)
    name = f"amira-{clinic.client.uuid}"
    assert run("account", "invite", clinic.client.id, "--name", name.upper()) == 0
    told = capsys.readouterr()
    link = told.out.strip()
    assert name in told.err
    assert link.rpartition("=")[2] not in told.err
    house.get(link.removeprefix(ORIGIN))
    page = house.get("/account/enrol").text
    form = {"password": PASSWORD, "again": PASSWORD}
    assert sends(house, page, "/account/enrol", **form) == "/account"
    assert run("account", "disable", clinic.client.id) == 0
    assert house.get("/account").status_code == 303
    with pytest.raises(SystemExit, match="somebody else signs in"):
        run("account", "invite", clinic.caregiver.id, "--name", name)
    with pytest.raises(SystemExit, match="no account"):
        run("account", "disable", clinic.stranger.id)
    for nobody in ("x", "person-00000000-0000-0000-0000-000000000001"):
        with pytest.raises(SystemExit):
            run("account", "invite", nobody)
    given = ("account", "link", clinic.client.id, "--provider", "login", "--subject", name)
    assert run(*given) == 0
    with pytest.raises(SystemExit, match="linked already"):
        run(*given)
    assert run(*given, "--remove") == 0
    with pytest.raises(SystemExit, match="no such link"):
        run(*given, "--remove")


def test_who_is_erased_has_nothing_left_to_sign_in_with(house: House, clinic: Clinic) -> None:
    _, found = invite(clinic.manager, clinic.client)
    house.get(found["link"].removeprefix(ORIGIN))
    form = {"password": PASSWORD, "again": PASSWORD}
    sends(house, house.get("/account/enrol").text, "/account/enrol", **form)
    assert house.get("/account").status_code == 200
    house.change(
        "INSERT INTO oauth.upstream_links (provider, subject, organisation_id, person_id, made_at) "
        "VALUES ('login', %s, %s, %s, now())",
        *(str(clinic.client.uuid), clinic.organisation, clinic.client.uuid),
    )
    officer = clinic.appoint("officer", "PRIVACY_OFFICER")
    officer.done("erasePerson", "", person=clinic.client.id)
    tables = house.rows(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = 'oauth'::regnamespace AND c.relkind = 'r' "
        "AND a.attname = 'person_id'"
    )
    assert len(tables) >= 5
    for (table,) in tables:
        left = house.rows(f"SELECT 1 FROM oauth.{table} WHERE person_id = %s", clinic.client.uuid)
        assert left == [], table
    assert house.get("/account").status_code == 303


def test_seeds_of_codes_are_wrapped_anew_with_all_other_keys(
    scratch: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file, account = tmp_path / "masters.json", uuid4()
    run = operating(scratch, file, monkeypatch)
    assert run("keys", "new", "--file", str(file)) == 0
    old = local_masters(file.read_text(), None)
    wrapped = asyncio.run(old.wrap(b"SEED", second_steps.about(account)))
    with psycopg.connect(scratch, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO oauth.accounts (organisation_id, id, person_id, name, handle, "
            "totp_sealed, totp_master, made_at) VALUES (%s, %s, %s, 'amira', 'x', %s, %s, now())",
            [uuid4(), account, uuid4(), wrapped.text, wrapped.master],
        )
        assert run("keys", "new", "--file", str(file)) == 0
        with pytest.raises(SystemExit, match="hang on it"):
            run("keys", "retire", wrapped.master)
        assert run("keys", "rotate") == 0
        row = connection.execute("SELECT totp_master, totp_sealed FROM oauth.accounts").fetchone()
    assert row is not None
    assert row[0] != wrapped.master
    new = local_masters(file.read_text(), None)
    assert asyncio.run(new.unwrap(Wrapped(*row), second_steps.about(account))) == b"SEED"
    assert run("keys", "retire", wrapped.master) == 0
