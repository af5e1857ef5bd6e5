"""A day on which one deployment handles everything that contains private data."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from payments.domain.values.checkout_tokens import return_token
from payments.store.contract.errors import StoreUnavailable
from tests.api.driver import GOOD_ORDER
from tests.api.test_webhook import PROOF
from tests.security.walls.canaries import CARDS, REQUESTED, TEXTS, WORDS
from tests.security.walls.day import NO_PERSONAL_DATA, ORDER, TOKEN_LIFE_S, Day, Failing, Seen, a_day
from tests.security.walls.estate import DEPLOYMENT
from tests.security.walls.gossip import FAILURES, PRIVATE
from tests.security.walls.matrix import ROWS
from tests.world import SECRET


def pay_and_read(day: Day) -> None:
    payment = day.paid()
    pid, attempt_id = payment["payment_id"], payment["attempts"][0]["attempt_id"]
    day.made |= {
        "checkout token": payment["checkout_token"],
        "return token": return_token(payment["checkout_token"], "ws_demo"),
        "checkout address": payment["next_action"]["url"],
        "webhook proof": PROOF,
    }
    day.poll(payment)
    day.webhook(webhook_body(attempt_id))
    day.call("POST", f"/v1/payments/{pid}/refresh")
    bearer = {"authorization": f"Bearer {day.made['checkout token']}"}
    day.call("GET", f"/v1/checkouts/{pid}", sub=None, tenant=None, headers=bearer)
    day.call("GET", f"/v1/checkouts/{pid}/return?rt={day.made['return token']}", sub=None, tenant=None)
    day.call("POST", "/v1/payments", ORDER | {"merchant_order_id": f"{WORDS['order'].value}-1"}, key="k1")
    day.call("POST", "/v1/payments", ORDER | {"merchant_order_id": f"{WORDS['order'].value}-1"}, key="other")
    day.call("POST", "/v1/payments", ORDER, key="k1")
    refund = {"amount": 100, "reason_text": WORDS["refund reason"].value}
    day.call("POST", f"/v1/payments/{pid}/refunds", refund, key="refund")
    day.call("POST", f"/v1/payments/{pid}/refunds", refund, key=REQUESTED["idempotency key"].value)


def decline_and_retry(day: Day) -> None:
    payment = day.paid("decline")
    day.call("POST", f"/v1/payments/{payment['payment_id']}/refresh")
    day.call("POST", f"/v1/payments/{payment['payment_id']}/retry", {}, key="retry")
    day.call("POST", f"/v1/payments/{payment['payment_id']}/retry", {"x": "y"}, key="retry")


def contradict_and_decide(day: Day) -> None:
    """One case that one person may decide, and one that needs a second person, who refuses."""
    for amount in (49900, 6_000_000):
        day.edge.world.fault("wrong_amount", "pay", 1)
        payment = day.paid(amount=amount)
        day.call("POST", f"/v1/payments/{payment['payment_id']}/refresh")
        decide_all(day, {"outcome": "refunded_outside", "reference": WORDS["reference"].value})
    for approval in day.call("GET", "/v1/approvals").json["data"]:
        path, body = f"/v1/approvals/{approval['approval_id']}", {"note": WORDS["decision note"].value}
        day.call("POST", f"{path}/approve", body)
        day.call("POST", f"{path}/refuse", body, sub="finance2")


def decide_all(day: Day, decision: dict[str, Any], **more: Any) -> None:
    for case in day.call("GET", "/v1/cases", **more).json["data"]:
        body = {"note": WORDS["decision note"].value, **decision}
        day.call("POST", f"/v1/cases/{case['case_id']}/decision", body, **more)


def dispute_and_accept(day: Day) -> None:
    """A refund during it is refused and then forced; a card number is not accepted as a reason."""
    payment, world = day.paid(**NO_PERSONAL_DATA), day.edge.world
    order, path = payment["attempts"][0]["attempt_id"], f"/v1/payments/{payment['payment_id']}"
    day.call("POST", f"{path}/refresh")
    ref = world.admin("POST", "/_sim/disputes", {"order": order, "amount": 100})["dispute"]
    day.webhook({**PRIVATE, "event": "payment.dispute.created", "payload": {**PRIVATE, "disputeId": ref}})
    forced = {"amount": 100, "force": True, "reason_text": WORDS["refund reason"].value}
    for number, body in enumerate(({"amount": 100}, forced)):
        day.call("POST", f"{path}/refunds", body, key=f"dispute-{number}")
    for dispute in day.call("GET", f"{path}/disputes").json["data"]:
        for reason in (next(iter(CARDS.values())).value, WORDS["reason to accept"].value):
            day.call("POST", f"/v1/disputes/{dispute['dispute_id']}/accept", {"reason": reason})
    day.call("GET", f"{path}/events")
    day.run(day.edge.dispute_lists, {"job": "disputes"})


def fail_in_every_way(day: Day) -> None:
    """Each operation of the gateway fails in each way, whoever calls it."""
    for failure in FAILURES:
        settled = day.paid(**NO_PERSONAL_DATA)["payment_id"]
        day.call("POST", f"/v1/payments/{settled}/refresh")
        for path, ask in asks(day, settled, day.initiate(**NO_PERSONAL_DATA).json).items():
            day.edge.world.clock.sleep(TOKEN_LIFE_S if path == "/oauth/token" else 0)
            is_renewed = failure == "unauthorized" and path != "/oauth/token"
            day.gossip.will(path, failure, 2 if is_renewed else 1)
            ask()
            assert day.gossip.forgive() == 0, (failure, path)


def asks(day: Day, settled_id: str, still_open: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Callers, by a part of the path that they call at the gateway."""
    payment_id, attempt_id = still_open["payment_id"], still_open["attempts"][0]["attempt_id"]
    bearer, refund = return_token(still_open["checkout_token"], "ws_demo"), f"/v1/payments/{settled_id}/refunds"
    return {
        "/checkout/v2/pay": lambda: day.initiate(**NO_PERSONAL_DATA),
        "/payments/v2/refund": lambda: day.call("POST", refund, {"amount": 100}, key=settled_id),
        f"{attempt_id}/status": lambda: day.call("POST", f"/v1/payments/{payment_id}/refresh"),
        "/status": lambda: day.webhook(webhook_body(attempt_id)),
        "order/att": lambda: day.poll(still_open),
        "v2/order": lambda: day.call("GET", f"/v1/checkouts/{payment_id}/return?rt={bearer}", sub=None),
        "/oauth/token": lambda: day.call("POST", f"/v1/payments/{payment_id}/refresh"),
    }


