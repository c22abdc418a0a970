"""Arrivals under which objectives are judged: how many, of what, for how long, and when to stop."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from prodverify.target.section import Name, PositiveFloat, PositiveInt, Section

MOST_A_SECOND = 1_000_000
"""Arrivals that many machines together hardly reach."""
Seconds = Annotated[float, Field(ge=0.1, le=86_400)]
Rate = Annotated[float, Field(gt=0, le=MOST_A_SECOND)]


class Stage(Section):
    """One of ``load.stages``: the rate changes evenly to ``rate_per_second``."""

    seconds: Seconds = Field(description="length of the stage")
    rate_per_second: Annotated[float, Field(ge=0, le=MOST_A_SECOND)] = Field(
        description="arrivals a second at its end; it begins at that of the stage before, the first one at its own"
    )


class ThinkingUsers(Section):
    """One of ``load.users``: people who wait for an answer before they ask again; their latency judges nothing."""

    name: Name = Field(description="endpoint or journey that they ask")
    count: PositiveInt = Field(le=10_000, description="how many there are")
    think_seconds: Annotated[float, Field(ge=0.01, le=86_400)] = Field(
        description="mean time between an answer and the next request"
    )
    role: str | None = Field(None, description="role that they ask as; absent: that of [load]")


class Arrivals(Section):
    """What ``[load]`` and one of ``load.profiles`` both may say about arrivals."""

    shape: Literal["constant", "ramp", "spike", "stages"] = Field(
        "constant",
        description="constant; ramp, from nothing; spike, in the middle third; stages, as load.stages says. A soak is a"
        " constant one of long duration",
    )
    rate_per_second: Rate | None = Field(
        None, description="arrivals a second, whatever the answers take; stages have their own"
    )
    spike_per_second: Rate | None = Field(None, description="arrivals a second in the middle of a spike")
    duration_seconds: Seconds = Field(20.0, description="length of the run; stages have their own")
    warm_up_seconds: float = Field(2.0, ge=0, description="first seconds that are not judged")
    stages: tuple[Stage, ...] = Field((), description="stages of shape stages")

    @property
    def length_seconds(self) -> float:
        """Length of the run, whatever its shape."""
        if self.shape == "stages" and self.stages:
            return sum(stage.seconds for stage in self.stages)
        return self.duration_seconds


DEFAULT_PROFILE = "default"
"""What ``slos.profiles`` call the arrivals of ``[load]`` itself."""


class Profile(Arrivals):
    """One of ``load.profiles``: other arrivals, chosen by ``--profile NAME``; role and rules are those of [load]."""

    shares: dict[str, PositiveFloat] = Field(
        {}, description="endpoint or journey, and its share; absent: those of [load]"
    )


class Load(Arrivals):
    """``[load]``: arrivals of a load run."""

    role: str = Field(description="role that asks; its credentials share the work")
    roles: dict[str, str] = Field(
        {}, description="endpoint or journey, and the role that asks it where it is another one"
    )
    shares: dict[str, PositiveFloat] = Field(
        min_length=1, description="endpoint or journey, and its share of the arrivals"
    )
    written: dict[Name, str] = Field(
        {},
        description="arrivals written by hand: name, and the Python file beside the target file that has its function",
    )
    users: tuple[ThinkingUsers, ...] = Field((), description="people who wait for an answer, beside the arrivals")
    profiles: dict[Name, Profile] = Field({}, description="other arrivals, by name")
    burst_seconds: Annotated[float, Field(ge=0, le=600)] = Field(
        0.05, description="failures within so many seconds may have one cause and count as one; 0: each has its own"
    )
    stop_early: bool = Field(True, description="the run ends as soon as every objective is decided")
    max_duration_seconds: Seconds | None = Field(
        None, description="where objectives are undecided, the run goes on up to this length; absent: it does not"
    )
    max_requests: PositiveInt | None = Field(
        None, description="requests of one run, at most; absent: those of its plan"
    )
    abort_error_percent: Annotated[float, Field(gt=0, le=100)] = Field(
        50.0, description="share of errors within five seconds at which the run ends at once, for the service's sake"
    )

    def under(self, profile: str) -> Load:
        """
        The section with the arrivals of one profile in place of its own; "default" and "" mean its own.

        Raises KeyError where it has no such profile.
        """
        if profile in ("", DEFAULT_PROFILE):
            return self
        chosen = self.profiles[profile]
        told = {name: getattr(chosen, name) for name in Arrivals.model_fields}
        longest = self.max_duration_seconds
        if longest is not None and longest < chosen.length_seconds:
            told["max_duration_seconds"] = None  # it is longer by itself than the others may become
        return self.model_copy(update=told | ({"shares": chosen.shares} if chosen.shares else {}))

    def role_of(self, name: str) -> str:
        """The role that asks ``name``."""
        return self.roles.get(name, self.role)

    def all_shares(self) -> tuple[str, ...]:
        """Names in the shares of any profile, and those that thinking users ask, each once."""
        names = [*self.shares, *(name for profile in self.profiles.values() for name in profile.shares)]
        return tuple(dict.fromkeys([*names, *(users.name for users in self.users)]))
