"""A page that says one thing, for whom a redirect would lead astray. Without a script or an image."""

from __future__ import annotations

from html import escape
from typing import Final

from starlette.responses import HTMLResponse, Response

from chassis.problems import headers

POLICY: Final = (
    "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
STYLE: Final = (
    "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}"
    "label,input,button{display:block;font:inherit;margin:.5rem 0}input,button{padding:.5rem}"
)


def _policy() -> str:
    import hashlib
    from base64 import b64encode

    digest = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return POLICY.format(style=digest)


def page(status: int, title: str, content: str) -> Response:
    """Return a page; `content` is HTML."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )
    return HTMLResponse(text, status, headers(_policy()))


def told(status: int, title: str, words: str) -> Response:
    """Return a page of one sentence."""
    return page(status, title, f"<p>{escape(words)}</p>")
