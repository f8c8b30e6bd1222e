"""A private rating changes no byte of what anybody else reads.

Cases are told with everything in them: ruptures, goals, both parties' ratings, occasions, signals.
Everybody reads every field of the schema and the pictures, before and after private ratings are put
at different places of every series; then the bytes are compared.

Not read: `readings`, since every look adds a row of one's own; and what a form consists of, which
is no case's. A therapist's private ratings are of sessions that they were not asked about: where
they were, rating breaks the seal on the client's answers, and what was sealed is seen.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from alliance_api.domain.disclosure import Disclosure
from alliance_api.domain.ids import Kind, format_id
from alliance_api.domain.scoring import GivenAnswer
from alliance_api.store import seed
from alliance_api.usecases import measurements
from evidence.every_field import FORMS, documents
from evidence.figures import Figure
from tests.builders import DAY, HOUR, Story, a_case, now
from tests.house import House, new_house
from tests.people import Clinic, Person, a_clinic

READERS = ("client", "therapist", "colleague", "supervisor", "caregiver", "manager")
SESSIONS = 12
ITEMS = 5
# What a client says on other forms: a yes, a low score, a strong preference.
OTHER_FORMS = {"risq": (4, 1), "srs-3": (4, 2), "c-nip-1.1": (18, 3)}
NODE = "query($id: ID!) { node(id: $id) { id } }"


@dataclass(frozen=True)
class Rating:
    """One form of somebody: about which session if any, at what time, and every answer alike."""

    who: str
    form: str
    value: int
    at: datetime
    session: int | None = None
    occasion: UUID | None = None
    items: int = ITEMS


@dataclass
class Told:
    """A case, and who stands to it."""

    story: Story
    people: dict[str, Person]
    occasions: dict[tuple[str, int], UUID] = field(default_factory=dict)

    def says(self, rating: Rating, disclosure: Disclosure, *, invited: bool = True) -> UUID:
        """Submit a rating through the product's own verb; return the measurement."""
        return self.story.clinic.house.run(self._said, rating, disclosure, invited)

    async def _said(self, rating: Rating, disclosure: Disclosure, invited: bool) -> UUID:
        session = None if rating.session is None else self.story.sessions[rating.session]
        who = self.people[rating.who]
        async with self.story.clinic.house.database.write(who.principal) as tx:
            return await measurements.submit(
                tx,
                rating.at,
                case=self.story.case,
                instrument=rating.form,
                session=UUID(session[-36:]) if session else None,
                occasion=rating.occasion,
                answers=[GivenAnswer(n, rating.value) for n in range(1, rating.items + 1)],
                comment="Canary",
                disclosure=disclosure,
                to_caregivers=invited,
            )

    def of(self, who: str, session: int, value: int) -> Rating:
        """Return a rating of somebody's alliance form after a session."""
        form = FORMS["THERAPIST" if who == "colleague" else who.upper()]
        return Rating(who, form, value, self.story.starts[session] + HOUR, session)


def a_told_case(clinic: Clinic, number: int) -> Told:
    """Tell a case with everything in it, by a seed."""
    chance = random.Random(number)
    client = clinic.another_person(f"client {number}")
    people = {name: clinic.people[name] for name in READERS if name != "client"}
    places = {**dict.fromkeys(("therapist", "colleague"), "THERAPIST"), "supervisor": "SUPERVISOR"}
    places["caregiver"] = "CAREGIVER"
    case = clinic.another_case(client, {people[name]: place for name, place in places.items()})
    with clinic.house.engine.begin() as connection:
        seed.consent_to_supervision(connection, clinic.organisation, case, client.uuid)
    story = a_case(clinic, case=case, client=client, hours=2 * number)
    told = Told(story, {**people, "client": client})
    story.with_sessions(" ".join([*chance.choices("kkkklm", k=SESSIONS - 2), "k", "."]))
    _ask(told)
    for rating, disclosure in _ratings(told, chance):
        told.says(rating, disclosure)
    _work(told)
    return told


def _ask(told: Told) -> None:
    """Ask the client about every other session, and the therapist about the first ones."""
    for session in range(0, SESSIONS - 1, 2):
        told.story.asked("client", session)
        told.occasions["client", session] = UUID(told.story.occasions[-1][-36:])
    for session in (1, 2):
        told.story.asked("therapist", session)


