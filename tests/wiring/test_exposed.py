"""Which paths are asked, and what is promised of each."""

from __future__ import annotations

from fixtures.exposed import exposed_paths
from prodverify.judges import well_known
from prodverify.target.exposure import Exposure


def told(**said):
    return {exposed.name: exposed for exposed in exposed_paths(Exposure(**said))}


def test_without_a_word_nothing_is_meant_to_be_there():
    found = told()
    assert {"absent"} == {exposed.expected for exposed in found.values()}
    asked = [known.path for exposed in found.values() for known in exposed.paths]
    assert sorted(asked) == sorted([*(known.path for known in well_known.PATHS), "/"])


def test_what_is_declared_is_asked_apart_and_once():
    found = told(public=("/openapi.json",), closed=("/internal/state", "/metrics"), unasked=("/.env",))
    assert ("public", "closed", "closed") == tuple(
        found[name].expected for name in ("openapi", "internal-state", "metrics")
    )
    asked = [known.path for exposed in found.values() for known in exposed.paths]
    assert "/.env" not in asked
    assert len(asked) == len(set(asked)) <= 20
