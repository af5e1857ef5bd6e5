"""Disputes: inquiries, chargebacks, evidence, decisions, and the movements of the money."""

from __future__ import annotations

from typing import Any

import pytest

from simulator_tests.stripe.harness import Harness

DAY = 86400.0


def open_dispute(sim: Harness, phase: str = "chargeback", amount: int = 49900, **more: Any) -> str:
    answer = sim.control("disputes", order="att_1", amount=amount, phase=phase, **more)
    assert answer.status_code == 200, answer.text
    ref: str = answer.json()["dispute"]
    return ref


def ended(sim: Harness, ref: str, act: str) -> dict[str, Any]:
    answer = sim.control(f"disputes/{ref}", act=act)
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


def words(sim: Harness) -> list[str]:
    return [code.removeprefix("charge.dispute.") for code in sim.events if code.startswith("charge.dispute")]


def test_a_chargeback_takes_the_money_at_once_and_a_win_brings_it_back(sim: Harness) -> None:
    sim.charge()
    ref = open_dispute(sim, amount=10000, respond_in_s=3600)
    shown = sim.get(f"disputes/{ref}")
    assert (shown["status"], shown["amount"], shown["is_charge_refundable"]) == ("needs_response", 10000, False)
    assert shown["evidence_details"]["due_by"] == int(sim.clock.now()) + 3600
    assert [move["amount"] for move in shown["balance_transactions"]] == [-10000]
    assert ended(sim, ref, "win") == {
        "dispute": ref, "order": "att_1", "phase": "chargeback", "state": "won", "money": "returned",
    }  # fmt: skip
    assert [move["amount"] for move in sim.get(f"disputes/{ref}")["balance_transactions"]] == [-10000, 10000]
    assert words(sim) == ["created", "funds_withdrawn", "closed", "funds_reinstated"]


def test_an_inquiry_takes_nothing_and_a_full_refund_closes_it(sim: Harness) -> None:
    intent = sim.charge()
    ref = open_dispute(sim, "inquiry")
    sim.post("refunds", payment_intent=intent["id"], amount=10000)
    assert sim.get(f"disputes/{ref}")["status"] == "warning_needs_response"
    sim.post("refunds", payment_intent=intent["id"])
    assert sim.get(f"disputes/{ref}")["status"] == "warning_closed"
    assert sim.ledger()["disputes"][0]["money"] == "none"
    assert words(sim) == ["created", "closed"]


def test_an_inquiry_that_goes_on_is_a_chargeback(sim: Harness) -> None:
    sim.charge()
    ref = open_dispute(sim, "inquiry")
    assert sim.control(f"disputes/{ref}", act="lose").status_code == 409
    after = ended(sim, ref, "reopen")
    assert (after["phase"], after["state"], after["money"]) == ("chargeback", "open", "debited")


def test_what_was_lost_may_be_appealed_once(sim: Harness) -> None:
    sim.charge()
    ref = open_dispute(sim)
    assert sim.control(f"disputes/{ref}", act="reopen").status_code == 409
    ended(sim, ref, "lose")
    assert ended(sim, ref, "reopen")["phase"] == "pre_arbitration"
    assert sim.get(f"disputes/{ref}")["status"] == "appeal_needs_response"
    after = ended(sim, ref, "win")
    assert (after["phase"], after["state"], after["money"]) == ("pre_arbitration", "won", "returned")
    assert sim.get(f"disputes/{ref}")["evidence"]["appeal"]
    assert sim.control(f"disputes/{ref}", act="reopen").status_code == 409


def test_a_chargeback_that_no_one_answers_is_lost_when_its_time_is_over(sim: Harness) -> None:
    sim.charge("pm_card_createDispute")
    sim.wait(7 * DAY)
    assert sim.ledger()["disputes"][0]["state"] == "lost"


@pytest.mark.parametrize(
    ("phase", "evidence", "status"),
    [
        ("chargeback", "winning_evidence", "won"),
        ("chargeback", "losing_evidence", "lost"),
        ("chargeback", "something else", "under_review"),
        ("inquiry", "winning_evidence", "warning_closed"),
        ("inquiry", "escalate_inquiry_evidence", "needs_response"),
    ],
)
def test_evidence_is_reviewed_and_a_magic_text_decides(sim: Harness, phase: str, evidence: str, status: str) -> None:
    sim.charge()
    ref = open_dispute(sim, phase)
    given = {"evidence[uncategorized_text]": evidence}
    assert sim.post(f"disputes/{ref}", submit="false", **given)["status"].endswith("needs_response")
    assert sim.post(f"disputes/{ref}", **given)["status"].endswith("under_review")
    sim.wait(5)
    assert sim.get(f"disputes/{ref}")["status"] == status


def test_a_dispute_is_accepted_once_and_an_inquiry_is_not(sim: Harness) -> None:
    sim.charge()
    ref = open_dispute(sim)
    assert sim.post(f"disputes/{ref}/close")["status"] == "lost"
    assert sim.refused(f"disputes/{ref}/close")["http"] == 400
    assert sim.refused(f"disputes/{ref}", **{"evidence[uncategorized_text]": "late"})["http"] == 400
    assert sim.refused(f"disputes/{open_dispute(sim, 'inquiry')}/close")["http"] == 400
    assert sim.refused("disputes/du_nobody/close")["http"] == 404


@pytest.mark.parametrize(("act", "http"), [("win", 200), ("lose", 400)])
def test_a_payment_in_a_chargeback_is_refunded_only_after_a_win(sim: Harness, act: str, http: int) -> None:
    intent = sim.charge()["id"]
    ref = open_dispute(sim, amount=100)
    assert sim.refused("refunds", payment_intent=intent)["code"] == "charge_disputed"
    ended(sim, ref, act)
    assert sim.post_call("refunds", payment_intent=intent).status_code == http


@pytest.mark.parametrize(("amount", "phase"), [(49901, "chargeback"), (49900, "arbitration")])
def test_no_dispute_is_about_more_than_was_captured_or_begins_late(sim: Harness, amount: int, phase: str) -> None:
    sim.charge()
    assert sim.control("disputes", order="att_1", amount=amount, phase=phase).status_code == 409


def test_disputes_are_listed_by_payment_and_time(sim: Harness) -> None:
    intent = sim.charge()["id"]
    ref = open_dispute(sim)
    at = int(sim.clock.now())
    assert [each["id"] for each in sim.get("disputes", payment_intent=intent)["data"]] == [ref]
    assert sim.get("disputes", **{"created[gte]": at + 1})["data"] == []
    expanded = sim.get("disputes", **{"expand[]": "data.payment_intent"})["data"]
    assert expanded[0]["payment_intent"]["metadata"] == {"attempt_id": "att_1"}
