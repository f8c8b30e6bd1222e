"""Generated files that are kept in the repository, and whether they are fresh."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from alliance_api.charter import feed, labels, notices
from alliance_api.charter.charter import READ, WRITE
from alliance_api.charter.facets import HOLDINGS, Facet
from alliance_api.charter.policies import CATALOGUE
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
    parts = ([*lines, ""], _terms(), _beside(), _writing(), _told(), _labels())
    return "\n".join(line for part in parts for line in (*part, ""))


TERMS = {
    "open": "one stands in that relation, now",
    "own": "one is the author",
    "known": "the informant did not keep the measurement to themselves",
    "disclosed": "the informant opened it, and it is time",
    "blind": "one has rated that session oneself, where the plan asked both",
    "invited": "it was opened to caregivers as well",
    "consent": "the client's consent to supervision is live",
    "for_client": "it was derived for the client, from what they may see",
    "for_care_team": "it was derived for the care team, from what it may see",
    "no_colleague": "it was not made of another therapist's own ratings",
    "no_therapist": "it was not made of any therapist's own ratings",
    "never": "no rows",
}

# What no facet holds, by table: whoever is not named reads nothing of it.
BESIDE = {
    "organisations": "everybody of the organisation",
    "teams": "everybody of the organisation",
    "team_members": "everybody of the organisation",
    **dict.fromkeys(CATALOGUE, "everybody of the organisation"),
    "people": "oneself; clients and care teams of one's cases; readers of one's own case; all of "
    "them for a manager; by their ids alone, for a privacy officer",
    "identities": "the same people, with the scope `Patient`, but for the privacy officer",
    "staff": "what oneself holds",
    "standing": "how one stands oneself, now",
    "person_keys": "everybody of the organisation: wrapped, they open nothing",
    "read_ledger": "a client: readings about their case; a privacy officer: all; everybody else: "
    "their own",
    "ledger_seals": "a privacy officer",
    "legal_holds": "a privacy officer",
    "erasures": "a privacy officer",
    "aggregates": "a manager: what was published; a therapist: their own, and the organisation's",
    "idempotency_keys": "whoever sent them",
    "facts": "systems that read the feed: see below",
}


def _terms() -> list[str]:
    """Return what the terms mean."""
    rows = [f"| {term} | {meaning} |" for term, meaning in TERMS.items()]
    return ["| term | holds when |", "| --- | --- |", *rows]


def _beside() -> list[str]:
    """Return who may read what no facet holds."""
    rows = [f"| {table.replace('_', ' ')} | {who} |" for table, who in BESIDE.items()]
    return ["## Beside the facets", "", "| rows | who may read them |", "| --- | --- |", *rows]


def _writing() -> list[str]:
    """Return the charter's writing table."""
    lines = [
        "## Who may write what",
        "",
        "In the relations named, with any one of the scopes, and only rows whose author is oneself, where",
        "an author is named. Everything else is written by the service's engine, inside a verb, or not at",
        "all. Of a row only the columns that its verb changes can be changed; nothing but an erasure",
        "deletes.",
        "",
        "| rows | may be | scope | by | author |",
        "| --- | --- | --- | --- | --- |",
    ]
    for rule in WRITE:
        verb = {"INSERT": "added", "UPDATE": "changed"}[rule.command]
        gates = " or ".join(f"`{gate}`" for gate in rule.gates)
        who = ", ".join(relation.lower() for relation in rule.relations)
        words = (("where", rule.where), ("while", rule.before), ("so that", rule.after))
        where = "".join(f", {word} {told}" for word, told in words if told)
        author = rule.author or rule.signs or ""
        lines.append(
            f"| {rule.table.replace('_', ' ')} | {verb} | {gates} | {who}{where} | {author} |"
        )
    lines.append(
        "| emergencies | added | `break_glass` | a clinician of the organisation | person_id |"
    )
    own = ("read ledger", "idempotency keys", "person keys")
    return lines + [f"| {rows} | added | | everybody, of themselves | person_id |" for rows in own]


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
