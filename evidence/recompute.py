"""`alliance recompute` over 600,000 measurements: rate and memory; a second run changes nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks import data
from evidence.figures import Figure

SCRIPT = Path(__file__).with_suffix(".sql")
THERAPISTS, MEASUREMENTS = 1000, 600_000
FEW_THERAPISTS, FEW_MEASUREMENTS = 8, 1_000
WORKERS = 2
UNMENDED = """
    SELECT count(*) FROM mended AS m
    WHERE NOT EXISTS (SELECT FROM scores AS s WHERE s.organisation_id = m.organisation_id
      AND (s.measurement_id, s.scale) = (m.measurement_id, m.scale) AND s.method_version = '1'
      AND (s.raw, s.mean, s.pomp) = (m.raw, m.mean, m.pomp))
"""


@dataclass(frozen=True)
class Run:
    """What a run told."""

    measurements: int
    seconds: float
    rate: int
    megabytes: int
    changed: int


def experiment(small: bool) -> Figure:
    """Fill, leave a tenth of the scores stale, recompute twice; small: fewer, the same kinds."""
    therapists = FEW_THERAPISTS if small else THERAPISTS
    wanted = FEW_MEASUREMENTS if small else MEASUREMENTS
    started = time.monotonic()
    filled = data.prepare(therapists)
    try:
        _answer(filled.url, wanted)
        print(f"Filled in {time.monotonic() - started:.0f} s", flush=True)
        first, second = _run(filled.url), _run(filled.url)
        with psycopg.connect(filled.url) as connection:
            [(stale, left)] = connection.execute(
                f"SELECT (SELECT count(*) FROM mended), ({UNMENDED})".encode()
            ).fetchall()
    finally:
        data.stop(therapists)
    print(f"{stale - left} of {stale} stale scores mended, {left} left")
    minutes, seconds = divmod(round(first.seconds), 60)
    figure = (
        f"{first.measurements} measurements in {minutes} min {seconds} s ({first.rate}/s), "
        f"peak {first.megabytes} MB, second run changed {second.changed}"
    )
    met = first.measurements == second.measurements == wanted and first.changed > stale > left == 0
    return Figure("recompute", figure, "0", met and second.changed == 0)


def _answer(url: str, measurements: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET recompute.n = {measurements:d}")
        connection.execute(SCRIPT.read_bytes())
        connection.execute("VACUUM (FREEZE, ANALYZE)")
        connection.execute("CHECKPOINT")


def _run(url: str) -> Run:
    done = subprocess.run(
        [sys.executable, "-m", "alliance_api", "recompute", "--workers", str(WORKERS)],
        env={**os.environ, "DATABASE_ADMIN_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout, done.stderr[-2000:] if done.returncode else "", flush=True)
    text = done.stdout.replace(",", "")
    told = re.search(
        r"(\d+) measurements in ([\d.]+) s\n(\d+) measurements/s at most (\d+) MB.*\n(\d+) rows",
        text,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert told, done.stderr[-3000:]
    measurements, seconds, rate, megabytes, changed = told.groups()
    return Run(int(measurements), float(seconds), int(rate), int(megabytes), int(changed))
