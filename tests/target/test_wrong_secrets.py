"""Secrets come from where the file says, one way each, and are never repeated in a complaint."""

from __future__ import annotations

import pytest

from tests.target.wrong_files import BOTH, EXECUTE, HOOK, KEY, LIMIT, TOP, wrong

BASIC = KEY.replace('"header"', '"basic"') + 'username = "us"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "env-missing",
            TOP + KEY.replace("OUR_KEY", "OUR_KYE"),
            '[secrets] key.env: environment variable OUR_KYE is not set; did you mean "OUR_KEY"?',
        ),
        wrong(
            "env-missing-far",
            TOP + KEY.replace("OUR_KEY", "ADMIN_PASSWORD"),
            "[secrets] key.env: environment variable ADMIN_PASSWORD is not set",
        ),
        wrong(
            "env-empty",
            TOP + KEY.replace("OUR_KEY", "EMPTY_KEY"),
            "[secrets] key.env: environment variable EMPTY_KEY is empty",
        ),
        wrong(
            "env-value",
            TOP + KEY.replace("OUR_KEY", "sk-live-123456"),
            "[secrets] key.env: names no environment variable that is set; expected a NAME in capitals",
        ),
        wrong(
            "env-short",
            TOP + KEY.replace("OUR_KEY", "SHORT_KEY"),
            "[secrets] key: expected a value of at least 8 characters, came 7; less cannot be redacted",
        ),
        wrong(
            "env-spaces",
            TOP + KEY.replace("OUR_KEY", "SPACED_KEY"),
            '[secrets] key: expected visible ASCII characters without spaces: a header carries it for role "us"',
        ),
        *(
            wrong(f"env-{variable}", TOP + BASIC.replace("OUR_KEY", variable), complaint)
            for variable, complaint in (
                (
                    "BLANK_KEY",
                    "[secrets] key: expected a value of at least 8 characters, came 0; less cannot be redacted",
                ),
                ("LINES_KEY", "[secrets] key: expected one line of UTF-8 text without control characters"),
                ("LATIN_KEY", "[secrets] key: expected one line of UTF-8 text without control characters"),
            )
        ),
        wrong(
            "roles-text",
            TOP + 'roles = "sk-live-123456"\n',
            "(top level) roles: expected a table, begun by [roles], came other text",
        ),
        wrong(
            "no-source",
            TOP + KEY.replace('env = "OUR_KEY"', ""),
            "[secrets] key: expected exactly one of env, file and embedded, came none",
        ),
        wrong(
            "two-sources",
            TOP + KEY.replace('env = "OUR_KEY"', 'env = "OUR_KEY", file = "key"'),
            "[secrets] key: expected exactly one of env, file and embedded, came env and file",
        ),
        wrong(
            "embedded-secret",
            TOP + KEY.replace('env = "OUR_KEY"', 'embedded = "key"'),
            "[secrets] key.embedded: only a target with [embedded] has values of its own; say env or file",
        ),
        wrong(
            "file-missing",
            TOP + KEY.replace('env = "OUR_KEY"', 'file = "nowhere"'),
            "[secrets] key.file: expected a readable file at FOLDER/nowhere: No such file or directory",
        ),
        wrong(
            "file-empty",
            TOP + KEY.replace('env = "OUR_KEY"', 'file = "empty"'),
            "[secrets] key.file: FOLDER/empty is empty",
        ),
        wrong(
            "file-open",
            TOP + KEY.replace('env = "OUR_KEY"', 'file = "open"'),
            "[secrets] key.file: FOLDER/open is open to group or others (mode 0640); expected 0600: chmod 600 it",
        ),
        wrong(
            "file-folder",
            TOP + KEY.replace('env = "OUR_KEY"', 'file = "."'),
            "[secrets] key.file: expected a file at FOLDER, came a folder",
        ),
        wrong(
            "file-pipe",
            TOP + KEY.replace('env = "OUR_KEY"', 'file = "pipe"'),
            "[secrets] key.file: expected a file at FOLDER/pipe, came a pipe, socket or device",
        ),
        wrong(
            "file-binary",
            TOP + KEY.replace('env = "OUR_KEY"', 'file = "binary"'),
            "[secrets] key.file: expected UTF-8 text in FOLDER/binary",
        ),
        wrong(
            "file-nul",
            TOP + KEY.replace('env = "OUR_KEY"', 'file = "a\\u0000b"'),
            "[secrets] key.file: expected the path of a file, came text that no path holds",
        ),
        wrong(
            "both-credentials",
            TOP + KEY + 'credentials = ["key"]\n',
            "[roles.us] credential: expected either credential or credentials, came both",
        ),
        wrong(
            "no-credential",
            TOP + KEY.replace('credential = "key"\n', ""),
            "[roles.us] credential: is missing; expected credential, or credentials for several",
        ),
        wrong(
            "credential-twice",
            TOP + KEY.replace('credential = "key"\n', 'credentials = ["key", "key"]\n'),
            "[roles.us] credentials: expected each secret once",
        ),
        wrong(
            "basic-colon",
            TOP + KEY.replace('"header"', '"basic"') + 'username = "a:b"\n',
            "[roles.us] username: expected a name without colon (RFC 7617 section 2)",
        ),
        wrong(
            "secret-unknown",
            TOP + KEY.replace('credential = "key"', 'credential = "kay"'),
            '[roles.us] credential: names no secret of [secrets]; did you mean "key"?',
        ),
        wrong(
            "secret-unknown-several",
            TOP + KEY.replace('credential = "key"', 'credentials = ["key", "zzz"]'),
            '[roles.us] credentials #2: names no secret of [secrets]; expected "key"',
        ),
        wrong(
            "webhook-secret",
            BOTH + HOOK.replace('"key"', '"kez"'),
            '[[webhooks]] "done" secret: names no secret of [secrets]; did you mean "key"?',
        ),
        wrong(
            "dsn-unknown",
            TOP + '[database]\ndsn = "postgresql://us:pa55word@db/x"\n',
            "[database] dsn: expected the name of a secret in [secrets], came other text",
        ),
        wrong(
            "dsn-unknown-2",
            TOP + '[database]\ndsn = "dsn"\n',
            "[database] dsn: names no secret of [secrets]; there are none",
        ),
        wrong(
            "burner-shares",
            TOP
            + KEY
            + '[roles.burner]\nscheme = "bearer"\ncredential = "key"\n'
            + EXECUTE
            + LIMIT.replace('"us"', '"burner"'),
            (
                '[roles.burner] credential: shares a secret with role "us"; the role that burns its rate limit '
                "needs one of its own"
            ),
        ),
    ],
)
def test_everything_that_is_wrong_is_said(content, complaints, complaints_about):
    assert complaints == complaints_about(content)
