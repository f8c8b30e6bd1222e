"""A native application: it sends a person to log in, and asks on their behalf.

    python examples/mobile_app.py ISSUER CLIENT_ID

The client is registered with `--native --redirect http://127.0.0.1/callback`.
"""

from __future__ import annotations

import secrets
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx
from authlib.integrations.httpx_client import OAuth2Client

SCOPE = "openid fhirUser offline_access user/*.rs"
QUERY = "{ caseload { totalCount } }"


class Callback(BaseHTTPRequestHandler):
    """Takes the one answer that the browser brings."""

    answer = ""

    def do_GET(self) -> None:
        """Keep the address, and tell the person that they are done."""
        type(self).answer = self.path
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"You can close this page.")

    def log_message(self, *_: object) -> None:
        """Print nothing: the address has a code in it."""


def main(issuer: str, client_id: str) -> None:
    """Log in, ask, refresh, and say goodbye."""
    about = httpx.get(f"{issuer}/.well-known/openid-configuration").raise_for_status().json()
    if about["issuer"] != issuer:
        sys.exit("Somebody else answers at this address.")
    server = HTTPServer(("127.0.0.1", 0), Callback)
    client = OAuth2Client(
        client_id,
        scope=SCOPE,
        redirect_uri=f"http://127.0.0.1:{server.server_port}/callback",
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
    )
    verifier = secrets.token_urlsafe(48)
    address, state = client.create_authorization_url(
        about["authorization_endpoint"], code_verifier=verifier, nonce=secrets.token_urlsafe()
    )
    print(f"Open this in a browser: {address}", flush=True)
    server.handle_request()
    server.server_close()

    answer = parse_qs(urlsplit(Callback.answer).query)
    # Two servers could be mixed up by somebody in between: the answer says whose it is.
    if answer.get("iss") != [issuer] or answer.get("state") != [state]:
        sys.exit("The answer is not for us.")
    token = client.fetch_token(
        about["token_endpoint"], authorization_response=Callback.answer, code_verifier=verifier
    )
    print(f"Logged in, and may: {token['scope']}")
    print(asked(issuer, token["access_token"]))

    token = client.refresh_token(about["token_endpoint"], token["refresh_token"])
    print(f"Refreshed: {asked(issuer, token['access_token'])}")
    client.revoke_token(about["revocation_endpoint"], token["refresh_token"])
    print("Logged out.")


def asked(issuer: str, token: str) -> str:
    """Ask how many cases there are."""
    answer = httpx.post(
        f"{issuer}/graphql",
        json={"query": QUERY},
        headers={"authorization": f"Bearer {token}"},
    ).raise_for_status()
    return f"Cases: {answer.json()['data']['caseload']['totalCount']}"


if __name__ == "__main__":
    main(*sys.argv[1:])
