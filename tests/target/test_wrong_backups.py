"""Mistakes in [backups], each in one sentence."""

import pytest

from prodverify.target.load import load
from tests.target.wrong_files import TOP, wrong

SECRET = '[secrets]\nkey = { env = "OUR_KEY" }\n'
HERE = '[backups]\ndirectory = "backups"\n'
S3 = '[backups]\n[backups.s3]\nbucket = "ours"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "nowhere",
            TOP + "[backups]\n",
            "[backups] directory: is missing; expected the folder that holds the backups, or [backups.s3]",
        ),
        wrong(
            "in-two-places",
            TOP + S3.replace("[backups]", HERE, 1),
            "[backups] directory: expected either directory or [backups.s3], came both",
        ),
        wrong("no-bucket", TOP + S3 + 'buckt = "x"\n', '[backups] s3.buckt: no such key; did you mean "bucket"?'),
        wrong(
            "bucket",
            TOP + S3.replace("ours", "s3://ours"),
            '[backups] s3.bucket: expected the name of a bucket, came "s3://ours"',
        ),
        wrong(
            "endpoint",
            TOP + S3 + 'endpoint = "https://us:hunter22@s3.example/x"\n',  # pragma: allowlist secret
            "[backups] s3.endpoint: expected an absolute http or https address without path, user name or query, "
            'as "https://s3.example"',
        ),
        wrong(
            "prefix",
            TOP + S3 + 'prefix = "a/../b"\n',
            '[backups] s3.prefix: expected a prefix without . and .., came "a/../b"',
        ),
        wrong(
            "half-a-key",
            TOP + SECRET + S3 + 'access_key_id = "key"\n',
            "[backups] s3.secret_access_key: is missing; a key is its id and its secret",
        ),
        wrong(
            "other-half",
            TOP + SECRET + S3 + 'secret_access_key = "key"\nsession_token = "key"\n',
            "[backups] s3.access_key_id: is missing; a key is its id and its secret",
            "[backups] s3.session_token: means nothing without access_key_id and secret_access_key",
        ),
        wrong(
            "no-such-secret",
            TOP + SECRET + S3 + 'access_key_id = "kez"\nsecret_access_key = "key"\n',
            '[backups] s3.access_key_id: names no secret of [secrets]; did you mean "key"?',
        ),
        wrong(
            "the-secret-itself",
            TOP + SECRET + S3 + 'access_key_id = "AKIAEXAMPLE/"\nsecret_access_key = "key"\n',
            "[backups] s3.access_key_id: expected the name of a secret in [secrets], came other text",
        ),
        wrong(
            "no-path",
            TOP + '[backups]\ndirectory = "a\\u0000b"\n',
            '[backups] directory: expected the path of a folder, came "a\\x00b"',
        ),
        wrong(
            "name-of-a-path",
            TOP + HERE + 'name = "a/b"\n',
            "[backups] name: expected a name of letters, digits, '_', '.' and '-', came \"a/b\"",
        ),
        wrong(
            "name-and-pattern",
            TOP + HERE + 'name = "a"\npattern = "a-%Y-%m-%d.dump"\n',
            "[backups] name: means nothing with pattern, which says itself which backups are meant",
        ),
        wrong(
            "directive",
            TOP + HERE + 'pattern = "db-%y.dump"\n',
            "[backups] pattern: %y is no directive that is read here; expected some of %Y %m %d %H %M %S %j %% *, "
            'came "db-%y.dump"',
        ),
        wrong(
            "no-day",
            TOP + HERE + 'pattern = "db-%Y-%m.dump"\n',
            '[backups] pattern: expected the day as %m and %d, or as %j, beside %Y, came "db-%Y-%m.dump"',
        ),
        wrong(
            "absolute",
            TOP + HERE + 'pattern = "/var/db-%Y-%m-%d.dump"\n',
            "[backups] pattern: expected a path below the place, such as nightly/db-%Y-%m-%d.dump, "
            'came "/var/db-%Y-%m-%d.dump"',
        ),
        wrong(
            "zone",
            TOP + HERE + 'pattern = "%Y%m%d"\ntime_zone = "Europe/Berlim"\nheader_time_zone = "utc+1"\n',
            '[backups] time_zone: no time zone "Europe/Berlim"; did you mean "Europe/Berlin"?',
            '[backups] header_time_zone: no time zone "utc+1"; did you mean "UTC"?',
        ),
        wrong(
            "zone-of-nothing",
            TOP + HERE + 'time_zone = "Europe/Berlin"\n',
            "[backups] time_zone: means nothing without a pattern that holds times; names of our own are in UTC",
        ),
        wrong(
            "time-of-day",
            TOP + HERE + 'schedule = ["24:00"]\n',
            '[backups] schedule #1: expected a time of day as HH:MM, from 00:00 to 23:59, came "24:00"',
        ),
        wrong(
            "two-schedules",
            TOP + HERE + 'schedule = ["06:00"]\nevery_seconds = 3600.0\n',
            "[backups] every_seconds: expected either schedule or every_seconds, came both",
        ),
        wrong(
            "twice",
            TOP + HERE + 'schedule = ["06:00", "06:00"]\n',
            "[backups] schedule: expected each time once",
        ),
        wrong(
            "grace",
            TOP + HERE + 'schedule = ["06:00", "07:00"]\ngrace_seconds = 3600.0\n',
            "[backups] grace_seconds: expected less than the 3600 s between two backups, came 3600",
        ),
        wrong(
            "grace-by-itself",
            TOP + HERE + "every_seconds = 900.0\n",
            "[backups] grace_seconds: is missing; backups come every 900 s, and by itself it is 3600 s",
        ),
        wrong(
            "younger-than-its-schedule",
            TOP + HERE + 'schedule = ["06:00", "18:00"]\nmax_age_seconds = 43199.0\n',
            "[backups] max_age_seconds: expected at least 43200, the time between two scheduled backups, came 43199",
        ),
        wrong(
            "keys-of-nothing",
            TOP + HERE + 'beyond_retention = "fail"\nsize_of_last = 3\nschedule_days = 3\ngrace_seconds = 60.0\n',
            "[backups] beyond_retention: means nothing without retention_days; remove it, or add that",
            "[backups] size_of_last: means nothing without min_size_percent; remove it, or add that",
            "[backups] schedule_days: means nothing without schedule or every_seconds; remove it, or add that",
            "[backups] grace_seconds: means nothing without schedule or every_seconds; remove it, or add that",
        ),
        wrong(
            "encryption",
            TOP + HERE + 'encryption = "pgp"\n',
            '[backups] encryption: expected "age", "gpg", "any" or "none", came "pgp"; did you mean "gpg"?',
        ),
        wrong(
            "newest-row",
            TOP + HERE + '[[backups.newest_rows]]\ntable = "a;b"\ncolumn = "now()"\nmax_age_seconds = 1.0\n',
            '[backups] newest_rows #1.table: expected table or schema.table, came "a;b"',
            '[backups] newest_rows #1.column: expected the name of a column, came "now()"',
        ),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_is_said(content, complaints, complaints_about):
    assert complaints == complaints_about(content)


@pytest.mark.parametrize(
    "content",
    [
        HERE + 'schedule = ["00:00", "06:00", "12:00", "18:00"]\nmax_age_seconds = 21600.0\n',
        HERE + 'schedule = ["06:00"]\nmax_age_seconds = 86400.0\n',
        HERE + 'pattern = "db.dump"\n',
        S3 + 'endpoint = "http://127.0.0.1:9000"\n',
    ],
)
def test_what_can_be_meant_loads(folder, content):
    (folder / "ours.toml").write_text(TOP + content)
    backups = load("ours.toml", root=folder, environ={}).promises.backups

    # what is not said is not promised, and has no number of its own
    assert (None, None, None) == (backups.retention_days, backups.min_size_percent, backups.encryption)


def test_an_embedded_service_does_not_hide_storage_that_is_named(folder):
    (folder / "ours.toml").write_text(f'version = 1\nname = "ours"\n[embedded]\n{S3}')
    target = load("ours.toml", root=folder, environ={})
    located = target.located({"base_url": "http://127.0.0.1:8000", "backup_directory": "/run/backups"})

    assert ("", "ours") == (located.promises.backups.directory, located.promises.backups.s3.bucket)
