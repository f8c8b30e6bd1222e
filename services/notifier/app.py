"""The notifier's composition root.

A beginning: it lives and says so. It reads no feed, plans no reminder and sends nothing yet, so it has no readiness
either; those come with its ledger.
"""

from fastapi import FastAPI

from chassis import health


def create_app() -> FastAPI:
    """Put the notifier together."""
    # No interactive documentation: there is nothing to try, and its pages would load scripts from elsewhere.
    app = FastAPI(title="Alliance notifier", docs_url=None, redoc_url=None, openapi_url=None)
    app.router.routes.append(health.live())
    return app
