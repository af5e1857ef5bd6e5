"""/_sim: the controls, the same for every gateway. Tests use them, and whoever plays the payer by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from gateway_simulators.kit.faults import SECONDS_MAX, UnknownFaultError
from gateway_simulators.kit.gateway import (
    DISPUTE_ACTS,
    PHASES,
    ClosedError,
    GatewayApp,
    GatewayModel,
    GatewayRefusal,
    NotOfferedError,
    UnknownError,
)
from gateway_simulators.kit.http import AdminError, View, admin_body, json_answer

ACTS = ("pay", "decline", "fail_one_try", "wait", "abandon")
REFUND_ACTS = ("complete", "fail", "return")
PENDING_ACTS = ("complete", "deny")
_DAY_S = 86_400.0
_FOREIGN_MAX, _FOREIGN_OVER_S = 10_000, 600
_ORDER = "the attempt's id"
_REASON = "the gateway's code, its usual one if absent"


class Controls:
    """The routes under /_sim of one app. `app` is used only while a request is served. A subclass may accept more
    acts.
    """

    act_fields: ClassVar[dict[str, str]] = {"act": " | ".join(ACTS), "after_s": "seconds from now, 0 if absent"}

    def __init__(self, app: GatewayApp) -> None:
        self._app = app

    @property
    def _model(self) -> GatewayModel:
        return self._app.model

    def routes(self) -> list[tuple[str, str, View]]:
        return [
            ("POST", "/_sim/orders/<order_id>", self.act),
            ("POST", "/_sim/refunds/<refund_id>", self.end_refund),
            ("POST", "/_sim/pending/<order_id>", self.end_pending),
            ("POST", "/_sim/dashboard_refunds", self.refund_by_hand),
            ("POST", "/_sim/reversals", self.reverse),
            ("POST", "/_sim/disputes", self.open_dispute),
            ("POST", "/_sim/disputes/<ref>", self.end_dispute),
            ("POST", "/_sim/foreign", self.add_foreign),
            ("POST", "/_sim/webhooks", self.send_again),
            ("POST", "/_sim/pump", self.pump),
            ("POST", "/_sim/faults", self.arm),
            ("GET", "/_sim/faults", self.list_faults),
            ("DELETE", "/_sim/faults", self.clear_faults),
            ("GET", "/_sim/ledger", self.ledger),
            ("POST", "/_sim/reset", self.reset),
        ]

    def act(self, request: Request, order_id: str) -> Response:
        body = admin_body(request, self.act_fields)
        act, after_seconds = self.read_act(body), number(body, "after_s")

        def now() -> Response:
            state = self.order_state(order_id)
            if after_seconds:
                self._model.timers.after(after_seconds, lambda: _ignore_closed(lambda: act(order_id)))
            else:
                act(order_id)
                state = self.order_state(order_id)
            return json_answer({"order": order_id, "state": state})

        return self.run(now)

    def read_act(self, body: dict[str, Any]) -> Callable[[str], None]:
        """Read the act from the body; returns a function that applies it to the order whose id it is given."""
        act = one_of(body, "act", ACTS)
        return lambda order_id: self._model.act(order_id, act)

    def end_refund(self, request: Request, refund_id: str) -> Response:
        wanted = one_of(admin_body(request, {"act": " | ".join(REFUND_ACTS)}), "act", REFUND_ACTS)

        def now() -> Response:
            if wanted == "return":
                self._model.return_refund(refund_id)
            else:
                self._model.end_refund(refund_id, completes=wanted == "complete")
            return json_answer({"refund": refund_id, "state": self.refund_state(refund_id)})

        return self.run(now)

    def end_pending(self, request: Request, order_id: str) -> Response:
        wanted = one_of(admin_body(request, {"act": " | ".join(PENDING_ACTS)}), "act", PENDING_ACTS)

        def now() -> Response:
            self._model.end_pending(order_id, completes=wanted == "complete")
            return json_answer({"order": order_id, "state": self.order_state(order_id)})

        return self.run(now)

    def reverse(self, request: Request) -> Response:
        body = admin_body(request, {"order": _ORDER, "amount": "minor units"})
        order_id, amount = text(body, "order", _ORDER), whole(body, "amount", 1)
        return self.run(lambda: json_answer({"reversal": self._model.reverse(order_id, amount), "order": order_id}))

    def open_dispute(self, request: Request) -> Response:
        fields = {
            "order": _ORDER,
            "amount": "minor units",
            "phase": " | ".join(PHASES) + ", chargeback if absent",
            "reason": _REASON,
            "respond_in_s": "seconds from now, a week if absent",
        }
        body = {"phase": "chargeback", "reason": "", "respond_in_s": 7 * _DAY_S} | admin_body(request, fields)
        order_id, amount = text(body, "order", _ORDER), whole(body, "amount", 1)
        phase, respond_in_s = one_of(body, "phase", PHASES), number(body, "respond_in_s")
        reason = text(body, "reason", _REASON) if body["reason"] != "" else ""

        def now() -> Response:
            ref = self._model.open_dispute(order_id, amount, phase, reason, respond_in_s)
            return json_answer(self.dispute(ref))

        return self.run(now)

    def end_dispute(self, request: Request, ref: str) -> Response:
        wanted = one_of(admin_body(request, {"act": " | ".join(DISPUTE_ACTS)}), "act", DISPUTE_ACTS)

        def now() -> Response:
            self._model.end_dispute(ref, wanted)
            return json_answer(self.dispute(ref))

        return self.run(now)

    def dispute(self, ref: str) -> dict[str, Any]:
        found = [dispute for dispute in self._model.ledger_disputes() if dispute.ref == ref]
        if not found:
            raise UnknownError(f"no dispute {ref}")
        last = found[-1]
        return {"dispute": ref, "order": last.order, "phase": last.phase, "state": last.state, "money": last.money}

    def refund_by_hand(self, request: Request) -> Response:
        body = admin_body(request, {"order": _ORDER, "amount": "minor units"})
        order_id, amount = text(body, "order", _ORDER), whole(body, "amount", 1)

        def now() -> Response:
            refund_id = self._model.refund_by_hand(order_id, amount)
            return json_answer({"refund": refund_id, "state": self.refund_state(refund_id)})

        return self.run(now)

    def add_foreign(self, request: Request) -> Response:
        fields = {"count": f"1 to {_FOREIGN_MAX}", "over_s": f"the seconds before now, {_FOREIGN_OVER_S} if absent"}
        body = {"over_s": _FOREIGN_OVER_S} | admin_body(request, fields)
        count, over_s = whole(body, "count", 1, _FOREIGN_MAX), number(body, "over_s")

        def now() -> Response:
            self._model.add_foreign(count, over_s)
            return json_answer({"count": count, "over_s": over_s})

        return self.run(now)

    def send_again(self, request: Request) -> Response:
        body = admin_body(request, {"order": _ORDER, "copies": "1 to 100, 1 if absent"})
        order_id, copies = text(body, "order", _ORDER), whole({"copies": 1} | body, "copies", 1, 100)

        def now() -> Response:
            for _ in range(copies):
                self._model.act(order_id, "tell_again")
            return json_answer({"order": order_id, "copies": copies})

        return self.run(now)

    def pump(self, request: Request) -> Response:
        """Do everything that is due now, webhooks too. `due_at` is the epoch second of the next due thing, null if
        none.
        """
        self._app.pump()
        timers, outbox = self._model.timers, self._app.outbox
        with self._app.lock:
            due = [at for at in (timers.next_due_at(), outbox.next_due_at()) if at is not None]
        return json_answer({"due_at": min(due, default=None), "is_sending": outbox.is_sending()})

    def arm(self, request: Request) -> Response:
        fields = {
            "fault": "see faults",
            "op": "see ops",
            "times": "from 1, or -1",
            "seconds": "of late_webhook and slow",
            "reason": "of reject",
            "status": "of error_before and error_after",
            "account": "of the merchant's, where there are several; all if absent",
        }
        body = admin_body(request, fields)
        return self.run(lambda: self._arm(body))

    def list_faults(self, request: Request) -> Response:
        return self.run(lambda: json_answer(self._faults()))

    def clear_faults(self, request: Request) -> Response:
        def now() -> Response:
            self._model.faults.clear()
            return self.list_faults(request)

        return self.run(now)

    def ledger(self, request: Request) -> Response:
        return self.run(lambda: json_answer(self._model.ledger() | {"webhooks": self._app.outbox.views()}))

    def reset(self, request: Request) -> Response:
        def now() -> Response:
            self._app.reset()
            return json_answer({"reset": True})

        return self.run(now)

    def order_state(self, order_id: str) -> str:
        states = [order.state for order in self._model.ledger_orders() if order.id == order_id]
        if not states:
            raise UnknownError(f"no order {order_id}")
        return states[-1]

    def refund_state(self, refund_id: str) -> str:
        states = [refund.state for refund in self._model.ledger_refunds() if refund_id in (refund.id, refund.ref)]
        if not states:
            raise UnknownError(f"no refund {refund_id}")
        return states[-1]

    def run(self, now: Callable[[], Response]) -> Response:
        with self._app.lock:
            self._app.tick()
            try:
                return now()
            except UnknownError as problem:
                raise AdminError(f"{problem}: GET /_sim/ledger lists what there is", 404) from problem
            except (ClosedError, NotOfferedError) as problem:
                raise AdminError(str(problem), 409) from problem
            except GatewayRefusal as problem:
                raise AdminError(str(problem)) from problem
            finally:
                self._app.post_webhooks()

    def _faults(self) -> dict[str, Any]:
        faults = self._model.faults
        return {"faults": faults.list(), "allowed": faults.allowed, "reasons": faults.reasons}

    def _arm(self, body: dict[str, Any]) -> Response:
        try:
            self._model.faults.arm(**{"fault": None} | body)
        except UnknownFaultError as problem:
            return json_answer({"error": str(problem), **self._faults()}, 400)
        return json_answer({"faults": self._model.faults.list()})


def _ignore_closed(act: Callable[[], None]) -> None:
    try:
        act()
    except ClosedError:
        return  # The order ended before its payer acted.


def one_of(body: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = body.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise AdminError(f"{name} must be one of: {' '.join(allowed)}")
    return value


def number(body: dict[str, Any], name: str) -> float:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= SECONDS_MAX:
        raise AdminError(f"{name} must be a number of seconds from 0 to {SECONDS_MAX}")
    return float(value)


def text(body: dict[str, Any], name: str, what: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise AdminError(f"{name} must be a text: {what}")
    return value


def whole(body: dict[str, Any], name: str, least: int, most: int = 10**12) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise AdminError(f"{name} must be a whole number from {least} to {most}")
    return value
