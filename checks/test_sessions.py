"""
Who logs in gets a session that nobody else knows, and it is over when they log out.

OWASP ASVS 5.0 chapter 7, https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
"""

import pytest

from prodverify.judges import sessions

pytestmark = [pytest.mark.needs("sessions"), pytest.mark.shares("log-in")]


@pytest.mark.clause("ASVS 7.2.4")
def test_log_in_gives_a_new_session(promise, planted, promises):
    """
    A session cookie from before the log-in opens nothing after it, whoever put it there.
    """
    found = sessions.judge_fixation(planted.opened, planted.replay, refusals=promises.refusals)
    promise.holds(found, planted.attempt.answer, planted.replay)


@pytest.mark.clause("ASVS 7.2.3")
def test_sessions_cannot_be_guessed(promise, session, another_log_in):
    """
    Two log-ins give two sessions, made by chance.
    """
    token, answer = another_log_in()
    promise.holds(sessions.judge_difference(session.token, token), session.attempt.answer, answer)


@pytest.mark.does("writes")
@pytest.mark.clause("ASVS 7.4.1")
def test_log_out_ends_the_session(promise, logged_out, promises):
    """
    After the log-out the cookie or token opens nothing, wherever it still is.
    """
    seen = logged_out
    found = sessions.judge_ended(seen.opened, seen.log_out, seen.replay, refusals=promises.refusals)
    promise.holds(found, seen.opened)


@pytest.mark.waits
@pytest.mark.clause("ASVS 6.3.8")
def test_refusals_do_not_tell_who_has_an_account(promise, wrong_log_ins, promises):
    """
    A log-in is refused in the same words, whether the user name or the password is wrong.
    """
    tried = wrong_log_ins
    promise.holds(sessions.judge_wrong_password(tried.opened, refusals=promises.refusals), *tried.wrong)
    promise.holds(sessions.judge_enumeration(tried.unknown, tried.wrong, tried.names), *tried.unknown, *tried.wrong)


@pytest.mark.waits
@pytest.mark.clause("ASVS 6.3.8")
def test_time_does_not_tell_who_has_an_account(promise, wrong_log_in_times):
    """
    A log-in is refused after equal work, whether the user name or the password is wrong.
    """
    promise.holds(sessions.judge_timing(wrong_log_in_times.rounds, wrong_log_in_times.statuses))