def webhook_body(subject_id: str, event: str = "checkout.order.completed") -> dict[str, Any]:
    payload = {**PRIVATE, "merchantOrderId": subject_id, "state": "COMPLETED", "paymentDetails": [PRIVATE]}
    return {**PRIVATE, "event": event, "payload": payload}


def listen_to_strangers(day: Day) -> None:
    day.webhook(webhook_body("att_00000000000000000000000000"))
    day.webhook(webhook_body("att_00000000000000000000000000", "pg.refund.completed"))
    day.webhook(webhook_body("x", "subscription.paused"))
    day.webhook(PRIVATE)
    day.webhook(json.dumps(PRIVATE).encode()[:-5])
    for proof in (SECRET["webhook_logins"][0], SECRET["webhook_secrets"][0], f"Basic {REQUESTED['wrong token'].value}"):
        day.webhook(webhook_body("att_1"), proof)
    day.webhook(webhook_body("att_1"), path=f"/v1/webhooks/{REQUESTED['gateway in the path'].value}")


def ask_wrongly(day: Day) -> None:
    """Every route with private data in each part of a request."""
    values = {name: canary.value for name, canary in REQUESTED.items()}
    for row in ROWS:
        path = row.path.replace("{gateway}", "phonepe").replace("{account}", "main")
        whole = path.replace("{", "").replace("}", "")
        day.call(row.method, path.split("{")[0] + values["path"] + path.partition("}")[2], row.body, key="w")
        day.call(row.method, f"{whole}?{values['field name']}={values['query']}", row.body, key="w")
        day.call(row.method, whole, row.body, key=values["idempotency key"])
        day.call(row.method, whole, row.body, key="w", tenant=values["workspace header"])
        day.call(
            row.method, whole, row.body, key="w", sub=None, headers={"authorization": f"Bearer {values['wrong token']}"}
        )
        if row.body is not None:
            day.call(row.method, whole, key="w", raw=b"{}", headers={"content-type": values["content type"]})
            day.call(row.method, whole, key="w", raw=f'{{"a": {values["broken body"]}'.encode())
            day.call(row.method, whole, {**row.body, values["field name"]: values["field value"]}, key="w")
            for name in row.body:
                day.call(row.method, whole, {**row.body, name: values["field value"]}, key="w")


