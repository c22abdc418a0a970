"""Where plain HTTP leads, as the public scanner's test of redirections sees it."""

from __future__ import annotations

import pytest

from fixtures.grading import route
from prodverify.judges import observatory
from prodverify.judges.observatory import Seen
from prodverify.wire.hops import Hops
from tests.judges.scene import answer

HTTP, HTTPS, AWAY = "http://service.example/", "https://service.example/", "https://other.example/"


def hops(end, *urls, leads=""):
    return Hops(HTTP, tuple(answer(301, url=url) for url in urls), end, leads)


@pytest.mark.parametrize(
    ("seen", "result"),
    [
        (hops("answered", HTTP, HTTPS), "redirection-to-https"),
        (hops("answered", HTTP), "redirection-missing"),
        (hops("elsewhere", HTTP, leads=AWAY), "redirection-off-host-from-http"),
        (hops("elsewhere", HTTP, HTTPS, leads=AWAY), "redirection-to-https"),
        (hops("untrusted", HTTP, leads=HTTPS), "redirection-invalid-cert"),
        (hops("nothing", leads=HTTP), "redirection-not-needed-no-http"),
        (hops("nothing", HTTP, leads=HTTPS), None),
        (hops("silent", leads=HTTP), None),
        (hops("endless", HTTP, HTTP), None),
        (hops("nowhere", HTTP), None),
    ],
)
def test_a_way_is_what_the_scanner_calls_it(seen, result):
    told = Seen(answer(200), https=True, route=route(seen), route_trusted=seen.end != "untrusted")

    assert result == observatory.results(told).get("redirection")
