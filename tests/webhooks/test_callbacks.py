"""Whether a service fetches the key that a token names is seen at our listener, and only where it could be reached."""

from __future__ import annotations

import base64
import json
import urllib.request
from pathlib import Path

import pytest

from tests.session.small import Answer, SmallService
from tests.session.suite import Suite
from tests.webhooks import bins

TARGET = """
version = 1
name = "fetching"
base_url = "{url}"
[asking]
rate_per_second = 500.0
hosts = [{hosts}]
[secrets]
token = {{ env = "TOKEN" }}
[roles.machine]
scheme = "bearer"
credential = "token"
[[endpoints]]
name = "things"
path = "/things"
roles = {{ machine = 200, anonymous = 401 }}
[[tokens]]
role = "machine"
[tokens.callback]
{callback}
"""
CASE = "test_tokens.py::test_key_is_not_fetched_from_where_a_token_says[machine]"


def part(said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


TOKEN = f"{part({'alg': 'RS256', 'kid': '1'})}.{part({'sub': 'machine'})}.{'c2lnbmF0dXJl' * 20}"


def careful(handler) -> Answer:
    given = handler.headers.get("Authorization", "").removeprefix("Bearer ")
    return (200, {}, b'{"things": [1]}') if given == TOKEN else (401, {"WWW-Authenticate": "Bearer"}, b"{}")


def fetching(handler) -> Answer:
    """Asks whoever a token says for its key, before it looks at the token."""
    head = handler.headers.get("Authorization", "").removeprefix("Bearer ").partition(".")[0]
    try:
        said = json.loads(base64.urlsafe_b64decode(head + "=="))
        urllib.request.urlopen(said["jku"], timeout=2).close()
    except (OSError, ValueError, LookupError, TypeError):
        pass
    return careful(handler)


@pytest.fixture
def verified(tmp_path: Path):
    suite = Suite(tmp_path)

    def run(things, callback: str, *hosts: str):
        with SmallService.started() as small:
            small.answers["/things"] = things
            path = tmp_path / "fetching.toml"
            allowed = ", ".join(f'"{host.rpartition("/")[2]}"' for host in hosts)
            path.write_text(TARGET.format(url=small.url, hosts=allowed, callback=callback), encoding="utf-8")
            case = suite(CASE.replace("test_", "checks/test_", 1), "--target", path, "-n", "0", TOKEN=TOKEN).cases[CASE]
        return case["state"], [found["rule"] for found in case["findings"]], str(case)

    yield run
    suite.end()


def test_a_service_that_fetches_the_key_is_seen_and_one_that_does_not_is_not(verified):
    assert ("pass", []) == verified(careful, "")[:2]
    state, found, _ = verified(fetching, "")
    assert ("fail", {"token-key-fetched"}) == (state, set(found))


def test_silence_at_a_public_address_proves_something_only_where_it_leads_to_us(verified):
    with SmallService.started() as elsewhere:
        state, found, told = verified(careful, f'public_url = "{elsewhere.url}/ours"', elsewhere.url)
    assert ("inconclusive", ["callback-cannot-reach-us"]) == (state, found)
    assert "leads to listen" in told

    with bins.forwarding() as proxy:
        line = f'public_url = "{proxy.url}/ours"\nlisten = "127.0.0.1:{proxy.port}"'
        assert ("pass", []) == verified(careful, line, proxy.url)[:2]
        assert "fail" == verified(fetching, line, proxy.url)[0]
