"""Side channels: rows one may not see change nothing of what one sees, and no id tells that it exists.

Everything is read, every list page by page, before and after a case of somebody else is told next
to it, in the same organisation and in another. Then ids of those cases are tried beside ids that
were made up, by every reader, through every door that takes an id.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from alliance_api.domain.disclosure import Disclosure
from evidence.every_field import documents
from evidence.figures import Figure
from tests.api.verbs import MUTATIONS, good
from tests.builders import Story, a_case
from tests.house import House, Reply, new_house
from tests.people import Clinic, Person, a_clinic, mutation_text, with_key

READERS = ("client", "therapist", "supervisor", "caregiver", "stranger")
# Every list that can be paged, two at a time: totals, sizes, cursors.
PAGED = (
    "sessions",
    "measurements",
    "notes",
)
PAGE = (
    "query($case: ID!, $after: String) { case(id: $case) { page: %s(first: 2, after: $after) { "
    "totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id } } } } }"
)
CASELOAD = (
    "query($after: String) { page: caseload(first: 2, after: $after) { totalCount "
    "pageInfo { hasNextPage endCursor } edges { cursor node { id } } } }"
)
_ID = re.compile(r"[a-z]+-[0-9a-f]{8}-[0-9a-f-]{27}")
TRIES = 150


@dataclass
class Found:
    """What was compared, and what differed."""

    answers: int = 0
    octets: int = 0
    changed: list[str] = field(default_factory=list)
    ids: int = 0
    told_apart: list[str] = field(default_factory=list)


def everything(person: Person, story: Story) -> Iterator[tuple[str, str]]:
    """Yield every answer somebody gets about a case, and every page of every list."""
    for document in documents():
        asked = {"case": story.case_id} if "$case" in document else {}
        yield document, person.asks(document, **asked).text
    for name in PAGED:
        yield from _pages(person, PAGE % name, {"case": story.case_id})
    yield from _pages(person, CASELOAD, {})


def _pages(person: Person, document: str, given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    after: str | None = None
    for number in range(100):
        reply = person.asks(document, **given, after=after)
        yield f"{document} page {number}", reply.text
        data = reply.body.get("data") or {}
        page = data.get("page") or (data.get("case") or {}).get("page")
        if not page or not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def a_told_case(clinic: Clinic, **given: Any) -> Story:
    """Tell a case with something of every kind in it."""
    story = a_case(clinic, **given).with_sessions("k k l m k .")
    story.with_ratings(client="33-33", therapist="22-22", disclosure=Disclosure.SHARED)
    story.with_ratings(client="4", disclosure=Disclosure.PRIVATE)
    return story.with_goals("Sleep through").with_commitments("Call").asked("client", 0)


def a_stranger_case(clinic: Clinic) -> Story:
    """Tell a case of two people nobody here has to do with."""
    client, therapist = clinic.another_person("someone"), clinic.another_person("their therapist")
    case = clinic.another_case(client, {therapist: "THERAPIST"})
    story = Story(clinic, case, client, therapist, hours=3)
    story.with_sessions("k k l m k .").with_ratings(client="31-22", therapist="13-13")
    return story.with_goals("Write").with_commitments("Walk").asked("client", 0)


def compare(found: Found, clinic: Clinic, story: Story, elsewhere: Clinic) -> list[Story]:
    """Read everything, let others' cases be told, and read everything again."""
    before = {name: list(everything(clinic.people[name], story)) for name in READERS}
    foreign = [a_stranger_case(clinic), a_told_case(elsewhere)]
    for name in READERS:
        after = list(everything(clinic.people[name], story))
        assert len(after) == len(before[name]), "a list has another number of pages"
        for (what, was), (_, now) in zip(before[name], after, strict=True):
            found.answers += 1
            found.octets += len(was)
            if was != now:
                found.changed.append(f"{name}: {what[:80]}")
    return foreign


def try_ids(found: Found, clinic: Clinic, foreign: list[Story]) -> None:
    """Ask for foreign things and for made-up ones: the answers must be the same."""
    for name in READERS:
        for real in _ids(foreign):
            answers = {_answer(clinic.people[name], id_) for id_ in (real, _made_up(real))}
            found.ids += 1
            if len(answers) != 1:
                found.told_apart.append(f"{name}: {real}: {answers}")


def _ids(foreign: list[Story]) -> Iterator[str]:
    for story in foreign:
        yield story.case_id
        yield story.client.id
        yield from (story.sessions[0], story.goals[0], story.commitments[0], story.occasions[0])
        yield from (ids[0] for ids in story.measurements.values())


def _made_up(real: str) -> str:
    return f"{real.partition('-')[0]}-{uuid4()}"


def _answer(person: Person, id_: str) -> tuple[Any, ...]:
    replies = [
        person.asks("query($id: ID!) { node(id: $id) { id } case(id: $id) { id } }", id=id_),
        person.asks(mutation_text("proposeGoal"), input=with_key({"case": id_, "wording": "x"})),
    ]
    chart = person.house.get(f"/v1/cases/{id_}/charts/alliance-check-in.svg", person.headers)
    return (*map(_plain, replies), chart.status_code, _ID.sub("an id", chart.text))


def _plain(reply: Reply) -> tuple[int, str, tuple[str, ...]]:
    told = sorted(name for name in reply.response.headers if name not in {"date", "traceparent"})
    return reply.status, _ID.sub("an id", reply.text), tuple(told)


def try_verbs(found: Found, house: House, mutations: tuple[str, ...]) -> None:
    """Send every mutation with another organisation's ids, and with made-up ones."""
    for mutation in mutations:
        works, theirs = good(a_clinic(house), mutation), good(a_clinic(house), mutation)
        for name in works.ids:
            real = theirs.given[name]
            answers = {
                _plain(works.who.does(mutation, "", **{**works.given, name: id_}))
                for id_ in (real, _made_up(real))
            }
            found.ids += 1
            if len(answers) != 1:
                found.told_apart.append(f"{mutation}.{name}: {answers}")


def pace(clinic: Clinic, foreign: Story, tries: int) -> float:
    """Return how much longer a foreign id takes than a made-up one: medians, in turns."""
    spent: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * tries):
        real = bool(number % 2)
        id_ = foreign.case_id if real else _made_up(foreign.case_id)
        began = time.perf_counter()
        clinic.stranger.asks("query($id: ID!) { case(id: $id) { status } }", id=id_)
        spent[real].append(time.perf_counter() - began)
    return statistics.median(spent[True]) / statistics.median(spent[False])


def experiment(small: bool) -> Figure:
    """Compare, and try ids."""
    found = Found()
    with new_house() as house:
        clinic, elsewhere = a_clinic(house), a_clinic(house)
        foreign = compare(found, clinic, a_told_case(clinic), elsewhere)
        try_ids(found, clinic, foreign)
        try_verbs(found, house, MUTATIONS[::6] if small else MUTATIONS)
        ratio = pace(clinic, foreign[0], TRIES // 10 if small else TRIES)
    for line in (*found.changed[:20], *found.told_apart[:20]):
        print(line)
    print(f"a foreign id takes {ratio:.2f} times as long as a made-up one (told, not judged)")
    figure = (
        f"{found.answers} answers of {found.octets} octets, {len(found.changed)} changed by foreign "
        f"cases; {found.ids} foreign ids, {len(found.told_apart)} told apart from made-up ones"
    )
    met = found.octets > 100_000 and found.ids > 30 and not (found.changed or found.told_apart)
    return Figure("side-channels", figure, "0 and 0", met)
