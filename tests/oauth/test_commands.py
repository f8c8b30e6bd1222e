"""`alliance client` and `alliance oauth`, told by their effects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from alliance_api.domain.ids import Kind, format_id
from tests import house as houses
from tests.applications import CALLBACK, Application, elliptic, public
from tests.house import House
from tests.operators import Operator
from tests.people import Clinic

SCOPE = "user/*.rs offline_access"


@pytest.fixture
def house(scratch: str) -> Iterator[House]:
    with houses.open_house(scratch) as found:
        yield found


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Return what was printed, by its first word."""
    lines = capsys.readouterr().out.splitlines()
    return {line.split()[0]: line.split(maxsplit=1)[1] for line in lines if " " in line}


def test_a_client_is_added_rotated_listed_and_revoked(
    house: House, clinic: Clinic, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    added = ("client", "add", "Diary", "--redirect", CALLBACK, "--scope", SCOPE, "--secret")
    assert operator(*added) == 0
    found = told(capsys)
    secret = found["client_secret"].split()[0]
    application = Application(house, found["client_id"], secret)
    tokens = application.tokens(clinic.therapist, SCOPE)
    assert operator("client", "rotate", application.id) == 0
    application.secret = told(capsys)["client_secret"].split()[0]
    assert application.refresh(tokens["refresh_token"]).status_code == 200
    application.secret = secret
    assert application.refresh(tokens["refresh_token"]).status_code == 200, "for a day"
    assert operator("client", "list") == 0
    listed = capsys.readouterr().out
    assert f"{application.id}  Diary" in listed
    assert "1 grants" in listed
    assert operator("client", "revoke", application.id) == 0
    assert application.refresh(tokens["refresh_token"]).json()["error"] == "invalid_client"
    with pytest.raises(SystemExit, match="revoked before"):
        operator("client", "revoke", application.id)


def test_a_back_end_is_added_with_somebody_it_is(
    house: House,
    clinic: Clinic,
    operator: Operator,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = elliptic()
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [public(key, kid="one")]}))
    organisation = format_id(Kind.ORGANISATION, clinic.organisation)
    asked = ("client", "add", "EHR", "--system", "--jwks", str(file), "--scope", "system/*.rs")
    with pytest.raises(SystemExit, match="--organisation"):
        operator(*asked)
    assert operator(*asked, "--organisation", organisation) == 0
    application = Application(house, told(capsys)["client_id"], key=key)
    given = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    token = application.posts("/oauth/token", given).json()["access_token"]
    assert application.reads(token).json()["data"]["caseload"]["nodes"] == []
    [(office,)] = house.rows(
        "SELECT role FROM staff s JOIN oauth.clients c ON c.person_id = s.person_id "
        "WHERE c.id = %s",
        application.id,
    )
    assert office == "EHR"


def test_what_is_wrong_is_said(operator: Operator) -> None:
    with pytest.raises(SystemExit, match="redirect"):
        operator("client", "add", "X", "--redirect", "http://x.test", "--scope", "user/*.rs")
    with pytest.raises(SystemExit, match="scope"):
        operator("client", "add", "X", "--redirect", CALLBACK, "--scope", "user/Goal.sr")
    with pytest.raises(SystemExit, match="organisation-"):
        operator("client", "list", "--organisation", "x")


def test_signing_keys_are_rotated_listed_and_revoked(
    house: House, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {key["kid"] for key in house.get("/oauth/jwks").json()["keys"]}
    capsys.readouterr()
    assert operator("oauth", "keys", "rotate") == 0
    capsys.readouterr()
    assert operator("oauth", "keys", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert {line.split()[0] for line in lines if "  signs  " in line} == before
    old = before.pop()
    assert operator("oauth", "keys", "revoke", old) == 0
    with pytest.raises(SystemExit, match="no such key"):
        operator("oauth", "keys", "revoke", old)
    assert operator("oauth", "keys", "new") == 0
    assert operator("oauth", "tidy") == 0
