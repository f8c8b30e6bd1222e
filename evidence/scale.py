"""Two of each service behind a proxy: what is asked while each of them dies in turn, and what they share.

The whole of it needs a container engine (`docker-here` of the shared tools makes one) and starts the
profile `scale` from a fresh clone; the proxy's image is a stand-in made of Debian's package. The short
form checks what the files say: the proxy's rules, the pairs, who trusts whom, whose path goes where.
"""

from __future__ import annotations

import time

from evidence import compose_policy as policy
from evidence import proxy_policy, scale_checks, scale_streams, stand_ins
from evidence.compose_run import (
    Run,
    check_containers,
    feed,
    inbox,
    open_case,
    reach,
    ready,
    running,
    until,
)
from evidence.figures import Figure
from evidence.scale_checks import CLIENT, PROXY, THERAPIST
from evidence.scale_load import Load, Tally
from evidence.scale_routes import routes

TARGET = "0 reads failed, each mutation done once, 0 problems"
# Behind the proxy; workers are behind nothing, and are missed by nobody who asks.
REPLICAS = tuple(name for pair in proxy_policy.PAIRS for name in pair)
DEAD_SECONDS = 5.0
# The proxy asks once a second, and believes the second answer.
SETTLED = 4.0
SETTLING = 30.0


def experiment(small: bool) -> Figure:
    """Read what the files say, or start them and let replicas die."""
    found = policy.read()
    wrong = policy.problems(found)
    paths = routes()
    wrong += proxy_policy.problems(proxy_policy.FILE.read_text(encoding="utf-8"), found, paths)
    if small:
        for each in wrong:
            print(each)
        ways = sum(map(len, paths.values()))
        figure = f"{len(REPLICAS)} replicas and a proxy, {ways} paths sent to their service, {len(wrong)} problems"
        return Figure("scale", figure, "0 problems", not wrong and ways > 50)
    with stand_ins.image("haproxy", stand_ins.HAPROXY) as image:
        environment = {
            "COMPOSE_PROFILES": "scale",
            "HAPROXY_IMAGE": image,
            "ISSUER": PROXY,
            "NOTIFIER_PUBLIC_URL": PROXY,
        }
        with running(environment=environment) as run:
            run.wrong += wrong
            tally = _whole(run)
    return _figure(run, tally)


def _whole(run: Run) -> Tally:
    until("readiness", lambda: ready(PROXY))
    for each in REPLICAS:
        until(f"the health of {each}", lambda name=each: healthy(run, name))
    run.told.append(f"up from a fresh clone in {time.monotonic() - run.began:.0f} s")
    for person, address in (("client", CLIENT), ("therapist", THERAPIST)):
        reach(run, person, address, PROXY)
    case = open_case(run, PROXY)
    scale_checks.plan_reminders(run, case)
    scale_checks.read_elsewhere(run, case)
    scale_checks.revoked_everywhere(run)
    scale_checks.proofs_name_the_house(run)
    scale_checks.nobody_says_where_from(run)
    scale_streams.pass_the_proxy(run, case, PROXY, scale_checks.addresses(run))
    check_containers(run)
    scale_checks.check_reminders(run)
    load = Load(run, PROXY, case)
    tally = _deaths(run, load)
    _done_once(run, tally)
    watch = load.watch
    # Both replicas die, so it was cut once at least; how often depends on where it was.
    run.expect(watch.again >= 1, "no stream was cut")
    run.expect(
        watch.silence < scale_streams.SILENCE, f"a stream was silent for {watch.silence:.1f} s"
    )
    run.told.append(
        f"a stream of {watch.events} events taken up again {watch.again} times, silent for {watch.silence:.1f} s at most"
    )
    return tally


def healthy(run: Run, service: str) -> bool:
    """Say whether the engine thinks so."""
    return bool(run.container(service)["State"]["Health"]["Status"] == "healthy")


def _deaths(run: Run, load: Load) -> Tally:
    """Kill each replica and start it again, then end each in good order, one at a time."""
    with load.going_on() as tally:
        time.sleep(SETTLED)
        for service in REPLICAS:
            tally.meanwhile = f"{service} killed"
            run.compose("kill", service)
            run.expect(not run.container(service)["State"]["Running"], f"{service} lives")
            time.sleep(DEAD_SECONDS)
            tally.meanwhile = f"{service} started"
            run.compose("start", service)
            _back(run, service)
            tally.meanwhile = f"{service} restarted"
            run.compose("restart", service)
            _back(run, service)
    return tally


def _back(run: Run, service: str) -> None:
    until(f"the health of {service}", lambda: healthy(run, service))
    time.sleep(SETTLED)


def _done_once(run: Run, tally: Tally) -> None:
    """See in the feed that every key made one session, and in the inbox that no reminder came again."""
    wanted = set(tally.sessions.values())
    run.expect(len(wanted) == len(tally.sessions), "two keys made one session")
    # The feed tells nothing of a moment in which somebody still writes, a worker that plans too.
    until_then = time.monotonic() + SETTLING
    facts = _planned(run)
    while wanted - set(facts) and time.monotonic() < until_then:
        time.sleep(1)
        facts = _planned(run)
    run.expect(not wanted - set(facts), f"{len(wanted - set(facts))} sessions are not in the feed")
    planned = scale_checks.ALIKE + len(tally.sessions)
    run.expect(
        len(facts) == planned, f"{len(facts)} sessions were planned, and {planned} asked for"
    )
    run.expect(not tally.lost, f"{tally.lost} mutations were given up")
    mails = len(inbox())
    run.expect(mails == run.mails, f"{mails - run.mails} mails came afterwards")


def _planned(run: Run) -> list[str]:
    return [fact["subject"] for fact in feed(run) if fact["type"] == "session.planned"]


def _figure(run: Run, tally: Tally) -> Figure:
    for (kind, meanwhile, why), count in sorted(tally.reasons.items()):
        print(f"failed at first: {kind}, {meanwhile}: {why} ({count})")
    for kind, slowest in sorted(tally.slowest.items()):
        print(f"slowest {kind}: {slowest:.1f} s")
    for wrong in run.wrong:
        print(wrong)
    reads = ("read", "feed", "preferences")
    asked, failed = (sum(each[kind] for kind in reads) for each in (tally.asked, tally.failed))
    died = 2 * len(REPLICAS)
    told = [
        *run.told,
        f"{died} deaths one at a time: {failed} of {asked} reads failed",
        f"{tally.failed['write']} of {tally.asked['write']} mutations failed at first",
        f"{len(tally.sessions)} done once by their keys",
        f"{len(run.wrong)} problems",
    ]
    met = not failed and not run.wrong and asked > 1000 and len(tally.sessions) > 100
    return Figure("scale", ", ".join(told), TARGET, met)
