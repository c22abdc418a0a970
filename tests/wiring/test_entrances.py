"""Where it is tried to get in: once for each set of roles, and for each further way to present a credential."""

from __future__ import annotations

import json
import tomllib

import pytest

from fixtures.entrances import areas, entrances
from prodverify.target.model import Promises

TOP = """
version = 1
name = "ours"
[secrets]
k = { env = "K" }
[roles.admin]
scheme = "header"
credential = "k"
[roles.viewer]
scheme = "header"
credential = "k"
[roles.machine]
scheme = "bearer"
credential = "k"
[roles.token]
scheme = "header"
header = "Authorization"
prefix = "Token "
credential = "k"
[roles.partner]
scheme = "oauth2"
token_url = "/token"
client_id = "us"
credential = "k"
[roles.session]
scheme = "cookie"
login_path = "/in"
credential = "k"
"""


def promises(*endpoints: str, more: str = "") -> Promises:
    tables = "".join(
        f'[[endpoints]]\nname = "e{number}"\npath = "/{number}"\n{text}\n' for number, text in enumerate(endpoints, 1)
    )
    return Promises.model_validate_json(json.dumps(tomllib.loads(TOP + more + tables)))


def roles(text: str) -> str:
    return f"roles = {{ {text} }}"


def named(*endpoints: str, more: str = "") -> list[str]:
    return [entrance.name for entrance in entrances(promises(*endpoints, more=more))]


def test_an_area_is_the_first_endpoint_of_each_set_of_roles() -> None:
    both, one = roles("admin = 200, viewer = 200, anonymous = 401"), roles("admin = 200, viewer = 403, anonymous = 401")

    assert ["e1", "e2"] == [area.name for area in areas(promises(both, one, both, one))]
    assert ["e1-admin", "e2-admin"] == named(both, one, both, one)


@pytest.mark.parametrize(
    "endpoint",
    [
        roles("admin = 200, anonymous = 200"),
        roles("admin = 200"),
        roles("admin = 403, anonymous = 401"),
        'method = "POST"\n' + roles("admin = 200, anonymous = 401"),
        "fuzz = false\n" + roles("admin = 200, anonymous = 401"),
    ],
)
def test_an_endpoint_where_a_refusal_tells_nothing_is_none(endpoint: str) -> None:
    assert [] == areas(promises(endpoint))


def test_the_target_may_name_the_areas() -> None:
    closed = roles("admin = 200, anonymous = 401")

    assert ["e3-admin", "e1-admin"] == named(
        closed, closed, f"fuzz = false\n{closed}", more='[identity]\nendpoints = ["e3", "e1"]\n'
    )


def test_each_way_to_present_a_credential_is_tried_where_it_gets_in_first() -> None:
    every = roles("viewer = 200, admin = 200, machine = 200, partner = 200, token = 200, anonymous = 401")
    fewer = roles("admin = 200, machine = 200, anonymous = 401")
    last = roles("machine = 200, token = 200, anonymous = 401")

    assert ["e1-viewer", "e1-machine", "e1-token", "e2-admin", "e3-machine"] == named(every, fewer, last)
    assert ["e1-admin", "e1-machine", "e2-viewer", "e2-token"] == named(
        fewer, roles("viewer = 200, token = 200, anonymous = 401")
    )


def test_a_role_that_logs_in_stands_only_where_there_is_no_other() -> None:
    mixed, alone = roles("session = 200, admin = 200, anonymous = 401"), roles("session = 200, anonymous = 401")

    assert ["e1-admin", "e2-session"] == named(mixed, alone)


def test_the_role_that_burns_its_limit_stands_only_where_there_is_no_other() -> None:
    limit = '[rate_limit]\nrequests = 5\nwindow_seconds = 60\nrole = "admin"\njourney = "j"\n'
    journey = '[[journeys]]\nname = "j"\n[[journeys.steps]]\npath = "/1"\n'
    mixed, alone = roles("admin = 200, viewer = 200, anonymous = 401"), roles("admin = 200, anonymous = 401")

    assert ["e1-viewer", "e2-admin"] == named(mixed, alone, more=limit + journey)
