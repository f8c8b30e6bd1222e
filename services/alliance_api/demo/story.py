"""Ten sessions of Amira and Tomas, told by the API itself. Every claim is checked as it is made."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from alliance_api.domain.ids import parse_id
from alliance_api.rest.archive.sealed import first_fault
from chassis.signing import key_at, verifier

from . import reminder_story
from .api import Api
from .place import FOLDER, NAMES, Place, close, exports, join, prepare
from .plot import chart
from .reminding import Reminding, reminding
from .server import Clock, served
from .tokens import token

SESSIONS = 10
# What Amira answers to each of the twelve items after each session; she cancels the third, and
# after the eighth something is not right between them, until they speak of it in the ninth.
RATINGS = (3.2, 3.4, None, 3.6, 3.7, 3.6, 3.8, 2.3, 3.5, 3.9)
RUPTURE, REPAIR = 8, 9
LATE_BY_THERAPIST = {4: 12}
DISCLOSURES = {2: "PRIVATE", 5: "TREND", RUPTURE: "NEXT_SESSION"}
COMMENT = "I felt you were somewhere else today."


@dataclass
class Story:
    """What happened so far."""

    api: Api
    place: Place
    clock: Clock
    console: Console
    case: str = ""
    goal: str = ""
    promises: list[str] = field(default_factory=list)
    sessions: dict[int, str] = field(default_factory=dict)
    ratings: dict[int, str] = field(default_factory=dict)
    claims: int = 0

    def claim(self, text: str, *, holds: bool) -> None:
        """Say something that is so, or stop."""
        if not holds:
            self.console.print(f"  [red]✗ {text}[/red]")
            raise SystemExit("The demo claimed something that is not so. This is a bug: report it.")
        self.claims += 1
        self.console.print(f"  [green]✓[/green] {text}")


def run(*, once: bool) -> int:
    """Tell the story; then serve until Ctrl-C, unless `once`."""
    console = Console(highlight=False)
    try:
        with console.status("Starting a private PostgreSQL 18 and an empty clinic …"):
            place = prepare()
        clock = Clock()
        with served(place, clock) as address, reminding(place, address) as notifier:
            story = Story(Api(address), place, clock, console)
            _tell(story)
            _reminder(story, notifier)
            _commands(story, address, check=once)
            console.print(f"\n{story.claims} claims, all checked.")
            if not once:
                console.print("Serving. Press Ctrl-C to stop.")
                _until_told_to_stop()
    finally:
        close()
    return 0


def _until_told_to_stop() -> None:
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    told.wait()


def _tell(story: Story) -> None:
    console = story.console
    console.rule("[bold]Alliance: ten sessions[/bold]")
    console.print(", ".join(f"{name} ({role})" for role, name in NAMES.items()) + "\n")
    start = (datetime.now(UTC) - timedelta(weeks=SESSIONS)).replace(
        hour=10, minute=0, second=0, microsecond=0
    )
    story.clock.at = start - timedelta(days=2)
    _begin(story)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} of 10"))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("sessions", total=SESSIONS)
        for number in range(1, SESSIONS + 1):
            _session(story, number, start + timedelta(weeks=number - 1))
            progress.advance(task)
    story.clock.at = None
    _what_the_therapist_sees(story)
    _what_others_see(story)
    _goal(story)
    _reliability(story)
    _archive(story)


def _begin(story: Story) -> None:
    api = story.api
    opened = api.done(
        "manager",
        "openCase",
        "case { id }",
        client=story.place.person("client"),
        therapist=story.place.person("therapist"),
        timeZone="Europe/Stockholm",
        intervalDays=7,
    )
    story.case = opened["case"]["id"]
    parsed = parse_id(story.case)
    assert parsed is not None  # noqa: S101  (the API made it)
    join(story.place, parsed[1])
    wording = "Say what I need before I am exhausted"
    proposed = api.done(
        "client", "proposeGoal", "goal { id state }", case=story.case, wording=wording, weight=8
    )
    story.goal = proposed["goal"]["id"]
    story.claim(
        "Amira proposed a goal in her own words; it is not shared before both agree",
        holds=proposed["goal"]["state"] == "PROPOSED",
    )


def _session(story: Story, number: int, at: datetime) -> None:
    api, clock = story.api, story.clock
    clock.at = at - timedelta(days=3)
    planned = api.done(
        "therapist",
        "scheduleSession",
        "session { id }",
        case=story.case,
        plannedStart=at.isoformat(),
        plannedEnd=(at + timedelta(minutes=50)).isoformat(),
        modality="IN_PERSON",
    )
    session = story.sessions[number] = planned["session"]["id"]
    if RATINGS[number - 1] is None:
        clock.at = at - timedelta(hours=3)
        api.done(
            "therapist", "cancelSession", "session { id }", session=session, cancelledBy="CLIENT"
        )
        return
    late = timedelta(minutes=LATE_BY_THERAPIST.get(number, 1))
    clock.at = at + timedelta(minutes=55)
    api.done(
        "therapist",
        "recordSession",
        "session { id }",
        session=session,
        outcome="KEPT",
        startedAt=(at + late).isoformat(),
        endedAt=(at + timedelta(minutes=50)).isoformat(),
        clientArrivedAt=(at - timedelta(minutes=4)).isoformat(),
        therapistReadyAt=(at + late).isoformat(),
    )
    _after(story, number)


def _after(story: Story, number: int) -> None:
    api, value = story.api, RATINGS[number - 1] or 0.0
    given: dict[str, Any] = {"disclosure": DISCLOSURES.get(number, "SHARED")}
    if number == RUPTURE:
        given["comment"] = COMMENT
    submitted = api.done(
        "client",
        "submitMeasurement",
        "measurement { id scores { scale mean } }",
        case=story.case,
        session=story.sessions[number],
        instrument="wai-sr-c",
        answers=_answers(value),
        **given,
    )
    story.ratings[number] = submitted["measurement"]["id"]
    _around(story, number)


def _answers(mean: float) -> list[dict[str, int]]:
    """Return twelve whole answers whose mean is as near to `mean` as they can be."""
    total = round(mean * 12)
    return [
        {"item": item, "value": total // 12 + (1 if item <= total % 12 else 0)}
        for item in range(1, 13)
    ]


def _around(story: Story, number: int) -> None:
    """What else happens after some of the sessions."""
    api = story.api
    if number == 1:
        api.done("therapist", "answerGoal", "goal { state }", goal=story.goal, answer="AGREE")
    if number == RUPTURE:
        seen = _measurement(story, "therapist", RUPTURE)
        story.claim(
            "After session 8 Tomas sees that Amira answered, not what: it opens in session 9",
            holds=seen["scores"] is None
            and seen["comment"] is None
            and {"facet": "COMMENT", "reason": "NOT_YET"} in seen["withheld"],
        )
    if number == REPAIR:
        seen = _measurement(story, "therapist", RUPTURE)
        story.claim(
            "Session 9 has begun, and Tomas reads it: they speak of it",
            holds=seen["comment"] == COMMENT and seen["withheld"] == [],
        )
    _promises(story, number)
    if number in (5, 10):
        level = {5: -1, 10: 1}[number]
        api.done("client", "rateGoal", "goal { id }", goal=story.goal, level=level)


def _promises(story: Story, number: int) -> None:
    api, clock = story.api, story.clock
    at = clock()
    for person, words in (("client", "Write down one need a day"), ("therapist", "Send the sheet")):
        due = (at + timedelta(days=5)).isoformat()
        made = api.done(
            person, "makeCommitment", "commitment { id }", case=story.case, wording=words, dueAt=due
        )
        clock.at = at + timedelta(days=6)
        kept = not (person == "therapist" and number in LATE_BY_THERAPIST)
        api.done(
            person,
            "settleCommitment",
            "commitment { outcome }",
            commitment=made["commitment"]["id"],
            outcome="KEPT" if kept else "MISSED",
        )
        clock.at = at


def _measurement(story: Story, person: str, number: int) -> dict[str, Any]:
    query = """query($id: ID!) { node(id: $id) { ... on Measurement {
        disclosure scores { scale mean } answers { item value } comment withheld { facet reason }
    } } }"""
    found: dict[str, Any] = story.api.ask(person, query, id=story.ratings[number])["node"]
    return found


TRAJECTORY = """query Trajectory($id: ID!) { case(id: $id) {
  trajectory(instrument: "wai-sr-c", informant: CLIENT) {
    points { mean minimum maximum session { number } method { id version } }
    ruptures { nadir { session { number } } repair { session { number } } method { id } } } } }"""


def _trajectory(story: Story, person: str) -> dict[str, Any]:
    found: dict[str, Any] = story.api.ask(person, TRAJECTORY, id=story.case)["case"]["trajectory"]
    return found


def _what_the_therapist_sees(story: Story) -> None:
    console = story.console
    seen = _trajectory(story, "therapist")
    mine, his = _trajectory(story, "client")["points"], seen["points"]
    console.print("\n[bold]The alliance as Tomas may see it[/bold] (WAI-SR, mean of 1 to 5)")
    numbers = [point["session"]["number"] for point in his]
    for line in chart([point["mean"] for point in his], numbers, 1, 5):
        console.print(line, markup=False)
    console.print("      session\n")
    story.claim(
        f"Amira sees her {len(mine)} ratings, Tomas {len(his)}: the private one is not a gap, "
        "it is not there",
        holds=(len(mine), len(his)) == (9, 8) and 2 not in {p["session"]["number"] for p in his},
    )
    ruptures = {
        (one["nadir"]["session"]["number"], one["repair"]["session"]["number"])
        for one in seen["ruptures"]
        if one["repair"] and one["method"]["id"] == "rupture-beyond-noise"
    }
    story.claim(
        "The rupture shows in session 8, and its repair in session 9: beyond Amira's own noise",
        holds=ruptures == {(RUPTURE, REPAIR)},
    )
    _picture(story)
    trend = _measurement(story, "therapist", 5)
    story.claim(
        "Of session 5 he sees the score, and that the answers are withheld: TREND_ONLY",
        holds=trend["answers"] is None
        and len(trend["scores"] or ()) == 4
        and trend["withheld"] == [{"facet": "ANSWERS", "reason": "TREND_ONLY"}],
    )


def _picture(story: Story) -> None:
    drawn = story.api.get("therapist", f"/v1/cases/{story.case}/charts/wai-sr-c.svg")
    (FOLDER / "alliance.svg").write_text(drawn, encoding="utf-8")
    story.claim(
        f"The same as a picture: {FOLDER / 'alliance.svg'}",
        holds="rupture from session 8" in drawn and "session 2," not in drawn,
    )


def _what_others_see(story: Story) -> None:
    supervisor = _measurement(story, "supervisor", 6)
    story.claim(
        "Ruth, who supervises, needs Amira's consent for the score: NO_CONSENT",
        holds=supervisor["scores"] is None
        and {"facet": "SCORES", "reason": "NO_CONSENT"} in supervisor["withheld"],
    )
    query = "query($id: ID!) { case(id: $id) { id } }"
    nothing = story.api.ask("stranger", query, id=story.case)
    story.claim(
        "For Viktor, who belongs to the clinic but not to the case, there is no case",
        holds=nothing == {"case": None},
    )
    readings = story.api.ask(
        "client",
        "query($id: ID!) { case(id: $id) { readings(first: 100) "
        "{ nodes { by { name } facets application purpose } } } }",
        id=story.case,
    )["case"]["readings"]["nodes"]
    who = sorted({reading["by"]["name"] for reading in readings})
    story.claim(
        f"Amira can look up every reading: by {', '.join(who)}",
        holds="Tomas Lindqvist" in who and any("COMMENT" in found["facets"] for found in readings),
    )


def _goal(story: Story) -> None:
    query = """query($id: ID!) { node(id: $id) { ... on Goal {
        wording state agreedOn stances { role stance } ratings { level role } } } }"""
    goal = story.api.ask("therapist", query, id=story.goal)["node"]
    levels = [rating["level"] for rating in reversed(goal["ratings"])]
    story.claim(
        f"“{goal['wording']}” is agreed by both, rated {levels[0]:+d}, later {levels[1]:+d}",
        holds=goal["state"] == "AGREED" and {s["stance"] for s in goal["stances"]} == {"AGREE"},
    )


RELIABILITY = """query($id: ID!) { case(id: $id) {
  client: reliability(of: CLIENT) { ...R } therapist: reliability(of: THERAPIST) { ...R } } }
