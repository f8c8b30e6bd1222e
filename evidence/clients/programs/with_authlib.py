"""PyPI Authlib: code with PKCE, refresh, introspection, revocation; and a back end by its key."""

from __future__ import annotations

import secrets
import time
from typing import Any

import httpx
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey

from evidence.clients.programs.steps import did, refused, run, sure, visited


def about(issuer: str) -> dict[str, Any]:
    """Return what the server says about itself."""
    found: dict[str, Any] = (
        httpx.get(f"{issuer}/.well-known/oauth-authorization-server", trust_env=False)
        .raise_for_status()
        .json()
    )
    sure(found["issuer"] == issuer, "it is who was asked")
    did("discovery", issuer)
    return found


def ask(client: OAuth2Client, plan: dict[str, Any]) -> str:
    """Ask for the case there is."""
    query = {"query": plan["query"]}
    answer = client.post(f"{plan['issuer']}/graphql", json=query).raise_for_status()
    sure(plan["case"] in answer.text, "the case is there")
    return "the case"


def person(plan: dict[str, Any]) -> None:
    """Let somebody log in for an application that has a secret."""
    found = about(plan["issuer"])
    client = OAuth2Client(
        plan["client_id"],
        plan["client_secret"],
        scope=plan["scope"],
        redirect_uri=plan["redirect_uri"],
        code_challenge_method="S256",
        trust_env=False,
    )
    verifier = secrets.token_urlsafe(48)
    address, state = client.create_authorization_url(
        found["authorization_endpoint"], code_verifier=verifier, nonce=secrets.token_urlsafe()
    )
    back = visited(address)
    sure(httpx.URL(back).params.get("iss") == plan["issuer"], "the answer is of this issuer")
    did("answer with code, state and iss", plan["issuer"])
    token = client.fetch_token(
        found["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
    )
    did("code redeemed", f"{token['token_type']}, {token['scope']}")
    did("asked", ask(client, plan))
    again = client.refresh_token(found["token_endpoint"], token["refresh_token"])
    sure(again["access_token"] != token["access_token"], "another token")
    did("refreshed", "another access token")
    did("asked with the new token", ask(client, plan))
    told = client.introspect_token(found["introspection_endpoint"], again["access_token"])
    sure(told.json()["active"] is True, "it is active")
    did("introspection", "active")
    client.revoke_token(found["revocation_endpoint"], again["refresh_token"]).raise_for_status()
    did("revoked")
    did("asking after that", refused(lambda: ask(client, plan), "401"))
    refresh = again["refresh_token"]
    did(
        "refreshing after that",
        refused(lambda: client.refresh_token(found["token_endpoint"], refresh), "invalid_grant"),
    )


def system(plan: dict[str, Any]) -> None:
    """Let a back end prove itself by its key, and once without."""
    found = about(plan["issuer"])
    endpoint = found["token_endpoint"]
    client = proving(plan, endpoint, lasts=240)
    token = client.fetch_token(endpoint, grant_type="client_credentials", scope=plan["scope"])
    did("token of a back end", f"{token['token_type']}, {token['scope']}")
    did("asked", ask(client, plan))
    # Authlib keeps the `jti` in the claims it was given: the second assertion replays the first.
    again = {"grant_type": "client_credentials", "scope": plan["scope"]}
    did(
        "the same jti again",
        refused(lambda: client.fetch_token(endpoint, **again), "invalid_client"),
    )
    longer = proving(plan, endpoint, lasts=3600)
    did(
        "an assertion of an hour",
        refused(lambda: longer.fetch_token(endpoint, **again), "invalid_client"),
    )
    client.revoke_token(found["revocation_endpoint"], token["access_token"])
    sure(ask(client, plan), "a replayed assertion revokes nothing")
    did("revoking by a replayed assertion", "revokes nothing")


def proving(plan: dict[str, Any], endpoint: str, lasts: int) -> OAuth2Client:
    """Return a client that proves itself by an assertion that lasts so many seconds."""
    way = {"token_endpoint_auth_method": PrivateKeyJWT.name, "trust_env": False}
    client = OAuth2Client(plan["client_id"], ECKey.import_key(plan["key"]), **way)
    client.register_client_auth_method(
        PrivateKeyJWT(
            endpoint,
            claims={"exp": int(time.time()) + lasts},
            headers={"kid": plan["key"]["kid"]},
            alg="ES384",
        )
    )
    return client


if __name__ == "__main__":
    run(lambda plan: {"person": person, "system": system}[plan["way"]](plan))
