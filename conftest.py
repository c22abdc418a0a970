"""The fixture plugins, and nothing else; each stands after those that it imports."""

pytest_plugins = [
    "fixtures.options",
    "fixtures.verification",
    "fixtures.applicability",
    "fixtures.parameters",
    "fixtures.scheduling",
    "fixtures.usage",
    "fixtures.nouns",
    "fixtures.observations",
    "fixtures.limits",
    "fixtures.answers",
    "fixtures.generated",
    "fixtures.credentials",
    "fixtures.made_keys",
    "fixtures.data",
    "fixtures.drilling",
    "fixtures.delivery",
    "fixtures.states",
    "fixtures.details",
    "fixtures.evidence",
]
