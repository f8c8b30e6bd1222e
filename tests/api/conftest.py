"""The pages of people, served once a worker, and browsers without a script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.house import House
from tests.issuer import FakeIssuer
from tests.people import Clinic
from tests.visitors import Browser, Door, opened


@pytest.fixture(scope="session")
def pages(house: House) -> Iterator[Door]:
    with opened(house) as found:
        yield found


@pytest.fixture
def door(pages: Door) -> Iterator[Door]:
    yield pages
    assert pages.leave() == []


@pytest.fixture
def browser(door: Door) -> Browser:
    return door.browser()


@pytest.fixture
def therapist(door: Door, clinic: Clinic) -> tuple[str, str, list[str]]:
    """The therapist's log-in name, the key of his app, and his recovery codes."""
    name, link = door.invite(clinic.therapist)
    found = door.browser()
    assert found.enrol(link).title == "Add a second step"
    seed, codes = found.add_app()
    return name, seed, codes


@pytest.fixture(scope="session")
def issuer() -> Iterator[FakeIssuer]:
    """An identity provider on loopback that answers as it is told."""
    found = FakeIssuer()
    found.open()
    yield found
    found.close()
