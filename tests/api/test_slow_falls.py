"""What creeps is told beside the ruptures, by name of its rule, and raises no signal of its own."""

from __future__ import annotations

from typing import Any

from tests.builders import a_case
from tests.people import Clinic, Person

TOLD = """query($case: ID!) { case(id: $case) {
  trajectory(instrument: "alliance-check-in", informant: CLIENT) { lower points { raw } ruptures {
    start { session { number } } nadir { session { number } } repair { id } depth over
    method { id version } } }
  signals(first: 20) { kind method { id } } } }"""


def read(who: Person, case: str) -> dict[str, Any]:
    return dict(who.reads(TOLD, case=case)["case"])


def test_ewma_and_cusum_tell_of_a_slow_fall_and_raise_no_signal_of_their_own(
    clinic: Clinic,
) -> None:
    story = a_case(clinic).with_sessions("k " * 14).with_ratings(client="34343434222222")

    for who in (clinic.client, clinic.therapist):
        told = read(who, story.case_id)
        trajectory = told["trajectory"]
        slow = {
            each["method"]["id"]: each
            for each in trajectory["ruptures"]
            if each["method"]["id"] in ("ewma", "cusum")
        }

        assert min(point["raw"] for point in trajectory["points"]) > trajectory["lower"]
        assert slow.keys() == {"ewma", "cusum"}
        for each in slow.values():
            assert each["start"]["session"]["number"] == each["nadir"]["session"]["number"] == 9
            assert each["depth"] == 7.5
            assert (each["repair"], each["over"]) == (None, False)
            assert each["method"]["version"] == "1"
        raised = {signal["method"]["id"] for signal in told["signals"]}
        assert "rupture-beyond-noise" in raised
        assert not raised & slow.keys()
