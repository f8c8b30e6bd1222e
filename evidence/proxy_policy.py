"""What deploy/docker/haproxy.cfg and the profile `scale` must say, whoever changes them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alliance_api.rest.feed.endpoint import WAITS
from chassis import serving
from evidence import compose_policy as policy

FILE = policy.ROOT / "deploy" / "docker" / "haproxy.cfg"
PAIRS = (
    ("alliance-api", "alliance-api-2"),
    ("notifier-web", "notifier-web-2"),
    ("notifier-worker", "notifier-worker-2"),
)
# What each section must say, word for word, and why.
SAID = {
    "defaults": {
        "option httpchk": "nobody asks replicas for their health",
        "http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host health": "health is not readiness",
        "http-check expect status 200": "any answer counts as ready",
        "option redispatch 1": "what cannot be sent is not sent elsewhere",
        "retry-on conn-failure empty-response": "what was lost with a replica is not sent again",
        "option http-buffer-request": "what came in two parts is not sent again",
    },
    "frontend web": {
        "no log": "paths are logged, and a path can name a person",
        "http-request set-header X-Forwarded-For %[var(txn.from)]": "a client says where it comes from",
        "http-request set-var(txn.from) src unless tls_proxy told": "a client says where it comes from",
        "http-request del-header X-Forwarded-Proto unless tls_proxy": "a client says how it came",
        "http-request disable-l7-retry if proven": "a proof that is good once is sent twice",
        "http-request disable-l7-retry unless reading or graphql": "what is no read is sent twice",
        "acl reading method GET HEAD OPTIONS": "what is no read is sent twice",
        "acl graphql path /graphql": "what has no key is sent twice",
    },
}
TIMEOUTS = ("connect", "client", "server", "tunnel", "http-request", "http-keep-alive", "check")
# Events would be kept back.
BUFFERING = re.compile(
    r"^\s*(filter compression|compression |http-response wait-for-body)", re.MULTILINE
)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Section:
    """A section of the file."""

    lines: tuple[str, ...]

    def after(self, word: str) -> list[str]:
        """Return what follows a word, on each line that begins with it."""
        return [line.removeprefix(f"{word} ") for line in self.lines if line.startswith(f"{word} ")]


def sections(text: str) -> dict[str, Section]:
    """Return the sections of a configuration by kind and name, without comments."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for raw in text.splitlines():
        line = raw.split("#")[0].rstrip()
        if line and not line[0].isspace():
            lines = found.setdefault(line, [])
        elif line:
            lines.append(line.strip())
    return {name: Section(tuple(lines)) for name, lines in found.items()}


def problems(text: str, compose: dict[str, Any], routes: dict[str, set[str]]) -> list[str]:
    """Return what is wrong with the proxy and what it stands before; `routes` are by backend."""
    found = sections(text)
    told = [
        f"{name}: {why}"
        for name, lines in SAID.items()
        for line, why in lines.items()
        if line not in found.get(name, Section(())).lines
    ]
    told += [f"proxy: {wrong}" for wrong in _times(found)]
    told += [f"proxy: {wrong}" for wrong in _servers(found, compose["services"])]
    told += [f"proxy: {wrong}" for wrong in _ways(found, routes)]
    told += [f"scale: {wrong}" for wrong in _profile(found, compose)]
    if BUFFERING.search(text):
        told.append("proxy: it buffers, and a stream of events would stand still")
    return told


def seconds(text: str) -> float:
    """Return a duration in seconds. Raises `ValueError`."""
    match = re.fullmatch(r"(\d+)(ms|s|m|h)", text)
    if not match:
        raise ValueError(text)
    return int(match[1]) * _SECONDS[match[2]]


def _times(found: dict[str, Section]) -> Iterator[str]:
    told = found.get("defaults", Section(())).after("timeout")
    times = {name: seconds(value) for name, value in map(str.split, told)}
    yield from (f"it has no timeout {name}" for name in TIMEOUTS if name not in times)
    longest = WAITS[1]
    if min(times.get("server", 0), times.get("client", 0)) <= longest:
        yield f"it hangs up on who may wait {longest} s for facts"
    if times.get("tunnel", 0) < 600:
        yield "it hangs up on a WebSocket that is silent"
    if times.get("connect", 99) > 5:
        yield "it waits long for a replica that is gone"


