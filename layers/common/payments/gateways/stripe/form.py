"""Encodes nested fields as a form, which Stripe takes instead of JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def flat(fields: Mapping[str, object]) -> dict[str, str]:
    """Return form fields: nested names are `a[b]` and `a[0]`, booleans `true` and `false`. None is omitted."""
    return dict(_flat("", fields))


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    inner: Iterator[tuple[object, object]]
    if isinstance(value, Mapping):
        inner = iter(value.items())
    elif isinstance(value, list | tuple):
        inner = enumerate(value)
    else:
        if value is not None:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)
        return
    for key, each in inner:
        yield from _flat(f"{name}[{key}]" if name else str(key), each)
