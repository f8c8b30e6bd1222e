"""`alliance recompute`: scores, figures and signals computed again from what was said."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, NoReturn

from .common import Verbs, admin_url, verb

if TYPE_CHECKING:
    from alliance_api.store.rescoring import Which

    from .recompute_work import Done, Job

WORDS = "compute scores, figures and signals again from the answers, and mend what differs"


def register(verbs: Verbs) -> None:
    """Add the verb of this module."""
    parser = verb(verbs, "recompute", WORDS, _recompute)
    parser.add_argument("--organisation", metavar="ID", help="of one organisation; else of all")
    parser.add_argument("--case", metavar="ID", help="of one case only")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the cases")
    parser.add_argument("--dry-run", action="store_true", help="say what would change")


def _recompute(found: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from .recompute_work import Job

    if found.workers < 1:
        _stop("It takes at least one worker.")
    now = datetime.now(UTC).replace(microsecond=0)
    job = Job(admin_url(), now, rehearsal=found.dry_run)
    return _run(job, _which(found), found.workers)


def _which(found: argparse.Namespace) -> Which:
    from alliance_api.domain.ids import Kind, parse_id
    from alliance_api.store.rescoring import Which

    ids = {}
    for kind, text in ((Kind.ORGANISATION, found.organisation), (Kind.CASE, found.case)):
        read = parse_id(text) if text else None
        if text and (read is None or read[0] is not kind):
            _stop(f"{text} is not the id of a {kind}: they look like {kind}-01920000-...")
        ids[kind.value] = read[1] if read else None
    return Which(**ids)


def _run(job: Job, which: Which, workers: int) -> int:
    import time

    from rich.console import Console
    from rich.progress import Progress

    from .recompute_work import Done, total, work

    done, started = Done(), time.perf_counter()
    cases = total(job, which)
    if not cases:
        _stop("There is no such case in this database.")
    try:
        with Progress(console=Console(stderr=True)) as progress:
            task = progress.add_task("cases", total=cases)
            for each in work(job, which, workers):
                done.add(each)
                progress.update(task, advance=each.found.cases + len(each.failed))
    except KeyboardInterrupt:
        print("Stopped. Every case is as it was, or recomputed.", file=sys.stderr)
        return 130
    _tell(done, time.perf_counter() - started, rehearsal=job.rehearsal)
    return 1 if done.failed else 0


def _tell(done: Done, seconds: float, *, rehearsal: bool) -> None:
    from alliance_api.domain.ids import Kind, format_id

    found, changed = done.found, +done.found.changed
    rate, memory = found.measurements / seconds, done.memory
    print(f"{found.cases:,} cases, {found.measurements:,} measurements in {seconds:,.1f} s")
    print(f"{rate:,.0f} measurements/s, at most {memory / 2**20:,.0f} MB in all processes")
    print(f"{changed.total():,} rows {'would change' if rehearsal else 'changed'}")
    for table, rows in sorted(changed.items()):
        print(f"  {table:<14}{rows:>12,}")
    if found.unknown:
        print(f"{found.unknown:,} measurements left as they are: their form's key is not here")
    for organisation, case, state in done.failed:
        told = format_id(Kind.ORGANISATION, organisation), format_id(Kind.CASE, case)
        print(f"{told[1]} of {told[0]} could not be done ({state})", file=sys.stderr)


def _stop(message: str) -> NoReturn:
    sys.exit(message)
