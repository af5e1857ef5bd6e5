import hashlib
import hmac
import json
from typing import Any

import pytest

from gateway_simulators.phonepe.settings import HMAC, Settings
from gateway_simulators.phonepe.webhooks import body_proof, constant_proof
from simulator_tests.harness import Harness

URL = "https://shop.example/hook"


def test_the_constant_proof_is_the_one_of_phonepes_own_tests() -> None:
    golden = "bc842c31a9e54efe320d30d948be61291f3ceee4766e36ab25fa65243cd76e0e"
    assert constant_proof("username", "password") == golden


def test_the_body_proof_is_hex_of_hmac_sha256() -> None:
    # RFC 4231, test case 2.
    golden = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert body_proof("Jefe", b"what do ya want for nothing?") == golden


def test_by_default_the_header_is_the_constant(sim: Harness) -> None:
    sim.paid_order()
    expected = "5955747fe0231a0510057cd81ae9557f7011a7a11081fa0fb9002a11cc2986cd"
    assert dict(sim.receiver.got[0].headers) == {"Content-Type": "application/json", "Authorization": expected}


@pytest.mark.parametrize("header", ["x-phonepe-checksum-signature", "phonepe-checksum-signature"])
def test_in_hmac_mode_the_raw_body_is_signed_and_nothing_else_is_sent(header: str) -> None:
    sim = Harness(Settings(webhook_url=URL, webhook_auth=HMAC, hmac_signature_header=header))
    sim.paid_order()
    [got] = sim.receiver.got
    assert got.headers[header] == hmac.new(b"sim-hmac-secret", got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-phonepe-checksum-key-id"] == "sim-key-1"
    assert "Authorization" not in got.headers


def test_the_older_type_field_can_be_switched_off(sim: Harness) -> None:
    sim.paid_order()
    assert json.loads(sim.receiver.got[0].body)["type"] == "CHECKOUT_ORDER_COMPLETED"
    newer = Harness(Settings(webhook_url=URL, webhook_has_type=False))
    newer.paid_order()
    assert set(json.loads(newer.receiver.got[0].body)) == {"event", "payload"}


def test_the_payload_of_a_completed_order(sim: Harness) -> None:
    sim.pay_call(metaInfo={"udf1": "tenant-7"})
    sim.act("pay")
    reported = sim.receiver.got[0].payload
    assert reported == sim.status()
    assert reported["metaInfo"] == {"udf1": "tenant-7"}
    assert reported["merchantId"] == "MSIM0001"


def test_the_payload_of_a_refund(sim: Harness) -> None:
    sim.paid_order()
    sim.refund_call()
    sim.wait(4)
    reported = sim.receiver.got[-1].payload
    assert (reported["merchantRefundId"], reported["originalMerchantOrderId"], reported["amount"]) == (
        "rfd_1",
        "att_1",
        10000,
    )
    assert reported["paymentDetails"][0]["transactionId"] == reported["refundId"]


@pytest.mark.parametrize("answer", [500, 404, 302, TimeoutError(), ConnectionRefusedError()])
def test_a_webhook_is_tried_three_times(sim: Harness, answer: Any) -> None:
    sim.receiver.answers = [answer] * 9
    sim.paid_order()
    for seconds, tries in ((4.9, 1), (0.1, 2), (29.9, 2), (0.1, 3), (86_400, 3)):
        sim.wait(seconds)
        assert len(sim.receiver.got) == tries
    [webhook] = sim.ledger()["webhooks"]
    assert (webhook["state"], len(webhook["tries"])) == ("given_up", 3)


def test_a_webhook_is_sent_no_more_once_accepted(sim: Harness) -> None:
    sim.receiver.answers = [503, 204]
    sim.paid_order()
    sim.wait(86_400)
    assert len(sim.receiver.got) == 2
    [webhook] = sim.ledger()["webhooks"]
    assert webhook["state"] == "delivered"
    assert [tried["outcome"] for tried in webhook["tries"]] == [503, 204]


def test_an_old_webhook_can_be_sent_again(sim: Harness) -> None:
    sim.paid_order()
    assert sim.http.post("/_sim/webhooks", json={"order": "att_1", "copies": 3}).status_code == 200
    sim.app.pump()
    assert sim.receiver.events == ["checkout.order.completed"] * 4


def test_an_open_order_has_no_webhook_to_send_again(sim: Harness) -> None:
    sim.pay_call()
    assert sim.http.post("/_sim/webhooks", json={"order": "att_1"}).status_code == 409


def test_without_an_address_nothing_is_sent() -> None:
    sim = Harness(Settings())
    sim.paid_order()
    assert sim.receiver.got == []
    assert sim.ledger()["webhooks"] == []
