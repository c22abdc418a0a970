"""Mistakes in ``[backups.taking]``: each one complaint that says what was expected."""

import pytest

from prodverify.target.load import load
from tests.target.wrong_files import TOP, wrong

PLACE = TOP + '[backups]\ndirectory = "kept"\n'
KEY = '["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]'  # pragma: allowlist secret


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "unknown-format",
            PLACE + '[backups.taking]\nformat = "tar"\n',
            '[backups] taking.format: expected "plain", "custom" or "directory", came "tar"',
        ),
        wrong(
            "unknown-key",
            PLACE + "[backups.taking]\njob = 2\n",
            '[backups] taking.job: no such key; did you mean "jobs"?',
        ),
        wrong(
            "too-many-jobs",
            PLACE + "[backups.taking]\njobs = 65\n",
            "[backups] taking.jobs: expected at most 64, came 65",
        ),
        wrong(
            "private-key",
            PLACE + '[backups.taking]\nencrypt_to = ["AGE-SECRET-KEY-1"]\n',
            "[backups] taking.encrypt_to #1: expected a public key: age1..., ssh-ed25519 ... or ssh-rsa ...; "
            "no secret key belongs into this file",
        ),
        wrong(
            "encrypted-folder",
            PLACE + f'[backups.taking]\nformat = "directory"\nencrypt_to = {KEY}\n',
            "[backups] taking.encrypt_to: encrypts one file, not a folder; say another format, such as custom",
        ),
        wrong(
            "promised-plain",
            PLACE + f'encryption = "none"\n[backups.taking]\nencrypt_to = {KEY}\n',
            '[backups] taking.encrypt_to: contradicts encryption = "none" in [backups]',
        ),
        wrong(
            "promised-encryption",
            PLACE + 'encryption = "age"\n[backups.taking]\njobs = 1\n',
            '[backups] taking.encrypt_to: is missing; [backups] promises encryption = "age"',
        ),
        wrong(
            "promised-otherwise",
            PLACE + f'encryption = "gpg"\n[backups.taking]\nencrypt_to = {KEY}\n',
            '[backups] encryption: expected "age": what is taken by [backups.taking] is encrypted so',
        ),
        wrong(
            "names-of-others",
            PLACE + 'pattern = "db-%Y-%m-%d.dump"\n[backups.taking]\njobs = 1\n',
            "[backups] pattern: names backups of another program; those of [backups.taking] have names of their own",
        ),
    ],
)
def test_what_cannot_be_meant_is_named(complaints_about, content, complaints):
    assert complaints == complaints_about(content)


@pytest.mark.parametrize(
    "more",
    [
        "[backups.taking]\njobs = 64\n",
        f'encryption = "age"\n[backups.taking]\nencrypt_to = {KEY}\n',
        'encryption = "gpg"\n',
        '[backups.taking]\nencrypt_to = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW"]\n',
    ],
)
def test_what_can_be_meant_is_taken(folder, more):
    (folder / "ours.toml").write_text(PLACE + more)

    assert load("ours.toml", root=folder, environ={}).promises.backups.directory == "kept"
