"""`python -m notifier VERB`: migrate, web, worker, dead, replay; and `kinds check` checks the kinds."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from uuid import UUID

from chassis import exporting, logs, serving
from notifier.kinds import check


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["kinds"]:
        return check.main(given[1:])
    parser = argparse.ArgumentParser(prog="python -m notifier", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, verb in VERBS.items():
        verbs.add_parser(name, help=verb.__doc__)
    verbs.add_parser("replay", help=replay.__doc__).add_argument("reminder", type=UUID)
    found = parser.parse_args(given)
    return replay(found.reminder) if found.verb == "replay" else VERBS[found.verb]()


def migrate() -> int:
    """Bring the database at NOTIFIER_DATABASE_ADMIN_URL (or in the file of …_FILE) up to date."""
    from notifier.ledger.migrate import ensure_roles, migrate

    url = os.environ.get("NOTIFIER_DATABASE_ADMIN_URL")
    file = os.environ.get("NOTIFIER_DATABASE_ADMIN_URL_FILE")
    if file and not url:
        url = Path(file).read_text(encoding="utf-8").strip()
    if not url:
        sys.stderr.write("Set NOTIFIER_DATABASE_ADMIN_URL to a superuser's URL of the database.\n")
        return 2
    ensure_roles(url)
    migrate(url)
    return 0


def web() -> int:
    """Serve until told to stop."""
    import uvicorn

    from notifier.app import create_app
    from notifier.settings import Settings

    settings = Settings()  # type: ignore[call-arg]  # the environment fills them
    logs.log_as_json()
    exporting.install("notifier-web")
    # It asks nobody from where they come: there is no proxy to trust.
    uvicorn.run(create_app(settings), host=settings.host, port=settings.port, **serving.options())
    return 0


def worker() -> int:
    """Read the feeds and send what is due, until told to stop."""
    from notifier.app import Parts, work
    from notifier.channels.fence import keep_alarms_to_this_thread
    from notifier.settings import Settings

    keep_alarms_to_this_thread()
    logs.log_as_json()
    exporting.install("notifier-worker")
    settings = Settings()  # type: ignore[call-arg]  # the environment fills them
    try:
        asyncio.run(work(Parts(settings)))
    except KeyboardInterrupt:
        return 130
    return 0


def dead() -> int:
    """List what could not be delivered: when, which reminder, which kind, why."""
    from notifier.ledger.dead import dead_letters

    for each in asyncio.run(dead_letters(_database())):
        print(f"{each.at:%Y-%m-%dT%H:%M:%SZ} {each.reminder} {each.kind} {each.reason}")
    return 0


def replay(reminder: UUID) -> int:
    """Try a dead reminder again, if it has not expired."""
    from notifier.ledger.dead import replay

    done = asyncio.run(replay(_database(), reminder))
    print("It is planned again." if done else "There is no such dead reminder, or it has expired.")
    return 0 if done else 1


def _database() -> str:
    from notifier.settings import Settings

    settings = Settings()  # type: ignore[call-arg]  # the environment fills them
    return settings.database_url.get_secret_value()


VERBS = {"migrate": migrate, "web": web, "worker": worker, "dead": dead}


if __name__ == "__main__":
    sys.exit(main())
