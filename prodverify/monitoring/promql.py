"""PromQL's own spelling: selectors, strings, regular expressions, durations, and numbers as exporters write them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

Values = str | tuple[str, ...]
_WHOLE = (("y", 31_536_000), ("w", 604_800))
"""Units that Prometheus writes only where nothing is left over: 90d, not 12w6d."""
_PARTS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_SPECIAL = frozenset(r"\.+*?()|[]{}^$")


def quoted(text: str) -> str:
    r"""``text`` as a string of PromQL, which takes Go's escapes: ``a"b`` is ``"a\"b"``."""
    shown = (
        {"\\": "\\\\", '"': '\\"', "\n": "\\n"}.get(one) or (one if one.isprintable() else f"\\u{ord(one):04x}")
        if ord(one) <= 0xFFFF or one.isprintable()
        else f"\\U{ord(one):08x}"
        for one in text
    )
    return f'"{"".join(shown)}"'


def literally(text: str) -> str:
    """The regular expression (RE2) that matches ``text`` and nothing else."""
    return "".join(f"\\{one}" if one in _SPECIAL else one for one in text)


def matchers(labels: Mapping[str, Values]) -> tuple[str, ...]:
    """``name="value"`` for each label, or ``name=~"one|other"`` where it may have several values."""
    return tuple(matcher(name, values) for name, values in labels.items())


def matcher(name: str, values: Values) -> str:
    """One label, with its value or one of several."""
    if isinstance(values, str):
        return f"{name}={quoted(values)}"
    if len(values) == 1:
        return f"{name}={quoted(values[0])}"
    return f"{name}=~{quoted('|'.join(map(literally, values)))}"


def selector(metric: str, *conditions: str) -> str:
    """``metric{condition,condition}``, sorted as Prometheus itself does; without any condition the metric's name."""
    return f"{metric}{{{','.join(sorted(conditions))}}}" if conditions else metric


def duration(seconds: int) -> str:
    """``seconds`` as Prometheus itself writes them: 300 is 5m, 604800 is 1w, 5400 is 1h30m. Raises ValueError."""
    if seconds <= 0:
        raise ValueError(f"expected seconds above 0, got {seconds}")
    for unit, length in _WHOLE:
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    text, left = "", seconds
    for unit, length in _PARTS:
        count, left = divmod(left, length)
        text += f"{count}{unit}" if count else ""
    return text


def number(value: float | Decimal) -> str:
    """``value`` as a person writes it: 0.05, 14.4, 1200; no exponent, no digits that mean nothing."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    text = format(exact.normalize(), "f")
    return text if "." not in text else text.rstrip("0").rstrip(".")


def spellings(value: Decimal) -> str:
    """
    A regular expression that matches every usual way to write the positive number ``value``: 0.05, .050, 5e-02, 5.0E-2.

    Exporters write the label ``le`` as their language prints a float. Prometheus 2 keeps that, Prometheus 3 rewrites it
    as stored() does, so that after an upgrade there are series of both.
    """
    if value <= 0:
        raise ValueError(f"expected a number above 0, got {value}")
    whole, _, part = number(value).partition(".")
    if not part:
        plain = f"{whole}(\\.0*)?"
    elif whole == "0":
        plain = f"0?\\.{part}0*"
    else:
        plain = f"{whole}\\.{part}0*"
    digits = value.normalize().as_tuple().digits
    exponent = value.adjusted()
    first, others = str(digits[0]), "".join(map(str, digits[1:]))
    mantissa = f"{first}\\.{others}0*" if others else f"{first}(\\.0*)?"
    sign = "-" if exponent < 0 else "\\+?"
    return f"{plain}|{mantissa}[eE]{sign}0*{abs(exponent)}"


def stored(value: Decimal) -> str:
    """
    The positive number ``value`` as Prometheus 3 writes it into the label ``le`` of what it scrapes: 1 is 1.0.

    https://prometheus.io/docs/prometheus/latest/migration/ : OpenMetrics' form, which is Go's shortest one with a
    point or an exponent; that has an exponent below 0.0001 and from a million on.
    """
    exponent = value.adjusted()
    if -5 < exponent < 6:
        return repr(float(value))
    first, *others = map(str, value.normalize().as_tuple().digits)
    return f"{first}{'.' if others else ''}{''.join(others)}e{exponent:+03d}"
