"""What is so at each gateway: a module for each, of the gateway's name, and the kinds of facts that it states.

ROWS       who may take what: merchant's country, currencies and ways to pay; what no row says is not possible
STEPS      by currency, of how many minor units an amount must be a multiple; 1 if not listed
MINIMUMS   the least that is taken and refunded
HOSTS      by mode, where its API and its pages are; a simulator's address is the deployment's to tell
ALIASES    further names in the addresses of its webhooks
PUBLIC     the names of the fields that its script needs in a browser
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
ANY_KEY = r"[!#-&(-_a-~]{1,500}"  # Without quotes: no gateway makes a key with one.
CHOSEN = r"(?!([\"'`]).*\1\Z)[^\x00-\x1f\x7f\x85\u2028\u2029]{1,255}"  # By the merchant, at the gateway's dashboard.


def facts_of(gateway: str) -> Any:
    """The gateway's module."""
    return import_module(f"payments.gateways.facts.{gateway}")


@record
class Row:
    """It holds from `since` up to `until`. The merchant's country is the workspace's."""

    gateway: str
    countries: frozenset[str]  # ISO 3166-1 alpha-2.
    currencies: frozenset[str]  # ISO 4217.
    methods: frozenset[MethodType]
    since: date
    source: str
    until: date | None = None


def row(gateway: str, countries: str, currencies: str, methods: Iterable[MethodType], since: str, source: str) -> Row:
    """`countries` and `currencies` have spaces between; `since` is YYYY-MM-DD."""
    words = frozenset(countries.split()), frozenset(currencies.split())
    return Row(gateway, *words, frozenset(methods), date.fromisoformat(since), source)


def offers(rows: Iterable[Row], method: MethodType | None) -> bool:
    """Whether any row has this way to pay; None is whichever the payer likes."""
    return method is None or any(method in each.methods for each in rows)


class Minimums(NamedTuple):
    """Minor units by currency, of a payment and of a refund; 1 if not listed."""

    payment: Mapping[str, int]
    refund: Mapping[str, int]
    checked_on: date
    source: str


class Host(NamedTuple):
    api: str
    page: str  # A regular expression for the address of every page of theirs.


@record
class Field:
    """A text of an account's secrets, or a list of such texts.

    `shape` is a regular expression for all of the text; `form` goes on after "it must".
    """

    name: str
    shape: str = ANY_KEY
    form: str = "be one key without spaces"
    part: str = API  # Which of the two secrets it is in.
    is_needed: bool = False  # Without it nothing is sent, or no webhook is genuine.

    def fits(self, text: str) -> bool:
        return re.fullmatch(self.shape, text, re.ASCII) is not None
