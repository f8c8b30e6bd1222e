"""A collector may come and go: while it is not there nothing is sent, and afterwards everything is."""

from __future__ import annotations

import logging
import socket
from typing import Any

import pytest

from chassis.exporting import AGAIN_SECONDS, Collector, sending

pytestmark = pytest.mark.ground


class Names:
    """A resolver that knows what it is told to know."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.asked = 0

    def getaddrinfo(self, host: str, *_: Any, **__: Any) -> list[Any]:
        self.asked += 1
        if host not in self.known:
            raise socket.gaierror
        return [host]


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    found = Names()
    monkeypatch.setattr("socket.getaddrinfo", found.getaddrinfo)
    return found


class Exporter:
    """Sends what it is given."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def export(self, batch: str) -> str:
        self.sent.append(batch)
        return "sent"


def test_nothing_is_sent_to_who_is_not_there_and_everything_once_they_are(names: Names) -> None:
    clock = Clock()
    exporter = sending(Exporter, Collector("http://otel-collector:4318", clock), "dropped")
    assert exporter.export("first") == "dropped"
    names.known.add("otel-collector")
    clock.now = AGAIN_SECONDS - 1
    assert exporter.export("second") == "dropped"
    clock.now = AGAIN_SECONDS
    assert exporter.export("third") == "sent"
    assert exporter.sent == ["third"]


def test_the_name_is_asked_for_once_in_a_while(names: Names) -> None:
    clock = Clock()
    collector = Collector("http://otel-collector:4318", clock)
    for second in range(int(AGAIN_SECONDS) * 2):
        clock.now = second
        collector.there()
    assert names.asked == 2


def test_it_is_said_once_that_it_is_missing_and_once_that_it_is_found(
    names: Names, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    collector = Collector("http://otel-collector:4318", clock)
    with caplog.at_level(logging.INFO, "chassis.exporting"):
        for number in range(6):
            clock.now = number * AGAIN_SECONDS
            if number == 3:
                names.known.add("otel-collector")
            collector.there()
    assert [record.msg for record in caplog.records] == ["collector.missing", "collector.found"]


@pytest.mark.parametrize("url", ["http://[::1:4318", "http://" + "x" * 300, ""])
def test_an_address_that_is_none_is_not_there(url: str) -> None:
    try:
        collector = Collector(url)
    except ValueError:
        return
    assert not collector.there() or url == ""
