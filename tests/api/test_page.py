"""The GraphiQL page comes from here alone, and lets nothing else in."""

from __future__ import annotations

import re

from tests.house import House


def test_the_page_needs_no_token_and_names_no_other_host(house: House) -> None:
    page = house.get("/graphql")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        assert house.get(path).status_code == 200, path


def test_the_page_runs_no_script_but_ours(house: House) -> None:
    policy = house.get("/graphql").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
