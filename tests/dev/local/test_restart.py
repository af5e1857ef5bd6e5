"""The real template, killed in the middle of a payment and started again."""

from pathlib import Path
from typing import Any

import pytest

from dev.local.testing import RunningStack, free_ports, running_stack
from tests.dev.local.test_stack import wait_until


def ask(stack: RunningStack, method: str, path: str, body: Any = None) -> Any:
    headers = {"X-Tenant-ID": "ws_demo", "Idempotency-Key": "restart-1"}
    return stack.call(method, path, body, headers, token=stack.token()).json()


@pytest.mark.xdist_group("stack")
def test_a_payment_in_flight_over_a_restart_ends_as_its_payer_ended_it(tmp_path: Path) -> None:
    again: dict[str, Any] = {"state": tmp_path, "ports": free_ports(), "speed": 20}
    with running_stack(**again) as first:
        first.stop_executions("off")
        first.call("POST", f"{first.sim_url}/_sim/faults", {"fault": "no_webhook", "op": "pay"})
        order = {"merchant_order_id": "R-1", "amount": 49900, "currency": "INR", "return_url": f"{first.url}/"}
        payment = ask(first, "POST", "/v1/payments", order)
        attempt = payment["attempts"][-1]["attempt_id"]
        assert first.call("POST", f"{first.sim_url}/_sim/orders/{attempt}", {"act": "pay"}).http_status == 200
        first.kill()
    path = f"/v1/payments/{payment['payment_id']}"
    with running_stack(**again) as second:
        wait_until(lambda: ask(second, "GET", path)["status"] == "completed", seconds=60)
        assert ask(second, "GET", path)["amount_captured"] == 49900
