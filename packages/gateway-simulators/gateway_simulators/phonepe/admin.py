"""/_sim of PhonePe's simulator: also payment modes, decline codes, and states in PhonePe's own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gateway_simulators.kit.controls import ACTS, Controls, one_of
from gateway_simulators.kit.http import AdminError
from gateway_simulators.phonepe.instruments import DECLINED_BY_PAYER, FAILURE_BY_DETAIL, MODES

if TYPE_CHECKING:
    from gateway_simulators.phonepe.app import PhonePeApp
    from gateway_simulators.phonepe.model import PhonePeModel


class PhonePeControls(Controls):
    act_fields = Controls.act_fields | {
        "mode": " | ".join(MODES),
        "error": "detailedErrorCode of a decline",
        "retry": "true: the declined payer may try again",
    }

    def __init__(self, app: PhonePeApp) -> None:
        super().__init__(app)
        self._phonepe = app

    def read_act(self, body: dict[str, Any]) -> Callable[[str], None]:
        act, mode = one_of(body, "act", ACTS), one_of(body, "mode", MODES) if "mode" in body else ""
        detail = one_of({"error": DECLINED_BY_PAYER.detailed_code} | body, "error", tuple(FAILURE_BY_DETAIL))
        if not isinstance(body.get("retry", False), bool):
            raise AdminError("retry must be true or false")
        if act == "pay":
            return lambda order_id: self._mine.orders.pay(self._mine.known_order(order_id), mode)
        if act == "decline":
            return lambda order_id: self._decline(order_id, mode, detail, is_one_try=bool(body.get("retry")))
        return super().read_act(body)

    def order_state(self, order_id: str) -> str:
        return self._mine.known_order(order_id).state

    def refund_state(self, refund_id: str) -> str:
        return self._mine.known_refund(refund_id).state

    def _decline(self, order_id: str, mode: str, detail: str, *, is_one_try: bool) -> None:
        orders = self._mine.orders
        decline = orders.fail_one_try if is_one_try else orders.decline
        decline(self._mine.known_order(order_id), mode, FAILURE_BY_DETAIL[detail])

    @property
    def _mine(self) -> PhonePeModel:
        return self._phonepe.model
