"""
Who did what is written down, for those who may read it, without the secrets.

OWASP ASVS 5.0 chapter 16.
"""

import pytest

from prodverify.judges import access, audit

pytestmark = pytest.mark.needs("audit")


@pytest.mark.clause("SPEC A1; ASVS 16.2.1")
def test_log_is_read_by_its_role(promise, log, promises):
    """
    The role that may read the log finds entries in it.
    """
    promise.holds(audit.judge_log(log(), promises.audit))


@pytest.mark.clause("ASVS 8.2.1")
def test_log_is_closed_to_others(promise, service, log, promises, closed_to):
    """
    Nobody else reads the log.
    """
    baseline = log()
    answer = service.ask("GET", promises.audit.path, role=closed_to)
    promise.holds(access.judge_rejection(baseline, answer, refusals=promises.refusals), baseline)


@pytest.mark.clause("SPEC A3")
def test_filter_selects(promise, log, promises, filtered):
    """
    A filter shows the entries that it names, and no others.
    """
    member, value = filtered
    answers = log(), log(member, value), log(member, audit.UNHEARD_OF)
    promise.holds(audit.judge_filter(*answers, promises.audit, member, value))


@pytest.mark.clause("ASVS 16.2.5")
def test_entries_hold_no_secret(promise, log, promises, target):
    """
    No credential is written into the log.
    """
    promise.holds(audit.judge_secrets(log(), promises.audit, target.secrets))
