"""Rules about ``[load]``: numbers that its shape needs or does not take, profiles, and the names that it uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodverify.target.load_run import DEFAULT_PROFILE, Arrivals, Load
from prodverify.target.wording import Complaint, Place, came, nearest

if TYPE_CHECKING:
    from prodverify.target.model import Promises

_REFUSALS = frozenset({401, 403, 429})


def complaints(promises: Promises) -> Iterator[Complaint]:
    """What cannot be meant, references to other sections apart."""
    load = promises.load
    profiles = load.profiles if load else {}
    for slo in promises.slos:
        for number, name in enumerate(slo.profiles):
            if name not in profiles and name != DEFAULT_PROFILE:
                text = f"no profile {came(name)} in [load]{nearest(name, (DEFAULT_PROFILE, *profiles))}"
                yield Complaint(("slos", slo.name, "profiles", number), text)
    if load is None:
        return
    yield from _arrivals(load, ("load",))
    for name, profile in profiles.items():
        place: Place = ("load", "profiles", name)
        if name == DEFAULT_PROFILE:
            yield Complaint(place, "is what the arrivals of [load] itself are called; give it another name")
        yield from _arrivals(profile, place)
    yield from _length(load)
    yield from _names(load, promises)


def roles_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of the section that names a role, and the name."""
    if load := promises.load:
        yield ("load", "role"), load.role
        for name, role in load.roles.items():
            yield ("load", "roles", name), role
        for number, users in enumerate(load.users):
            if users.role is not None:
                yield ("load", "users", number, "role"), users.role


def requests_used(promises: Promises) -> Iterator[tuple[Place, str]]:
    """Every place of the section that names what is asked, and the name."""
    if load := promises.load:
        for name in load.shares:
            yield ("load", "shares", name), name
        for number, users in enumerate(load.users):
            yield ("load", "users", number, "name"), users.name
        for profile, values in load.profiles.items():
            for name in values.shares:
                yield ("load", "profiles", profile, "shares", name), name


def written_names(promises: Promises) -> tuple[str, ...]:
    """Names of arrivals that are written by hand."""
    return tuple(promises.load.written) if promises.load else ()


def _arrivals(said: Arrivals, place: Place) -> Iterator[Complaint]:
    shape, given = said.shape, said.model_fields_set
    if shape == "stages":
        if not said.stages:
            yield Complaint((*place, "stages"), 'is missing; shape "stages" needs at least one stage')
        elif all(stage.rate_per_second == 0 for stage in said.stages):
            yield Complaint((*place, "stages"), "expected a rate above 0 in at least one of them")
        for key in ("rate_per_second", "duration_seconds"):
            if key in given and getattr(said, key) is not None:
                yield Complaint((*place, key), 'means nothing for shape "stages", of which each has its own; remove it')
    else:
        if said.rate_per_second is None:
            yield Complaint((*place, "rate_per_second"), f'is missing; shape "{shape}" needs the arrivals a second')
        if said.stages:
            yield Complaint((*place, "stages"), f'mean nothing for shape "{shape}"; say shape = "stages"')
    if shape == "spike":
        yield from _spike(said, place)
    elif said.spike_per_second is not None:
        text = f'means nothing for shape "{shape}"; remove it or say shape = "spike"'
        yield Complaint((*place, "spike_per_second"), text)
    if said.warm_up_seconds >= said.length_seconds:
        length = f"duration_seconds ({said.length_seconds:g})"
        if shape == "stages":
            length = f"all stages together ({said.length_seconds:g})"
        yield Complaint((*place, "warm_up_seconds"), f"expected less than {length}, came {said.warm_up_seconds:g}")


def _spike(said: Arrivals, place: Place) -> Iterator[Complaint]:
    if said.spike_per_second is None:
        text = 'is missing; shape "spike" needs the arrivals a second in its middle'
        yield Complaint((*place, "spike_per_second"), text)
    elif said.rate_per_second is not None and said.spike_per_second <= said.rate_per_second:
        text = f"expected more than rate_per_second ({said.rate_per_second:g}), came {said.spike_per_second:g}"
        yield Complaint((*place, "spike_per_second"), text)


def _length(load: Load) -> Iterator[Complaint]:
    longest, place = load.max_duration_seconds, ("load", "max_duration_seconds")
    if longest is None:
        return
    if longest < load.length_seconds:
        length = "the stages together" if load.shape == "stages" else "duration_seconds"
        yield Complaint(place, f"expected at least {length} ({load.length_seconds:g}), came {longest:g}")
    if load.shape == "stages" and load.stages and load.stages[-1].rate_per_second == 0:
        yield Complaint(place, "means nothing where the last stage ends at 0 arrivals a second; remove it")


def _names(load: Load, promises: Promises) -> Iterator[Complaint]:
    asked = load.all_shares()
    for name in load.roles:
        if name not in asked:
            yield Complaint(("load", "roles", name), f"nothing in the run is called {came(name)}{nearest(name, asked)}")
    declared = {one.name for one in promises.endpoints} | {one.name for one in promises.journeys}
    for name in load.written:
        if name in declared:
            text = "an endpoint or journey has this name too; load.shares could mean either"
            yield Complaint(("load", "written", name), text)
        if name not in asked:
            yield Complaint(("load", "written", name), "has no share in load.shares, and no user asks it; give it one")
    for place, name, role in _askers(load):
        for endpoint in promises.endpoints:
            status = endpoint.roles.get(role)
            if endpoint.name == name and status in _REFUSALS:
                text = f'role "{role}" gets {status} from endpoint "{name}"; name one that is answered'
                yield Complaint(place, text)


def _askers(load: Load) -> Iterator[tuple[Place, str, str]]:
    """What is asked, by which role, and where the role is named."""
    shares = dict.fromkeys([*load.shares, *(name for one in load.profiles.values() for name in one.shares)])
    for name in shares:
        yield ("load", "roles", name) if name in load.roles else ("load", "role"), name, load.role_of(name)
    for number, users in enumerate(load.users):
        role = users.role or load.role_of(users.name)
        yield ("load", "users", number, "role"), users.name, role
