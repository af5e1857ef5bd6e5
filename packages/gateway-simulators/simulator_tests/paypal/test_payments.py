"""PayPal's simulator: authorizations, their captures, refunds, and the webhooks of each."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gateway_simulators.kit.clock import ManualClock
from gateway_simulators.kit.gateway import OPS
from gateway_simulators.kit.inprocess import InProcessTransport
from gateway_simulators.kit.replay import Diary
from gateway_simulators.paypal.__main__ import remembering
from gateway_simulators.paypal.app import create_app
from gateway_simulators.paypal.instruments import FATE_BY_INSTRUMENT, offered
from gateway_simulators.paypal.settings import Settings
from simulator_tests.paypal.harness import DAY, ORDERS, PAYMENTS, RETURN_URL, Harness, issue, order_body, usd

PAGE = "/checkoutnow"


@pytest.fixture
def sim() -> Harness:
    return Harness()


def capture_of(sim: Harness, authorization: str, value: str = "", *, is_final: bool = False, key: str = "") -> Any:
    body = ({"amount": usd(value)} if value else {}) | {"final_capture": is_final}
    return sim.post(f"{PAYMENTS}/authorizations/{authorization}/capture", body, key)


def test_an_authorization_is_captured_in_parts_up_to_115_percent(sim: Harness) -> None:
    authorization = sim.authorized(value="100.00")
    assert capture_of(sim, authorization, "60.00").json()["amount"] == usd("60.00")
    assert sim.http.get(f"{PAYMENTS}/authorizations/{authorization}").json()["status"] == "PARTIALLY_CAPTURED"
    assert issue(capture_of(sim, authorization, "55.01")) == (422, "MAX_CAPTURE_AMOUNT_EXCEEDED")
    assert capture_of(sim, authorization, "55.00").status_code == 201
    assert sim.ledger()["orders"][0]["captured"] == 11500
    assert issue(capture_of(sim, authorization, "0.01")) == (422, "AUTHORIZATION_ALREADY_CAPTURED")


def test_the_last_capture_closes_an_authorization(sim: Harness) -> None:
    authorization = sim.authorized(value="100.00")
    assert capture_of(sim, authorization, "10.00", is_final=True).status_code == 201
    assert issue(capture_of(sim, authorization, "10.00")) == (422, "AUTHORIZATION_ALREADY_CAPTURED")
    assert issue(sim.post(f"{PAYMENTS}/authorizations/{authorization}/void")) == (422, "PREVIOUSLY_CAPTURED")


def test_a_capture_in_another_currency_is_refused(sim: Harness) -> None:
    answer = sim.post(f"{PAYMENTS}/authorizations/{sim.authorized()}/capture", {"amount": usd("1.00", "EUR")})
    assert issue(answer) == (422, "AUTH_CAPTURE_CURRENCY_MISMATCH")


def test_an_authorization_lasts_29_days_and_is_voided_after_30(sim: Harness) -> None:
    authorization = sim.authorized()
    sim.wait(29 * DAY)
    assert issue(capture_of(sim, authorization)) == (422, "AUTHORIZATION_EXPIRED")
    assert sim.ledger()["orders"][0]["state"] == "authorized"
    sim.wait(DAY)
    assert issue(capture_of(sim, authorization)) == (422, "AUTHORIZATION_VOIDED")
    assert sim.ledger()["orders"][0]["state"] == "cancelled"
    assert sim.events[-1] == "PAYMENT.AUTHORIZATION.VOIDED"


def test_an_authorization_is_voided_once(sim: Harness) -> None:
    authorization = sim.authorized()
    void = f"{PAYMENTS}/authorizations/{authorization}/void"
    assert (sim.post(void, key="k").json()["status"], sim.post(void, key="k").status_code) == ("VOIDED", 200)
    assert issue(sim.post(void)) == (422, "PREVIOUSLY_VOIDED")
    silent = f"{PAYMENTS}/authorizations/{sim.authorized('att_2')}/void"
    assert sim.http.post(silent).status_code == 204


def test_an_authorization_is_renewed_once_from_the_fourth_day(sim: Harness) -> None:
    renew = f"{PAYMENTS}/authorizations/{sim.authorized(value='100.00')}/reauthorize"
    assert issue(sim.post(renew)) == (422, "REAUTHORIZATION_TOO_SOON")
    sim.wait(4 * DAY)
    assert issue(sim.post(renew, {"amount": usd("115.01")})) == (422, "AUTHORIZATION_AMOUNT_EXCEEDED")
    assert sim.post(renew, {"amount": usd("115.00")}).json()["amount"] == usd("115.00")
    assert issue(sim.post(renew)) == (422, "MAX_AUTHORIZATION_COUNT_EXCEEDED")


def test_refunds_stop_at_what_was_captured(sim: Harness) -> None:
    capture = sim.captured(value="10.00")
    first = sim.refund(capture, "4.00", custom_id="rfd_1")
    assert (first.status_code, first.json()["status"], first.json()["custom_id"]) == (201, "PENDING", "rfd_1")
    assert issue(sim.refund(capture, "6.01")) == (422, "REFUND_AMOUNT_EXCEEDED")
    assert sim.refund(capture).json()["amount"] == usd("6.00")
    assert issue(sim.refund(capture)) == (422, "CAPTURE_FULLY_REFUNDED")
    sim.wait(2)
    assert sim.http.get(f"{PAYMENTS}/captures/{capture}").json()["status"] == "REFUNDED"
    assert [refund["state"] for refund in sim.ledger()["refunds"]] == ["completed", "completed"]


def test_a_refund_under_the_same_id_is_made_once_for_45_days(sim: Harness) -> None:
    capture = sim.captured(value="10.00")
    first, again = (sim.refund(capture, "4.00", "rfd_1") for _ in range(2))
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 200, again.json()["id"])
    sim.wait(45 * DAY)
    assert sim.refund(capture, "4.00", "rfd_1").json()["id"] != first.json()["id"]


def test_a_refund_comes_too_late_after_180_days(sim: Harness) -> None:
    capture = sim.captured()
    sim.wait(180 * DAY + 1)
    assert issue(sim.refund(capture)) == (422, "REFUND_TIME_LIMIT_EXCEEDED")


def test_a_refund_that_fails_gives_its_amount_back(sim: Harness) -> None:
    capture = sim.captured(value="10.00")
    sim.refund(capture, custom_id="rfd_1")
    sim.http.post("/_sim/refunds/rfd_1", json={"act": "fail"}).raise_for_status()
    assert sim.http.get(f"{PAYMENTS}/captures/{capture}").json()["status"] == "COMPLETED"
    assert sim.refund(capture, custom_id="rfd_2").status_code == 201
    assert sim.events[-2:] == ["PAYMENT.REFUND.FAILED", "PAYMENT.REFUND.PENDING"]
    assert sim.http.post("/_sim/refunds/rfd_1", json={"act": "fail"}).status_code == 409


def test_an_order_shows_its_authorizations_captures_and_refunds(sim: Harness) -> None:
    authorization = sim.authorized(value="10.00")
    capture = capture_of(sim, authorization, "10.00", is_final=True).json()["id"]
    sim.refund(capture, "1.00", custom_id="rfd_1")
    ref = sim.ledger()["orders"][0]["ref"]
    payments = sim.order(ref)["purchase_units"][0]["payments"]
    assert {name: [each["id"] for each in listed] for name, listed in payments.items()} == {
        "authorizations": [authorization], "captures": [capture], "refunds": [payments["refunds"][0]["id"]],
    }  # fmt: skip
    assert payments["refunds"][0]["custom_id"] == "rfd_1"


def test_a_refund_at_the_dashboard_carries_no_id_of_ours(sim: Harness) -> None:
    sim.captured(value="10.00")
    made = sim.http.post("/_sim/dashboard_refunds", json={"order": "att_1", "amount": 300}).json()["refund"]
    assert sim.http.get(f"{PAYMENTS}/refunds/{made}").json()["status"] == "COMPLETED"
    assert sim.events[-1] == "PAYMENT.CAPTURE.REFUNDED"
    assert "custom_id" not in json.loads(sim.got[-1][1])["resource"]


def test_every_delivery_is_signed_over_its_body_and_sent_again(sim: Harness) -> None:
    sim.answers = [500, 503]
    sim.captured()
    sim.app.pump()
    sim.wait(5)
    first = [each for each in sim.got if b"APPROVED" in each[1]]
    assert len(first) == 2
    assert first[0][1] == first[1][1]
    for headers, body in sim.got:
        public = x509.load_pem_x509_certificate(
            sim.http.get(headers["PAYPAL-CERT-URL"].removeprefix(sim.settings.origin)).content
        ).public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        named = (headers["PAYPAL-TRANSMISSION-ID"], headers["PAYPAL-TRANSMISSION-TIME"], sim.settings.webhook_id)
        message = "|".join([*named, str(crc32(body))]).encode()
        public.verify(b64decode(headers["PAYPAL-TRANSMISSION-SIG"]), message, padding.PKCS1v15(), hashes.SHA256())


def test_copies_of_one_event_have_one_id_and_two_deliveries(sim: Harness) -> None:
    sim.http.post("/_sim/faults", json={"fault": "duplicate_webhook", "op": "capture"}).raise_for_status()
    sim.captured()
    sim.app.pump()
    (one, first), (other, second) = (each for each in sim.got if b"CAPTURE.COMPLETED" in each[1])
    assert first == second
    assert one["PAYPAL-TRANSMISSION-ID"] != other["PAYPAL-TRANSMISSION-ID"]


def test_paypal_is_called_about_a_delivery(sim: Harness) -> None:
    sim.captured()
    sim.app.pump()
    headers, body = sim.got[-1]
    names = {"transmission_id": "ID", "transmission_time": "TIME", "transmission_sig": "SIG"}
    request = {ours: headers[f"PAYPAL-TRANSMISSION-{theirs}"] for ours, theirs in names.items()}
    request |= {"auth_algo": "SHA256withRSA", "cert_url": "x", "webhook_id": sim.settings.webhook_id}
    url, kind = "/v1/notifications/verify-webhook-signature", {"Content-Type": "application/json"}
    spliced = json.dumps(request).encode()[:-1] + b', "webhook_event": ' + body + b"}"
    assert sim.http.post(url, content=spliced, headers=kind).json() == {"verification_status": "SUCCESS"}
    anew = json.dumps(request | {"webhook_event": json.loads(body)}).encode()
    assert sim.http.post(url, content=anew, headers=kind).json() == {"verification_status": "FAILURE"}
    assert issue(sim.http.post(url, content=b"{}", headers=kind)) == (400, "MISSING_REQUIRED_PARAMETER")


def test_a_lost_answer_was_effective(sim: Harness) -> None:
    assert set(OPS) < set(sim.http.get("/_sim/faults").json()["allowed"]["lose_answer"])
    ref = sim.approved()
    sim.http.post("/_sim/faults", json={"fault": "lose_answer", "op": "capture"}).raise_for_status()
    with pytest.raises(httpx.ReadError):
        sim.post(f"{ORDERS}/{ref}/capture", key="k2")
    assert len(sim.ledger()["captures"]) == 1
    assert sim.post(f"{ORDERS}/{ref}/capture", key="k2").status_code == 200


def test_a_webhook_may_overtake_the_answer(sim: Harness) -> None:
    sim.http.post("/_sim/faults", json={"fault": "webhook_first", "op": "capture"}).raise_for_status()
    sim.captured()
    assert [json.loads(body)["event_type"] for _, body in sim.got][-1] == "PAYMENT.CAPTURE.COMPLETED"


# The approval page.


def test_a_payer_approves_on_the_page_and_is_sent_back_with_both_ids(sim: Harness) -> None:
    ref = sim.create()["id"]
    page = sim.http.get(PAGE, params={"token": ref})
    assert page.status_code == 200
    assert "buyer@example.com" in page.text
    form = {"act": "pay", "instrument": "buyer@example.com"}
    back = sim.http.post(PAGE, params={"token": ref}, data=form)
    assert (back.status_code, back.headers["location"]) == (303, f"{RETURN_URL}&token={ref}&PayerID=QYR5Z8XDVJNXQ")
    assert sim.order(ref)["status"] == "APPROVED"
    assert sim.http.post(PAGE, params={"token": ref}, data=form).status_code == 409


def test_a_payer_who_walks_away_is_sent_back_without_a_payer_id(sim: Harness) -> None:
    ref = sim.create()["id"]
    back = sim.http.post(PAGE, params={"token": ref}, data={"act": "walk_away"})
    assert (back.status_code, back.headers["location"]) == (303, f"{RETURN_URL}&token={ref}")
    assert sim.order(ref)["status"] == "PAYER_ACTION_REQUIRED"
    assert sim.http.get(PAGE, params={"token": "NOSUCH"}).status_code == 404


@pytest.mark.parametrize("instrument", FATE_BY_INSTRUMENT)
def test_every_test_buyer_and_card_has_its_outcome(sim: Harness, instrument: str) -> None:
    ref, fate = sim.create()["id"], FATE_BY_INSTRUMENT[instrument]
    form = {"act": "pay", "instrument": instrument}
    assert sim.http.post(PAGE, params={"token": ref}, data=form).status_code == 303
    answer = sim.post(f"{ORDERS}/{ref}/capture")
    if fate.issue:
        assert issue(answer) == (422, fate.issue)
        return
    capture = answer.json()["purchase_units"][0]["payments"]["captures"][0]
    wanted = "DECLINED" if fate.processor_code else "PENDING" if fate.pending_reason else "COMPLETED"
    assert capture["status"] == wanted
    assert capture.get("processor_response", {}).get("response_code", "") == fate.processor_code


def test_immediate_payment_offers_no_echeck(sim: Harness) -> None:
    usual, at_once = ({each.value for each in offered(wants_money_at_once=flag)} for flag in (False, True))
    assert usual - at_once == {"echeck@example.com"}


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    clock = ManualClock()

    def started() -> Harness:
        diary, sim = Diary(tmp_path / "state", clock.now, seed=5), Harness()
        app = diary.replay(create_app(remembering(diary.now, diary.rng, diary.stored, Settings()), diary=diary))
        sim.http = httpx.Client(transport=InProcessTransport(app), base_url="http://sim.test")
        return sim

    used = started()
    used.log_in()
    ref = used.post(ORDERS, order_body(), "k1").json()["id"]
    used.act("pay")
    before = used.post(f"{ORDERS}/{ref}/capture", key="k2").json()
    again = started()
    again.http.headers["Authorization"] = used.http.headers["Authorization"]
    assert again.post(f"{ORDERS}/{ref}/capture", key="k2").json() == before
    assert again.post(ORDERS, order_body(), "k1").status_code == 200
    assert len(again.ledger()["orders"]) == 1
