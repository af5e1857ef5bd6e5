"""The support guide against the running system: each state is brought about, and its row is the first that fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from payments.domain.records.dispute import DisputeStatus
from payments.domain.values.status import FailureCode
from tests.e2e.commands import SUPPORT, check
from tests.e2e.drills import Drill
from tests.e2e.pages import sections
from tests.e2e.shop import Shop, until

Payment = dict[str, Any]
PAYMENTS = "What to tell the payer about a payment"
REFUNDS = "What to tell the payer about a refund"


def rows(section: str) -> list[str]:
    """The first cell of each row."""
    cells = re.findall(r"^\| (.+?) \| .+ \|$", sections(SUPPORT)[section], re.MULTILINE)
    return [cell for cell in cells if "`" in cell and not cell.endswith("code`") and cell != "`status`"]


def value_at(payment: Payment, path: str) -> Any:
    for name in path.split("."):
        payment = payment[name]
    return payment


def fits(row: str, payment: Payment) -> bool:
    return all(holds(condition, payment) for condition in row.split(", "))


def holds(condition: str, payment: Payment) -> bool:
    read = re.fullmatch(r"`([\w.]+)` (?:`(\w+)`|(set|true|above 0))", condition)
    assert read, condition
    value, code = value_at(payment, read[1]), read[3]
    if code:
        return {"set": value is not None, "true": value is True, "above 0": value > 0 if code == "above 0" else False}[
            code
        ]
    return bool(value == read[2])


def row_of(payment: Payment) -> str:
    return next(row for row in rows(PAYMENTS) if fits(row, payment))


States = Callable[[Drill], Iterator[Payment]]
STATES: dict[str, Callable[[Drill], Any]] = {}


def state(row: str) -> Callable[[States], States]:
    def keep(reach: States) -> States:
        STATES[row] = contextmanager(reach)
        return reach

    return keep


@state("`review` set")
def _reviewed(drill: Drill) -> Iterator[Payment]:
    with drill.fault("wrong_amount", "status"):
        yield {"payment_id": drill.case().partition(":")[2]}


@state("`replaced_by` set")
def _replaced(drill: Drill) -> Iterator[Payment]:
    payment = ended(drill, drill.initiate(), "decline", "failed")
    order = drill.order(amount=50000) | {"merchant_order_id": payment["merchant_order_id"]}
    assert drill.ask("POST", "/v1/payments", order, key=f"other-{payment['payment_id']}").http_status == 201
    yield payment


def disputed(drill: Drill, act: str) -> Payment:
    payment = drill.paid()
    wanted = {"order": payment["attempts"][0]["attempt_id"], "amount": payment["amount"]}
    ref = drill.shop.control(drill.gateway, "/disputes", wanted)["dispute"]
    until(lambda: drill.payment(payment), lambda seen: seen["dispute_status"] == "open")
    if act:
        drill.shop.control(drill.gateway, f"/disputes/{ref}", {"act": act})
        until(lambda: drill.payment(payment), lambda seen: seen["dispute_status"] != "open")
    return payment


@state("`dispute_status` `open`")
def _disputed(drill: Drill) -> Iterator[Payment]:
    yield disputed(drill, "")


@state("`dispute_status` `lost`")
def _lost(drill: Drill) -> Iterator[Payment]:
    yield disputed(drill, "lose")


@state("`refund_status` `full`")
def _refunded(drill: Drill) -> Iterator[Payment]:
    payment = drill.paid()
    drill.refunded(payment, "completed")
    yield payment


@state("`refund_status` `partial`")
def _partly(drill: Drill) -> Iterator[Payment]:
    payment = drill.paid()
    order = payment["attempts"][0]["attempt_id"]
    drill.shop.control(drill.gateway, "/dashboard_refunds", {"order": order, "amount": 1000})
    drill.reported(payment, "refund.imported")
    yield payment


@state("`amount_reserved` above 0")
def _refunding(drill: Drill) -> Iterator[Payment]:
    payment = drill.paid()
    with drill.fault("error_before", "refund_status"):
        drill.refund(payment)
        yield payment


@state("`status` `completed`, `late` true")
def _late(drill: Drill) -> Iterator[Payment]:
    payment = drill.initiate(expires_in_s=300)
    drill.shop.fault("late_success", "pay", gateway=drill.gateway)
    drill.shop.payer(payment, "pay")
    drill.shop.advance(minutes=4)  # The expiry passes by itself: it must be seen before the late money is.
    drill.reported(payment, "attempt.completed")
    yield payment


@state("`status` `completed`")
def _paid(drill: Drill) -> Iterator[Payment]:
    yield drill.paid()


@state("`status` `authorized`")
def _authorized(drill: Drill) -> Iterator[Payment]:
    stripe = Drill(drill.shop, "stripe")
    yield stripe.initiate(payment_method="pm_card_visa", capture="manual")


@state("`status` `pending`, `in_progress` true")
def _under_way(drill: Drill) -> Iterator[Payment]:
    payment = drill.initiate(expires_in_s=300)
    drill.shop.payer(payment, "wait")
    drill.shop.advance(minutes=6)
    drill.reported(payment, "attempt.in_progress")
    yield payment


@state("`status` `pending`, `next_action.type` `redirect`")
def _pending(drill: Drill) -> Iterator[Payment]:
    yield drill.initiate()


@state("`status` `pending`")
def _unknown(drill: Drill) -> Iterator[Payment]:
    with drill.fault("lose_answer", "pay"):
        yield drill.initiate_badly()


@state("`status` `created`")
def _created(drill: Drill) -> Iterator[Payment]:
    with drill.fault("unauthorized", "*"):
        yield drill.initiate_badly()


@state("`status` `failed`")
def _failed(drill: Drill) -> Iterator[Payment]:
    yield ended(drill, drill.initiate(), "decline", "failed")


@state("`status` `cancelled`")
def _cancelled(drill: Drill) -> Iterator[Payment]:
    stripe = Drill(drill.shop, "stripe")
    payment = stripe.initiate()
    assert stripe.ask("POST", f"/v1/payments/{payment['payment_id']}/cancel", {}).http_status == 200
    yield payment


@state("`status` `expired`")
def _expired(drill: Drill) -> Iterator[Payment]:
    payment = drill.initiate(expires_in_s=300)
    drill.shop.payer(payment, "abandon")
    drill.shop.advance(minutes=6)
    yield until(lambda: drill.payment(payment), lambda seen: seen["status"] == "expired")


def ended(drill: Drill, payment: Payment, act: str, status: str) -> Payment:
    drill.shop.payer(payment, act)
    done: Payment = until(lambda: drill.payment(payment), lambda seen: seen["status"] == status)
    return done


@pytest.mark.parametrize("row", rows(PAYMENTS))
def test_the_row_of_each_state_is_the_first_that_fits(shop: Shop, row: str) -> None:
    with STATES[row](Drill(shop, "phonepe")) as reached:
        where = "ws_us" if row in ("`status` `authorized`", "`status` `cancelled`") else "ws_demo"
        path = f"/v1/payments/{reached['payment_id']}"
        if row not in ("`status` `created`", "`status` `pending`"):
            shop.ask("POST", f"{path}/refresh", sub="support", workspace=where)
        seen = shop.ask("GET", path, sub="support", workspace=where)
    assert seen.http_status == 200, seen.body
    assert row_of(seen.json()) == row


def test_the_states_are_those_of_the_guide() -> None:
    assert set(STATES) == set(rows(PAYMENTS))


def words(section: str) -> set[str]:
    return {code for row in rows(section) for code in re.findall(r"`([\w.]+)`", row)}


def test_every_reason_and_every_state_of_a_dispute_has_its_sentence() -> None:
    assert words("Why a payment failed") == set(FailureCode)
    assert words("What to tell the payer about a dispute") == set(DisputeStatus)


def test_every_event_of_a_refund_has_its_sentence() -> None:
    kinds = set(re.findall(r"`(refund\.\w+)`", (SUPPORT.parent / "metrics.md").read_text()))
    assert words(REFUNDS) == kinds - {"refund.unsynced", "refund.open_long"}  # Log lines, no events.


def test_no_sentence_to_a_payer_has_a_term_of_ours() -> None:
    for section in (PAYMENTS, "Why a payment failed", REFUNDS, "What to tell the payer about a dispute"):
        reported = re.findall(r"^\| .*?` (?:set |true |above 0 )?\| (.+?) \|", sections(SUPPORT)[section], re.MULTILINE)
        assert reported
        assert [sentence for sentence in reported if "`" in sentence or not sentence.endswith((".", "?"))] in (
            [],
            ["tell the payer"],
        )


def test_support_reads_and_moves_no_money(shop: Shop) -> None:
    payment = Drill(shop, "phonepe").paid()
    path = f"/v1/payments/{payment['payment_id']}"
    read = (path, f"{path}/events", f"{path}/disputes", "/v1/disputes")
    assert [shop.ask("GET", each, sub="support").http_status for each in read] == [200] * len(read)
    assert shop.ask("POST", f"{path}/refresh", sub="support").http_status == 200
    moves = (f"{path}/refunds", f"{path}/cancel", "/v1/reconciliations")
    for each in moves:
        refused = shop.ask("POST", each, {}, sub="support", key=f"no-{payment['payment_id']}")
        assert (refused.http_status, refused.json()["error"]["code"]) == (403, "forbidden_role")
    assert shop.ask("GET", "/v1/cases", sub="support").http_status == 403


def test_a_second_debit_of_an_order_goes_back_by_itself(shop: Shop) -> None:
    drill = Drill(shop, "phonepe")
    payment = drill.initiate(expires_in_s=300)
    shop.fault("late_success", "pay")
    shop.payer(payment, "pay")
    shop.advance(minutes=3)  # Before the expiry: the retry comes in the half minute between it and the late money.
    until(lambda: drill.payment(payment), lambda seen: seen["status"] == "expired")
    again = drill.ask("POST", f"/v1/payments/{payment['payment_id']}/retry", {}, key=f"again-{payment['payment_id']}")
    assert again.http_status == 201, again.body
    shop.payer(again.json(), "pay")
    reported = f"/v1/payments/{payment['payment_id']}/events"
    until(
        lambda: [each for each in drill.ask("GET", reported).json()["data"] if each["kind"] == "refund.created"],
        lambda found: [each["actor"] for each in found] == ["system"],
    )


def test_the_commands_of_the_guide_show_their_lines(shop: Shop, tmp_path: Any) -> None:
    drill = Drill(shop, "phonepe")
    payment = drill.paid()
    found = {"PAYMENT_ID": payment["payment_id"], "ORDER": payment["merchant_order_id"]}
    check(drill, SUPPORT, "Look it up", found | {"TOKEN": shop.stack.token("support")}, tmp_path)
