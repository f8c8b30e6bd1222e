"""The bare statement under pgbench: no law, no ledger, no HTTP, no Python.

It is what onesql compiles, before the ledger is put around it, run by a role above the law. Who asks
is looked up in a small table by a random number, since pgbench makes numbers only.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import psycopg
from graphql import get_variable_values
from graphql.execution.values import VariableValues

from alliance_api.charter.policies import ORGANISATION, PATIENT
from alliance_api.graph.ready import Ready
from alliance_api.graph.schema import PREFIXES, schema
from alliance_api.onesql.cache import Documents
from alliance_api.onesql.limits import Limits
from chassis import embedded

from .data import Data
from .load import Found

_SUBJECTS = "bench_subjects"
_LATENCY = re.compile(r"latency average = ([\d.]+) ms")
_RATE = re.compile(r"tps = ([\d.]+)")
_SETTINGS = "-c jit=off -c plan_cache_mode=force_generic_plan -c timezone=UTC"


@dataclass(frozen=True)
class Script:
    """A pgbench script, and the texts it is given."""

    text: str
    values: Mapping[str, str]


def script(data: Data, query: str, variables: Mapping[str, Any], whose: Sequence[UUID]) -> Script:
    """Return the script of a query; `whose` are the therapists, or the cases, it is asked for.

    A variable of the query named `case` becomes one of them; otherwise they are who asks.
    """
    sql, values = compiled(query, variables)
    subject = f"(SELECT id FROM {_SUBJECTS} WHERE i = :i AND kind = '{_kind(variables)}')"
    if "case" in variables:
        place = list(values).index(str(variables["case"]).removeprefix("case-"))
        found = {f"v{i}": value for i, value in enumerate(values, 1) if i != place + 1}
        sql = sql.replace(f"${place + 1}::uuid", subject)
    else:
        found = {f"v{i}": value for i, value in enumerate(values, 1)}
        # Under the law `standing` shows one's own rows only; here the statement has to say so.
        own = f"s.organisation_id = {ORGANISATION} AND s.person_id = {subject}"
        sql = sql.replace("FROM standing s WHERE ", f"FROM standing s WHERE {own} AND ")
    sql = sql.replace(ORGANISATION, f"'{data.organisation}'::uuid").replace(PATIENT, "NULL::uuid")
    sql = re.sub(r"\$(\d+)", r":v\1", sql)
    _store(data, _kind(variables), whose)
    return Script(f"\\set i random(1, {len(whose)})\nSELECT body FROM ({sql}) AS answer;\n", found)


def compiled(query: str, variables: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the statement of a query as onesql makes it, and its parameters."""
    document = Documents(schema(), Limits(), PREFIXES).load(query)
    operation = document.operation()
    found = get_variable_values(schema(), operation.variable_definitions or (), dict(variables))
    assert isinstance(found, VariableValues)
    root = schema().query_type
    assert root is not None
    plan = (
        Ready(schema(), document, operation, found, 0)
        .compiler()
        .compile(root, [operation.selection_set], head='{"data":', tail="}")
    )
    return plan.sql, [str(value) for value in plan.parameters(found)]


def _kind(variables: Mapping[str, Any]) -> str:
    return "case" if "case" in variables else "person"


def _store(data: Data, kind: str, ids: Sequence[UUID]) -> None:
    with psycopg.connect(data.url) as connection:
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {_SUBJECTS} "
            "(kind text, i integer, id uuid, PRIMARY KEY (kind, i))"
        )
        connection.cursor().executemany(
            f"INSERT INTO {_SUBJECTS} VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [(kind, number, found) for number, found in enumerate(ids, 1)],
        )


def run(data: Data, what: Script, *, connections: int, seconds: float) -> Found:
    """Measure a script."""
    where = urlsplit(data.url)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.sql"
        file.write_text(what.text, encoding="utf-8")
        log = Path(folder) / "times"
        command = [str(embedded.binaries() / "pgbench"), "-n", "-M", "prepared", "-f", str(file)]
        command += ["-c", str(connections), "-j", str(min(connections, 2))]
        command += ["-T", str(max(1, round(seconds))), "-l", "--log-prefix", str(log)]
        command += [
            part for name, value in what.values.items() for part in ("-D", f"{name}={value}")
        ]
        command += ["-h", parse_qs(where.query)["host"][0], "-U", where.username or "postgres"]
        done = subprocess.run(
            [*command, where.path[1:]],
            env={**os.environ, "PGOPTIONS": _SETTINGS},
            capture_output=True,
            check=False,
            text=True,
            timeout=seconds + 60,
        )
        if done.returncode or "number of failed transactions: 0 " not in done.stdout:
            raise RuntimeError(f"pgbench failed: {done.stdout[-500:]} {done.stderr[-2000:]}")
        times = sorted(_times(Path(folder)))
    rate = float(_RATE.findall(done.stdout)[-1])
    return Found(rate, times[len(times) // 2], times[int(len(times) * 0.99)], len(times))


def _times(folder: Path) -> list[float]:
    """Return the milliseconds of every transaction that pgbench logged."""
    return [
        int(line.split()[2]) / 1000
        for file in folder.glob("times.*")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