def _servers(found: dict[str, Section], services: dict[str, Any]) -> Iterator[str]:
    for name, (first, second) in zip(("api", "notifier"), PAIRS, strict=False):
        backend = found.get(f"backend {name}", Section(()))
        if backend.after("balance") != ["roundrobin"]:
            yield f"what was lost with a replica of {name} may be sent to the same again"
        named = [line.split()[1].partition(":")[0] for line in backend.after("server")]
        aliases = [_aliases(services.get(each, {}), "edge") for each in (first, second)]
        if [[each] for each in named] != aliases:
            yield f"it sends {name} to {named}, and they are called {aliases}"


def _aliases(service: dict[str, Any], network: str) -> list[str]:
    networks = service.get("networks", {})
    found = networks.get(network) if isinstance(networks, dict) else None
    aliases: list[str] = (found or {}).get("aliases", [])
    return aliases


def _ways(found: dict[str, Section], routes: dict[str, set[str]]) -> Iterator[str]:
    """Send each path through the proxy's own rule: to the notifier what is the notifier's."""
    rule = " ".join(found.get("frontend web", Section(())).after("use_backend notifier"))
    prefixes = tuple(re.findall(r"(/[\w/-]+)", rule))
    for owner, paths in routes.items():
        for path in sorted(paths):
            # Health, and what describes it: of whichever is asked.
            if all(path in each for each in routes.values()):
                continue
            goes = "notifier" if path.startswith(prefixes) else "api"
            if goes != owner:
                yield f"{path} is the {owner}'s and goes to the {goes}"


def _profile(found: dict[str, Section], compose: dict[str, Any]) -> Iterator[str]:
    services = compose["services"]
    for first, second in PAIRS:
        one, two = services.get(first, {}), services.get(second, {})
        alike = ("image", "command", "environment", "healthcheck", "user", "stop_grace_period")
        for key in alike:
            if one.get(key) != two.get(key):
                yield f"{first} and {second} differ in {key}"
    yield from _ends(found, services)
    yield from _trust(compose)


def _ends(found: dict[str, Section], services: dict[str, Any]) -> Iterator[str]:
    for name in (each for pair in PAIRS[:2] for each in pair):
        grace = seconds(services.get(name, {}).get("stop_grace_period", "10s"))
        if grace <= serving.GRACE_SECONDS:
            yield f"{name} is killed while it finishes what is under way"
    proxy = services.get("proxy", {})
    hard = found.get("global", Section(())).after("hard-stop-after")
    if proxy.get("stop_signal") != "SIGUSR1":
        yield "the proxy drops what is under way when it is stopped"
    if not hard or seconds(hard[0]) >= seconds(proxy.get("stop_grace_period", "10s")):
        yield "the proxy is killed before it has finished"


def _trust(compose: dict[str, Any]) -> Iterator[str]:
    services = compose["services"]
    networks = services.get("proxy", {}).get("networks", {})
    if set(networks) != {"edge", "outside"}:
        yield "the proxy reaches more than what it forwards to"
        return
    address = networks["edge"].get("ipv4_address")
    trusted = services["alliance-api"]["environment"].get("TRUSTED_PROXIES")
    if not address or address != trusted:
        yield f"the API trusts {trusted}, and the proxy is {address}"
        return
    edge = compose["networks"].get("edge", {})
    [config] = edge.get("ipam", {}).get("config", [{}])
    subnet, others = (
        ipaddress.ip_network(_default(config.get(key, "0.0.0.0/32")))
        for key in ("subnet", "ip_range")
    )
    if ipaddress.ip_address(_default(address)) not in subnet:
        yield f"{address} is not in {subnet}"
    # Without a range of their own, those that start first would take it.
    if ipaddress.ip_address(_default(address)) in others or not others.subnet_of(subnet):  # type: ignore[arg-type]
        yield f"another than the proxy may be given {address}"
    if not edge.get("internal"):
        yield "the network `edge` lets its containers out"


def _default(text: str) -> str:
    """Return what a variable stands for when it is not set."""
    return re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)
