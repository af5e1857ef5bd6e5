"""Days that pass at once, on the real template."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.e2e.shop import Shop, until


def timeline(shop: Shop, payment_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = shop.ask("GET", f"/v1/payments/{payment_id}/events").json()["data"]
    return events


def instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_an_order_that_no_one_pays_ends_minutes_after_its_expiry_though_days_pass(shop: Shop) -> None:
    payment = shop.initiate()
    shop.advance(days=2)
    ended = shop.payment(payment["payment_id"])
    last = timeline(shop, payment["payment_id"])[-1]
    assert (ended["status"], last["kind"]) == ("expired", "attempt.expired")
    assert 0 < instant(last["at"]) - instant(ended["expires_at"]) < 900


def test_a_debit_of_four_days_is_waited_for_and_is_not_late(shop: Shop) -> None:
    payment = shop.initiate()
    shop.payer(payment, "wait")
    moved = shop.advance(days=4)
    assert instant(moved["to"]) - instant(moved["from"]) >= 4 * 86_400
    seen = shop.payment(payment["payment_id"])
    assert (seen["status"], seen["in_progress"]) == ("pending", True)
    order = payment["attempts"][0]["attempt_id"]
    shop.stack.call("POST", f"{shop.stack.sim_url}/_sim/pending/{order}", {"act": "complete"})
    done = shop.ends(payment["payment_id"], "completed")
    assert not done["late"]
    reported = timeline(shop, payment["payment_id"])
    assert [event["kind"] for event in reported][-2:] == ["attempt.in_progress", "attempt.completed"]
    (capture,) = [capture for capture in shop.ledger()["captures"] if capture["order"] == order]
    assert abs(instant(reported[-1]["at"]) - capture["at"]) < 600  # Twenty times faster than real time.


def test_a_month_without_anything_due_is_a_sweep_and_a_report_a_day(shop: Shop) -> None:
    until(lambda: shop.advance(days=1), lambda moved: moved["sweeps"] <= 3)
    moved = shop.advance(days=31)
    assert moved["runs"]["EveryFiveMinutes"] == 31
    assert shop.initiate()["status"] == "pending"
