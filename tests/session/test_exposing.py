"""Services that answer every path in a way of their own: nothing is taken for what it is not."""

from __future__ import annotations

from html import escape

import pytest

from tests.session.small import Answer, SmallService

PUBLIC = '[exposure]\npublic = ["/docs", "/terms"]\nclosed = ["/app/admin", "/internal/state"]\n'
HTML = {"Content-Type": "text/html"}
PAGE = b"<!doctype html><title>Our app</title><div id=root></div><script src=/app.7f3a9c21.js></script>"
STATE: Answer = (200, {}, b'{"users": 3}')


def one_page(path: str) -> Answer:
    return 200, HTML, PAGE


def crumbs(path: str) -> Answer:
    names = [escape(name) for name in path.split("/") if name]
    told = "".join(f"<a>{name}</a>" for name in names)
    return 200, HTML, f"<title>{names[-1] if names else 'Home'} - Our app</title><nav>{told}</nav>".encode()


def echoing(path: str) -> Answer:
    return 404, HTML, f"<h1>Not found</h1><p>{escape(path)} was not found on this server.</p>".encode()


def no_dots(path: str) -> Answer:
    return (403, HTML, b"<h1>Forbidden</h1>") if path.startswith("/.") else (404, {}, b'{"error": "missing"}')


def log_in(path: str) -> Answer:
    return 302, {**HTML, "Location": f"/login?next={path}"}, b""


def page_of_a_folder(path: str) -> Answer:
    if path == "/docs":
        return 307, {"Location": "/docs/v1"}, b""
    if path == "/docs/v1":
        return 200, HTML, b"<div id='swagger-ui'></div>"
    if path == "/terms":
        return 302, {"Location": "https://elsewhere.example/terms"}, b""
    if path == "/internal/state":
        return STATE
    return one_page(path) if path.startswith("/app/") else no_dots(path)


class Everything(dict):
    """Answers every path by one function, those that are set apart."""

    def __init__(self, set_apart, every) -> None:
        super().__init__(set_apart)
        self.every = every

    def get(self, path, default=None):
        return super().get(path) or self.every(path)


ANSWERED = {"missing-plain": "exposure-missing-answered", "missing-hidden": "exposure-missing-answered"}
CATCHING = {
    **ANSWERED,
    "docs-public": "exposure-unrecognised",
    "terms-public": "exposure-unrecognised",
    "app-admin-closed": "exposure-unclear",
    "internal-state-closed": "exposure-unclear",
}
REFUSED = {"docs-public": "exposure-not-public", "terms-public": "exposure-not-public"}


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (one_page, CATCHING),
        (crumbs, CATCHING),
        (echoing, REFUSED),
        (no_dots, REFUSED),
        (log_in, REFUSED),
        (
            page_of_a_folder,
            {
                "docs-public": "exposure-redirected",
                "terms-public": "exposure-redirected",
                "app-admin-closed": "exposure-unclear",
                "internal-state-closed": "exposure-open",
            },
        ),
    ],
)
def test_a_service_that_answers_every_path_in_its_own_way(verify, target, small: SmallService, every, expected):
    small.answers = Everything(small.answers, every)
    run = verify("checks/test_exposure.py", "--target", target(PUBLIC))

    found = {case.rpartition("[")[2][:-1]: facts["findings"] for case, facts in run.cases.items() if facts["findings"]}
    told = {kind if "-" in kind else f"missing-{kind}": one["rule"] for kind, (one,) in found.items()}
    assert expected == told
