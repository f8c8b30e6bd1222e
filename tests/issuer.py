"""A tiny identity provider, served on loopback: real HTTP, real signatures, any answer one likes."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from chassis.tokens import mint, new_key


class FakeIssuer:
    """What it says of itself and of people may be changed: `claims`, `metadata`, `token`."""

    def __init__(self) -> None:
        self.private, self.public = new_key()
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.raw_token: Any = None
        self.key: Any = None
        issuer = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer._get(self)

            def do_POST(self) -> None:
                issuer._post(self)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def plain(self) -> None:
        """Say nothing but the truth from now on."""
        self.claims, self.metadata, self.raw_token, self.key = {}, {}, None, None

    def authorize(self, address: str) -> dict[str, str]:
        """Sign somebody in at the address a browser was sent to; return what goes back."""
        given = {name: value[0] for name, value in parse_qs(urlsplit(address).query).items()}
        assert given["response_type"] == "code"
        assert given["code_challenge_method"] == "S256"
        code = uuid4().hex
        self.codes[code] = given
        return {"code": code, "state": given["state"], "iss": self.address}

    def _get(self, http: BaseHTTPRequestHandler) -> None:
        if http.path == "/.well-known/openid-configuration":
            self._say(
                http,
                {
                    "issuer": self.address,
                    "authorization_endpoint": f"{self.address}/authorize",
                    "token_endpoint": f"{self.address}/token",
                    "jwks_uri": f"{self.address}/jwks",
                    "authorization_response_iss_parameter_supported": True,
                    **self.metadata,
                },
            )
        elif http.path == "/jwks":
            self._say(http, {"keys": [self.public]})
        else:
            http.send_error(404)

    def _post(self, http: BaseHTTPRequestHandler) -> None:
        text = http.rfile.read(int(http.headers["content-length"])).decode()
        given = {name: value[0] for name, value in parse_qs(text).items()}
        asked = self.codes.pop(given.get("code", ""), None)
        if asked is None or given["redirect_uri"] != asked["redirect_uri"]:
            http.send_error(400)
            return
        hashed = hashlib.sha256(given["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() != asked["code_challenge"]:
            http.send_error(400)
            return
        claims = {
            "iss": self.address,
            "sub": "amira",
            "aud": asked["client_id"],
            "nonce": asked["nonce"],
            "exp": int(time.time()) + 300,
            "iat": int(time.time()),
        }
        claims = {k: v for k, v in {**claims, **self.claims}.items() if v is not None}
        token = (
            self.raw_token(claims)
            if self.raw_token
            else mint(self.key or self.private, claims, self.public["kid"])
        )
        self._say(http, {"access_token": "-", "token_type": "Bearer", "id_token": token})

    def _say(self, http: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        http.send_response(200)
        http.send_header("content-type", "application/json")
        http.send_header("content-length", str(len(text)))
        http.end_headers()
        http.wfile.write(text)
