"""Razorpay's own Python client works with the simulator as with Razorpay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import razorpay  # type: ignore[import-untyped]
from razorpay.errors import BadRequestError, ServerError, SignatureVerificationError  # type: ignore[import-untyped]

from gateway_simulators.razorpay.app import create_app
from gateway_simulators.razorpay.model import RazorpayModel
from gateway_simulators.razorpay.settings import Settings
from tests.sdk.served import Served, served

SETTINGS = Settings(webhook_url="http://127.0.0.1/hook", refund_seconds=3600)
KEY = {"headers": {"X-Refund-Idempotency": "rfd_00000000000000000000000001"}}


@pytest.fixture
def simulator() -> Iterator[Served]:
    with served(create_app, RazorpayModel, SETTINGS) as simulator:
        yield simulator


@pytest.fixture
def client(simulator: Served) -> Iterator[Any]:
    made = razorpay.Client(auth=(SETTINGS.key_id, SETTINGS.key_secret), base_url=simulator.url)
    made.session.trust_env = False
    yield made
    made.session.close()


def an_order(client: Any, **more: Any) -> Any:
    return client.order.create({"amount": 49900, "currency": "INR", "receipt": "att_1", "notes": {"a": "b"}} | more)


def manual() -> dict[str, Any]:
    return {"payment": {"capture": "manual", "capture_options": {"manual_expiry_period": 60, "refund_speed": "normal"}}}


def paid(client: Any, simulator: Served) -> tuple[Any, Any]:
    order = an_order(client)
    simulator.control("orders/att_1", act="pay")
    return order, client.order.payments(order["id"])["items"][0]


def test_an_order_is_made_fetched_and_found_by_its_receipt(client: Any) -> None:
    order = an_order(client)
    assert (order["entity"], order["status"], order["amount_due"], order["attempts"]) == ("order", "created", 49900, 0)
    assert client.order.fetch(order["id"]) == order
    assert client.order.all({"receipt": "att_1"})["items"] == [order]
    assert client.order.all({"receipt": "att_2"})["count"] == 0


def test_a_paid_order_lists_its_payment(client: Any, simulator: Served) -> None:
    order, payment = paid(client, simulator)
    assert client.order.fetch(order["id"])["status"] == "paid"
    assert (payment["status"], payment["captured"], payment["fee"], payment["tax"]) == ("captured", True, 1178, 180)
    assert client.payment.fetch(payment["id"]) == payment
    assert client.payment.all({"count": 5})["items"] == [payment]


def test_an_authorized_payment_is_captured_once_and_whole(client: Any, simulator: Served) -> None:
    order = an_order(client, **manual())
    simulator.control("orders/att_1", act="pay")
    (authorized,) = client.order.payments(order["id"])["items"]
    assert (authorized["status"], authorized["captured"], authorized["fee"]) == ("authorized", False, None)
    with pytest.raises(BadRequestError, match="Capture amount must be equal to the amount authorized"):
        client.payment.capture(authorized["id"], 100, {"currency": "INR"})
    assert client.payment.capture(authorized["id"], 49900, {"currency": "INR"})["status"] == "captured"
    with pytest.raises(BadRequestError, match="already been captured"):
        client.payment.capture(authorized["id"], 49900, {"currency": "INR"})


def test_a_refund_under_a_key_is_one_refund(client: Any, simulator: Served) -> None:
    _, payment = paid(client, simulator)
    first, again = (client.payment.refund(payment["id"], {"amount": 10000, "notes": {"n": "1"}}, **KEY) for _ in "ab")
    assert first == again
    assert (first["status"], first["payment_id"], first["speed_processed"]) == ("pending", payment["id"], "normal")
    with pytest.raises(BadRequestError, match="Different request with the same idempotency key"):
        client.payment.refund(payment["id"], {"amount": 20000}, **KEY)
    assert client.payment.fetch_multiple_refund(payment["id"])["count"] == 1
    assert client.refund.fetch(first["id"]) == first
    simulator.control(f"refunds/{first['id']}", act="complete")
    assert client.payment.fetch_refund_id(payment["id"], first["id"])["status"] == "processed"
    assert client.payment.fetch(payment["id"])["refund_status"] == "partial"


def test_a_qr_code_is_made_paid_and_closed(client: Any, simulator: Served) -> None:
    wanted = {"type": "upi_qr", "usage": "single_use", "fixed_amount": True, "payment_amount": 300}
    code = client.qrcode.create({**wanted, "notes": {"attempt_id": "att_1"}})
    assert (code["status"], code["payments_count_received"]) == ("active", 0)
    assert simulator.http.get(code["image_url"]).headers["content-type"].startswith("image/svg+xml")
    simulator.control("orders/att_1", act="pay")
    assert client.qrcode.fetch(code["id"])["status"] == "closed"
    (payment,) = client.qrcode.fetch_all_payments(code["id"], {})["items"]
    assert (payment["status"], payment["amount"], payment["order_id"]) == ("captured", 300, None)


def test_every_webhook_is_accepted_by_the_sdks_own_check(client: Any, simulator: Served) -> None:
    order = an_order(client)
    simulator.control("orders/att_1", act="decline")
    simulator.control("orders/att_1", act="pay")
    paid_by = next(one for one in client.order.payments(order["id"])["items"] if one["status"] == "captured")
    for act in ("complete", "fail"):
        simulator.control(f"refunds/{client.payment.refund(paid_by['id'], {'amount': 100})['id']}", act=act)
    events = []
    for headers, body in simulator.webhooks:
        signature = headers["X-Razorpay-Signature"]
        assert client.utility.verify_webhook_signature(body.decode(), signature, SETTINGS.webhook_secret)
        with pytest.raises(SignatureVerificationError):
            client.utility.verify_webhook_signature(body.decode() + " ", signature, SETTINGS.webhook_secret)
        events.append(json.loads(body)["event"])
    assert sorted(events) == [
        "order.paid", "payment.authorized", "payment.captured", "payment.failed",
        "refund.created", "refund.created", "refund.failed", "refund.processed",
    ]  # fmt: skip


def test_the_proof_that_checkout_hands_the_browser_is_accepted_by_the_sdks_own_check(
    client: Any, simulator: Served
) -> None:
    order = an_order(client)
    page = f"/v1/checkout/page/{order['id']}~upi~~"
    assert simulator.http.post(page, data={"act": "pay", "instrument": "success@razorpay"}).status_code == 303
    reported = simulator.http.get(f"/v1/checkout/done/{order['id']}").text
    proof = {name: reported.split(f'"{name}": "')[1].split('"')[0] for name in PROOF}
    assert client.utility.verify_payment_signature(proof)
    with pytest.raises(SignatureVerificationError):
        client.utility.verify_payment_signature(proof | {"razorpay_order_id": "order_00000000000000"})


PROOF = ("razorpay_payment_id", "razorpay_order_id", "razorpay_signature")


def test_refusals_are_the_sdks_errors(client: Any, simulator: Served) -> None:
    with pytest.raises(BadRequestError, match="The amount must be an integer"):
        an_order(client, amount="49900")
    with pytest.raises(BadRequestError, match="The id provided does not exist"):
        client.order.fetch("order_00000000000000")
    with pytest.raises(BadRequestError, match="is not a valid id"):
        client.payment.fetch("pay_1")
    simulator.control("faults", fault="error_before", op="pay")
    with pytest.raises(ServerError):
        an_order(client)
    stranger = razorpay.Client(auth=(SETTINGS.key_id, "wrong"), base_url=simulator.url)
    stranger.session.trust_env = False
    with pytest.raises(BadRequestError, match="Authentication failed"):
        an_order(stranger)
    stranger.session.close()


def test_the_methods_are_reported_for_the_key_alone(client: Any, simulator: Served) -> None:
    methods = client.request("get", "/v1/methods", params={}, use_public_auth=True)
    assert methods["emi_plans"]["HDFC"]["plans"]["3"]
    assert methods["upi_intent"]


def a_dispute(simulator: Served) -> str:
    simulator.control("disputes", order="att_1", amount=20000)
    return str(simulator.ledger()["disputes"][-1]["ref"])


def test_a_dispute_is_listed_fetched_and_accepted_once(client: Any, simulator: Served) -> None:
    _, payment = paid(client, simulator)
    ref = a_dispute(simulator)
    headers, body = simulator.webhooks[-1]
    proof = headers["X-Razorpay-Signature"]
    assert client.utility.verify_webhook_signature(body.decode(), proof, SETTINGS.webhook_secret)
    dispute = client.dispute.fetch(ref)
    assert (dispute["entity"], dispute["payment_id"], dispute["status"]) == ("dispute", payment["id"], "open")
    assert client.dispute.all({"count": 10})["items"] == [dispute]
    assert client.dispute.accept(ref)["status"] == "lost"
    with pytest.raises(BadRequestError, match="lost status"):
        client.dispute.accept(ref)


def test_a_dispute_is_contested(client: Any, simulator: Served) -> None:
    paid(client, simulator)
    contested = client.dispute.contest(a_dispute(simulator), {"amount": 20000, "action": "submit"})
    assert contested["status"] == "under_review"


def test_a_refund_that_came_back_is_read_as_failed(client: Any, simulator: Served) -> None:
    _, payment = paid(client, simulator)
    refund = client.payment.refund(payment["id"], {"amount": 10000}, **KEY)
    simulator.control(f"refunds/{refund['id']}", act="complete")
    simulator.control(f"refunds/{refund['id']}", act="return")
    assert client.refund.fetch(refund["id"])["status"] == "failed"
    assert client.payment.fetch(payment["id"])["amount_refunded"] == 0
