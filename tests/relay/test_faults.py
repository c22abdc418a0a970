"""Switching faults off brings Relay back as it was, and the catalogue holds them all."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.relay import planted
from fixtures.relay.faults import CATALOGUE, UnknownFaultError, named
from tests.relay.observing import Facts, Observer

SUBJECTS = sorted(module.name for module in pkgutil.iter_modules(planted.__path__) if hasattr(Observer, module.name))
"""Kinds of fault whose subject is observed here as a whole; `make faults` shows what each one breaks."""
ROOT_CHECKS = re.compile(r"test_[a-z_]+\.py::test_[a-z_]+(\[[a-z0-9_.*-]+\])?")


@pytest.fixture(scope="session")
def known() -> dict[str, Facts]:
    """What was seen of each subject while Relay was healthy."""
    return {}


@pytest.fixture
def observe(ask, execute, values, receiver) -> Callable[[str], Facts]:
    observer = Observer(ask, execute, values, receiver)
    return lambda subject: getattr(observer, subject)()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_after_all_faults_of_a_subject_relay_is_as_it_was(observe, switch, known, subject: str):
    if subject not in known:
        known[subject] = observe(subject)
    for fault in importlib.import_module(f"{planted.__name__}.{subject}").FAULTS:
        switch(fault.name)
    switch()

    assert observe(subject) == known[subject]


def test_every_fault_is_in_the_catalogue_once_and_names_its_checks():
    names = [fault.name for fault in CATALOGUE]

    assert len(names) == len(set(names)) >= 56
    modules = [importlib.import_module(f"{planted.__name__}.{m.name}") for m in pkgutil.iter_modules(planted.__path__)]
    assert {fault for module in modules for fault in getattr(module, "FAULTS", ())} == set(CATALOGUE)
    assert [fault.name for fault in CATALOGUE if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)+", fault.name)] == []
    assert [fault.name for fault in CATALOGUE if not fault.sentence.endswith(".")] == []
    assert [each for fault in CATALOGUE for each in fault.checks if not ROOT_CHECKS.fullmatch(each)] == []
    assert [fault.name for fault in CATALOGUE if not fault.checks] == []


def test_an_unknown_fault_is_refused_and_nothing_changes(control):
    answer = control.put("/faults", json={"names": ["hsts-missing", "hsts-shorter"]})

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("No fault is named 'hsts-shorter'; the nearest are hsts-short, ")
    assert control.get("/faults").json() == {"names": []}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"names": "hsts-missing"}', b'{"names": [1]}'])
def test_what_cannot_be_read_is_refused(control, body):
    assert control.put("/faults", content=body).status_code == 422


def test_two_faults_can_be_planted_together(ask, control, switch):
    switch("hsts-missing", "nosniff-missing")
    answer = ask("GET", "/actions", "admin")

    assert control.get("/faults").json() == {"names": ["hsts-missing", "nosniff-missing"]}
    assert not {"strict-transport-security", "x-content-type-options"} & set(answer.headers)


def test_switching_forgets_what_was_done(ask, execute, switch, fresh):
    execute("developer")
    made: dict[str, Any] = ask("POST", "/api-keys", "admin", json={"role": "viewer", "name": "short-lived"}).json()
    switch()

    assert ask("GET", "/actions", headers={"X-API-Key": made["key"]}).status_code == 401
    assert [e["event"] for e in ask("GET", "/audit?event=create-key", "admin").json()["logs"]] == ["create-key"] * 2
    assert execute("developer").headers["x-ratelimit-remaining"] == "59"


def test_the_control_socket_is_not_the_service(ask, control):
    assert ask("GET", "/faults").status_code == 404
    assert control.get("/actions").status_code == 404


def test_names_are_looked_up_in_order_and_once():
    assert [fault.name for fault in named(["hsts-short", "csp-missing", "hsts-short"])] == ["hsts-short", "csp-missing"]
    with pytest.raises(UnknownFaultError, match="lists them all"):
        named(["zzzzzzzzzzzz"])
