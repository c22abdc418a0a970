"""The page that Relay shows to people, and the script that it loads."""

from __future__ import annotations

import re

import httpx
import pytest

from fixtures.relay.headers import CSP, HSTS


def test_the_status_page_loads_its_script_from_the_service_itself(wire: httpx.Client) -> None:
    page = wire.get("/status", headers={"Accept": "text/html"})
    (address,) = re.findall(r'<script src="([^"]+)"', page.text)
    script = wire.get(address)

    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
    assert (200, "text/javascript; charset=utf-8") == (script.status_code, script.headers["content-type"])
    assert "<script>" not in page.text
    assert "/health" in script.text


@pytest.mark.parametrize("path", ["/status", "/static/status.js"])
def test_pages_and_scripts_carry_the_same_security_headers_as_every_answer(wire: httpx.Client, path: str) -> None:
    headers = wire.get(path).headers

    assert [HSTS.decode()] == headers.get_list("strict-transport-security")
    assert [CSP.decode()] == headers.get_list("content-security-policy")
    assert ("nosniff", "DENY", "no-referrer", "1; mode=block") == (
        headers["x-content-type-options"],
        headers["x-frame-options"],
        headers["referrer-policy"],
        headers["x-xss-protection"],
    )


def test_pages_may_be_kept_and_are_asked_for_again(wire: httpx.Client) -> None:
    assert wire.get("/status").headers["cache-control"] == "no-cache"
    assert wire.get("/static/status.js").headers["cache-control"] == "public, max-age=300"


def test_no_other_file_is_served(wire: httpx.Client) -> None:
    paths = ["/static/status.html", "/static/../pages.py", "/static/%2e%2e/pages.py", "/static/", "/status/"]
    assert {404} == {wire.get(path).status_code for path in paths}
    assert wire.post("/status").status_code == 405


def test_two_pages_share_a_nonce_only_under_its_fault(wire: httpx.Client, switch: object) -> None:
    assert "nonce" not in wire.get("/status").headers["content-security-policy"]
    switch("nonce-repeated")  # type: ignore[operator]
    first, second = (wire.get("/status").headers["content-security-policy"] for _ in range(2))
    assert "'nonce-" in first
    assert first == second
    assert "nonce" not in wire.get("/actions").headers["content-security-policy"]


def test_the_cache_that_forgets_its_callers_serves_the_next_stranger_alone(ask: object, switch: object) -> None:
    switch("cache-serves-strangers")  # type: ignore[operator]
    path = "/workspaces/current"
    member = ask("GET", path, "admin")  # type: ignore[operator]
    stranger = ask("GET", path)  # type: ignore[operator]
    assert (200, member.content) == (stranger.status_code, stranger.content)
    assert ask("GET", path).status_code == 401  # type: ignore[operator]
    ask("GET", path, "admin")  # type: ignore[operator]
    assert ask("GET", f"{path}?other=1").status_code == 401  # type: ignore[operator]
