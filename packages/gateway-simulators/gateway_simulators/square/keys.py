"""Idempotency keys: the same body gets the first answer again, another body is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway_simulators.square.errors import Declined, key_reused

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _First:
    body: str
    answer: str
    declined_with: int = 0


class Keys:
    def __init__(self) -> None:
        self._first: dict[tuple[str, str], _First] = {}

    def once(self, kind: str, body: Answer, act: Callable[[], Answer]) -> Answer:
        """Act once for each key. A refusal that changed nothing is not stored; a decline is."""
        key = (kind, body.get("idempotency_key") or "")
        if not key[1]:
            return act()
        message = json.dumps(body, sort_keys=True)
        if key in self._first:
            return _again(self._first[key], message)
        try:
            answer = act()
        except Declined as refusal:
            self._first[key] = _First(message, json.dumps(refusal.body), refusal.http_status)
            raise
        self._first[key] = _First(message, json.dumps(answer))
        return answer

    def clear(self) -> None:
        self._first.clear()


def _again(first: _First, message: str) -> Answer:
    if first.body != message:
        raise key_reused()
    answer: Answer = json.loads(first.answer)
    if first.declined_with:
        refusal = Declined(first.declined_with, "", None)
        refusal.body = answer
        raise refusal
    return answer
