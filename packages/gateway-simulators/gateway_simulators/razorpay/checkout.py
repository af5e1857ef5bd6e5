"""What the payer's browser loads: the script, the page inside its overlay, the hosted form, and the image of a QR code.

A page's token is `<order or QR code>~<method>~<months>~<retry>~<description>`. Method and months are what Checkout was
restricted to. `retry` is present if a payer may try again after a failed payment. The description is the shop's text
for what is paid, in URL-safe Base64.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from gateway_simulators.kit import screens
from gateway_simulators.kit.http import View, json_answer
from gateway_simulators.kit.paypage import Brand, PayPages, page_answer
from gateway_simulators.kit.qr import qr_svg
from gateway_simulators.razorpay.errors import bad_request, unauthorized
from gateway_simulators.razorpay.paying import PageBook
from gateway_simulators.razorpay.records import AUTHORIZED, CAPTURED, FAILED, Order, Payment
from gateway_simulators.razorpay.webhooks import checkout_proof

if TYPE_CHECKING:
    from gateway_simulators.razorpay.app import RazorpayApp

_HERE = Path(__file__).parent


def routes(app: RazorpayApp) -> list[tuple[str, str, View]]:
    pages, settings = Checkout(app), app.model.settings
    brand = Brand("Razorpay", settings.merchant_name, colour="#0b5cd5", dark_colour="#072654", language="en-IN")
    return [
        ("GET", "/v1/checkout.js", pages.script),
        ("POST", "/v1/checkout/embedded", pages.hosted),
        ("GET", "/v1/checkout/done/<order_id>", pages.done),
        ("GET", "/v1/qr/<order_id>.svg", pages.image),
        *PayPages(app, brand, PageBook(app.model), is_framed=True).routes("/v1/checkout/page"),
    ]


@dataclass(frozen=True, slots=True)
class Checkout:
    app: RazorpayApp

    def script(self, request: Request) -> Response:
        return Response(_file("checkout.js"), content_type="text/javascript; charset=utf-8")

    def hosted(self, request: Request) -> Response:
        """The form of a shop without a script: the payer opens it, pays, and is posted back to `callback_url`."""
        form = request.form
        with self.app.lock:
            order = self.app.model.orders.by_id.get(form.get("order_id", ""))
            if form.get("key_id") != self.app.model.settings.key_id:
                return json_answer(unauthorized().body, 401)
            if order is None or not form.get("callback_url", "").startswith(("http://", "https://")):
                return json_answer(bad_request("order_id and callback_url are required").body, 400)
            order.callback_url, order.cancel_url = form["callback_url"], form.get("cancel_url", "")
            order.description = form.get("description", "")
        return redirect(f"/v1/checkout/page/{order.id}~{form.get('method', '')}~~", 303)

    def done(self, request: Request, order_id: str) -> Response:
        """The page after an act: it sends the outcome to the shop's page around it, or posts it to the shop's
        address.
        """
        with self.app.lock:
            order = self.app.model.orders.by_id.get(order_id)
            if order is None:
                return page_answer(screens.unknown(), 404, is_framed=True)
            reported = {} if "left" in request.args else self._outcome(order)
        if order.callback_url and reported:
            return page_answer(_posting(order.callback_url, reported), is_framed=True)
        if order.cancel_url and not reported:
            return redirect(order.cancel_url, 303)
        return page_answer(_telling(reported), is_framed=True)

    def image(self, request: Request, order_id: str) -> Response:
        address = f"{request.host_url}v1/checkout/page/{order_id}~upi~~"
        picture = qr_svg(address, "QR code").replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        return Response(picture, content_type="image/svg+xml")

    def _outcome(self, order: Order) -> dict[str, object]:
        newest = order.payments[-1] if order.payments else None
        if newest and newest.status in (AUTHORIZED, CAPTURED):
            proof = checkout_proof(self.app.model.settings.key_secret, order.id, newest.id)
            ids = {"razorpay_payment_id": newest.id, "razorpay_order_id": order.id}
            return {**ids, "razorpay_signature": proof}
        return {"error": _error(newest)} if newest and newest.status == FAILED else {}


def _error(payment: Payment) -> dict[str, object]:
    failure = payment.failure
    fields = ("code", "description", "source", "step", "reason")
    shown = {name: getattr(failure, name, "") for name in fields}
    return {**shown, "metadata": {"order_id": payment.order.id, "payment_id": payment.id}}


def _telling(reported: Mapping[str, object]) -> str:
    message = json.dumps({"from": "razorpay-simulator", "told": reported}).replace("<", "\\u003c")
    words = "You may close this page." if reported else "No payment was made."
    script = f"if (parent !== window) parent.postMessage({message}, '*');"
    return screens.bare("Done", f"<p>{words}</p><script>{script}</script>")


def _posting(url: str, reported: Mapping[str, object]) -> str:
    error = reported.get("error")
    pairs = {f"error[{name}]": text for name, text in error.items()} if isinstance(error, dict) else reported
    texts = {name: json.dumps(text) if isinstance(text, dict) else str(text) for name, text in pairs.items()}
    hidden = "".join(f'<input type="hidden" name="{escape(n)}" value="{escape(text)}">' for n, text in texts.items())
    form = f'<form method="post" action="{escape(url)}">{hidden}<button class="pay">Back to the shop</button></form>'
    return screens.bare("Done", f"{form}<script>document.forms[0].submit()</script>")


@cache
def _file(name: str) -> str:
    return (_HERE / name).read_text("utf-8")
