"""Tables of codes, at each gateway that has enough of them for a file."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from payments.domain.values.status import Status
from payments.gateways.registry import GATEWAYS
from tests.gateways.documented import documented_of

MODULES = {name: f"payments.gateways.{name}.codes" for name in GATEWAYS}
CODES: dict[str, Any] = {name: import_module(module) for name, module in MODULES.items() if find_spec(module)}
EACH_GATEWAY = pytest.mark.parametrize("name", CODES)


@EACH_GATEWAY
def test_no_code_has_two_meanings(name: str) -> None:
    codes = [code for group in CODES[name].CODES_BY_FAILURE.values() for code in group.split()]
    assert len(codes) == len(set(codes)) == len(CODES[name].FAILURE_BY_CODE)


@EACH_GATEWAY
def test_a_refund_is_under_way_or_over(name: str) -> None:
    assert {Status.COMPLETED, Status.FAILED} <= set(CODES[name].REFUND_STATUS.values())
    assert set(CODES[name].REFUND_STATUS.values()) <= {Status.PROCESSING, Status.COMPLETED, Status.FAILED}


@EACH_GATEWAY
def test_a_payment_is_never_processing_or_returned(name: str) -> None:
    tables = ("PAYMENT_STATUS", "CAPTURE_STATUS", "HOLD_STATUS")
    response = {status for table in tables for status in getattr(CODES[name], table, {}).values()}
    assert Status.COMPLETED in response
    assert not response & {Status.PROCESSING, Status.RETURNED}


@EACH_GATEWAY
def test_a_hint_stands_in_brackets(name: str) -> None:
    assert [hint for hint in CODES[name].HINTS.values() if (hint[0], hint[-1]) != ("(", ")")] == []


_HINTED = [(name, code) for name in GATEWAYS for code in documented_of(name).HINTS]


@pytest.mark.parametrize(("name", "code"), _HINTED)
def test_a_refusal_that_somebody_has_to_mend_says_what_to_mend(name: str, code: str) -> None:
    wire, its = import_module(f"payments.gateways.{name}.wire"), documented_of(name)
    assert its.HINTS[code] in wire.from_refusal(its.refusal(code)).hint
    assert wire.from_refusal(its.refusal("SOMETHING_ELSE")).hint == ""


@EACH_GATEWAY
def test_each_hint_is_tried(name: str) -> None:
    assert len(documented_of(name).HINTS) == len(CODES[name].HINTS)
