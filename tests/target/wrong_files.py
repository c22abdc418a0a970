"""Pieces of target files that are right, and the form in which a test says what is wrong with one."""

from __future__ import annotations

import pytest

TOP = 'version = 1\nname = "ours"\nbase_url = "http://127.0.0.1:8000"\n'
KEY = '[secrets]\nkey = { env = "OUR_KEY" }\n[roles.us]\nscheme = "header"\ncredential = "key"\n'
LIST = '[[endpoints]]\nname = "list"\npath = "/actions"\n'
EXECUTE = '[[journeys]]\nname = "execute"\n[[journeys.steps]]\npath = "/execute"\n'
LIMIT = '[rate_limit]\nrequests = 60\nwindow_seconds = 60\nrole = "us"\njourney = "execute"\n'
HOOK = '[[webhooks]]\nname = "done"\nsecret = "key"\nrole = "us"\njourney = "execute"\ndeliver_to = "url"\n'
SLO = '[[slos]]\nname = "fast"\nendpoints = ["list"]\nrole = "us"\nthreshold_ms = 50\nobjective_percent = 99\n'
REVOKE = (
    '[revocation]\nrole = "us"\nkey_at = "/key"\nid_at = "/id"\nrevoke_path = "/keys/"\nprobe = "list"\n'
    '[revocation.create]\npath = "/keys"\n'
)
BOTH = TOP + KEY + LIST + EXECUTE
TLS_KEYS = (
    '"terminated", "address", "server_name", "minimum_version", "demands_newest", "expiry_warn_percent", '
    '"expiry_fail_percent", "expiry_fail_days", "lifespan_days", "http_address", "http_profile" or "http_path"'
)


def wrong(name, content, *complaints):
    """One wrong file: a name for it, what it holds, and every complaint about it."""
    return pytest.param(content, complaints, id=name)
