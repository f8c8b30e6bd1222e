"""From the TOML table of a scale to the scale, with what sources report about it."""

from alliance_api.domain.instruments import (
    Band,
    Norm,
    Polarity,
    ReliabilityKind,
    Report,
    Scale,
)
from alliance_api.instruments.errors import InstrumentError
from alliance_api.instruments.table import Table

_NEITHER = "NEITHER"


def read_scale(table: Table) -> Scale:
    """Read one scale.

    Raises:
        InstrumentError: for anything missing, misspelled or of the wrong type.
    """
    scale = Scale(
        key=table.text("key"),
        items=table.wholes("items"),
        reversed=table.wholes("reversed"),
        constructs=table.texts("constructs"),
        all_required=table.flag("all_required", default=False),
        max_missing=table.optional_whole("max_missing"),
        min_share=table.number("min_share", 0.75),
        verified=table.flag("verified"),
        missing_verified=table.flag("missing_verified", default=False),
        loinc=table.optional_text("loinc"),
        polarity=_polarity(table),
        any_yes=table.flag("any_yes", default=False),
        headline=table.flag("headline", default=False),
        norms=tuple(_norm(each) for each in table.tables("norm")),
        reports=tuple(_report(each) for each in table.tables("report")),
        bands=tuple(_band(each) for each in table.tables("band")),
    )
    table.close()
    return scale


def _polarity(table: Table) -> Polarity | None:
    said = table.text("polarity")
    if said == _NEITHER:
        return None
    if said not in frozenset(Polarity):
        raise table.error(f"polarity must be one of {', '.join([*Polarity, _NEITHER])}")
    return Polarity(said)


def _norm(table: Table) -> Norm:
    try:
        norm = Norm(
            sd=table.number("sd"),
            reliability=table.number("reliability"),
            reliability_kind=table.choice("reliability_kind", ReliabilityKind),
            population=table.text("population"),
            source=table.text("source"),
            n=table.optional_whole("n"),
            language=table.optional_text("language"),
            verified=table.flag("verified"),
        )
    except InstrumentError:
        raise
    except ValueError as error:
        raise table.error(str(error)) from error
    table.close()
    return norm


def _report(table: Table) -> Report:
    report = Report(
        population=table.text("population"),
        source=table.text("source"),
        verified=table.flag("verified"),
        n=table.optional_whole("n"),
        mean=table.optional_number("mean"),
        sd=table.optional_number("sd"),
        reliability=table.optional_number("reliability"),
        reliability_kind=table.optional_choice("reliability_kind", ReliabilityKind),
        reliable_change=table.optional_number("reliable_change"),
    )
    table.close()
    return report


def _band(table: Table) -> Band:
    band = Band(
        key=table.text("key"),
        source=table.text("source"),
        verified=table.flag("verified"),
        at_least=table.optional_number("at_least"),
        at_most=table.optional_number("at_most"),
        below=table.optional_number("below"),
    )
    table.close()
    return band
