"""Facts about each gateway, one module per gateway, and the types of these facts. Each module has:

ROWS       eligibility: merchant's country, currencies and ways to pay; a combination without a row is not offered
STEPS      by currency, the minor units of which an amount must be a multiple; 1 if not listed
MINIMUMS   the smallest payment and refund
HOSTS      by mode, its API and its pages; a simulator's address comes from the deployment's settings
ALIASES    other names for it in the URL of its webhooks
PUBLIC     the fields of its secret that its script needs in the browser
fields_of  by mode, the fields of an account's secrets
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from importlib import import_module
from typing import Any, NamedTuple

from payments.domain.values.terms import MethodType
from payments.record import record

UPI, CARD, NETBANKING = MethodType.UPI, MethodType.CARD, MethodType.NETBANKING
WALLET, PAYPAL, EMI = MethodType.WALLET, MethodType.PAYPAL, MethodType.EMI
SIMULATOR, SANDBOX, PRODUCTION = "simulator", "sandbox", "production"  # The modes.
API, WEBHOOK = "api", "webhook"  # The two secrets of an account: for calls, and for webhooks.
ANY_KEY = r"[!#-&(-_a-~]{1,500}"  # No quotes: no gateway issues a key with one.
CHOSEN = r"(?!([\"'`]).*\1\Z)[^\x00-\x1f\x7f\x85\u2028\u2029]{1,255}"  # Chosen by the merchant at the dashboard.


def facts_of(gateway: str) -> Any:
    """Return the facts module of the gateway."""
    return import_module(f"payments.gateways.facts.{gateway}")


@record
class Row:
    """What merchants of some countries may take, from `since` up to, not including, `until`.

    The merchant's country is the workspace's.
    """

    gateway: str
    countries: frozenset[str]  # ISO 3166-1 alpha-2.
    currencies: frozenset[str]  # ISO 4217.
    methods: frozenset[MethodType]
    since: date
    source: str
    until: date | None = None


def row(gateway: str, countries: str, currencies: str, methods: Iterable[MethodType], since: str, source: str) -> Row:
    """Return a Row. `countries` and `currencies` are codes separated by spaces; `since` is YYYY-MM-DD."""
    words = frozenset(countries.split()), frozenset(currencies.split())
    return Row(gateway, *words, frozenset(methods), date.fromisoformat(since), source)


def offers(rows: Iterable[Row], method: MethodType | None) -> bool:
    """Return whether any row has this way to pay. True for None: the payer chooses."""
    return method is None or any(method in each.methods for each in rows)


class Minimums(NamedTuple):
    """Minor units by currency, of a payment and of a refund; 1 if not listed."""

    payment: Mapping[str, int]
    refund: Mapping[str, int]
    checked_on: date
    source: str


class Hosts(NamedTuple):
    """The hosts of one mode. `api` is the address of the API."""

    api: str
    page: str  # A regular expression that matches the URL of each of its pages.


@record
class Field:
    """One field of an account's secrets: a text, or a list of texts.

    `shape` is a regular expression for the whole text. `form` completes the error's sentence "it must …".
    """

    name: str
    shape: str = ANY_KEY
    form: str = "be one key without spaces"
    part: str = API  # Which of the two secrets it is in.
    is_needed: bool = False  # Without it no call is sent, or every webhook is refused.

    def fits(self, text: str) -> bool:
        return re.fullmatch(self.shape, text, re.ASCII) is not None
