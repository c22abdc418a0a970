"""Mistakes about a rate limit's second role, and about the place where two of its windows meet."""

import pytest

from tests.target.wrong_files import BOTH, EXECUTE, KEY, LIMIT, TOP, wrong

CLOCK = LIMIT + 'window = "clock"\nboundary_burst = "told"\n'


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "no-window-of-the-clock",
            BOTH + LIMIT + 'boundary_burst = "told"\nmax_requests = 121\nmax_wait_seconds = 180.0\n',
            (
                '[rate_limit] boundary_burst: means nothing for window "unknown", whose windows do not end for all at '
                "a time; remove it"
            ),
        ),
        wrong(
            "too-few-requests",
            BOTH + CLOCK + "max_requests = 120\nmax_wait_seconds = 180.0\n",
            "[rate_limit] max_requests: expected at least 121, which boundary_burst takes, came 120",
        ),
        wrong(
            "too-little-time",
            BOTH + CLOCK + "max_requests = 121\nmax_wait_seconds = 179.9\n",
            "[rate_limit] max_wait_seconds: expected at least 180, which boundary_burst takes, came 179.9",
        ),
    ],
)
def test_a_mistake_about_the_end_of_a_window_is_told(complaints_about, content, complaints):
    assert complaints == complaints_about(content)


@pytest.mark.parametrize(
    ("content", "complaints"),
    [
        wrong(
            "same-second",
            TOP + KEY + EXECUTE + LIMIT + 'second_role = "us"\n',
            "[rate_limit] second_role: expected another role than role and other_role: another key of the workspace "
            "that burns its limit",
        ),
        wrong(
            "second-of-an-address",
            TOP + KEY + EXECUTE + LIMIT + 'scope = "address"\nsecond_role = "anonymous"\n',
            '[rate_limit] second_role: means nothing for scope "address": all roles ask from one address; remove it',
        ),
        wrong(
            "second-unknown",
            TOP + KEY + EXECUTE + LIMIT + 'second_role = "them"\n',
            '[rate_limit] second_role: no role "them"; expected "us" or "anonymous"',
        ),
    ],
)
def test_a_mistake_about_the_second_role_is_told(complaints_about, content, complaints):
    assert complaints == complaints_about(content)
