"""What a form's answers come to, as rows: its scores, and what is noticeable about it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alliance_api.domain.findings import METHOD as NOTICED
from alliance_api.domain.findings import Finding, findings
from alliance_api.domain.instruments import Instrument
from alliance_api.domain.scoring import METHOD, GivenAnswer, ScaleScore, score, score_inputs_hash


@dataclass(frozen=True, slots=True)
class Scored:
    """Rows of scores and of findings, and the hash of what both were made of."""

    scores: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    inputs_hash: str


def scored(definition: Instrument, given: Sequence[GivenAnswer]) -> Scored:
    """Score a form by its key.

    Raises:
        Refused: if the answers do not fit the form.
    """
    scales = score(definition, given)
    noticed = findings(definition, given, scores=scales)
    return Scored(
        [_score(scale) for scale in scales],
        [_finding(each) for each in noticed],
        score_inputs_hash(definition, given),
    )


def _score(scale: ScaleScore) -> dict[str, Any]:
    return {
        "scale": scale.scale,
        "raw": scale.raw,
        "mean": scale.mean,
        "pomp": scale.pomp,
        "minimum": scale.minimum,
        "maximum": scale.maximum,
        "answered": scale.answered,
        "missing": scale.missing,
        "reason": scale.reason,
        "method_id": METHOD.id,
        "method_version": METHOD.version,
    }


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "code": found.code.value,
        "scale": found.scale or "",
        "answered": found.answered,
        "method_id": NOTICED.id,
        "method_version": NOTICED.version,
    }
