"""A credential that is nearly the valid one is as secret in the evidence as the valid one, whatever header it is in."""

from __future__ import annotations

from tests.session.small import KEY


def test_evidence_holds_no_key_that_lacks_a_character(verify, target, small):
    def opened(handler):
        given = handler.headers.get("X-Door", "").encode("latin-1")
        return (200, {}, b'{"things": [1]}') if given == KEY.encode() else (401, {"WWW-Authenticate": "Door"}, b"{}")

    small.answers["/things"] = opened
    file = target(fuzz="true")
    text = file.read_text(encoding="utf-8").replace('scheme = "header"', 'scheme = "header"\nheader = "X-Door"')
    file.write_text(text, encoding="utf-8")

    run = verify("checks/test_auth.py", "--target", file)

    assert "pass" == run.states["test_auth.py::test_worthless_credential_is_rejected[things-user-altered]"]
    evidence = [path for path in run.folder.rglob("*") if path.is_file()]
    assert evidence
    for path in evidence:
        assert KEY[1:].encode() not in path.read_bytes()
        assert KEY[:-1].encode() not in path.read_bytes()
