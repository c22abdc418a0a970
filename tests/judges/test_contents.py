"""Bodies that are described: by the text that they hold, by a JSON Schema, or by both."""

import pytest

from prodverify.judges import contents
from prodverify.target.asking import Endpoint
from tests.judges.scene import answer, rules


def promised(**more):
    return Endpoint.model_validate({"name": "things", "path": "/things", **more})


@pytest.mark.parametrize(
    ("status", "body", "promise", "expected"),
    [
        (200, b"<title>Things</title>", {"text": "Things"}, {}),
        (200, "Stücke".encode(), {"text": "Stück"}, {}),
        (200, b"<title>Log in</title>", {"text": "Things"}, {"body-text-missing": "fail"}),
        (200, b"", {"text": "Things"}, {"body-text-missing": "fail"}),
        (200, {"things": []}, {"text": "things", "schema": {"type": "object"}}, {}),
        (
            200,
            {"things": []},
            {"text": "other", "schema": {"type": "array"}},
            {"body-text-missing": "fail", "schema-type": "fail"},
        ),
        (200, b"plain", {"schema": {"type": "string"}}, {"schema-no-json": "fail"}),
        (404, b"Things", {"text": "Things"}, {"schema-no-success": "inconclusive"}),
    ],
)
def test_a_body_is_what_was_promised(status, body, promise, expected):
    assert expected == rules(contents.judge_answer(answer(status, {}, body), promised(**promise)))


def test_a_body_that_was_cut_is_not_judged_by_what_is_left():
    cut = answer(200, {}, b"<title>", body_complete=False)
    assert rules(contents.judge_answer(cut, promised(text="Things"))) == {"body-text-missing": "inconclusive"}
    assert rules(contents.judge_answer(cut, promised(text="title"))) == {}
