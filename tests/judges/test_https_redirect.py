"""Plain HTTP: where it leads, what it refuses, and what it must not serve."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.judges import https_redirect
from prodverify.wire.hops import Hops
from tests.judges.anything import exchanges
from tests.judges.scene import answer, rules

ASKED = "http://shop.example/things?prodverify=plain"
SECURE = "https://shop.example/things?prodverify=plain"
FINAL = answer(200, url=SECURE)


def moved(to, status=301, url=ASKED):
    return answer(status, {"Location": to} if to is not None else {}, url=url)


def way(*answers, end="answered", **more):
    return Hops(ASKED, answers, end, **more)


def judged(hops, profile="html", **more):
    return rules(https_redirect.judge(hops, profile, **more))


@pytest.mark.parametrize("profile", ["html", "api"])
@pytest.mark.parametrize("status", [301, 308])
@pytest.mark.parametrize(
    "location", [SECURE, "https://shop.example:8443/things?prodverify=plain", SECURE.upper()[:20] + SECURE[20:]]
)
def test_a_permanent_way_to_https_on_the_same_host_is_right(status, location, profile):
    assert {} == judged(way(moved(location, status), FINAL), profile)


@pytest.mark.parametrize("profile", ["html", "api", "closed"])
def test_a_closed_port_is_right_for_everybody(profile):
    assert {} == judged(way(end="nothing"), profile)


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_way_is_a_warning(status):
    assert {"http-redirect-temporary": "warn"} == judged(way(moved(SECURE, status), FINAL))


@pytest.mark.parametrize(
    "location",
    [
        "https://shop.example/?prodverify=plain",
        "https://shop.example/things",
        "https://shop.example/things?",
        "https://shop.example",
    ],
)
def test_a_way_that_forgets_what_was_asked_is_a_warning(location):
    assert {"http-redirect-path-lost": "warn"} == judged(way(moved(location), FINAL))


def test_what_is_added_to_the_way_loses_nothing():
    assert {} == judged(way(moved("https://shop.example/things/en?lang=en&prodverify=plain"), FINAL))


def test_another_host_first_is_a_warning_and_is_followed_only_where_it_is_allowed():
    elsewhere = moved("https://www.shop.example/things?prodverify=plain")
    assert {"http-redirect-elsewhere": "warn"} == judged(way(elsewhere, answer(200, url="https://www.shop.example/")))
    found = judged(way(elsewhere, end="elsewhere", leads="https://www.shop.example/"))
    assert {"http-redirect-elsewhere": "warn", "http-redirect-not-followed": "info"} == found


@pytest.mark.parametrize("location", ["http://shop.example/other", "/other", "other?x=1", "http://www.shop.example/"])
def test_a_first_hop_in_the_clear_is_a_failure(location):
    assert {"http-redirect-insecure": "fail"} == judged(
        way(moved(location), answer(200, url="http://shop.example/other"))
    )


def test_a_way_back_from_https_is_a_failure():
    back = moved("http://shop.example/late", url=SECURE)
    late = answer(200, url="http://shop.example/late")
    assert {"http-redirect-back": "fail"} == judged(way(moved(SECURE), back, late))
    assert {"http-redirect-back": "fail", "http-undecided": "inconclusive"} == judged(
        way(moved(SECURE), back, end="silent")
    )


@pytest.mark.parametrize("location", [None, "", "  ", "https://[::1", "javascript:alert(1)", "mailto:a@b"])
def test_a_way_that_names_no_place_is_a_failure(location):
    (rule,) = judged(way(moved(location), end="nowhere"))
    assert rule in ("http-redirect-nowhere", "http-redirect-insecure")


@pytest.mark.parametrize(("redirects", "found"), [(3, {}), (4, {"http-redirect-long": "warn"})])
def test_three_hops_are_enough(redirects, found):
    onward = [moved(f"https://shop.example/{n}", url=SECURE) for n in range(redirects - 1)]
    assert found == judged(way(moved(SECURE), *onward, FINAL))


def test_a_way_without_end_is_a_failure():
    assert {"http-redirect-loop": "fail"} == judged(way(moved(SECURE), *[moved(SECURE, url=SECURE)] * 5, end="endless"))


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (200, {}),
        (204, {}),
        (401, {}),
        (403, {}),
        (404, {"http-redirect-dead-end": "warn"}),
        (429, {}),
        (499, {}),
        (500, {"http-redirect-dead-end": "warn"}),
        (503, {"http-redirect-dead-end": "warn"}),
    ],
)
def test_a_way_ends_at_something(status, found):
    assert found == judged(way(moved(SECURE), answer(status, url=SECURE)))


@pytest.mark.parametrize(
    ("certified", "found"),
    [
        ("shop.example:443", {"http-redirect-not-followed": "info"}),
        ("shop.example:8443", {"http-redirect-untrusted": "warn"}),
        ("", {"http-redirect-untrusted": "warn"}),
    ],
)
def test_a_certificate_on_the_way_is_a_warning_where_no_other_case_judges_it(certified, found):
    assert found == judged(way(moved(SECURE), end="untrusted", leads=SECURE), certified=certified)


def test_a_way_to_where_nobody_listens_is_a_warning():
    assert {"http-redirect-dead-end": "warn"} == judged(way(moved(SECURE), end="nothing", leads=SECURE))


def test_a_way_to_an_address_that_cannot_be_asked_is_undecided():
    with_user = "https://user:pw@shop.example/things?prodverify=plain"
    assert {"http-undecided": "inconclusive"} == judged(way(moved(with_user), end="nowhere", leads=with_user))
    later = [moved(SECURE), moved(with_user, url=SECURE)]
    assert {"http-undecided": "inconclusive"} == judged(way(*later, end="nowhere", leads=with_user))
    assert {"http-redirect-nowhere": "fail"} == judged(way(moved(SECURE), moved(None, url=SECURE), end="nowhere"))


@pytest.mark.parametrize("end", ["silent", "unclear"])
def test_a_way_that_was_not_seen_to_its_end_is_undecided(end):
    assert {"http-undecided": "inconclusive"} == judged(way(moved(SECURE), end=end))


@pytest.mark.parametrize(
    ("status", "html", "api"),
    [
        (199, "inconclusive", "inconclusive"),
        (200, "fail", "fail"),
        (299, "fail", "fail"),
        (304, "inconclusive", "inconclusive"),
        (400, "warn", None),
        (401, "warn", "warn"),
        (403, "warn", None),
        (404, "warn", None),
        (426, "warn", None),
        (429, "inconclusive", "inconclusive"),
        (499, "warn", None),
        (500, "inconclusive", "inconclusive"),
        (503, "inconclusive", "inconclusive"),
    ],
)
def test_what_is_not_sent_on_is_judged_by_what_the_host_is_for(status, html, api):
    for profile, severity in (("html", html), ("api", api)):
        found = judged(way(answer(status, url=ASKED)), profile)
        assert (list(found.values()) or [None]) == [severity]


@pytest.mark.parametrize("status", [200, 301, 403, 503])
def test_where_nothing_is_to_answer_any_answer_is_a_failure(status):
    assert {"http-port-open": "fail"} == judged(way(answer(status, url=ASKED)), "closed")


@pytest.mark.parametrize(("end", "severity"), [("silent", "inconclusive"), ("unclear", "inconclusive")])
def test_silence_is_no_closed_port_unless_the_target_says_that_nothing_is_there(end, severity):
    assert {"http-undecided": severity} == judged(way(end=end))
    assert ({} if end == "silent" else {"http-undecided": severity}) == judged(way(end=end), "closed")


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (200, {"http-served": "fail"}),
        (299, {"http-served": "fail"}),
        (308, {"http-post-redirected": "warn"}),
        (400, {}),
        (403, {}),
        (405, {}),
        (426, {}),
        (429, {"http-undecided": "inconclusive"}),
        (500, {"http-undecided": "inconclusive"}),
    ],
)
def test_what_is_posted_in_the_clear_is_refused(status, found):
    assert found == rules(https_redirect.judge_post(way(answer(status, {"Location": SECURE}))))


@pytest.mark.parametrize(("end", "found"), [("nothing", {}), ("silent", {"http-undecided": "inconclusive"})])
def test_what_nobody_takes_is_refused(end, found):
    assert found == rules(https_redirect.judge_post(way(end=end)))


@given(
    st.builds(
        Hops,
        st.sampled_from([ASKED, "http://[::1/", ""]),
        st.lists(exchanges(), max_size=4).map(tuple),
        st.sampled_from(["answered", "nothing", "silent", "untrusted", "elsewhere", "nowhere", "endless", "unclear"]),
        st.text(max_size=20),
        st.text(max_size=20),
    ),
    st.sampled_from(["html", "api", "closed"]),
)
def test_no_answer_makes_a_judge_raise(hops, profile):
    https_redirect.judge(hops, profile)
    https_redirect.judge_post(hops)
