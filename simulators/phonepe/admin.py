"""/_sim: the controls for tests and for whoever plays the payer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from werkzeug.wrappers import Request, Response

from simulators.kit.faults import UnknownFaultError
from simulators.kit.http import AdminError, View, admin_body, json_answer
from simulators.phonepe.errors import GatewayError
from simulators.phonepe.instruments import DECLINED_BY_PAYER, FAILURE_BY_DETAIL, MODES
from simulators.phonepe.orders import OrderClosedError
from simulators.phonepe.records import Order
from simulators.phonepe.refunds import RefundClosedError

if TYPE_CHECKING:
    from simulators.phonepe.app import PhonePeApp

T = TypeVar("T")

ACTS = ("pay", "decline", "abandon")
REFUND_ACTS = ("complete", "fail")
ACT_FIELDS = {
    "act": " | ".join(ACTS),
    "after_s": "seconds from now, 0 if absent",
    "mode": " | ".join(MODES),
    "error": "detailedErrorCode of a decline",
    "retry": "true: the declined payer may try again",
}


def routes(app: PhonePeApp) -> list[tuple[str, str, View]]:
    controls = Controls(app)
    return [
        ("POST", "/_sim/orders/<order_id>", controls.act),
        ("POST", "/_sim/refunds/<refund_id>", controls.end_refund),
        ("POST", "/_sim/dashboard_refunds", controls.refund_by_hand),
        ("POST", "/_sim/webhooks", controls.send_again),
        ("POST", "/_sim/faults", controls.arm),
        ("GET", "/_sim/faults", controls.list_faults),
        ("DELETE", "/_sim/faults", controls.clear_faults),
        ("GET", "/_sim/ledger", controls.ledger),
        ("POST", "/_sim/reset", controls.reset),
    ]


class Controls:
    def __init__(self, app: PhonePeApp) -> None:
        self._app = app
        self._model = app.model

    def act(self, request: Request, order_id: str) -> Response:
        body = admin_body(request, ACT_FIELDS)
        act = self._read_act(body)
        after_seconds = _number(body, "after_s")

        def now() -> Response:
            order = self._order(order_id)
            if after_seconds:
                self._model.timers.after(after_seconds, lambda: _ignore_closed(lambda: act(order)))
            else:
                act(order)
            return json_answer({"order": order.id, "state": order.state})

        return self._run(now)

    def end_refund(self, request: Request, refund_id: str) -> Response:
        wanted = _one_of(admin_body(request, {"act": " | ".join(REFUND_ACTS)}), "act", REFUND_ACTS)

        def now() -> Response:
            refund = _known(lambda: self._model.refunds.get(refund_id), f"no refund {refund_id}")
            (self._model.refunds.complete if wanted == "complete" else self._model.refunds.fail)(refund)
            return json_answer({"refund": refund.id, "state": refund.state})

        return self._run(now)

    def refund_by_hand(self, request: Request) -> Response:
        body = admin_body(request, {"order": "merchantOrderId", "amount": "paise"})
        amount = body.get("amount")
        if not isinstance(amount, int) or isinstance(amount, bool) or amount < 1:
            raise AdminError("amount must be a whole number of paise")

        def now() -> Response:
            refund = self._model.refunds.create_by_hand(self._order(body.get("order")).id, amount)
            return json_answer({"refund": refund.id, "refund_id": refund.refund_id, "state": refund.state})

        return self._run(now)

    def send_again(self, request: Request) -> Response:
        body = admin_body(request, {"order": "merchantOrderId", "copies": "1 to 100, 1 if absent"})
        copies = body.get("copies", 1)
        if not isinstance(copies, int) or isinstance(copies, bool) or not 1 <= copies <= 100:
            raise AdminError("copies must be a whole number from 1 to 100")

        def now() -> Response:
            order = self._order(body.get("order"))
            for _ in range(copies):
                self._model.orders.tell_again(order)
            return json_answer({"order": order.id, "copies": copies})

        return self._run(now)

    def arm(self, request: Request) -> Response:
        fields = {
            "fault": "see faults",
            "op": "see ops",
            "times": "from 1, or -1",
            "seconds": "of late_webhook and slow",
        }
        body = admin_body(request, fields)
        return self._run(lambda: self._arm(body))

    def list_faults(self, request: Request) -> Response:
        return self._run(
            lambda: json_answer({"faults": self._model.faults.list(), "allowed": self._model.faults.allowed})
        )

    def clear_faults(self, request: Request) -> Response:
        def now() -> Response:
            self._model.faults.clear()
            return self.list_faults(request)

        return self._run(now)

    def ledger(self, request: Request) -> Response:
        return self._run(lambda: json_answer(self._model.ledger() | {"webhooks": self._app.outbox.views()}))

    def reset(self, request: Request) -> Response:
        def now() -> Response:
            self._app.reset()
            return json_answer({"reset": True})

        return self._run(now)

    def _run(self, now: Callable[[], Response]) -> Response:
        with self._app.lock:
            self._app.tick()
            try:
                return now()
            except (OrderClosedError, RefundClosedError) as problem:
                raise AdminError(str(problem), 409) from problem
            except GatewayError as problem:
                raise AdminError(str(problem)) from problem
            finally:
                self._app.post_news()

    def _arm(self, body: dict[str, Any]) -> Response:
        try:
            self._model.faults.arm(**{"fault": None} | body)
        except UnknownFaultError as problem:
            return json_answer({"error": str(problem), "allowed": self._model.faults.allowed}, 400)
        return json_answer({"faults": self._model.faults.list()})

    def _read_act(self, body: dict[str, Any]) -> Callable[[Order], None]:
        act, orders = _one_of(body, "act", ACTS), self._model.orders
        mode = _one_of(body, "mode", MODES) if "mode" in body else ""
        error = _one_of({"error": DECLINED_BY_PAYER.detailed_code} | body, "error", tuple(FAILURE_BY_DETAIL))
        if not isinstance(body.get("retry", False), bool):
            raise AdminError("retry must be true or false")
        decline = orders.fail_one_try if body.get("retry") else orders.decline
        return {
            "pay": lambda order: orders.pay(order, mode),
            "decline": lambda order: decline(order, mode, FAILURE_BY_DETAIL[error]),
            "abandon": orders.walk_away,
        }[act]

    def _order(self, order_id: object) -> Order:
        return _known(lambda: self._model.orders.get(str(order_id)), f"no order {order_id}")


def _known(get: Callable[[], T], otherwise: str) -> T:
    try:
        return get()
    except GatewayError:
        raise AdminError(otherwise, 404) from None


def _ignore_closed(act: Callable[[], None]) -> None:
    try:
        act()
    except OrderClosedError:
        return  # Something ended the order before its payer came to act.


def _one_of(body: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = body.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise AdminError(f"{name} must be one of: {' '.join(allowed)}")
    return value


def _number(body: dict[str, Any], name: str) -> float:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise AdminError(f"{name} must be a number of seconds from 0")
    return float(value)
