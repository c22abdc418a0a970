"""Mistakes in ``[cache]``: each one complaint that says what was expected."""

import pytest

from tests.target.wrong_files import BOTH, wrong

CACHE = '[cache]\naddress = "key"\n'
WRITING = '[[endpoints]]\nname = "make"\npath = "/make"\nmethod = "POST"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "no-such-secret",
            BOTH + '[cache]\naddress = "kee"\n',
            '[cache] address: names no secret of [secrets]; did you mean "key"?',
        ),
        wrong(
            "no-such-policy",
            BOTH + CACHE + 'policy = "allkeys-lrv"\n',
            '[cache] policy: expected "noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", '
            '"volatile-lru", "volatile-lfu", "volatile-random" or "volatile-ttl", came "allkeys-lrv"; '
            'did you mean "allkeys-lru"?',
        ),
        wrong(
            "every-lookup",
            BOTH + CACHE + "hit_percent = 100\n",
            "[cache] hit_percent: expected less than 100, came 100",
        ),
        wrong(
            "no-such-endpoint",
            BOTH + CACHE + 'endpoint = "lisst"\n',
            '[cache] endpoint: no endpoint "lisst"; did you mean "list"?',
        ),
        wrong(
            "no-such-role",
            BOTH + CACHE + 'endpoint = "list"\nrole = "uss"\n',
            '[cache] role: no role "uss"; did you mean "us"?',
        ),
        wrong(
            "endpoint-that-writes",
            BOTH + WRITING + CACHE + 'endpoint = "make"\n',
            "[cache] endpoint: expected an endpoint that is read, came one of method POST",
        ),
        wrong(
            "requests-to-nothing",
            BOTH + CACHE + "requests = 5\n",
            "[cache] requests: says how endpoint is asked, and there is none; add endpoint",
        ),
        wrong(
            "two-windows",
            BOTH + CACHE + 'endpoint = "list"\nwindow_seconds = 5\n',
            "[cache] window_seconds: means nothing with endpoint: the window is as long as requests take",
        ),
        wrong(
            "confidence-in-nothing",
            BOTH + CACHE + "confidence_percent = 99\n",
            "[cache] confidence_percent: is that of hit_percent, which is missing",
        ),
    ],
)
def test_a_mistake_about_the_cache_is_told_in_one_sentence(complaints_about, content, complaints):
    assert complaints == complaints_about(content)
