"""What the pages say is there is there: links, verbs, GraphQL, limits, settings and tests."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import re
from pathlib import Path

import pytest
from graphql import parse, validate

from alliance_api.__main__ import _parser
from alliance_api.graph.schema import schema
from alliance_api.onesql.limits import Limits
from alliance_api.settings import Settings
from evidence.__main__ import EXPERIMENTS
from notifier.settings import PREFIX
from notifier.settings import Settings as NotifierSettings

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "deploy").rglob("*.md"),
    ]
)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
GRAPHQL = re.compile(r"^```graphql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# In code only: prose may well say "make sense".
CODE = re.compile(r"```.*?```|`[^`\n]+`|^    .+$", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
# Where a command begins: other programs end in `/alliance`, and stories speak of the alliance.
ALLIANCE = re.compile(r"(?:^\s*|bin/|`|\$\()alliance ([a-z][a-z-]*)", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)`")
REGISTRY = re.compile(r"pypi\.org|npmjs\.(?:com|org)|proxy\.golang\.org|/(?:home|root|work|tmp)/")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual viewers spell them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(params=PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def page(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", text(page))):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), target


def test_every_verb_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*%?):", makefile, re.MULTILINE))
    (verbs,) = (
        action
        for action in _parser()._actions
        if isinstance(action, argparse._SubParsersAction)  # the only place that knows them
    )
    for code in CODE.findall(text(page)):
        for verb in MAKE.findall(code):
            assert verb in targets or verb.startswith("evidence-"), f"make {verb}"
        for verb in ALLIANCE.findall(code):
            assert verb in verbs.choices, f"alliance {verb}"


def test_every_graphql_block_is_valid(page: Path) -> None:
    for document in GRAPHQL.findall(text(page)):
        assert validate(schema(), parse(document)) == []


def test_every_test_that_is_named_exists(page: Path) -> None:
    for name in TEST.findall(text(page)):
        assert (ROOT / name).exists(), name


THREATS = ROOT / "docs" / "why" / "threat-model.md"
EXPERIMENT = re.compile(r"`make evidence-([a-z0-9-]+)`")


def guards() -> list[str]:
    """The last cells of the tables that say which test guards against what."""
    found, inside = [], False
    for line in text(THREATS).splitlines():
        last = line.strip("| ").rpartition(" | ")[2]
        inside = line.startswith("|") and (inside or last == "the test that guards it")
        if inside and last not in {"the test that guards it", "---"}:
            found.append(last)
    return found


def test_every_threat_names_the_test_that_guards_it_or_says_that_there_is_none() -> None:
    assert len(guards()) > 25
    for guard in guards():
        assert TEST.search(guard) or EXPERIMENT.search(guard) or "not guarded" in guard, guard
        assert set(EXPERIMENT.findall(guard)) <= EXPERIMENTS.keys()


def test_no_page_names_a_registry_or_a_path_of_somebodys_machine(page: Path) -> None:
    assert not REGISTRY.search(text(page))


def test_every_limit_is_told() -> None:
    told = dict(
        re.findall(
            r"^\| `(\w+)` \| ([\d,]+) \|",
            text(ROOT / "docs/how-to/connect-a-client.md"),
            re.MULTILINE,
        )
    )
    limits = {item.name: f"{getattr(Limits(), item.name):,}" for item in dataclasses.fields(Limits)}
    assert told == limits


def test_every_setting_is_told_with_its_default() -> None:
    page = text(ROOT / "deploy/README.md")
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+?) \|", page, re.MULTILINE))
    settings = {
        prefix + name.upper(): "required" if field.is_required() else f"`{field.default}`".lower()
        for prefix, each in (("", Settings), (PREFIX, NotifierSettings))
        for name, field in each.model_fields.items()
    }
    assert told == settings


def test_vendored_files_are_the_published_ones() -> None:
    folder = ROOT / "services/alliance_api/graph/graphiql"
    told = re.findall(
        r"^\| `([\w.-]+)` .*`([0-9a-f]{64})` \|$", text(folder / "VENDORED.md"), re.MULTILINE
    )
    assert len(told) == 4
    for name, digest in told:
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