def _ratings(told: Told, chance: random.Random) -> Iterator[tuple[Rating, Disclosure]]:
    """Yield a series with a rupture for each informant; of the client three are left out."""
    opened = [each for each in Disclosure if each is not Disclosure.PRIVATE]
    fall = chance.randrange(5, 8)
    left_out = {2, 4, 8}
    for session in range(SESSIONS - 1):
        for who in ("therapist", "colleague", "client", "caregiver"):
            value = 1 if session == fall else chance.choice((3, 3, 4))
            unrated = session in left_out if who == "client" else session % 3 == 0
            if not unrated:
                yield told.of(who, session, value), chance.choice(opened)


def _work(told: Told) -> None:
    story, case = told.story, told.story.case_id
    story.with_goals("Sleep through", "Eat together").with_goals("Work less", agreed=False)
    story.client.done("rateGoal", "", goal=story.goals[0], level=1)
    story.therapist.done("answerGoal", "", goal=story.goals[2], answer="DISAGREE")
    story.with_commitments("Write it down").with_commitments("Call", by="therapist")
    for who, value in ((story.client, 2), (story.therapist, -1)):
        said = [{"dimension": "DIRECTIVENESS", "value": value}]
        who.done("setPreferences", "", case=case, preferences=said)


def insertions(told: Told, who: str) -> list[Rating]:
    """Return ratings of somebody for every place: rated or not, asked or not, first and last."""
    found = [told.of(who, session, value) for session, value in ((0, 0), (6, 0), (10, 4))]
    if who == "client":
        asked = told.of(who, 4, 0)
        found.append(Rating(who, asked.form, 0, asked.at, 4, told.occasions["client", 4]))
        found += [
            Rating(who, form, value, now() - DAY, items=items)
            for form, (items, value) in OTHER_FORMS.items()
        ]
    found.append(Rating(who, found[0].form, 1, now()))
    return found


@dataclass
class Count:
    """What was compared."""

    comparisons: int = 0
    size: int = 0
    differing: list[str] = field(default_factory=list)


def reads(told: Told, who: str) -> dict[str, bytes]:
    """Return every answer somebody gets: each document, and each picture."""
    person, case = told.people[who], told.story.case_id
    found = {document: person.asks(document, case=case).response for document in documents()}
    get = told.story.clinic.house.get
    for code in FORMS.values():
        path = f"/v1/cases/{case}/charts/{code}.svg"
        found[path] = get(path, person.headers)
    refused = [each.text[:300] for each in found.values() if each.status_code != 200]
    assert not refused, refused[0]
    return {asked: answer.content for asked, answer in found.items()}


def compare(told: Told, who: str, disclosure: Disclosure, count: Count, places: int) -> None:
    """Put somebody's ratings in, one after the other; compare what all others read."""
    others = [name for name in READERS if name != who]
    before = {name: reads(told, name) for name in others}
    for rating in insertions(told, who)[:places]:
        made = told.says(rating, disclosure)
        for name in others:
            after = reads(told, name)
            count.comparisons += len(after)
            count.size += sum(map(len, after.values()))
            count.differing += [
                f"{name}: {rating} in {asked[:200]}"
                for asked, answer in after.items()
                if answer != before[name][asked]
            ]
            count.differing += _known(told.people[name], made)


def _known(person: Person, made: UUID) -> list[str]:
    """Return whether an id tells more than one of nothing."""
    asked = [
        person.asks(NODE, id=format_id(Kind.MEASUREMENT, each)).comparable
        for each in (made, uuid4())
    ]
    return [] if asked[0] == asked[1] else [f"{person.name}: node"]


def a_clinic_with_a_colleague(house: House) -> Clinic:
    """Return a clinic whose therapist has a colleague."""
    clinic = a_clinic(house)
    clinic.another_person("colleague")
    return clinic


def experiment(small: bool) -> Figure:
    """Compare what everybody reads before and after private ratings of everybody else."""
    count, cases, places = Count(), 1 if small else 3, 2 if small else 99
    with new_house() as house:
        clinic = a_clinic_with_a_colleague(house)
        for number in range(1, cases + 1):
            told = a_told_case(clinic, number)
            for who in ("client", "caregiver", "therapist"):
                compare(told, who, Disclosure.PRIVATE, count, places)
    print(*count.differing[:20], sep="\n")
    figure = (
        f"{count.comparisons:,} comparisons of {count.size:,} bytes, "
        f"{len(count.differing)} differing"
    )
    return Figure("private-rating", figure, "0", met=not count.differing and count.size > 0)
