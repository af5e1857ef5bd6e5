"""Checkout Sessions: open, paid once, expired."""

from __future__ import annotations

from typing import Any

import pytest

from simulator_tests.stripe.harness import Harness, session_fields

HOUR = 3600


def test_a_session_has_no_intent_until_its_payer_comes(sim: Harness) -> None:
    session = sim.open()
    assert (session["status"], session["payment_status"], session["payment_intent"]) == ("open", "unpaid", None)
    assert session["url"] == f"http://sim.test/c/pay/{session['id']}"
    assert session["expires_at"] == session["created"] + 24 * HOUR
    assert session["amount_total"] == 49900


def test_a_paid_session_is_complete_and_has_no_page(sim: Harness) -> None:
    session = sim.open(**{"payment_intent_data[metadata][attempt_id]": "att_1", "metadata[shop]": "7"})
    sim.act("pay")
    after = sim.session(session)
    assert (after["status"], after["payment_status"], after["url"]) == ("complete", "paid", None)
    assert after["payment_intent"]["metadata"] == {"attempt_id": "att_1"}  # The session's own metadata is not copied.
    assert sim.act("pay").status_code == 409
    assert len(sim.ledger()["captures"]) == 1


def test_a_session_whose_money_is_authorized_is_complete_and_unpaid(sim: Harness) -> None:
    session = sim.open(**{"payment_intent_data[capture_method]": "manual"})
    sim.act("pay")
    after = sim.session(session)
    assert (after["status"], after["payment_status"]) == ("complete", "unpaid")
    assert after["payment_intent"]["status"] == "requires_capture"
    sim.post(f"payment_intents/{after['payment_intent']['id']}/capture")
    assert sim.session(session)["payment_status"] == "paid"


@pytest.mark.parametrize("act", ["decline", "fail_one_try"])
def test_a_declined_payer_may_try_again(sim: Harness, act: str) -> None:
    session = sim.open()
    sim.act(act)
    after = sim.session(session)
    assert (after["status"], after["payment_intent"]["status"]) == ("open", "requires_payment_method")
    sim.act("pay")
    assert sim.session(session)["status"] == "complete"


@pytest.mark.parametrize("act", ["", "abandon", "decline"])
def test_a_session_expires_by_its_clock(sim: Harness, act: str) -> None:
    session = sim.open(expires_at=int(sim.clock.now()) + HOUR)
    if act:
        sim.act(act)
    sim.wait(HOUR - 1)
    assert sim.session(session)["status"] == "open"
    sim.wait(1)
    assert sim.session(session)["status"] == "expired"
    assert sim.act("pay").status_code == 409
    assert sim.ledger()["orders"][0]["state"] == "expired"


def test_a_session_is_expired_by_the_merchant_once(sim: Harness) -> None:
    session = sim.open()
    assert sim.post(f"checkout/sessions/{session['id']}/expire")["status"] == "expired"
    error = sim.refused(f"checkout/sessions/{session['id']}/expire")
    assert (error["http"], "status of `expired`" in error["message"]) == (400, True)
    assert sim.ledger()["orders"][0]["state"] == "cancelled"


def test_a_session_with_a_payment_under_way_cannot_be_expired(sim: Harness) -> None:
    session = sim.open(expires_at=int(sim.clock.now()) + HOUR)
    sim.act("wait")
    assert sim.refused(f"checkout/sessions/{session['id']}/expire")["http"] == 400
    sim.wait(HOUR + 1)
    after = sim.session(session)
    assert (after["status"], after["payment_status"]) == ("complete", "unpaid")
    assert after["payment_intent"]["status"] == "processing"


def test_an_intent_of_a_session_is_cancelled_only_while_it_holds_money(sim: Harness) -> None:
    session = sim.open(**{"payment_intent_data[capture_method]": "manual"})
    sim.act("decline")
    intent = sim.session(session)["payment_intent"]["id"]
    assert sim.refused(f"payment_intents/{intent}/cancel")["code"] == "payment_intent_unexpected_state"
    sim.act("pay")
    assert sim.post(f"payment_intents/{intent}/cancel")["status"] == "canceled"


@pytest.mark.parametrize("way", ["by the merchant", "by the clock", "after it"])
def test_a_late_success_comes_after_the_end(sim: Harness, way: str) -> None:
    session = sim.open(expires_at=int(sim.clock.now()) + HOUR)
    if way != "after it":
        sim.fault("late_success", "pay")
    if way == "by the merchant":
        sim.post(f"checkout/sessions/{session['id']}/expire")
    else:
        sim.wait(HOUR)
    assert sim.session(session)["status"] == "expired"
    if way == "after it":
        sim.fault("late_success", "pay")
        sim.act("pay").raise_for_status()
    sim.wait(30)
    after = sim.session(session)
    assert (after["status"], after["payment_intent"]["status"]) == ("complete", "succeeded")


BAD: list[tuple[dict[str, Any], str]] = [
    ({"mode": "subscription"}, "mode"),
    ({"mode": "gift"}, "mode"),
    ({"ui_mode": "hosted"}, "ui_mode"),
    ({"success_url": ""}, "success_url"),
    ({"payment_method_types[0]": "card"}, "payment_method_types"),
    ({"client_reference_id": "x" * 201}, "client_reference_id"),
    ({"line_items[0][price_data][unit_amount]": "0"}, "line_items"),
    ({"line_items[0][price_data][unit_amount]": "9.99"}, "line_items[0][price_data][unit_amount]"),
    ({"line_items[0][price_data][product_data][name]": ""}, "line_items[0][price_data][product_data][name]"),
    ({"payment_intent_data[confirm]": "true"}, "payment_intent_data[confirm]"),
]


@pytest.mark.parametrize(("change", "param"), BAD, ids=str)
def test_a_bad_session_is_refused(sim: Harness, change: dict[str, Any], param: str) -> None:
    error = sim.refused("checkout/sessions", **session_fields(**change))
    assert (error["http"], error["param"]) == (400, param)
    assert sim.ledger()["orders"] == []


@pytest.mark.parametrize(("ahead", "is_good"), [(1799, False), (1800, True), (24 * HOUR, True), (24 * HOUR + 1, False)])
def test_a_session_lives_from_half_an_hour_to_a_day(sim: Harness, ahead: int, is_good: bool) -> None:
    answer = sim.post_call("checkout/sessions", **session_fields(expires_at=int(sim.clock.now()) + ahead))
    assert (answer.status_code == 200) is is_good


def test_sessions_are_found_by_when_they_were_made(sim: Harness) -> None:
    first = sim.open()
    sim.wait(100)
    second = sim.open("att_2")
    at = second["created"]
    found = sim.get("checkout/sessions", **{"created[gte]": at - 10, "created[lte]": at})
    assert [each["id"] for each in found["data"]] == [second["id"]]
    assert [each["id"] for each in sim.get("checkout/sessions")["data"]] == [second["id"], first["id"]]