def show_cards(day: Day) -> None:
    for name, canary in CARDS.items():
        field_name = "cvv" if name == "cvv" else "note"
        for row in ROWS:
            whole = row.path.replace("{", "").replace("}", "")
            day.call(row.method, whole, {**(row.body or {}), field_name: canary.value}, key="c")
        for path in (f"/v1/payments?merchant_order_id={canary.value}", f"/v1/refunds/{canary.value}"):
            day.call("GET", path.replace(" ", "%20").replace("^", "%5E"))
        day.call("GET", "/v1/payments", tenant=canary.value)
        day.call("POST", "/v1/payments", GOOD_ORDER, key=canary.value)
        if name != "cvv":  # A word that cannot be told from a request's id.
            day.call("GET", "/v1/payments", headers={"x-request-id": canary.value})


def break_down(day: Day) -> None:
    """The store, the settings and the events of jobs, with private data in their errors or contents."""
    whole, payment = day.edge.ports, day.initiate().json
    for error in (
        StoreUnavailable(TEXTS["store"].value),
        RuntimeError(TEXTS["runtime"].value),
        KeyError(TEXTS["runtime"].value),
        ValueError(TEXTS["store"].value),
    ):
        day.sent.append(repr(error))
        day.edge.use(replace(whole, store=Failing(error)))
        for row in ROWS:
            day.call(row.method, row.path.replace("{", "").replace("}", ""), row.body, key="b")
        day.webhook(webhook_body("att_00000000000000000000000000"))
        day.poll(payment)
        day.run(day.edge.sweep, {"job": "sweep"})
    day.edge.use(whole)
    day.run(day.edge.reports, {"job": TEXTS["event"].value})
    day.poll(payment, workspace_id=TEXTS["event"].value)
    day.poll(payment, sent_at=TEXTS["event"].value)


def count_back(day: Day) -> None:
    """Time passes, the schedules run, and everything is read."""
    for seconds in (60, 90_000):
        day.edge.world.advance(seconds)
        day.run(day.edge.sweep, {"job": "sweep"})
    day.run(day.edge.reports, {"job": "report"})
    day.call("POST", "/v1/reconciliations", {"dry_run": False})
    newest = day.call("GET", "/v1/payments?limit=5").json["data"]
    for payment in newest:
        for path in ("", "/events", "/refunds"):
            day.call("GET", f"/v1/payments/{payment['payment_id']}{path}")
    for path in ("/v1/reconciliations", "/v1/cases", "/v1/approvals", "/v1/disputes", "/v1/health"):
        day.call("GET", path)
    decide_all(day, {"outcome": "not_ours"}, tenant=DEPLOYMENT)


HOURS = (
    pay_and_read, show_cards, ask_wrongly, break_down, decline_and_retry, contradict_and_decide, dispute_and_accept,
    listen_to_strangers, fail_in_every_way, count_back,
)  # fmt: skip


def live_through() -> Seen:
    with a_day() as (day, collected):
        for hour in HOURS:
            hour(day)
        return collected()
