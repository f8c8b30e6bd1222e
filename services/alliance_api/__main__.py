"""`alliance`: the command line of operators and developers."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

Command = Callable[[argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; return its exit code."""
    found = _parser().parse_args(arguments)
    run: Command = found.run
    return run(found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="alliance", description=__doc__)
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)

    serve = _verb(verbs, "serve", "serve the API; settings come from the environment", _serve)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--workers", type=int, default=1)

    migrate = _verb(
        verbs, "migrate", "bring the database at DATABASE_ADMIN_URL up to date", _migrate
    )
    migrate.add_argument("--down", metavar="REVISION", help="go back to it; `base` undoes all")

    revision = _verb(verbs, "revision", "begin a migration", _revision)
    revision.add_argument("message", help="what it does")

    schema = _verb(verbs, "schema", "write the generated files anew", _schema)
    schema.add_argument("--check", action="store_true", help="only say whether they are fresh")

    token = _verb(verbs, "token", "mint a token that the demo trusts", _token)
    token.add_argument("--as", dest="person", required=True, help="for example: therapist")
    token.add_argument("--scope", default="user/*.cruds", help="SMART v2 scopes")
    token.add_argument("--hours", type=float, default=8.0)

    demo = _verb(verbs, "demo", "serve everything on this machine with made-up people", _demo)
    demo.add_argument("--once", action="store_true", help="tell the story, check it, and leave")
    return parser


def _verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, help_: str, run: Command
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=help_, description=help_)
    parser.set_defaults(run=run)
    return parser


def _serve(found: argparse.Namespace) -> int:
    import uvicorn

    uvicorn.run(
        "alliance_api.app:serve_app",
        factory=True,
        host=found.host,
        port=found.port,
        workers=found.workers,
        # No access log: a path can name a person. No log_config: ours is set by `serve_app`.
        access_log=False,
        log_config=None,
        server_header=False,
    )
    return 0


def _admin_url() -> str:
    url = os.environ.get("DATABASE_ADMIN_URL", "")
    if not url:
        sys.exit(
            "Set DATABASE_ADMIN_URL to PostgreSQL 18 as a user that may create roles, for example "
            "postgresql://postgres@localhost/alliance"
        )
    return url


def _migrate(found: argparse.Namespace) -> int:
    from alliance_api.store.migrate import ensure_roles, migrate

    url = _admin_url()
    ensure_roles(url)
    migrate(url, found.down or "head", down=found.down is not None)
    print(f"Back at {found.down}." if found.down else "The database is up to date.")
    return 0


def _revision(found: argparse.Namespace) -> int:
    from alliance_api.store.migrate import revision

    print(f"Written: {revision(_admin_url(), found.message)}")
    return 0


def _schema(found: argparse.Namespace) -> int:
    from alliance_api.golden import check, write

    if not found.check:
        write()
        return 0
    stale = check()
    for path in stale:
        print(f"{path} is not fresh; run `make schema`", file=sys.stderr)
    return 1 if stale else 0


def _token(found: argparse.Namespace) -> int:
    from alliance_api.demo.tokens import token

    print(token(found.person, found.scope, hours=found.hours))
    return 0


def _demo(found: argparse.Namespace) -> int:
    from alliance_api.demo.story import run

    return run(once=found.once)


if __name__ == "__main__":
    sys.exit(main())
