"""Ways round a guard: each differs from the front door in what it is named for."""

from __future__ import annotations

import pytest

from fixtures.ways_round import spellings, spoofed

ADMIN = """
//admin /./admin /x/../admin /admin/. /admin/ /admin// /admin;x=1 /;/admin /%2e/admin /x/%2e%2e/admin /admin%2f
/admin%20 /admin%00 /admin%252e /admin.json /%61dmin /Admin /ADMIN /admin? /admin#
"""


def test_a_path_has_twenty_other_spellings() -> None:
    assert ADMIN.split() == spellings("/admin")


@pytest.mark.parametrize("target", ["/admin", "/a/b?c=d", "/a/B", "/", "/a/", "/a/7", "/%41"])
def test_spellings_differ_from_the_path_and_keep_its_query(target: str) -> None:
    made = spellings(target)
    path, _, query = target.partition("?")

    assert target not in made
    assert len(set(made)) == len(made)
    assert all(one.startswith("/") and one.isascii() and one.isprintable() and " " not in one for one in made)
    assert all(one.endswith(query) for one in made[:-1])
    assert f"{path}#" == made[-1]


def test_a_longer_path_is_spelled_in_its_last_segment() -> None:
    made = spellings("/v1/things/current?x=1")

    assert {"/v1/things/%63urrent?x=1", "/v1/things/Current?x=1", "/v1/things/CURRENT?x=1"} <= set(made)
    assert {"/x/../v1/things/current?x=1", "/v1/things/current.json?x=1", "/v1/things/current?&x=1"} <= set(made)


def test_claims_are_apart_so_that_a_way_in_has_a_name() -> None:
    ways = spoofed("/admin", {"X-Internal": "1"})

    assert ["address", "host", "user", "path", "edge"] == list(ways)
    assert ["edge"] == list(ways.keys() - spoofed("/admin", {}).keys())
    assert all("127.0.0.1" in way.told for way in ways["address"])
    assert (("X-Internal", "1"),) == ways["edge"][0].lines


def test_a_path_in_a_header_comes_both_ways() -> None:
    there, back = spoofed("/admin", {})["path"]

    assert ("/", {"/admin"}) == (there.target, {value for _, value in there.lines})
    assert ("/admin", {"/"}) == (back.target, {value for _, value in back.lines})
