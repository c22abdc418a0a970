"""
Header policies by name: which rules an answer keeps, on whose authority, and how much each deviation weighs.

A judge weighs a deviation as its standard does; a policy may weigh it otherwise, on every kind of answer or on one.
"""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from prodverify.target.header_rules import PROFILES, RULES, Profile
from prodverify.target.section import Section

FOLDER = Path(__file__).with_suffix("")
"""Where the policies lie, one file each."""

PolicyName = Literal["baseline", "observatory", "asvs-l1", "asvs-l2", "owasp"]
Weight = Literal["fail", "warn", "info", "off"]


class Rule(Section):
    """One rule of a policy."""

    source: str = Field(min_length=4, description="who asks for it")
    profiles: tuple[Profile, ...] = Field(PROFILES, min_length=1, description="kinds of answer that it is asked of")
    weights: dict[str, Weight | dict[Profile, Weight]] = Field(
        {}, description="findings that weigh otherwise here than their judge says, on all profiles or on some"
    )

    def weight(self, finding: str, profile: str) -> Weight | None:
        """How much a finding weighs on an answer of ``profile``; None: as much as its judge says."""
        said = self.weights.get(finding)
        return {str(name): weight for name, weight in said.items()}.get(profile) if isinstance(said, dict) else said


class Policy(Section):
    """One policy, as its file says it."""

    name: PolicyName = Field(description="name of the policy and of its file")
    sentence: str = Field(description="what keeping it means")
    rules: dict[str, Rule] = Field(min_length=1, description="rules by name")
    on_all_answers: dict[str, Weight] = Field(
        {}, description="findings that weigh the same on every kind of answer where a target asks for that"
    )

    @model_validator(mode="after")
    def _names_what_exists(self) -> Self:
        for name, rule in self.rules.items():
            if name not in RULES:
                raise ValueError(f"no rule {name}")
            if unknown := rule.weights.keys() - set(RULES[name]):
                raise ValueError(f"rule {name} has no finding {', '.join(sorted(unknown))}")
            asked = {profile for said in rule.weights.values() if isinstance(said, dict) for profile in said}
            if unasked := asked - set(rule.profiles):
                raise ValueError(f"rule {name} is not asked of {', '.join(sorted(unasked))}")
        if unknown := self.on_all_answers.keys() - set(self.words):
            raise ValueError(f"no finding {', '.join(sorted(unknown))}")
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """What an exception may name: the rules and each of their findings."""
        return tuple(dict.fromkeys(word for rule in self.rules for word in (rule, *RULES[rule])))


@cache
def named(name: PolicyName, *, on_all_answers: bool = False) -> Policy:
    """
    The policy of that name, read once; ``on_all_answers``: with the weights for who promises its lines on all of them.

    Raises ValueError, or OSError, where its file is wrong.
    """
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    policy = Policy.model_validate_json(json.dumps(tomllib.loads(text)))
    return _on_all_answers(policy) if on_all_answers else policy


def _on_all_answers(policy: Policy) -> Policy:
    rules = {
        name: rule.model_copy(
            update={"weights": {**rule.weights, **{f: w for f, w in policy.on_all_answers.items() if f in RULES[name]}}}
        )
        for name, rule in policy.rules.items()
    }
    return policy.model_copy(update={"rules": rules})
