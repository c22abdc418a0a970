"""Which role an endpoint is asked with, for each header in which a credential travels."""

from __future__ import annotations

import pytest

from fixtures import offered
from tests.wiring.test_crossing import described

ROLES = """
[secrets]
key = { env = "KEY" }
[roles.user]
scheme = "header"
credential = "key"
[roles.admin]
scheme = "header"
credential = "key"
[roles.visitor]
scheme = "cookie"
login_path = "/in"
credential = "key"
[roles.old]
scheme = "header"
header = "Cookie"
prefix = "sid="
credential = "key"
[roles.clerk]
scheme = "basic"
username = "a"
credential = "key"
[roles.machine]
scheme = "bearer"
credential = "key"
[[journeys]]
name = "read"
steps = [{ method = "GET", path = "/me" }]
[rate_limit]
requests = 5
window_seconds = 60.0
role = "machine"
journey = "read"
"""


@pytest.mark.parametrize(
    ("roles", "carriers"),
    [
        ("user = 200, admin = 200, anonymous = 401", {"x-api-key": "user"}),
        ("visitor = 200, old = 200, anonymous = 302", {"cookie": "visitor"}),
        ("old = 200, clerk = 200, anonymous = 404", {"cookie": "old", "authorization": "clerk"}),
        ("admin = 403, machine = 200, visitor = 200, anonymous = 403", {"cookie": "visitor"}),
        ("machine = 200, anonymous = 401", {"authorization": "machine"}),
        ("user = 200, anonymous = 200", {"x-api-key": "user"}),
        ("user = 403, anonymous = 401", {}),
    ],
)
def test_each_header_that_carries_a_credential_has_a_role_and_the_limited_one_is_spared(roles, carriers):
    promises = described(f'[[endpoints]]\nname = "me"\npath = "/me"\nroles = {{ {roles} }}\n{ROLES}')

    assert carriers == offered.carriers(promises, promises.endpoints[0])
