"""Half of the faults of each operation of each gateway, once; `make prove-faults` has all, for an hour as well."""

from __future__ import annotations

import pytest

from dev.histories.matrix import Cell, Met, cells, meet, wrong
from gateway_simulators import GATEWAYS
from gateway_simulators.kit.gateway import OPS
from tests.turns import tenth_of_the_day

ONCE = [cell for cell in cells() if not cell.lasts]
ROWS = sorted({(cell.gateway, cell.op) for cell in ONCE})


def test_the_table_has_every_gateway_and_operation() -> None:
    assert {gateway for gateway, _ in ROWS} == set(GATEWAYS)
    assert {op for _, op in ROWS} == set(OPS)
    assert {cell.fault for cell in ONCE} >= {"refuse", "reject", "unauthorized", "garbage", "truncated", "slow"}


@pytest.mark.parametrize(("gateway", "op"), ROWS)
def test_whatever_a_call_meets_all_comes_to_rest_and_no_invariant_breaks(gateway: str, op: str) -> None:
    mine = [cell for cell in ONCE if (cell.gateway, cell.op) == (gateway, op)]
    today = [cell for number, cell in enumerate(mine) if number % 2 == tenth_of_the_day() % 2]
    broken = {cell.name: response for cell in today if (response := wrong(meet(cell)))}
    assert not broken, f"again: PAVATI_TENTH={tenth_of_the_day()}"


def test_what_is_wrong_with_a_cell_is_reported() -> None:
    cell = Cell("phonepe", "pay", "error_before", more={"status": 500})
    assert wrong(meet(cell)) == ""
    assert wrong(Met(cell, (), is_met=False)) == "the fault met no call"
    assert wrong(Met(cell, ("INV-05: why", "INV-06: why"), is_met=True)) == "INV-05: why"
