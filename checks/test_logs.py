"""
Every request leaves its line in the log, which a machine can read, and in which nobody's secret stands.

ASVS 5.0 16.2 and 16.3.
"""

import pytest

from prodverify.judges import logs

pytestmark = [pytest.mark.needs("logs"), pytest.mark.shares("logs"), pytest.mark.waits]


@pytest.mark.clause("SPEC M2")
def test_requests_leave_their_line(promise, marked_request, promises):
    """
    A request is found in the log by its id, as soon and with as much as promised.
    """
    promise.holds(logs.judge_request(marked_request.read.lines, marked_request.asked, promises.logs))


@pytest.mark.clause("SPEC M2")
def test_every_line_is_one_json_object(promise, marked_request):
    """
    Whatever the service writes meanwhile is one JSON object a line.
    """
    promise.holds(logs.judge_lines(marked_request.read.lines, marked_request.read.note))


@pytest.mark.clause("ASVS 5.0 16.2.5")
def test_no_secret_is_logged(promise, logged_secrets):
    """
    Nobody's credential, password or address stands in the log, wherever in a request it was sent.
    """
    promise.holds(logged_secrets())


@pytest.mark.clause("ASVS 5.0 16.3")
def test_acts_leave_their_event(promise, marked_event, logged_event, promises):
    """
    Who was refused and for what reason, and who read what, is in the log.
    """
    words = getattr(promises.logs.events, logged_event)
    promise.holds(logs.judge_event(marked_event.read.lines, marked_event.asked, promises.logs, words))
