"""
What callers read about us is what we do.

https://spec.openapis.org/oas/v3.1.0
"""

import pytest

pytestmark = pytest.mark.needs("endpoints")


@pytest.mark.clause("OpenAPI 3.1 section 4.8.8")
def test_endpoints_are_described(service, promises):
    """Every endpoint that we promise stands in our API description."""
    described = service.ask("GET", "/openapi.json").json()["paths"]
    promised = [endpoint.path for endpoint in promises.endpoints if endpoint.profile == "api"]
    missing = [path for path in promised if path not in described]
    assert not missing, f"every promised path stands in /openapi.json\nwithout {', '.join(missing)}"
