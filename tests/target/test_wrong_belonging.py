"""Mistakes in [sessions], [cookies], [[objects]] and [openapi], each in one sentence."""

import pytest

from tests.target.wrong_files import KEY, LIST, TOP, wrong

COOKIE = (
    '[secrets]\nkey = { env = "OUR_KEY" }\n'
    '[roles.us]\nscheme = "cookie"\nlogin_path = "/in"\nusername = "ann"\ncredential = "key"\n'
)
CLOSED = LIST + "roles = { us = 200, anonymous = 401 }\n"
SESSIONS = '[sessions]\nrole = "us"\n'
OBJECT = '[[objects]]\nname = "key"\npath = "/keys/{id}"\n'
WRITE = 'writes = [{ roles = ["us"] }]\nmissing_id = "0"\n'
READ = 'owner = "us"\nstrangers = ["anonymous"]\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "sessions-of-a-key",
            TOP + KEY + CLOSED + SESSIONS,
            '[sessions] role: expected a role of scheme "cookie" or "token"; "us" is header',
        ),
        wrong(
            "visitors-with-tokens",
            TOP + COOKIE.replace('"cookie"', '"token"') + CLOSED + SESSIONS + 'visitor_path = "/"\n',
            '[sessions] visitor_path: means nothing: role "us" is given a token, and visitors have none',
        ),
        wrong(
            "sessions-of-nobody",
            TOP + COOKIE + CLOSED + '[sessions]\nrole = "uz"\n',
            '[sessions] role: no role "uz"; expected "us" or "anonymous"',
        ),
        wrong(
            "nothing-protected",
            TOP + COOKIE + LIST + SESSIONS,
            (
                '[sessions] protected: is missing; expected an endpoint with method GET that "us" gets 2xx from and '
                "anonymous does not"
            ),
        ),
        wrong(
            "protected-and-open",
            TOP + COOKIE + LIST + "roles = { us = 200, anonymous = 200 }\n" + SESSIONS + 'protected = "list"\n',
            (
                '[sessions] protected: expected an endpoint with method GET that "us" gets 2xx from and anonymous '
                "does not"
            ),
        ),
        wrong(
            "protected-misspelt",
            TOP + COOKIE + CLOSED + SESSIONS + 'protected = "lust"\n',
            '[sessions] protected: no endpoint "lust"; did you mean "list"?',
        ),
        wrong(
            "too-many-tries",
            TOP + COOKIE + CLOSED + SESSIONS + "tries = 4\n",
            "[sessions] tries: expected at most 3, came 4",
        ),
        wrong(
            "tries-without-name",
            TOP + COOKIE.replace('username = "ann"\n', "") + CLOSED + SESSIONS + "tries = 1\n",
            '[sessions] tries: means nothing: role "us" has no username that could be unknown',
        ),
        wrong(
            "unknown-user-known",
            TOP + COOKIE + CLOSED + SESSIONS + 'unknown_username = "ann"\n',
            '[sessions] unknown_username: is the name of role "us"',
        ),
        wrong(
            "log-out-path",
            TOP + COOKIE + CLOSED + SESSIONS + 'log_out = { path = "/log out" }\n',
            (
                "[sessions] log_out.path: expected visible ASCII characters; percent-encode all others "
                "(RFC 3986 section 2.1)"
            ),
        ),
        wrong(
            "cookie-name",
            TOP + '[cookies]\nsession = ["a b"]\n',
            '[cookies] session #1: expected the name of a cookie (RFC 6265 section 4.1.1), came "a b"',
        ),
        wrong(
            "same-site",
            TOP + '[cookies]\nsame_site = "strickt"\n',
            '[cookies] same_site: expected "strict", "lax" or "none", came "strickt"; did you mean "strict"?',
        ),
        wrong(
            "object-without-id",
            TOP + KEY + OBJECT.replace("{id}", "ours") + WRITE,
            '[[objects]] "key" path: expected {id} where the id stands, came "/keys/ours"',
        ),
        wrong(
            "object-for-nothing",
            TOP + KEY + OBJECT,
            '[[objects]] "key" strangers: is missing; expected strangers, writes or both',
        ),
        wrong(
            "object-without-owner",
            TOP + KEY + OBJECT + 'strangers = ["us"]\nid = "1"\n',
            '[[objects]] "key" owner: is missing; strangers are told apart from the role that may read it',
        ),
        wrong(
            "object-without-place",
            TOP + KEY + OBJECT + READ,
            '[[objects]] "key" listed_path: expected either listed_path or id, came neither',
        ),
        wrong(
            "object-with-two-places",
            TOP + KEY + OBJECT + READ + 'id = "1"\nlisted_path = "/keys"\nid_at = "/0/id"\n',
            '[[objects]] "key" listed_path: expected either listed_path or id, came both',
        ),
        wrong(
            "object-listed-nowhere",
            TOP + KEY + OBJECT + READ + 'listed_path = "/keys"\n',
            '[[objects]] "key" id_at: is missing; listed_path and id_at belong together',
        ),
        wrong(
            "object-of-a-stranger",
            TOP + KEY + OBJECT + 'owner = "us"\nstrangers = ["us"]\nid = "1"\n',
            '[[objects]] "key" strangers: role "us" is the owner',
        ),
        wrong(
            "object-with-dots",
            TOP + KEY + OBJECT + READ + 'id = ".."\n',
            '[[objects]] "key" id: expected visible ASCII characters, and more than dots',
        ),
        wrong(
            "write-without-id",
            TOP + KEY + OBJECT + 'writes = [{ roles = ["us"] }]\n',
            '[[objects]] "key" missing_id: is missing; nothing tells the shape of an id here',
        ),
        wrong(
            "write-that-reads",
            TOP + KEY + OBJECT + WRITE.replace("{ roles", '{ method = "GET", roles'),
            (
                '[[objects]] "key" writes #1.method: expected a method that writes; GET reads, which [[endpoints]] '
                "judges by roles"
            ),
        ),
        wrong(
            "write-by-nobody",
            TOP + KEY + OBJECT + WRITE.replace('"us"', '"use"'),
            '[[objects]] "key" writes #1.roles #1: no role "use"; did you mean "us"?',
        ),
        wrong(
            "objects-called-alike",
            TOP + KEY + (OBJECT + WRITE) * 2,
            '[[objects]] "key" name: 2 entries have this name; expected one',
        ),
        wrong(
            "no-document",
            TOP + "[openapi]\n",
            "[openapi] path: expected either path or file, came neither",
        ),
        wrong(
            "two-documents",
            TOP + '[openapi]\npath = "/openapi.json"\nfile = "openapi.json"\n',
            "[openapi] path: expected either path or file, came both",
        ),
        wrong(
            "generated-twice",
            TOP + '[openapi]\npath = "/openapi.json"\ngenerated_methods = ["POST", "POST"]\n',
            '[openapi] generated_methods #2: names "POST" a second time',
        ),
        wrong(
            "generated-by-nothing",
            TOP + '[openapi]\npath = "/openapi.json"\ngenerated_methods = ["PSOT"]\n',
            (
                '[openapi] generated_methods #1: expected "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH" or '
                '"DELETE", came "PSOT"; did you mean "POST"?'
            ),
        ),
        wrong(
            "base-path",
            TOP + '[openapi]\npath = "/openapi.json"\nbase_path = "v1"\n',
            '[openapi] base_path: expected a path that begins with /, came "v1"',
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(content, complaints, complaints_about):
    assert complaints == complaints_about(content)
