"""What several files of these tests begin with."""

from __future__ import annotations

import pytest

from alliance_api.store import seed
from tests.applications import Application, system
from tests.house import House
from tests.people import Clinic, Person


@pytest.fixture
def ehr(house: House, clinic: Clinic) -> Application:
    """Return an EHR that may launch applications."""
    with house.engine.begin() as connection:
        uuid = seed.person(connection, clinic.organisation, "The EHR", office="EHR")
    who = Person(house, "ehr", uuid, clinic.organisation)
    return system(house, who, "system/*.rs launches.write")
