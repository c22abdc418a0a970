"""The receivers of the guide run, count what they refuse, and are verified by a target file alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.forged_messages import variants
from tests.examples.foreign import verified
from tests.receivers.conftest import FILES, SECRET, receiving

PARSED_FIRST = {
    "flask": (
        ("body = request.get_data()", "body = json.dumps(request.get_json(force=True)).encode()"),
        {"reserialised", "newline"},
    ),
    "fastapi": (
        ("body = await raw_body(request)", "body = json.dumps(await request.json()).encode()"),
        {"reserialised", "newline", "undecodable"},
    ),
    "express": (
        (
            'express.raw({ type: "*/*", limit: "64kb" }), (request, response) => {',
            'express.json({ limit: "64kb" }), (request, response) => {\n  request.body = Buffer.from('
            "JSON.stringify(request.body).replaceAll('\":', '\": ').replaceAll(',\"', ', \"'));",
        ),
        {"reserialised", "newline"},
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_receiver_takes_what_is_signed_and_counts_what_is_not(name, tmp_path):
    with receiving(name, tmp_path) as receiver:
        by = receiver.sender()
        valid, wrong = by.message(), by.message(wrong=True)
        missing = replace(valid, lines=[line for line in valid.lines if line[0].lower() != by.header])

        assert 0 == receiver.failures()
        assert 204 == receiver.answer(valid)
        assert [401, 401] == [receiver.answer(wrong), receiver.answer(missing)]
        assert 2 == receiver.failures()
        assert 413 == receiver.answer(variants(by.receiver)["large"].make(by))

        record = verified(receiver.target, {"WEBHOOK_SECRET": SECRET})
        troubles = [check["id"] for check in record["checks"] if check["state"] not in ("pass", "not_run")]

        assert [] == troubles
        assert "GO" == record["verdict"]
        assert 2 + 10 <= receiver.failures()


@pytest.mark.parametrize("name", FILES)
def test_a_receiver_that_parses_before_it_verifies_takes_what_was_written_anew(name, tmp_path):
    broken, expected = PARSED_FIRST[name]
    with receiving(name, tmp_path, broken) as receiver:
        by = receiver.sender()
        forged = {name: one for name, one in variants(by.receiver).items() if one.kind == "forged"}
        found = {name for name, one in forged.items() if receiver.answer(one.make(by)) not in (400, 401, 413)}

    assert expected == found


def test_such_a_receiver_is_caught_by_its_target_file_alone(tmp_path):
    broken, expected = PARSED_FIRST["flask"]
    with receiving("flask", tmp_path, broken) as receiver:
        record = verified(receiver.target, {"WEBHOOK_SECRET": SECRET}, "-k", "webhook_receivers")

    red = {check["id"].rpartition("[hook-")[2].rstrip("]") for check in record["checks"] if check["state"] == "fail"}
    assert expected == red
    assert "NO-GO" == record["verdict"]
