"""Fixtures for every test that needs the database or the app."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import house as houses
from tests.house import House, Server
from tests.operators import Operator, operating
from tests.people import Clinic, a_clinic

_RUN: pytest.StashKey[tuple[Server, bool]] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    # Before xdist starts its workers: they find the run in the environment, and join it.
    config.stash[_RUN] = houses.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    server, mine = config.stash[_RUN]
    if mine:
        houses.end_run(server)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Server:
    """The PostgreSQL of this run; it starts when the first test asks for it."""
    return request.config.stash[_RUN][0]


@pytest.fixture(scope="session")
def house(server: Server) -> Iterator[House]:
    """The app over this worker's copy of the template."""
    url = server.copy()
    with houses.open_house(url) as found:
        yield found
    houses.drop(url)


@pytest.fixture
def scratch(server: Server) -> Iterator[str]:
    """The superuser's URL of a migrated database for one test that will not leave it as it was."""
    url = server.copy()
    yield url
    houses.drop(url)


@pytest.fixture
def clinic(house: House) -> Clinic:
    """An organisation of this test's own, with the six people and one case."""
    return a_clinic(house)


@pytest.fixture
def operator(house: House, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """`alliance` as the operator of this test's house runs it."""
    return operating(house.admin_url, house.masters, monkeypatch)
