"""A target that is right: where it is found, where its secrets come from, and what can be made of it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from prodverify.target.load import SecretUnavailable, TargetError, load

ROOT = Path(__file__).resolve().parents[2]
TOP = 'version = 1\nname = "ours"\nbase_url = "https://api.example/"\n'
IMPORTS = "import prodverify.target.load\n"
"""Read before a process gives up its rights: the checkout may not be readable for others."""

EMBEDDED = 'version = 1\nname = "practice"\n[embedded]\n[secrets]\nkey = { embedded = "admin_key" }\n[backups]\n'
MADE_UP = {"base_url": "http://127.0.0.1:4711", "admin_key": "made-up-secret", "backup_directory": "/run/backups"}


@pytest.fixture
def clone(tmp_path):
    """A folder with two targets of the suite's own."""
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets" / "staging.toml").write_text(TOP)
    (tmp_path / "targets" / "production.toml").write_text(TOP)
    return tmp_path


def loaded(folder, content, environ=None):
    file = folder / "ours.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(str(file), root=ROOT, environ=environ or {})


def test_a_name_means_a_file_in_targets(clone):
    target = load("staging", root=clone, environ={})
    assert clone / "targets" / "staging.toml" == target.path
    assert hashlib.sha256(TOP.encode()).hexdigest() == target.sha256


def test_a_path_may_lie_outside_the_clone_and_is_found_from_the_working_directory(clone, tmp_path, monkeypatch):
    monkeypatch.chdir(clone)
    (tmp_path / "elsewhere.toml").write_text(TOP)
    for named in ("elsewhere.toml", "./elsewhere.toml", str(tmp_path / "elsewhere.toml")):
        target = load(named, root=ROOT, environ={})
        assert (tmp_path / "elsewhere.toml", tmp_path) == (target.path, target.folder)


@pytest.mark.parametrize(
    ("named", "complaint"),
    [
        (
            "stagin",
            'no such target "stagin": there is no targets/stagin.toml; did you mean "staging"? '
            "targets that exist: production, staging",
        ),
        ("xyz", 'no such target "xyz": there is no targets/xyz.toml; targets that exist: production, staging'),
        ("", 'no such target "": there is no targets/.toml; targets that exist: production, staging'),
        ("x/y", 'no such target "x/y": there is no file x/y; targets that exist: production, staging'),
        ("n" * 300, f'no such target "{"n" * 60}...": there is no targets/{"n" * 300}.toml; targets that exist: '
        "production, staging"),
        ("targets/", "targets: expected a file at {clone}/targets, came a folder"),
    ],
)  # fmt: skip
def test_no_such_target_lists_those_that_exist(named, complaint, clone, monkeypatch):
    monkeypatch.chdir(clone)
    with pytest.raises(TargetError) as wrong:
        load(named, root=clone, environ={})
    assert complaint.replace("{clone}", str(clone)) == str(wrong.value)


def test_a_file_that_may_not_be_read_says_so(tmp_path):
    file = tmp_path / "ours.toml"
    file.write_text(TOP)
    file.chmod(0o000)
    script = (
        "import os, sys; os.geteuid() or os.setuid(65534)\n"
        "from pathlib import Path; from prodverify.target.source import TargetError, read\n"
        "try: read(Path(sys.argv[1]))\n"
        "except TargetError as wrong: print(wrong)\n"
    )
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    said = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{IMPORTS}{script}", str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{file}: expected a readable file at {file}: Permission denied\n" == said.stdout


def test_several_complaints_are_counted_and_listed(tmp_path):
    with pytest.raises(TargetError) as wrong:
        loaded(tmp_path, TOP + "[tls]\nx = 1\n[permits]\ny = 1\n")
    assert len(wrong.value.complaints) == 2
    assert "\n  ".join(("2 complaints about the target file:", *wrong.value.complaints)) == str(wrong.value)


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbf" + TOP.encode(), TOP.replace("\n", "\r\n").encode()], ids=["byte-order-mark", "crlf"]
)
def test_what_windows_editors_write_is_read(content, tmp_path):
    assert loaded(tmp_path, content).base_url == "https://api.example"


def test_a_day_may_be_written_as_a_date_of_toml(tmp_path):
    waiver = (
        '[[waivers]]\ncheck = "checks/a.py"\nreason = "being replaced"\nticket = "A"\nowner = "B"\nuntil = 2026-12-31'
    )
    assert loaded(tmp_path, TOP + waiver).promises.waivers[0].until == "2026-12-31"


