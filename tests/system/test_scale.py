"""The proxy and the profile `scale` keep to their policy; the policy finds what it looks for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from evidence import compose_policy, proxy_policy
from evidence.scale_routes import routes

TEXT = proxy_policy.FILE.read_text(encoding="utf-8")
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def paths() -> dict[str, set[str]]:
    return routes()


def problems(text: str, paths: dict[str, set[str]], change: Change | None = None) -> list[str]:
    found = copy.deepcopy(compose_policy.read())
    if change:
        change(found)
    return proxy_policy.problems(text, found, paths)


def test_the_proxy_keeps_to_its_policy(paths: dict[str, set[str]]) -> None:
    assert problems(TEXT, paths) == []
    assert len(paths["api"]) > 40
    assert {"/v1/preferences", "/v1/contact-points", "/u/{token}"} <= paths["notifier"]


REPLACED = {
    "health": ("uri /health/ready", "uri /health/live"),
    "any answer": ("http-check expect status 200", "http-check expect ! status 500"),
    "no redispatch": ("option redispatch 1", "option redispatch 3"),
    "the least busy": ("balance roundrobin", "balance leastconn"),
    "no retry": ("    retry-on conn-failure empty-response\n", ""),
    "retry of errors": ("retry-on conn-failure empty-response", "retry-on all-retryable-errors"),
    "every method": ("disable-l7-retry unless reading or graphql", "disable-l7-retry if FALSE"),
    "proofs": ("    http-request disable-l7-retry if proven\n", ""),
    "reading is posting": ("acl reading method GET", "acl reading method POST GET"),
    "more than graphql": ("acl graphql path /graphql", "acl graphql path_beg /"),
    "a log of paths": ("    no log\n", ""),
    "believing clients": (
        "set-var(txn.from) src unless",
        "set-var(txn.from) hdr(x-real-ip) unless",
    ),
    "forwarding as it came": ("set-header X-Forwarded-For", "add-header X-Forwarded-For"),
    "believing the scheme": (
        "    http-request del-header X-Forwarded-Proto unless tls_proxy\n",
        "",
    ),
    "no tunnel": ("    timeout tunnel 1h\n", ""),
    "a short tunnel": ("timeout tunnel 1h", "timeout tunnel 30s"),
    "a short server": ("timeout server 75s", "timeout server 30s"),
    "a long connect": ("timeout connect 2s", "timeout connect 30s"),
    "buffering": ("mode http\n", "mode http\n    http-response wait-for-body time 5s\n"),
    "compression": ("mode http\n", "mode http\n    compression algo gzip\n"),
    "requests in parts": ("    option http-buffer-request\n", ""),
    "another server": ("server two api-two:8000", "server two api-one:8000"),
    "one server": ("    server two notifier-two:8001\n", ""),
    "a lost way": (" /v1/deliveries /u/", " /u/"),
    "too wide a way": ("/v1/contact-points", "/v1"),
    "no hard stop": ("    hard-stop-after 25s\n", ""),
    "a late hard stop": ("hard-stop-after 25s", "hard-stop-after 60s"),
}


@pytest.mark.parametrize(("old", "new"), REPLACED.values(), ids=REPLACED)
def test_the_policy_of_the_proxy_finds(old: str, new: str, paths: dict[str, set[str]]) -> None:
    assert old in TEXT
    assert problems(TEXT.replace(old, new), paths)


def _service(name: str, **values: Any) -> Change:
    def change(found: dict[str, Any]) -> None:
        found["services"][name] = {**found["services"][name], **values}

    return change


BROKEN: dict[str, Change] = {
    "another image": _service("alliance-api-2", image="alliance/api:0.0.9"),
    "another environment": _service("notifier-web-2", environment={}),
    "another command": _service("notifier-worker-2", command=["notifier", "web"]),
    "no time to end": _service("alliance-api", stop_grace_period="5s"),
    "a hard signal": _service("proxy", stop_signal="SIGTERM"),
    "no time for the proxy": _service("proxy", stop_grace_period="10s"),
    "a proxy inside": _service("proxy", networks={"inside": {}, "edge": {}, "outside": {}}),
    "a proxy anywhere": _service("proxy", networks={"edge": {}, "outside": {}}),
    "trust in another": _service("alliance-api", environment={"TRUSTED_PROXIES": "10.0.0.1"}),
    "a replica not found": _service("alliance-api-2", networks={"edge": {"aliases": ["api-one"]}}),
    "another network": lambda found: found["networks"]["edge"].update(
        ipam={"config": [{"subnet": "192.0.2.0/28", "ip_range": "192.0.2.8/29"}]}
    ),
    "an address for anybody": lambda found: found["networks"]["edge"].update(
        ipam={"config": [{"subnet": "10.213.77.0/28"}]}
    ),
    "a way out": lambda found: found["networks"]["edge"].update(internal=False),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_the_policy_of_the_profile_finds(change: Change, paths: dict[str, set[str]]) -> None:
    assert problems(TEXT, paths, change)
