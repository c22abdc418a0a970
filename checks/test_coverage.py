"""
What the service describes is verified, and what is verified is described.

OpenAPI Specification; OWASP API Security Top 10 2023, API9.
"""

import pytest

from prodverify.judges import coverage, documented

pytestmark = [pytest.mark.needs("openapi"), pytest.mark.shares("openapi")]


@pytest.mark.clause("API9:2023; target file: openapi.covered, openapi.documented")
def test_operations_are_verified(promise, covered, promises):
    """
    Every operation that the service describes is asked by this suite, and none is asked that it does not describe.
    """
    promise.measured(described=covered.total, verified_by_roles=len(covered.by_roles))
    promise.measured(operations=dict(coverage.told(covered)))
    promise.holds(coverage.judge(covered, promises.openapi))


@pytest.mark.waits
@pytest.mark.clause("OpenAPI 3.1 section 4.8.16; target file: openapi.generated")
def test_operations_answer_as_documented(promise, compared, generated_method):
    """
    What is asked answers with the status, the type and the shape that its document says.
    """
    promise.measured(operations=compared.operations, requests=len(compared.answers))
    promise.holds(documented.judge_asked(generated_method, len(compared.answers), compared.unmade))
    promise.holds(compared.findings, *compared.answers[-1:])
