"""/_sim of PayPal's simulator: the common controls, and acts at PayPal's own pages."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from gateway_simulators.kit.controls import Controls, text
from gateway_simulators.kit.gateway import GatewayApp
from gateway_simulators.kit.http import View, admin_body, json_answer
from gateway_simulators.paypal.model import PayPalModel


class PayPalControls(Controls):
    """The common controls and /_sim/dashboard_voids, which voids an authorization by hand."""

    def __init__(self, app: GatewayApp, model: PayPalModel) -> None:
        super().__init__(app)
        self._paypal = model

    def routes(self) -> list[tuple[str, str, View]]:
        return [*super().routes(), ("POST", "/_sim/dashboard_voids", self.void_by_hand)]

    def void_by_hand(self, request: Request) -> Response:
        what = "the attempt's id"
        order_id = text(admin_body(request, {"order": what}), "order", what)

        def now() -> Response:
            self._paypal.void_by_hand(order_id)
            return json_answer({"order": order_id, "state": self.order_state(order_id)})

        return self.run(now)
