"""The back end of an EHR: it proves itself by its key, asks, and launches an application.

    python examples/ehr_back_end.py ISSUER CLIENT_ID KEY.json APPLICATION_ID PATIENT_ID

The key is a private JWK for ES384 with a `kid`; its public half was registered with `--system --jwks`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from uuid import uuid4

import httpx
from joserfc import jwk, jwt

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def main(issuer: str, client_id: str, key_file: str, application: str, patient: str) -> None:
    """Get a token, ask, launch."""
    about = httpx.get(f"{issuer}/fhir/.well-known/smart-configuration").raise_for_status().json()
    key = jwk.import_key(json.loads(Path(key_file).read_text(encoding="utf-8")))
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": about["token_endpoint"],
        "exp": int(time.time()) + 240,
        "jti": uuid4().hex,
    }
    answer = httpx.post(
        about["token_endpoint"],
        data={
            "grant_type": "client_credentials",
            "scope": "system/*.rs launches.write",
            "client_assertion_type": ASSERTION,
            "client_assertion": jwt.encode(
                {"alg": "ES384", "kid": key.kid}, claims, key, algorithms=["ES384"]
            ),
        },
    ).raise_for_status()
    token = answer.json()
    print(f"May, for {token['expires_in']} seconds: {token['scope']}")

    headers = {"authorization": f"Bearer {token['access_token']}"}
    cases = httpx.post(
        f"{issuer}/graphql", json={"query": "{ caseload { totalCount } }"}, headers=headers
    ).raise_for_status()
    print(f"Cases: {cases.json()['data']['caseload']['totalCount']}")

    launched = httpx.post(
        f"{issuer}/oauth/launches",
        json={"client_id": application, "patient": patient},
        headers=headers,
    ).raise_for_status()
    print(f"Open this in a browser: {launched.json()['url']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
