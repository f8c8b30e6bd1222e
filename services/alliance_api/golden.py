"""Generated files that are kept in the repository, and whether they are fresh."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from alliance_api.charter import feed, labels, notices
from alliance_api.charter.charter import READ
from alliance_api.charter.facets import HOLDINGS, Facet
from alliance_api.domain.fact_types import TYPES
from alliance_api.fhir.questionnaire import questionnaires
from alliance_api.graph.schema import sdl
from alliance_api.instruments.loader import load_all
from alliance_api.instruments.lock import silent_changes
from alliance_api.instruments.page import instruments_page

ROOT = Path(__file__).parents[2]


LOCK = "services/alliance_api/instruments/instruments.lock"


def write() -> None:
    """Write every generated file anew; refuse if a published instrument changed silently."""
    if changed := silent_changes(_present(ROOT / LOCK), lock()):
        raise SystemExit(f"Give a new version to what changed: {', '.join(changed)}")
    for path, make in FILES.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(make(), encoding="utf-8")


def check() -> list[str]:
    """Return the generated files that are not as they would be written today."""
    return [path for path, make in FILES.items() if _present(ROOT / path) != make()]


def _present(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def confidentiality() -> str:
    """Return the charter's reading table as a page."""
    relations = list(next(iter(READ.values())))
    lines = [
        "# Who may read what",
        "",
        "Generated from `alliance_api/charter/charter.py` by `make schema`; PostgreSQL enforces it.",
        "Terms joined by `+` must all hold; whoever stands in no relation is a stranger and sees",
        "nothing, members of the same organisation included.",
        "",
        "| facet | scope | " + " | ".join(relation.lower() for relation in relations) + " |",
        "| --- | --- |" + " --- |" * len(relations),
    ]
    for facet, row in READ.items():
        gates = " or ".join(f"`{gate}`" for gate in HOLDINGS[facet].gates)
        cells = " | ".join(" + ".join(row[relation]) for relation in relations)
        lines.append(f"| {facet.lower().replace('_', ' ')} | {gates} | {cells} |")
    return "\n".join([*lines, "", *_TERMS, "", *_told(), "", *_labels(), ""])


_TERMS = (
    "| term | holds when |",
    "| --- | --- |",
    "| open | one stands in that relation, now |",
    "| own | one is the author |",
    "| known | the informant did not keep the measurement to themselves |",
    "| disclosed | the informant opened it, and it is time |",
    "| blind | one has rated that session oneself, where the plan asked both |",
    "| invited | it was opened to caregivers as well |",
    "| consent | the client's consent to supervision is live |",
    "| for_client, for_care_team | it was derived for that audience, from what it may see |",
    "| no_colleague | it was not made of another therapist's own ratings |",
    "| never | no rows |",
)


def _told() -> list[str]:
    """Return which facts systems are told."""
    return [
        "## What happened, and who is told",
        "",
        "Generated from `alliance_api/charter/feed.py`: what `GET /v1/feed` gives to a system with the scope",
        "`feed.read`. Facts are ids, instants and kinds. An EHR is told of cases whose client consents.",
        "",
        "| fact | notifier | ehr |",
        "| --- | --- | --- |",
        *(
            f"| {kind} | {' | '.join('told' if kind in feed.TOLD[to] else 'never' for to in feed.TOLD)} |"
            for kind in sorted(TYPES)
        ),
    ]


def _labels() -> list[str]:
    """Return the labels of what is told, for whoever handles it next."""
    notice = notices.part2()
    checked = "verified" if notice.verified else "not verified"
    systems = {True: "v3-Confidentiality", False: "v3-ActCode"}
    levels = set(labels.Confidentiality)
    return [
        *_LABELLED,
        *(_label(facet) for facet in labels.LABELS),
        "",
        f"Every row of a client who is under {labels.YOUNG_UNDER} says ADOL as well, to whoever may know",
        "the age. Of several labels the highest counts.",
        "",
        "| code | system | means |",
        "| --- | --- | --- |",
        *(f"| {c} | {systems[c in levels]} | {means} |" for c, means in labels.MEANING.items()),
        "",
        f"The notice under 42 CFR Part 2 ({notice.citation}, version {notice.version}, {checked}):",
        "",
        f"> {notice.text}",
        "",
        "A clinic whose counsel wants other words gives them by the setting `NOTICES_FILE`.",
    ]


def _label(facet: Facet) -> str:
    plain, part2 = (labels.labelled(facet, part2=way) for way in (False, True))
    cells = (
        facet.lower().replace("_", " "),
        ", ".join(labels.resources(facet)),
        plain.confidentiality.value,
        " ".join((*plain.sensitivity, *plain.policies)),
        " ".join(code for _, code in part2.codings),
    )
    return f"| {' | '.join(cells)} |"


_LABELLED = (
    "## How it must be handled",
    "",
    "Generated from `alliance_api/charter/labels.py`: HL7's security labels, a decision of ours. GraphQL",
    "tells them in `labels`; charts and archives carry the notice.",
    "",
    "| facet | resource | confidentiality | sensitivity | under 42 CFR Part 2 |",
    "| --- | --- | --- | --- | --- |",
)


def lock() -> str:
    """Return the hash of every shipped instrument: a published version never changes silently."""
    folder = resources.files("alliance_api.instruments")
    lines = [
        f"{hashlib.sha256(folder.joinpath(f'{code}.toml').read_bytes()).hexdigest()}  "
        f"{code}@{instrument.version}"
        for code, instrument in sorted(load_all().items())
    ]
    return "\n".join([*lines, ""])


def _questionnaire(path: str) -> Callable[[], str]:
    return lambda: questionnaires()[path]


FILES: dict[str, Callable[[], str]] = {
    "services/alliance_api/graph/schema.graphql": sdl,
    LOCK: lock,
    "docs/confidentiality.md": confidentiality,
    "docs/reference/instruments.md": instruments_page,
    **{path: _questionnaire(path) for path in questionnaires()},
}
