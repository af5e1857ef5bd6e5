"""A gateway's one JSON secret: read anew at each use, so that a rotated one is seen; empty entries are no entries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from payments.gateways.contract import Rejected


def text_in(secret: Mapping[str, Any], name: str) -> str:
    value = secret.get(name)
    return value if isinstance(value, str) else ""


def texts_in(secret: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Several are a rotation's overlap."""
    value = secret.get(name)
    return tuple(text for text in value if isinstance(text, str) and text) if isinstance(value, list) else ()


def require(title: str, **given: str) -> None:
    """Raises Rejected: a sentence that says which keys of the secret to set."""
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise Rejected(f"{title}'s credentials are not set: {' and '.join(missing)} in its secret")


def require_beginning(title: str, mode: str, beginnings: tuple[str, ...], **given: str) -> None:
    """Raises Rejected for keys of the other mode, where a gateway tells test from live by how a key begins."""
    for name, value in given.items():
        if not begins(value, beginnings):
            wanted = " or ".join(beginnings)
            raise Rejected(f"{title}'s {name} does not fit GATEWAY_MODE {mode}: it must begin with {wanted}")


def begins(value: str, beginnings: tuple[str, ...]) -> bool:
    return any(re.fullmatch(re.escape(beginning) + "[!-~]+", value) for beginning in beginnings)