fragment R on Reliability { kept { ...V } punctual { ...V } cadence { ...V } followThrough { ...V }
  medianDelay lateCancellations }
fragment V on Rate { value numerator denominator interval { lower upper } }"""


def _reliability(story: Story) -> None:
    found = story.api.ask("client", RELIABILITY, id=story.case)["case"]
    story.console.print("\n[bold]How far each can be relied upon[/bold] (95 % interval)")
    for name, party in (("Amira", found["client"]), ("Tomas", found["therapist"])):
        figures = "   ".join(
            f"{label} {_rate(party[key])}"
            for label, key in (
                ("kept", "kept"),
                ("punctual", "punctual"),
                ("promises", "followThrough"),
            )
        )
        story.console.print(f"  {name}   {figures}")
    client, therapist = found["client"], found["therapist"]
    story.claim(
        "Her late cancellation counts against her, and not against him",
        holds=client["lateCancellations"] == 1
        and client["kept"]["numerator"] == 9
        and therapist["kept"]["numerator"] == therapist["kept"]["denominator"],
    )
    story.claim(
        "His late start counts against him, and not against her",
        holds=therapist["punctual"]["numerator"] == 8
        and client["punctual"]["numerator"] == client["punctual"]["denominator"],
    )


def _rate(rate: dict[str, Any]) -> str:
    if rate["value"] is None:
        return f"– (n={rate['denominator']})"
    interval = rate["interval"]
    span = f"{interval['lower']:.0%}–{interval['upper']:.0%}"
    return f"{rate['value']:.0%} ({rate['numerator']}/{rate['denominator']}, {span})"


def _archive(story: Story) -> None:
    path = FOLDER / "amira.zip"
    path.write_bytes(story.api.fetch("client", "/v1/me/archive"))
    keys = FOLDER / "export-keys.json"
    keys.write_text(json.dumps({"keys": [key_at(exports()).public]}), encoding="utf-8")
    is_good = verifier(json.loads(keys.read_text(encoding="utf-8")))
    story.console.print()
    story.claim(
        f"Amira takes everything of hers along, signed and unchanged: {path}",
        holds=first_fault(path, is_good) is None,
    )


def _reminder(story: Story, notifier: Reminding) -> None:
    console = story.console
    console.print("\n[bold]The next session[/bold]")
    story.claim(
        "Amira says where she is reached, and gives back the code that was sent there",
        holds=reminder_story.contact(notifier),
    )
    query = "subscription($id: ID!) { caseChanged(id: $id) { sessions { totalCount } } }"
    with story.api.watching("client", query, id=story.case) as events:
        before = next(events)["caseChanged"]["sessions"]["totalCount"]
        reminder_story.schedule(story.api, story.case)
        after = next(events)["caseChanged"]["sessions"]["totalCount"]
    story.claim(
        "Her phone watches her case: the session that Tomas plans is there without asking again",
        holds=after == before + 1,
    )
    with console.status("Tomas plans the next session, and the notifier hears of it …"):
        mail = reminder_story.arrived(notifier)
    subject = mail["Subject"] if mail is not None else "nothing"
    story.claim(
        f"The reminder arrived: “{subject}”. Whoever looks over her shoulder learns nothing more",
        holds=mail is not None and reminder_story.is_discreet(mail),
    )
    console.print(f"\ninbox     http://127.0.0.1:{notifier.inbox.http}/")
    console.print(f"notifier  {notifier.address}/openapi.json")


def _commands(story: Story, address: str, *, check: bool) -> None:
    console = story.console
    console.rule("[bold]Your turn[/bold]")
    console.print(f"GraphQL   {address}/graphql   (a browser gets GraphiQL)")
    console.print(f"health    {address}/health/ready\n")
    console.print("Tokens for this run (eight hours, every scope; `alliance token` makes more):")
    tokens = {person: token(person, "user/*.cruds") for person in ("client", "therapist")}
    for person, text in tokens.items():
        console.print(f"{person.upper()}={text}", soft_wrap=True, markup=False)
    commands = [
        (
            "therapist",
            (
                '{ caseload { nodes { id client { name } latestScores(instrument: "wai-sr-c", '
                "informant: CLIENT) { mean } } } }"
            ),
        ),
        ("client", "{ viewer { person { name } cases { goals { wording state } } } }"),
        (
            "therapist",
            (
                "{ caseload { nodes { reliability(of: THERAPIST) { punctual { value numerator "
                "denominator } } } } }"
            ),
        ),
    ]
    console.print()
    for person, query in commands:
        body = '{"query": "' + query.replace('"', '\\"') + '"}'
        console.print(
            f'curl -s {address}/graphql -H "Authorization: Bearer ${person.upper()}" '
            f"-H 'Content-Type: application/json' -d '{body}'\n",
            soft_wrap=True,
            markup=False,
        )
        if check:
            _check_command(story, address, tokens[person], body)


def _check_command(story: Story, address: str, bearer: str, body: str) -> None:
    curl = shutil.which("curl")
    if curl is None:
        story.console.print("  (curl is not installed here: this command was not tried)")
        return
    done = subprocess.run(  # noqa: S603  (the command just printed)
        [
            curl,
            *("-s", f"{address}/graphql", "-H", f"Authorization: Bearer {bearer}"),
            *("-H", "Content-Type: application/json", "-d", body),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    story.claim(
        "the command above works", holds='"data"' in done.stdout and '"errors"' not in done.stdout
    )
