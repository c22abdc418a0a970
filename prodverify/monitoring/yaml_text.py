"""YAML as people like to read it: in the order given, several lines as a block, nothing folded."""

from __future__ import annotations

from typing import Any

EXTRA = 'YAML files need the extra "monitoring": pip install "prodverify[monitoring]"'


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
    """The documents of ``text``. Raises MissingExtra, ValueError with a sentence where it is no YAML."""
    try:
        import yaml
    except ImportError:
        raise MissingExtra(EXTRA) from None
    try:
        return list(yaml.safe_load_all(text))
    except yaml.YAMLError as wrong:
        raise ValueError(f"no YAML: {' '.join(str(wrong).split())}") from None
    except RecursionError:
        raise ValueError("no YAML of objectives: it is nested too deeply") from None
