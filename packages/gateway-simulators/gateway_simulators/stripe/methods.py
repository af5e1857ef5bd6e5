"""Payment methods and customers, as far as payments need them."""

from __future__ import annotations

from typing import Any

from gateway_simulators.kit.timers import Timers
from gateway_simulators.stripe.errors import invalid, malformed, no_such
from gateway_simulators.stripe.ids import Ids
from gateway_simulators.stripe.instruments import ALIASES, BY_TOKEN
from gateway_simulators.stripe.records import Customer, Method


class Methods:
    def __init__(self, timers: Timers, ids: Ids) -> None:
        self._timers, self._ids = timers, ids
        self.by_id: dict[str, Method] = {}
        self.customers: dict[str, Customer] = {}

    def usable(self, token: str, customer: str = "") -> Method:
        """The payment method of a token or id; a test token makes a new one each time. Refuses one that cannot be
        used.
        """
        method = self._known(token)
        if method.customer and not customer:
            message = "The PaymentMethod belongs to a Customer; a customer must be given as well."
            raise invalid(message, "parameter_missing", "customer")
        if method.customer != customer and method.customer:
            raise invalid("The PaymentMethod does not belong to the Customer you supplied.", "", "payment_method")
        if method.is_used and not method.customer:
            message = "The provided PaymentMethod was previously used without being attached to a Customer."
            raise invalid(message, "payment_method_unexpected_state", "payment_method")
        return method

    def of_card(self, token: str) -> Method:
        """A card that a payer typed on Stripe's own page."""
        return self._make(token)

    def used(self, method_id: str, customer: str, future_usage: str) -> None:
        method = self.by_id[method_id]
        method.is_used = True
        if customer and future_usage:
            method.customer = customer

    def is_set_up(self, method: Method) -> bool:
        return bool(method.customer) and method.is_used

    def get(self, method_id: str) -> Method:
        if method_id not in self.by_id:
            raise no_such("PaymentMethod", method_id, "payment_method")
        return self.by_id[method_id]

    def attach(self, token: str, customer_id: str) -> Method:
        self.customer(customer_id)
        method = self._known(token)
        if method.is_used and not method.customer:
            message = "This PaymentMethod was previously used without being attached to a Customer or was detached."
            raise invalid(message, "payment_method_unexpected_state", "payment_method")
        method.customer = customer_id
        return method

    def detach(self, method_id: str) -> Method:
        method = self.get(method_id)
        method.customer, method.is_used = "", True  # It can never be used again.
        return method

    def create_customer(self, given: dict[str, Any]) -> Customer:
        fields = {name: value for name, value in given.items() if name != "metadata"}
        customer = Customer(self._ids.new("cus", 14), self._timers.now(), fields, given.get("metadata", {}))
        self.customers[customer.id] = customer
        return customer

    def customer(self, customer_id: str) -> Customer:
        if customer_id not in self.customers:
            raise no_such("customer", customer_id, "customer")
        return self.customers[customer_id]

    def clear(self) -> None:
        self.by_id.clear()
        self.customers.clear()

    def _known(self, token: str) -> Method:
        magic = ALIASES.get(token, token)
        if magic in BY_TOKEN:
            return self._make(magic)
        if token not in self.by_id:
            raise invalid(f"No such PaymentMethod: '{token}'", "resource_missing", "payment_method")
        return self.by_id[token]

    def _make(self, token: str) -> Method:
        if token not in BY_TOKEN:
            raise malformed(f"No such PaymentMethod: '{token}'", "resource_missing", "payment_method")
        method = Method(self._ids.new("pm"), token, self._timers.now())
        self.by_id[method.id] = method
        return method
