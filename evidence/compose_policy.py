"""What docker-compose.yml and its Dockerfiles must say, whoever changes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docker-compose.yml"
DOCKERFILES = tuple(sorted((ROOT / "deploy" / "docker").glob("*.Dockerfile")))
OURS = re.compile(r"alliance/[a-z]+:\d+(\.\d+){0,2}")
# A variable may name another registry's copy; its default is a version, and never `latest`.
PINNED = re.compile(r"(\$\{[A-Z]+_IMAGE:-)?[a-z0-9./-]+:v?\d[\w.-]*\}?")
# An address is one where it leads to what asks for a password, and not where people are sent.
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEYS?$|(?<!PUBLIC)_URL$|SMTP$", re.IGNORECASE)
ROOTS = {"", "0", "root", "0:0", "root:root"}
# Of one program without a shell: nothing in it could ask. Each says so where it stands.
NO_HEALTH = {"mailpit", "otel-collector", "jaeger"}
Service = dict[str, Any]


def read(path: Path = FILE) -> dict[str, Any]:
    """Return a compose file with its anchors resolved."""
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def problems(found: dict[str, Any]) -> list[str]:
    """Return what is wrong with a compose file, one line each."""
    services: dict[str, Service] = found["services"]
    told = [f"{name}: {wrong}" for name, it in services.items() for wrong in _of(name, it)]
    told += [f"{name}: waits for {other}, which is not there" for name, it in services.items()
             for other in it.get("depends_on", {}) if other not in services]  # fmt: skip
    if not found.get("networks", {}).get("inside", {}).get("internal"):
        told.append("the network `inside` lets its containers out")
    return told


def _of(name: str, it: Service) -> Iterator[str]:
    yield from _hardened(it)
    yield from _limited(it)
    yield from _told(it)
    image = str(it.get("image", ""))
    if not (OURS.fullmatch(image) or PINNED.fullmatch(image)):
        yield "its image has no version"
    if not _has_health(name, it):
        yield "nobody can ask for its health"
    if not _once(it) and it.get("restart") != "unless-stopped":
        yield "it does not start again"
    yield from _reached(it)


def _hardened(it: Service) -> Iterator[str]:
    if str(it.get("user", "")).strip() in ROOTS:
        yield "it runs as root"
    if it.get("read_only") is not True:
        yield "its file system can be written to"
    if it.get("cap_drop") != ["ALL"] or it.get("cap_add"):
        yield "it has capabilities"
    if "no-new-privileges:true" not in it.get("security_opt", []):
        yield "it may gain privileges"
    for forbidden in ("privileged", "pid", "ipc", "network_mode", "devices", "userns_mode"):
        if it.get(forbidden):
            yield f"it sets {forbidden}"
    if not it.get("tmpfs"):
        yield "it has no temporary file system"


def _limited(it: Service) -> Iterator[str]:
    for limit in ("mem_limit", "cpus", "pids_limit", "logging"):
        if not it.get(limit):
            yield f"it has no {limit}"


def _told(it: Service) -> Iterator[str]:
    environment = it.get("environment", {})
    for key in environment:
        if SECRET.search(key) and not key.endswith("_FILE"):
            yield f"{key} is in its environment"
    for volume in it.get("volumes", []):
        source, _, mode = str(volume).partition(":")
        if "docker.sock" in source:
            yield "it can command the engine"
        if source.startswith((".", "/")) and not mode.endswith(":ro"):
            yield f"it can write to {source}"
        if source.startswith("secrets-") and not mode.endswith(":ro") and not _once(it):
            yield f"it can change {source}"


def _once(it: Service) -> bool:
    return it.get("restart") == "on-failure"


def _has_health(name: str, it: Service) -> bool:
    health = it.get("healthcheck", {})
    if health.get("test"):
        return True
    return bool(health.get("disable")) and (_once(it) or name in NO_HEALTH)


def _reached(it: Service) -> Iterator[str]:
    for port in it.get("ports", []):
        if not str(port).startswith("127.0.0.1:"):
            yield f"port {port} is open to the network"
    if str(it.get("image", "")).startswith("alliance/postgres") and it.get("ports"):
        yield "the database is published"


def secrets_of(found: dict[str, Any]) -> dict[str, set[str]]:
    """Return which services that stay mount which volume of secrets."""
    told: dict[str, set[str]] = {}
    for name, it in found["services"].items():
        for volume in it.get("volumes", []):
            source = str(volume).partition(":")[0]
            if source.startswith("secrets-") and not _once(it):
                told.setdefault(source, set()).add(name)
    return told


def dockerfile_problems(text: str) -> list[str]:
    """Return what is wrong with a Dockerfile, one line each."""
    images = re.findall(r"^(?:ARG \w+_IMAGE=|FROM )(\S+)", text, re.MULTILINE)
    told = [
        f"{image} has no version"
        for image in images
        if not image.startswith("${") and not PINNED.fullmatch(image)
    ]
    users = re.findall(r"^USER\s+(\S+)", text, re.MULTILINE)
    wrong = {
        "it ends as root": not users or users[-1].split(":")[0] in ROOTS,
        "ADD fetches and unpacks": bool(re.search(r"^ADD\s", text, re.MULTILINE)),
        "it fetches what nobody has checked": bool(re.search(r"curl|wget", text)),
        "it installs without hashes": any(map(_unchecked, text.splitlines())),
        "a secret is part of the image": bool(
            re.search(r"^(ENV|ARG)\s.*(PASSWORD|SECRET|TOKEN)", text, re.MULTILINE)
        ),
    }
    return told + [what for what, found in wrong.items() if found]


def _unchecked(line: str) -> bool:
    return bool(re.search(r"pip\b.* install", line)) and "--require-hashes" not in line
