"""What makes published figures sound: within their ranges, and with something to say."""

from collections.abc import Iterator

from alliance_api.domain.instruments import Band, Report


def report_faults(report: Report) -> Iterator[str]:
    """Yield what is wrong with a report."""
    figures = (report.mean, report.sd, report.reliability, report.reliable_change)
    if all(figure is None for figure in figures):
        yield "report: needs a figure"
    if (report.reliability is None) is not (report.reliability_kind is None):
        yield "report: reliability and reliability_kind belong together"
    if report.reliability is not None and not 0 < report.reliability <= 1:
        yield "report: reliability must lie in (0, 1]"
    if any(figure is not None and figure <= 0 for figure in (report.sd, report.reliable_change)):
        yield "report: sd and reliable_change must be above 0"


def band_faults(band: Band, low: float, high: float) -> Iterator[str]:
    """Yield what is wrong with a band of a scale whose sum goes from `low` to `high`."""
    limits = [limit for limit in (band.at_least, band.at_most, band.below) if limit is not None]
    if not limits or not all(low <= limit <= high for limit in limits):
        yield f"band {band.key}: needs a limit, within the range of the scale"
    if band.at_most is not None and band.below is not None:
        yield f"band {band.key}: ends either at_most or below, not both"
    if limits != sorted(limits):
        yield f"band {band.key}: nothing lies between its limits"
