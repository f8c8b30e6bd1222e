"""`python -m notifier` serves the notifier; `python -m notifier kinds check` checks the kinds."""

import sys

from chassis import logs
from notifier.kinds import check


def main() -> None:
    """Serve until told to stop."""
    import uvicorn

    from notifier.app import create_app
    from notifier.settings import Settings

    settings = Settings()
    logs.log_as_json()
    # log_config=None: uvicorn would put its own formatters beside ours. No access log: a path can name a person.
    uvicorn.run(
        create_app(), host=settings.host, port=settings.port, log_config=None, access_log=False
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["kinds"]:
        sys.exit(check.main(sys.argv[2:]))
    main()
