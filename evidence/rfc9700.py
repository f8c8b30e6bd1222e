"""RFC 9700, item by item: each is enforced by tests that exist and pass, or has a reason.

Beside the checklist: the same wrong requests are sent to a server of ours and to npm oidc-provider, and
two servers of ours are asked the same thing at the same instant. Short: the tests must exist, the cases
are sent to our server alone, and fewer things are raced.

`python -m evidence.rfc9700 --page` prints docs/reference/rfc9700.md.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from evidence.figures import Figure
from evidence.rfc9700_cases import Case, every
from evidence.rfc9700_list import differences, exists, faults, items, named, passed
from evidence.rfc9700_page import page
from evidence.rfc9700_places import Place, Verdict, ours, theirs
from evidence.rfc9700_races import Raced, race
from evidence.rfc9700_servers import two_servers
from tests.house import new_house
from tests.people import a_clinic

TARGET: Final = (
    "every item enforced or with a reason, every case as expected, 0 unexplained differences, "
    "1 code, 1 successor, 0 locked out, 0 twice"
)
_AT_ONCE: Final = (30, 200)
_JTIS: Final = (100, 10_000)
_ROUNDS: Final = (1, 3)


def experiment(small: bool) -> Figure:
    """Check the list, send the cases, race."""
    wrong = faults(every())
    tests = set(filter(exists, named())) if small else passed(named())
    enforced = [item for item in items() if item.is_enforced]
    held = [item for item in enforced if tests.issuperset(item.tests)]
    wrong += [f"{test} did not pass" for test in set(named()) - tests]
    with ExitStack() as stack:
        house = stack.enter_context(new_house())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rfc9700-")))
        addresses = stack.enter_context(two_servers(house, folder))
        mine = ours(house, a_clinic(house), addresses[0])
        unexpected, compared = _cases(mine, None if small else _peer(stack, folder))
        raced = race(mine, addresses, _AT_ONCE[not small], _JTIS[not small], _ROUNDS[not small])
    for fault in (*wrong, *unexpected):
        print(fault)
    missing = sum(bool(item.na) for item in items()), sum(bool(item.departs) for item in items())
    told = (
        f"{len(held)} of {len(enforced)} items enforced by {len(tests)} tests "
        f"({missing[1]} done otherwise with a reason, {missing[0]} do not apply); {compared}; "
        f"{_raced(raced, small)}"
    )
    good = raced == Raced(codes=1, refreshes=1, locked_out=0, twice=0, never=0)
    met = good and not wrong and not unexpected and "not run" not in compared
    return Figure("rfc9700", told, TARGET, met=met)


def _raced(raced: Raced, small: bool) -> str:
    at_once, jtis = _AT_ONCE[not small], _JTIS[not small]
    return (
        f"{raced.codes} of {at_once} codes, {raced.refreshes} of {at_once} refreshes and "
        f"{raced.locked_out} locked out, {raced.twice} of {jtis:,} jti accepted twice over two "
        f"servers and {raced.never} never"
    )


def _peer(stack: ExitStack, folder: Path) -> Place | None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    place = folder / "peer"
    place.mkdir()
    return stack.enter_context(theirs(place, npm, node))


def _cases(mine: Place, peer: Place | None) -> tuple[list[str], str]:
    """Send every case; return what was not as expected, and the counts."""
    wrong: list[str] = []
    explained, reasons = 0, differences()
    for case in every().values():
        found = _verdict(case, mine)
        if found.accepted != case.good:
            wrong.append(f"{case.name}: {found.word} here, {found.told}")
        if peer is None:
            continue
        other = _verdict(case, peer)
        print(f"{case.name}: here {found.word} ({found.told}), there {other.word} ({other.told})")
        if (other.accepted != found.accepted) != (case.name in reasons):
            wrong.append(f"{case.name}: here {found.word}, there {other.word}, and no reason fits")
        explained += case.name in reasons
    good = sum(case.good for case in every().values())
    told = f"{len(every()) - good} negative cases and {good} controls"
    if peer is None:
        return wrong, f"{told} here, oidc-provider left out of the short form"
    unexplained = sum("no reason fits" in each for each in wrong)
    return wrong, (
        f"{told}, {unexplained} unexplained differences from oidc-provider and {explained} with a reason"
    )


def _verdict(case: Case, place: Place) -> Verdict:
    try:
        return case.run(place)
    except Exception as error:  # noqa: BLE001  (a case that breaks is neither taken nor refused)
        print(f"{case.name}: {error!r}")
        return Verdict(accepted=not case.good, told=f"broke: {type(error).__name__}")


if __name__ == "__main__":
    if sys.argv[1:] != ["--page"]:
        sys.exit("python -m evidence.rfc9700 --page; the experiment is `make evidence-rfc9700`")
    sys.stdout.write(page())
