"""The three operations that are measured, as documents with variables, the same for both stacks."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from alliance_api.domain.ids import Kind, format_id

from .data import INSTRUMENT, Data

DASHBOARD = """
query Dashboard($first: Int!, $instrument: String!, $informant: InformantRole!, $last: Int!,
                $goals: Int!, $party: PartyRole!) {
  caseload(first: $first) {
    nodes {
      id
      client { name }
      latestScores(instrument: $instrument, informant: $informant, last: $last) { mean takenAt }
      goals(first: $goals) { wording state }
      reliability(of: $party) {
        kept { value numerator denominator }
        punctual { value }
      }
    }
    pageInfo { hasNextPage }
  }
}
"""
DASHBOARD_VARIABLES: Mapping[str, Any] = {
    "first": 50,
    "instrument": INSTRUMENT,
    "informant": "CLIENT",
    "last": 5,
    "goals": 3,
    "party": "CLIENT",
}
TRAJECTORY = """
query Trajectory($case: ID!, $instrument: String!, $informant: InformantRole!, $scale: String!) {
  case(id: $case) {
    id
    trajectory(instrument: $instrument, informant: $informant, scale: $scale) {
      points { mean takenAt session { number } }
    }
  }
}
"""
SUBMIT = """
mutation Submit($input: SubmitMeasurementInput!) {
  submitMeasurement(input: $input) {
    measurement { id scores { scale mean } }
    problems { code message field }
  }
}
"""
# Stands in a request where every sending needs a key of its own, of the same length.
KEY = "0123456789abcdef0123456789abcdef"
# A request stands here for a person: `servers` knows how each stack wants to be told who asks.
Request = tuple[UUID, bytes]


def dashboards(data: Data) -> list[Request]:
    """Return the dashboard of every measured therapist, in no order."""
    body = _body(DASHBOARD, DASHBOARD_VARIABLES)
    return _shuffled([(therapist, body) for therapist in data.therapists])


def trajectories(data: Data) -> list[Request]:
    """Return one trajectory of every measured case, asked by its therapist."""
    return _shuffled(
        [
            (therapist, _body(TRAJECTORY, trajectory_variables(case)))
            for case, therapist, _ in data.cases
        ]
    )


def submissions(data: Data) -> list[Request]:
    """Return one submission of every measured case, by its client."""
    return _shuffled(
        [(client, _body(SUBMIT, {"input": _input(case)})) for case, _, client in data.cases]
    )


def trajectory_variables(case: UUID) -> dict[str, Any]:
    """Return the variables of a trajectory."""
    return {
        "case": format_id(Kind.CASE, case),
        "instrument": INSTRUMENT,
        "informant": "CLIENT",
        "scale": "total",
    }


def _input(case: UUID) -> dict[str, Any]:
    answers = [{"item": item, "value": 2 + item % 3} for item in range(1, 13)]
    return {
        "idempotencyKey": KEY,
        "case": format_id(Kind.CASE, case),
        "instrument": INSTRUMENT,
        "answers": answers,
        "disclosure": "SHARED",
    }


def spelt(answer: object) -> bytes:
    """Return an answer as JSON without spaces."""
    return orjson.dumps(answer)


def _body(query: str, variables: Mapping[str, Any]) -> bytes:
    return orjson.dumps({"query": query, "variables": variables})


def _shuffled(requests: list[Request]) -> list[Request]:
    random.Random(7).shuffle(requests)
    return requests
