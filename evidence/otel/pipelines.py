"""Whether collector.yaml, prometheus.yaml, the data sources and docker-compose.yml mean the same places.

It imports nothing of ours: the stand-in of the collector refuses to start with what this finds.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

KINDS = ("receivers", "processors", "exporters")


def problems(config: dict[str, Any]) -> list[str]:
    """Return what a collector would refuse: components that are not defined, or are nowhere used."""
    told = []
    used: dict[str, set[str]] = {kind: set() for kind in KINDS}
    pipelines = config.get("service", {}).get("pipelines", {})
    for name, pipeline in pipelines.items():
        if name.partition("/")[0] not in {"traces", "metrics", "logs"}:
            told.append(f"{name} is no kind of pipeline")
        for kind in KINDS:
            for each in pipeline.get(kind, []):
                used[kind].add(each)
                if each not in (config.get(kind) or {}):
                    told.append(f"{name}: {each} is none of the {kind}")
        told += [
            f"{name}: it has no {kind}"
            for kind in ("receivers", "exporters")
            if not pipeline.get(kind)
        ]
        if (pipeline.get("processors") or [None])[0] != "memory_limiter":
            told.append(f"{name}: memory is not looked at first")
    told += [f"{each} is defined and nowhere used" for kind in KINDS
             for each in config.get(kind) or {} if each not in used[kind]]  # fmt: skip
    return told + [
        f"there is no pipeline for {kind}"
        for kind in ("traces", "metrics")
        if kind not in pipelines
    ]


def port(endpoint: str) -> int | None:
    """Return the port of an endpoint, with a scheme or without."""
    return urlsplit(endpoint if "://" in endpoint else f"//{endpoint}").port


def places(
    config: dict[str, Any],
    prometheus: dict[str, Any],
    sources: dict[str, Any],
    compose: dict[str, Any],
) -> list[str]:
    """Return which addresses lead nowhere."""
    services = compose["services"]
    told = []
    otlp = port(config["receivers"]["otlp"]["protocols"]["http"]["endpoint"])
    scraped = port(config["exporters"]["prometheus"]["endpoint"])
    for name in ("alliance-api", "notifier-web", "notifier-worker"):
        given = services[name]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"]
        default = given.partition(":-")[2].rstrip("}")
        if default != f"http://otel-collector:{otlp}":
            told.append(f"{name} sends to {default}, and the collector listens at {otlp}")
    targets = [target for job in prometheus["scrape_configs"]
               for static in job["static_configs"] for target in static["targets"]]  # fmt: skip
    if targets != [f"otel-collector:{scraped}"]:
        told.append(f"Prometheus scrapes {targets}, and the collector tells at {scraped}")
    if not all(job.get("honor_labels") for job in prometheus["scrape_configs"]):
        told.append("Prometheus takes the services' own names for the collector's")
    named = [each["url"] for each in sources["datasources"]]
    named.append(config["exporters"]["otlphttp/jaeger"]["endpoint"])
    told += [
        f"{url}: there is no such service"
        for url in named
        if urlsplit(url).hostname not in services
    ]
    mounts = {str(volume).split(":")[1] for volume in services["prometheus"]["volumes"]}
    told += [f"{path} is not mounted" for path in prometheus["rule_files"] if path not in mounts]
    return told
