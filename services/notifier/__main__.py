"""`python -m notifier` serves the notifier."""

import uvicorn

from chassis import logs
from notifier.app import create_app
from notifier.settings import Settings


def main() -> None:
    """Serve until told to stop."""
    settings = Settings()
    logs.log_as_json()
    # log_config=None: uvicorn would put its own formatters beside ours. No access log: a path can name a person.
    uvicorn.run(
        create_app(), host=settings.host, port=settings.port, log_config=None, access_log=False
    )


if __name__ == "__main__":
    main()
