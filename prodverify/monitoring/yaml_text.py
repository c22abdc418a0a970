"""YAML as people like to read it: in the order given, several lines as a block, nothing folded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

EXTRA = 'YAML files need the extra "monitoring": pip install "prodverify[monitoring]"'

DEEPEST, MOST_EVENTS = 100, 500_000
"""Of what is read: two seconds and 200 MB at most, and more than a thousand objectives have."""
_LONG_NUMBER = re.compile(r"[-+.:_0-9a-fA-FxX]{101,}")


class MissingExtra(Exception):  # noqa: N818 - the sentence says what is missing
    """Something that is installed apart is not here; its sentence names the extra."""


def written(value: Any) -> str:
    """``value``, of dicts, lists, strings and numbers, as YAML. Raises MissingExtra."""
    try:
        import yaml  # type: ignore[import-untyped] # an extra, which only those need who write rules
    except ImportError:
        raise MissingExtra(EXTRA) from None

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            """Nothing is written as a reference to what was said before."""
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            """Lists are indented under their key."""
            super().increase_indent(flow, False)

    def block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        style = "|" if "\n" in text else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, block)
    return str(yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10_000))


def read(text: str) -> list[Any]:
    """
    The documents of ``text``: plain data, as files of objectives are. Raises MissingExtra; ValueError with a sentence.

    A few lines of YAML may stand for more than a machine holds, by aliases, or mean another thing to each reader, by
    tags and by keys that stand twice. So all of these are refused, as is what is too deep or too long for objectives.
    """
    try:
        import yaml
    except ImportError:
        raise MissingExtra(EXTRA) from None
    # Written in C it is ten times as quick; not every machine's package has that.
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            """Of two values of one key YAML's readers drop the first without a word."""
            seen = set()
            for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
                if key.value in seen:
                    raise ValueError(f"line {key.start_mark.line + 1}: {key.value[:50]} stands there twice")
                seen.add(key.value)
            return dict(super().construct_mapping(node, deep))

    try:
        for event, depth, number in _counted(yaml.parse(text, Loader=base)):
            if why := _refused(event, depth, number):
                raise ValueError(f"line {event.start_mark.line + 1}: {why}")
        return list(yaml.load_all(text, Loader=Loader))
    except yaml.YAMLError as wrong:
        raise ValueError(f"no YAML: {' '.join(str(wrong).split())}") from None
    except (ValueError, OverflowError) as wrong:  # also of a date or a number that is none
        raise ValueError(f"no YAML of objectives: {wrong}") from None


def _counted(events: Iterable[Any]) -> Iterator[tuple[Any, int, int]]:
    """Each event, with how many lists and tables are open and how many events came before it."""
    depth = 0
    for number, event in enumerate(events):
        name = type(event).__name__
        depth += name in ("SequenceStartEvent", "MappingStartEvent")
        depth -= name in ("SequenceEndEvent", "MappingEndEvent")
        yield event, depth, number


def _refused(event: Any, depth: int, number: int) -> str:
    if type(event).__name__ == "AliasEvent":
        return f"the alias *{event.anchor} is not followed: write out what it stands for"
    if getattr(event, "tag", None) is not None:
        return f"the tag {event.tag[:50]} is not known: leave it out"
    if depth > DEEPEST:
        return "it is nested too deeply"
    if number > MOST_EVENTS:
        return f"more than {MOST_EVENTS:,} values, lists and tables"
    if _LONG_NUMBER.fullmatch(getattr(event, "value", "")):
        return "a number of more than 100 characters"
    return ""
