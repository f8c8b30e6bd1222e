"""What a form is in the tables: its frame, and the rows of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Table

from alliance_api.domain.instruments import Instrument, Scale
from alliance_api.instruments.forms import origin

from . import tables

Row = dict[str, Any]


def frame(form: Instrument) -> Row:
    """Return what a form says of itself, without what is a clinic's own."""
    licence, ages = form.licence, form.ages
    return {
        "code": form.code,
        "version": form.version,
        "base_code": origin(form.code)[0],
        "name": form.name,
        "informant": form.informant.value,
        "language": form.language,
        "licence": licence.id,
        "licence_status": licence.status.value,
        "licence_holder": licence.holder,
        "licence_statement": licence.statement,
        "permission_required": licence.permission_required,
        "verified": form.verified,
        "validated": form.validated,
        "constructs": sorted(form.constructs),
        "instructions": form.instructions,
        "time_frame": form.time_frame.value if form.time_frame else None,
        "age_minimum": ages.minimum,
        "age_maximum": ages.maximum,
        "signals_from_age": ages.signals_from,
        "loinc": form.loinc,
        "source": form.source,
    }


def _items(form: Instrument) -> list[Row]:
    return [
        {
            "number": item.number,
            "key": item.key,
            "minimum": item.minimum,
            "maximum": item.maximum,
            "step": item.step,
            "wording": item.wording,
            "not_applicable": item.not_applicable,
            "construct": item.construct,
            "safety": item.safety,
        }
        for item in form.items
    ]


def _anchors(form: Instrument) -> list[Row]:
    return [
        {"item": item.number, "value": anchor.value, "wording": anchor.text}
        for item in form.items
        for anchor in item.anchors
    ]


def _scales(form: Instrument) -> list[Row]:
    items = {item.number: item for item in form.items}
    return [
        {
            "key": scale.key,
            "constructs": sorted(scale.constructs),
            "items": list(scale.items),
            "reversed": list(scale.reversed),
            "minimum": sum(items[number].minimum for number in scale.items),
            "maximum": sum(items[number].maximum for number in scale.items),
            "verified": scale.verified,
            "headline": scale is form.headline,
            "polarity": scale.polarity.value if scale.polarity else None,
            "any_yes": scale.any_yes,
            "least_answered": scale.least_answered,
            "missing_verified": scale.missing_verified,
            "loinc": scale.loinc,
        }
        for scale in form.scales
    ]


def _norms(scale: Scale) -> list[Row]:
    return [
        {
            "source": norm.source,
            "verified": norm.verified,
            "population": norm.population,
            "language": norm.language,
            "n": norm.n,
            "sd": norm.sd,
            "reliability": norm.reliability,
            "reliability_kind": norm.reliability_kind.value,
        }
        for norm in scale.norms
    ]


def _reports(scale: Scale) -> list[Row]:
    return [
        {
            "source": report.source,
            "verified": report.verified,
            "population": report.population,
            "n": report.n,
            "mean": report.mean,
            "sd": report.sd,
            "reliability": report.reliability,
            "reliability_kind": report.reliability_kind.value if report.reliability_kind else None,
            "reliable_change": report.reliable_change,
        }
        for report in scale.reports
    ]


def _bands(scale: Scale) -> list[Row]:
    return [
        {
            "source": band.source,
            "verified": band.verified,
            "key": band.key,
            "at_least": band.at_least,
            "at_most": band.at_most,
            "below": band.below,
        }
        for band in scale.bands
    ]


def _of_scales(rows: Callable[[Scale], list[Row]]) -> Callable[[Instrument], list[Row]]:
    """Return what lists the rows of every scale of a form, numbered within the scale."""
    return lambda form: [
        {"scale": scale.key, "number": number, **row}
        for scale in form.scales
        for number, row in enumerate(rows(scale), 1)
    ]


PARTS: Mapping[Table, Callable[[Instrument], list[Row]]] = {
    tables.instrument_items: _items,
    tables.instrument_anchors: _anchors,
    tables.instrument_scales: _scales,
    tables.instrument_norms: _of_scales(_norms),
    tables.instrument_reports: _of_scales(_reports),
    tables.instrument_bands: _of_scales(_bands),
}
"""The tables of what a form is made of, and its rows in each."""