def test_secrets_come_from_the_environment_and_from_files_beside_the_target_file(tmp_path):
    secrets = '[secrets]\none = { env = "ONE" }\ntwo = { file = "two" }\nthree = { file = "THREE" }\n'
    (tmp_path / "two").write_text("second-value\r\n")
    (tmp_path / "two").chmod(0o600)
    (tmp_path / "three").write_text("pässword 3")
    (tmp_path / "three").chmod(0o400)
    text = TOP + secrets.replace("THREE", str(tmp_path / "three"))
    target = loaded(tmp_path, text, {"ONE": "first-value\n"})
    assert dict(target.secrets) == {"one": "first-value", "two": "second-value", "three": "pässword 3"}
    assert target.secret("two") == "second-value"


def test_no_secret_shows_in_what_is_printed(tmp_path):
    target = loaded(tmp_path, TOP + '[secrets]\none = { env = "ONE" }\n', {"ONE": "first-value"})
    printed = f"{target!r} {target} {target.secrets!r} {target.secrets} {target.read_only()!r}"
    assert "first-value" not in printed
    assert repr(target.secrets) == "SecretValues(one=***)"


def test_a_target_is_frozen(tmp_path):
    target = loaded(tmp_path, TOP)
    with pytest.raises(FrozenInstanceError):
        target.base_url = "https://other.example"


def test_read_only_takes_every_permit_and_nothing_else(tmp_path):
    target = loaded(tmp_path, TOP + "[permits]\nwrites = true\nbursts = true\n")
    assert target.permits.names() == ("writes", "bursts")
    assert target.read_only().permits.names() == ()
    assert (target.path, target.sha256, target.base_url) == (
        target.read_only().path,
        target.read_only().sha256,
        target.read_only().base_url,
    )


def test_an_embedded_target_has_no_address_and_no_values_until_it_is_located(tmp_path):
    target = loaded(tmp_path, EMBEDDED)
    assert target.base_url == ""
    with pytest.raises(SecretUnavailable, match=r"secret key is made up by the embedded service, which is not located"):
        target.secret("key")
    located = target.located(MADE_UP)
    assert (located.base_url, located.secret("key")) == ("http://127.0.0.1:4711", "made-up-secret")
    assert located.promises.backups.directory == "/run/backups"
    assert (target.base_url, target.promises.backups.directory) == ("", "")


def test_a_directory_of_backups_that_the_file_names_stays(tmp_path):
    located = loaded(tmp_path, EMBEDDED + 'directory = "mine"\n').located(MADE_UP)
    assert located.promises.backups.directory == "mine"


def test_a_value_that_the_embedded_service_does_not_make_up_is_complained_about(tmp_path):
    target = loaded(tmp_path, EMBEDDED.replace('"admin_key"', '"admin_kye"'))
    with pytest.raises(
        TargetError, match=r"\[secrets\] key\.embedded: the embedded service makes up no such value; did"
    ):
        target.located(MADE_UP)


def test_what_is_not_embedded_is_not_located(tmp_path):
    with pytest.raises(ValueError, match=r"has no \[embedded\]"):
        loaded(tmp_path, TOP).located(MADE_UP)


def test_a_secret_that_is_not_declared_is_named_with_the_nearest_one(tmp_path):
    target = loaded(tmp_path, TOP + '[secrets]\nadmin_key = { env = "ONE" }\n', {"ONE": "first-value"})
    with pytest.raises(SecretUnavailable, match=r'no secret admin_kee in .*; did you mean "admin_key"'):
        target.secret("admin_kee")


def test_a_client_certificate_and_its_key_are_accepted_together(tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=us", "-keyout", tmp_path / "us.key", "-out", tmp_path / "us.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    os.chmod(tmp_path / "us.key", 0o600)
    asking = '[asking]\nca_bundle = "us.pem"\nclient_certificate = "us.pem"\n'
    assert loaded(tmp_path, TOP + asking + 'client_key = "us.key"\n').promises.asking.client_key == "us.key"
    with pytest.raises(TargetError, match=r"client_certificate: expected a PEM certificate in .*, behind it"):
        loaded(tmp_path, TOP + asking)


def test_loading_imports_jsonschema_only_for_a_schema(tmp_path):
    (tmp_path / "ours.toml").write_text(TOP)
    script = (
        "import sys; from pathlib import Path; from prodverify.target.load import load\n"
        f"load({str(tmp_path / 'ours.toml')!r}, root=Path('.'), environ={{}})\n"
        "print(sorted({'jsonschema', 'ssl', 'httpx', 'pytest'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
