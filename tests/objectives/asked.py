"""What is asked of a machine that has no processor to spare, and an answer of it."""

from dataclasses import dataclass

from prodverify.target.asking import Endpoint
from prodverify.target.slos import Slo

LIST = Endpoint(name="list", path="/actions", roles={"admin": 200})
LIGHT = Slo(
    name="light",
    endpoints=("list",),
    role="admin",
    threshold_ms=50.0,
    objective_percent=99.0,
    sample=300,
    max_sample=800,
)


@dataclass
class Answer:
    elapsed_ms: float
    status: int = 200
