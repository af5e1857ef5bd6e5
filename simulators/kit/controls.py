"""/_sim: the controls for tests and for whoever plays the payer, the same for every gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from simulators.kit.faults import UnknownFaultError
from simulators.kit.gateway import ClosedError, GatewayApp, GatewayModel, GatewayRefusal, UnknownError
from simulators.kit.http import AdminError, View, admin_body, json_answer

ACTS = ("pay", "decline", "fail_one_try", "wait", "abandon")
REFUND_ACTS = ("complete", "fail")


class Controls:
    """Of one app, which may be half-built when they are made; subclasses may know more of an act."""

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
            ("POST", "/_sim/dashboard_refunds", self.refund_by_hand),
            ("POST", "/_sim/webhooks", self.send_again),
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
        """What will be done to the order of an id."""
        act = one_of(body, "act", ACTS)
        return lambda order_id: self._model.act(order_id, act)

    def end_refund(self, request: Request, refund_id: str) -> Response:
        wanted = one_of(admin_body(request, {"act": " | ".join(REFUND_ACTS)}), "act", REFUND_ACTS)

        def now() -> Response:
            self._model.end_refund(refund_id, completes=wanted == "complete")
            return json_answer({"refund": refund_id, "state": self.refund_state(refund_id)})

        return self.run(now)

    def refund_by_hand(self, request: Request) -> Response:
        body = admin_body(request, {"order": "the attempt's id", "amount": "minor units"})
        order_id, amount = str(body.get("order")), whole(body, "amount", 1)

        def now() -> Response:
            refund_id = self._model.refund_by_hand(order_id, amount)
            return json_answer({"refund": refund_id, "state": self.refund_state(refund_id)})

        return self.run(now)

    def send_again(self, request: Request) -> Response:
        body = admin_body(request, {"order": "the attempt's id", "copies": "1 to 100, 1 if absent"})
        order_id, copies = str(body.get("order")), whole({"copies": 1} | body, "copies", 1, 100)

        def now() -> Response:
            for _ in range(copies):
                self._model.act(order_id, "tell_again")
            return json_answer({"order": order_id, "copies": copies})

        return self.run(now)

    def arm(self, request: Request) -> Response:
        fields = {
            "fault": "see faults",
            "op": "see ops",
            "times": "from 1, or -1",
            "seconds": "of late_webhook and slow",
        }
        body = admin_body(request, fields)
        return self.run(lambda: self._arm(body))

    def list_faults(self, request: Request) -> Response:
        return self.run(
            lambda: json_answer({"faults": self._model.faults.list(), "allowed": self._model.faults.allowed})
        )

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
                raise AdminError(str(problem), 404) from problem
            except ClosedError as problem:
                raise AdminError(str(problem), 409) from problem
            except GatewayRefusal as problem:
                raise AdminError(str(problem)) from problem
            finally:
                self._app.post_news()

    def _arm(self, body: dict[str, Any]) -> Response:
        try:
            self._model.faults.arm(**{"fault": None} | body)
        except UnknownFaultError as problem:
            return json_answer({"error": str(problem), "allowed": self._model.faults.allowed}, 400)
        return json_answer({"faults": self._model.faults.list()})


def _ignore_closed(act: Callable[[], None]) -> None:
    try:
        act()
    except ClosedError:
        return  # Something ended the order before its payer came to act.


def one_of(body: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = body.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise AdminError(f"{name} must be one of: {' '.join(allowed)}")
    return value


def number(body: dict[str, Any], name: str) -> float:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise AdminError(f"{name} must be a number of seconds from 0")
    return float(value)


def whole(body: dict[str, Any], name: str, least: int, most: int = 10**12) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise AdminError(f"{name} must be a whole number from {least} to {most}")
    return value
