"""Which endpoints stand for an answer of each kind, whatever way a service has of saying no."""

from __future__ import annotations

import json
import tomllib

import pytest

from fixtures import offered
from prodverify.target.model import Promises
from prodverify.target.rate_limit import RateLimit

TOP = 'version = 1\nname = "ours"\n'


def promises(*endpoints: str) -> Promises:
    tables = "".join(f'[[endpoints]]\nname = "e{number}"\n{text}\n' for number, text in enumerate(endpoints, 1))
    return Promises.model_validate_json(json.dumps(tomllib.loads(TOP + tables)))


def named(cell: offered.Cell | None) -> tuple[str, str, int] | None:
    return (cell.endpoint.name, cell.role, cell.status) if cell else None


@pytest.mark.parametrize(
    ("roles", "closed"),
    [
        ("{ user = 200, anonymous = 401 }", True),
        ("{ user = 200, anonymous = 302 }", True),  # on to the log-in page
        ("{ user = 200, anonymous = 404 }", True),  # existence is hidden
        ("{ user = 200, anonymous = 422 }", True),  # the header of the key is a required parameter
        ("{ user = 200, anonymous = 200 }", False),
        ("{ user = 200, anonymous = 429 }", False),
        ("{ user = 403, anonymous = 401 }", False),
        ("{ user = 200 }", False),
    ],
)
def test_an_endpoint_is_guarded_where_anonymous_gets_something_else(roles: str, closed: bool) -> None:
    (endpoint,) = promises(f'path = "/a"\nroles = {roles}').endpoints
    assert closed == offered.guarded(endpoint)
    assert not offered.guarded(endpoint.model_copy(update={"fuzz": False}))


def test_an_endpoint_is_closed_where_anonymous_is_declared_to_be_kept_out() -> None:
    silent = 'path = "/a"\nroles = { user = 200 }'
    closed, opened = 'path = "/b"\nroles = { user = 200, anonymous = 401 }', 'path = "/c"\nroles = { anonymous = 200 }'

    assert "e2" == getattr(offered.closed(promises(silent, closed)), "name", "")
    assert "e1" == getattr(offered.closed(promises(silent, opened)), "name", "")
    assert offered.closed(promises(opened)) is None


def test_the_role_that_burns_its_limit_is_asked_as_only_where_there_is_no_other() -> None:
    limit = RateLimit(requests=5, window_seconds=60.0, role="burner", journey="read")
    made = promises(
        'path = "/a"\nroles = { burner = 200, user = 200 }', 'path = "/b"\nroles = { burner = 200, user = 403 }'
    ).model_copy(update={"rate_limit": limit})

    assert ["user", "burner"] == [offered.accepted_role(made, endpoint) for endpoint in made.endpoints]
    assert "user" == offered.accepted_role(made)


def test_an_error_is_one_for_want_of_a_credential_or_else_any_other() -> None:
    bad = 'path = "/a?b="\nroles = { anonymous = 400 }'
    closed = 'path = "/b"\nroles = { user = 200, anonymous = 401 }'
    post = 'path = "/c"\nmethod = "POST"\nroles = { anonymous = 401 }'
    limited = 'path = "/d"\nroles = { anonymous = 429 }'

    assert ("e1", "anonymous", 400) == named(offered.refused(promises(bad, post, limited)))
    assert ("e2", "anonymous", 401) == named(offered.refused(promises(bad, closed)))
    assert offered.unauthenticated(promises(bad, post, limited)) is None
    assert offered.refused(promises(post, limited)) is None


def test_each_profile_that_is_read_has_an_answer_of_its_own() -> None:
    api, page = 'path = "/a"\nroles = { user = 200 }', 'path = "/b"\nprofile = "html"\nroles = { user = 200 }'
    closed = 'path = "/c"\nprofile = "static"\nroles = { user = 403 }'
    sent_on = 'path = "/d"\nprofile = "redirect"\nroles = { anonymous = 302 }'
    made = promises(api, page, closed, sent_on, page)

    assert ["html"] == offered.further_profiles(made)
    assert "e2" == getattr(offered.readable(made, "html"), "name", "")
    assert ("e4", "anonymous", 302) == named(offered.redirecting(made))
    assert [] == offered.further_profiles(promises(closed))


def test_endpoints_that_are_errors_are_refusals_by_their_name() -> None:
    mistake = 'path = "/a"\nprofile = "error"\nroles = { user = 404, other = 404 }'
    answered = 'path = "/b"\nprofile = "error"\nroles = { user = 200 }'

    assert [("e1", "user", 404)] == [named(cell) for cell in offered.mistakes(promises(mistake, answered))]
