"""The picture in the pages: `python -m tests.pictures` draws docs/images anew.

Made-up ratings go through the product's own verbs into a case, and the real endpoint draws them for
its therapist. Every date is fixed, so the same words make the same SVG.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from alliance_api.domain.disclosure import Disclosure
from alliance_api.domain.scoring import GivenAnswer
from alliance_api.instruments.loader import load_all
from alliance_api.usecases import measurements
from tests.builders import MINUTE, Story, a_case
from tests.house import new_house
from tests.people import Clinic, a_clinic

FOLDER = Path(__file__).parents[1] / "docs" / "images"
FORM = "wai-sr-c"
FIRST = datetime(2026, 1, 12, 15, tzinfo=UTC)
SESSIONS = "k k k c k k k k k k k k k k k k"
# Sums of the forms; None where nobody rated. The client kept the sixth to herself, and the last
# one opens with the next session.
CLIENT = [41, 43, 42, None, 45, 33, 46, 44, 47, 46, 48, 33, 38, 46, 49, 50]
THERAPIST = [33, 34, 34, None, 35, 36, None, 35, 37, 36, 37, 35, 32, 36, 38, 38]
DISCLOSED = {5: Disclosure.PRIVATE, 15: Disclosure.NEXT_SESSION}


def story(clinic: Clinic) -> Story:
    """Tell the case of the picture."""
    told = a_case(clinic)
    told._tell(told._sessions(SESSIONS.split(), FIRST))
    told._tell(_rated(told, "therapist", "wai-sr-t", THERAPIST))
    told._tell(_rated(told, "client", FORM, CLIENT))
    return told


async def _rated(told: Story, who: str, form: str, sums: Sequence[int | None]) -> None:
    for session, total in enumerate(sums):
        if total is None:
            continue
        disclosure = DISCLOSED.get(session, Disclosure.SHARED) if who == "client" else None
        await told._as(
            getattr(told, who),
            measurements.submit,
            told.starts[session] + 55 * MINUTE,
            case=told.case,
            instrument=form,
            session=UUID(told.sessions[session].partition("-")[2]),
            occasion=None,
            answers=answered(form, total),
            comment=None,
            disclosure=disclosure or Disclosure.SHARED,
            to_caregivers=False,
        )


def answered(form: str, total: int) -> list[GivenAnswer]:
    """Return answers to every item that add up to a sum."""
    items = load_all()[form].items
    each, more = divmod(total, len(items))
    return [GivenAnswer(item.number, each + (item.number <= more)) for item in items]


def path(told: Story, picture: str, instrument: str = FORM) -> str:
    """Return the address of a case's chart; `picture` is svg or png, perhaps with a query."""
    return f"/v1/cases/{told.case_id}/charts/{instrument}.{picture}"


def main() -> None:
    """Write the picture in both formats."""
    FOLDER.mkdir(exist_ok=True)
    with new_house() as house:
        told = story(a_clinic(house))
        for kind in ("svg", "png"):
            response = house.get(path(told, kind), told.therapist.headers)
            response.raise_for_status()
            (FOLDER / f"chart.{kind}").write_bytes(response.content)


if __name__ == "__main__":
    main()
