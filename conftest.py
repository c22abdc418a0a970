"""The fixture plugins, and nothing else; each stands after those that it imports."""

import pytest

PLUGINS = (
    "fixtures.options",
    "fixtures.verification",
    "fixtures.applicability",
    "fixtures.parameters",
    "fixtures.scheduling",
    "fixtures.usage",
    "fixtures.nouns",
    "fixtures.observations",
    "fixtures.transport",
    "fixtures.limits",
    "fixtures.boundary",
    "fixtures.grading",
    "fixtures.answers",
    "fixtures.refusals",
    "fixtures.request_ids",
    "fixtures.generated",
    "fixtures.credentials",
    "fixtures.trying",
    "fixtures.bearing",
    "fixtures.callbacks",
    "fixtures.bypasses",
    "fixtures.methods",
    "fixtures.exposing",
    "fixtures.caching",
    "fixtures.crossing",
    "fixtures.made_keys",
    "fixtures.logging_in",
    "fixtures.sessions",
    "fixtures.log_in_limits",
    "fixtures.cookies",
    "fixtures.objects",
    "fixtures.openapi",
    "fixtures.generated_operations",
    "fixtures.caches",
    "fixtures.data",
    "fixtures.backups",
    "fixtures.migrating",
    "fixtures.drill_progress",
    "fixtures.drilling",
    "fixtures.database_schema",
    "fixtures.database",
    "fixtures.recovering",
    "fixtures.delivery",
    "fixtures.sending",
    "fixtures.receiving",
    "fixtures.registering",
    "fixtures.states",
    "fixtures.details",
    "fixtures.evidence",
)


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Loads them. For each name in ``pytest_plugins`` pytest would read what every installed distribution offers."""
    for plugin in PLUGINS:
        pluginmanager.import_plugin(plugin)
