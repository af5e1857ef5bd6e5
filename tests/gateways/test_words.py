"""Tables of words, of every gateway that has enough of them for a file."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from payments.domain.status import Status
from payments.gateways.registry import GATEWAYS

MODULES = {name: f"payments.gateways.{name}.words" for name in GATEWAYS}
WORDS: dict[str, Any] = {name: import_module(module) for name, module in MODULES.items() if find_spec(module)}
EACH_GATEWAY = pytest.mark.parametrize("name", WORDS)


@EACH_GATEWAY
def test_no_word_has_two_meanings(name: str) -> None:
    words = [word for group in WORDS[name].WORDS_BY_FAILURE.values() for word in group.split()]
    assert len(words) == len(set(words)) == len(WORDS[name].FAILURE_BY_WORD)


@EACH_GATEWAY
def test_a_refund_is_under_way_or_over(name: str) -> None:
    assert {Status.COMPLETED, Status.FAILED} <= set(WORDS[name].REFUND_STATUS.values())
    assert set(WORDS[name].REFUND_STATUS.values()) <= {Status.PROCESSING, Status.COMPLETED, Status.FAILED}


@EACH_GATEWAY
def test_a_hint_is_said_in_brackets(name: str) -> None:
    assert [hint for hint in WORDS[name].HINTS.values() if (hint[0], hint[-1]) != ("(", ")")] == []
