"""Forbidden addresses are named to a service by a target file alone, and nothing of it stays."""

from __future__ import annotations

import json

from fixtures.destinations import WORDS, standing
from tests.examples.foreign import verified
from tests.webhooks.registry import REGISTRATION, TARGET, Registry, running


def gate(folder, registry, *, kinds=tuple(WORDS), at_creation=True, registration=REGISTRATION):
    """Verdict, and each kind's state and first rule."""
    with running(registry) as url:
        file = folder / "ours.toml"
        said = {"kinds": json.dumps(kinds), "at_creation": str(at_creation).lower(), "url": url}
        file.write_text(TARGET.format(name=f"ours-{folder.name[-12:].lower()}", **said) + registration)
        record = verified(file, {"SIGNING_SECRET": "only-for-practice"}, "-k", "webhook_targets")
    cases = [check for check in record["checks"] if "test_webhook_targets" in check["id"]]
    return {
        case["id"].rpartition("[hook-")[2].rstrip("]"): (
            case["state"],
            case["findings"][0]["rule"] if case["findings"] else "",
        )
        for case in cases
    }


def test_a_careful_service_refuses_every_kind(tmp_path):
    registry = Registry(careful=True)

    assert dict.fromkeys(WORDS, ("pass", "")) == gate(tmp_path, registry)
    assert {} == registry.stored
    assert len(WORDS) <= len(registry.named) <= len(WORDS) + 2  # each worker proves once that one is taken
    assert standing("link-local", "", "") in registry.named


def test_what_is_taken_is_told_and_removed(tmp_path):
    registry = Registry(careful=False)

    assert dict.fromkeys(WORDS, ("warn", "destination-taken")) == gate(tmp_path, registry, at_creation=False)
    assert {} == registry.stored


def test_what_cannot_be_removed_is_told(tmp_path):
    found = gate(tmp_path, Registry(careful=False, forgetful=False), kinds=("ftp", "port"))

    assert dict.fromkeys(("ftp", "port"), ("inconclusive", "destination-not-removed")) == found


def test_a_limiter_and_our_own_proxy_refuse_no_address(tmp_path):
    answers = {
        "ftp": ((403, {"Retry-After": "1"}, b"{}"), ("inconclusive", "answered-by-limiter")),
        "file": ((429, {}, b"{}"), ("inconclusive", "answered-by-limiter")),
        "port": ((407, {}, b"{}"), ("inconclusive", "answered-by-proxy")),
        "short": ((403, {"cf-mitigated": "challenge"}, b"{}"), ("pass", "")),
    }
    refusals = {standing(kind, "https://hooks.example/", ""): answer for kind, (answer, _) in answers.items()}
    found = gate(tmp_path, Registry(careful=True, refusals=refusals), kinds=tuple(answers))

    assert {kind: expected for kind, (_, expected) in answers.items()} == found


def test_where_naming_is_delivering_only_our_own_addresses_are_named(tmp_path):
    registry = Registry(careful=False)
    found = gate(tmp_path, registry, kinds=("decimal", "link-local", "private-ten"), at_creation=False, registration="")

    assert {
        "decimal": ("fail", "destination-reached"),
        "link-local": ("not_run", ""),
        "private-ten": ("not_run", ""),
    } == found
    assert not any(private in url for url in registry.named for private in ("169.254", "//10."))
