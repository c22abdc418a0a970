"""A wrong environment is refused in one sentence that names the variable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtures.relay.settings import SEED_MEMBERS, SettingsError, read

SECRET = "0123456789abcdef" * 4
RIGHT = {"DATABASE_URL": "host=/run dbname=relay", "RELAY_LISTEN_FD": "3", "ACTIONS_SIGNING_SECRET": SECRET}


def test_three_variables_are_enough():
    settings = read(RIGHT)

    assert (
        settings.listen_fd,
        settings.executes_per_minute,
        settings.rate_limit_enabled,
        settings.practice,
        settings.faults,
        settings.control_fd,
    ) == (3, 60, True, False, (), None)


def test_no_secret_is_shown():
    assert SECRET not in repr(read({**RIGHT, "ACTIONS_SIGNING_SECRET_PREVIOUS": SECRET}))
    assert "dbname" not in repr(read(RIGHT))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL must be the connection string of a PostgreSQL database; it is not set."),
        (
            {"RELAY_LISTEN_FD": ""},
            "RELAY_LISTEN_FD must be the number of an inherited listening socket; it is not set.",
        ),
        ({"RELAY_LISTEN_FD": "-1"}, "RELAY_LISTEN_FD must be a whole number of at least 0; it is '-1'."),
        ({"RATE_LIMIT_EXEC_PER_MIN": "0"}, "RATE_LIMIT_EXEC_PER_MIN must be a whole number of at least 1; it is '0'."),
        ({"RATE_LIMIT_ENABLED": "maybe"}, "RATE_LIMIT_ENABLED must be true, false, 1 or 0; it is 'maybe'."),
        (
            {"ACTIONS_SIGNING_SECRET": "short"},
            "ACTIONS_SIGNING_SECRET must be 64 hexadecimal characters in lower case, as of `openssl rand -hex 32`; "
            "it has 5 characters.",
        ),
        (
            {"ACTIONS_SIGNING_SECRET_PREVIOUS": SECRET[:-1]},
            "ACTIONS_SIGNING_SECRET_PREVIOUS must be 64 hexadecimal characters in lower case, as of "
            "`openssl rand -hex 32`; it has 63 characters.",
        ),
        (
            {"RELAY_DELIVERY_PATIENCE_SECONDS": "0"},
            "RELAY_DELIVERY_PATIENCE_SECONDS must be a whole number of at least 1; it is '0'.",
        ),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "localhost:4318"},
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be an address that begins with http:// or https://; it does not.",
        ),
        ({"SENTRY_DSN": "ours"}, "SENTRY_DSN must be an address that begins with http:// or https://; it does not."),
    ],
)
def test_a_wrong_variable_is_named(change, complaint):
    with pytest.raises(SettingsError) as error:
        read({**RIGHT, **change})

    assert complaint == str(error.value)


def test_a_seed_that_others_can_read_is_refused(tmp_path: Path):
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(dict.fromkeys(SEED_MEMBERS, "x")))
    seed.chmod(0o644)

    with pytest.raises(SettingsError, match=r"can be read by others: chmod 600 it\.$"):
        read({**RIGHT, "RELAY_SEED": str(seed)})


def test_a_seed_that_lacks_secrets_is_told_which(tmp_path: Path):
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(dict.fromkeys(SEED_MEMBERS[1:], "x")))
    seed.chmod(0o600)

    with pytest.raises(SettingsError, match=r"missing: admin_key\.$"):
        read({**RIGHT, "RELAY_SEED": str(seed)})
