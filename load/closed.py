"""
Plain users of Locust beside the arrivals: classes that somebody has already, run as they are.

They wait for each answer, so they are a closed loop: their requests are labelled so in Locust's tables, counted apart,
and judged by nobody. They ask the target alone, and write only where it permits writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gevent.pool import Group

from load.agents import FAREWELL_SECONDS
from load.asides import LABEL, Aside
from load.blocking import Blocking
from load.journeys import SAFE

if TYPE_CHECKING:
    from locust import FastHttpUser
    from locust.env import Environment

_TOO_MANY_REQUESTS = 429


def users_in(modules: Iterable[ModuleType]) -> tuple[type[FastHttpUser], ...]:
    """The classes of users that these files define; what they only import is not theirs."""
    found: list[type[FastHttpUser]] = []
    for module in dict.fromkeys(modules):
        from locust import FastHttpUser  # which patches the process, so that it is left alone where nobody asks

        theirs = (value for value in vars(module).values() if isinstance(value, type))
        users = (value for value in theirs if issubclass(value, FastHttpUser) and not value.abstract)
        found += [user for user in users if user.__module__ == module.__name__]
    return tuple(found)


class ClosedLoops:
    """One worker's part of them: of each class ``fixed_count`` users, or one, every n-th of them here."""

    def __init__(
        self,
        classes: Iterable[type[FastHttpUser]],
        environment: Environment,
        asides: dict[str, Aside],
        *,
        base_url: str,
        writes: bool,
        worker: int = 0,
        workers: int = 1,
    ) -> None:
        self._classes = [(each, len(range(worker, max(1, each.fixed_count), workers))) for each in classes]
        self._environment, self._asides = environment, asides
        self._base_url, self._writes = base_url, writes
        self._group = Group()
        self.broken = ""

    def start(self) -> None:
        """All of them at once; what they wait before they ask is theirs to say."""
        for each, count in self._classes:
            own = {"host": self._base_url, "abstract": False, "run": self._run_of(each)}
            here = type(each.__name__, (each,), own)
            aside = self._asides.setdefault(each.__name__, Aside())
            for _ in range(count):
                user = here(self._environment)
                self._keep_to_target(user.client)
                user.client.request_event = _Labelled(user.client.request_event, aside)
                user.start(self._group)

    def _run_of(self, each: type[FastHttpUser]) -> Callable[[FastHttpUser], None]:
        def run(user: FastHttpUser) -> None:
            try:
                each.run(user)
            except (
                SystemExit,
                KeyboardInterrupt,
                Blocking,
            ) as ended:  # it would end the run with whatever status it has
                self.broken = f"load.written: {each.__name__} ended by {type(ended).__name__}"

        return run

    def stop(self) -> None:
        """They go at once."""
        self._group.kill(timeout=FAREWELL_SECONDS)

    def _keep_to_target(self, client: Any) -> None:
        ask, build = client.request, client._build_url

        def asked(method: str, url: str, **more: Any) -> Any:
            if method.upper() not in SAFE and not self._writes:
                raise PermissionError(f"{method} needs the permit writes")
            return ask(method, url, **more)

        def built(path: str) -> str:
            url: str = build(path)
            if not url.startswith(f"{self._base_url}/"):
                raise PermissionError(f"{url} is not of the target")
            return url

        client.request, client._build_url = asked, built


class _Labelled:
    """Stands between a user and Locust's request event."""

    def __init__(self, event: Any, aside: Aside) -> None:
        self._event, self._aside = event, aside

    def fire(self, **told: Any) -> None:
        error, answer = told.get("exception"), told.get("response")
        limited = getattr(answer, "status_code", 0) == _TOO_MANY_REQUESTS
        self._aside.took(told["response_time"], _reason(error, answer), limited)
        shown: Mapping[str, Any] = {"exception": None} if limited else {}
        self._event.fire(**{**told, **shown, "name": f"{told['name']} ({LABEL})"})


def _reason(error: object, answer: Any) -> str:
    if not error:
        return ""
    status = getattr(answer, "status_code", 0)
    return f"status {status}" if status else type(error).__name__
