"""Two merchants at one simulated PhonePe: neither reaches the other's orders, refunds and disputes."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from gateway_simulators.phonepe.settings import Settings
from gateway_simulators.phonepe.webhooks import constant_proof
from simulator_tests.harness import CREDENTIALS, PG, Harness

SECOND = Settings().merchants["second"]


class Other:
    """Calls of the second merchant."""

    def __init__(self, sim: Harness) -> None:
        self._sim = sim
        self._headers = {"Authorization": f"O-Bearer {self.log_in().json()['access_token']}"}

    def log_in(self) -> httpx.Response:
        keys = {"client_id": SECOND.client_id, "client_secret": SECOND.client_secret}
        return self._sim.http.post(f"{PG}/v1/oauth/token", data=CREDENTIALS | keys)

    def get(self, path: str) -> httpx.Response:
        return self._sim.http.get(f"{PG}{path}", headers=self._headers)

    def post(self, path: str, body: object = None) -> httpx.Response:
        return self._sim.http.post(f"{PG}{path}", json=body, headers=self._headers)

    def pays(self, order: str) -> None:
        body = {"merchantOrderId": order, "amount": 500, "paymentFlow": {"type": "PG_CHECKOUT"}}
        self.post("/checkout/v2/pay", body).raise_for_status()
        self._sim.act("pay", order).raise_for_status()


@pytest.fixture
def other(sim: Harness) -> Other:
    sim.paid_order()
    sim.refund_call().raise_for_status()
    return Other(sim)


def refund_of(order: str) -> dict[str, object]:
    return {"merchantRefundId": "rfd_2", "originalMerchantOrderId": order, "amount": 100}


REACHES: dict[str, tuple[Callable[[Other, Harness], httpx.Response], str]] = {
    "an order": (lambda other, _: other.get("/checkout/v2/order/att_1/status"), "INVALID_MERCHANT_ORDER_ID"),
    "a try": (
        lambda other, sim: other.get(
            f"/payments/v2/transaction/{sim.ledger()['captures'][0]['transaction_id']}/status"
        ),
        "INVALID_TRANSACTION_ID",
    ),
    "a refund": (lambda other, _: other.get("/payments/v2/refund/rfd_1/status"), "INVALID_MERCHANT_REFUND_ID"),
    "money": (lambda other, _: other.post("/payments/v2/refund", refund_of("att_1")), "ORIGINAL_TXN_NOT_FOUND"),
    "a dispute": (lambda other, sim: other.get(f"/v1/disputes/{disputed(sim)}"), "INVALID_DISPUTE_ID"),
    "an answer to one": (
        lambda other, sim: other.post(f"/v1/disputes/{disputed(sim)}/accept"),
        "INVALID_DISPUTE_ID",
    ),
}


def disputed(sim: Harness) -> str:
    answer = sim.http.post("/_sim/disputes", json={"order": "att_1", "amount": 500})
    return str(answer.raise_for_status().json()["dispute"])


@pytest.mark.parametrize("what", REACHES)
def test_the_other_merchant_does_not_reach(sim: Harness, other: Other, what: str) -> None:
    call, code = REACHES[what]
    answer = call(other, sim)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_the_other_merchant_has_orders_and_refunds_of_his_own(sim: Harness, other: Other) -> None:
    other.pays("att_2")
    assert other.post("/payments/v2/refund", refund_of("att_2")).status_code == 200
    assert other.get("/checkout/v2/order/att_2/status").json()["merchantId"] == SECOND.id
    assert other.get("/payments/v2/refund/rfd_2/status").json()["merchantId"] == SECOND.id
    assert sim.status_call("att_2").json()["code"] == "INVALID_MERCHANT_ORDER_ID"


def test_each_merchants_list_shows_his_own_disputes(sim: Harness, other: Other) -> None:
    ref = disputed(sim)
    path = f"/v1/disputes?from=0&to={round(sim.clock.now() * 1000)}&status=ACTION_REQUIRED"
    assert [each["disputeId"] for each in sim.http.get(PG + path).json()["disputes"]] == [ref]
    assert other.get(path).json()["disputes"] == []


def test_a_webhook_goes_to_the_address_and_with_the_login_of_its_merchant(sim: Harness, other: Other) -> None:
    sim.receiver.got.clear()
    other.pays("att_2")
    (reported,) = sim.ledger()["webhooks"][-1:]
    assert (reported["about"], sim.receiver.got[-1].payload["merchantId"]) == ("att_2", SECOND.id)
    proof = constant_proof(SECOND.webhook_user, SECOND.webhook_password)
    assert sim.receiver.got[-1].headers["Authorization"] == proof
    assert Settings(webhook_url="https://shop.example/hook").merchants["second"].webhook_url.endswith("/hook/second")


def test_a_fault_of_one_account_leaves_the_other_alone(sim: Harness, other: Other) -> None:
    sim.fault("error_before", "*", -1, account="second")
    assert (other.get("/v1/disputes/D1").status_code, other.log_in().status_code) == (500, 500)
    assert sim.status_call().status_code == 200
    sim.log_in()
    sim.http.delete("/_sim/faults")
    sim.fault("error_before", "status", account="main")
    assert other.get("/checkout/v2/order/att_2/status").json()["code"] == "INVALID_MERCHANT_ORDER_ID"
    assert (sim.status_call().status_code, sim.status_call().status_code) == (500, 200)


def test_keys_of_one_merchant_do_not_go_with_the_secret_of_another(sim: Harness) -> None:
    keys = {"client_id": SECOND.client_id, "client_secret": CREDENTIALS["client_secret"]}
    assert sim.http.post(f"{PG}/v1/oauth/token", data=CREDENTIALS | keys).json()["code"] == "INVALID_CLIENT"
