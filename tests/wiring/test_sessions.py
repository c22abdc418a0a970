"""Sessions and tokens that a log-in gave are forged upon like keys: the credential alone changes, not what names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.forging import presented
from prodverify.target.load import Target, load

TOP = 'version = 1\nname = "ours"\nbase_url = "http://127.0.0.1:1"\n[secrets]\nkey = { env = "KEY" }\n[roles.us]\n'
COOKIE = 'scheme = "cookie"\nlogin_path = "/in"\ncredential = "key"\n'
OAUTH2 = 'scheme = "oauth2"\ntoken_url = "http://127.0.0.1:1/t"\nclient_id = "us"\ncredential = "key"\n'


def target(folder: Path, role: str) -> Target:
    file = folder / "ours.toml"
    file.write_text(TOP + role, encoding="utf-8")
    return load(str(file), root=folder, environ={"KEY": "practice-key-0001"})


@pytest.mark.parametrize(
    ("role", "granted", "credential", "forged"),
    [
        (COOKIE, ("Cookie", "sid=abc123"), "abc123", ("Cookie", "sid=zzz")),
        (COOKIE, ("Cookie", "sid=abc=123; csrf=x"), "abc=123", ("Cookie", "csrf=x; sid=zzz")),
        (
            f'{COOKIE}session_cookie = "s"\n',
            ("Cookie", "a=1; s=2; longer=345"),
            "2",
            ("Cookie", "a=1; longer=345; s=zzz"),
        ),
        (OAUTH2, ("Authorization", "Bearer to.ken"), "to.ken", ("Authorization", "Bearer zzz")),
    ],
)
def test_what_a_log_in_gave_is_presented(
    tmp_path: Path, role: str, granted: tuple[str, str], credential: str, forged: tuple[str, str]
) -> None:
    ours = target(tmp_path, role)

    shown = presented(ours.promises.roles["us"], ours, lambda: (granted,))

    assert credential == shown.credential
    assert [forged] == shown.line("zzz")


def test_the_text_before_a_key_stays(tmp_path: Path) -> None:
    ours = target(tmp_path, 'scheme = "header"\nheader = "Authorization"\nprefix = "Token "\ncredential = "key"\n')

    shown = presented(ours.promises.roles["us"], ours, lambda: ())

    assert [("Authorization", "Token zzz")] == shown.line("zzz")
