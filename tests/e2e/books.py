"""The books of the API, of the store and of the gateway, compared: every difference is named."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3

from dev.local.blueprint import REGION
from payments.domain.records.chain import is_unbroken
from payments.domain.records.event import Event
from payments.store.dynamodb.codec import decode
from tests.e2e.crowd import Crowd
from tests.e2e.shop import Shop, until

Json = dict[str, Any]
OPEN_PAYMENT = ("created", "pending", "authorized")
OPEN_REFUND = ("pending", "processing")
_ENDED_STATE = {"completed": "COMPLETED", "failed": "FAILED"}
_READERS = 4
_REST_WITHIN_S = 180.0  # A thousand payments on a busy machine.


@dataclass(frozen=True)
class Head:
    """The stored payment's version and last hash, and its winning capture."""

    version: int
    event_hash: str
    winning_attempt_id: str = ""  # The store leaves out empty values.


@dataclass(frozen=True)
class Books:
    payments: dict[str, Json]  # From the API, by id.
    refunds: dict[str, list[Json]]  # From the API, by payment.
    heads: dict[str, Head]
    events: dict[str, list[Event]]  # From the store, by payment.
    orders: dict[str, Json]  # From the gateway, by attempt.
    refunded: dict[str, list[Json]]  # From the gateway, by attempt.

    def statuses(self) -> Counter[str]:
        return Counter(payment["status"] for payment in self.payments.values())

    def log(self, payment_id: str) -> list[str]:
        return [event.hash for event in self.events[payment_id]]

    def causes(self, kind: str) -> Counter[str]:
        events = (event for log in self.events.values() for event in log)
        return Counter(event.cause.split()[0] for event in events if event.kind == kind)


def equal_books(shop: Shop, payment_ids: Collection[str], *, at_rest: bool = True) -> Books:
    """The books of these payments; asserts that they are equal. `at_rest`: waits until nothing is open."""
    books = read_books(shop, payment_ids, at_rest=at_rest)
    differences = [
        f"{payment_id}: {difference}"
        for payment_id in payment_ids
        for difference in _differences(books, payment_id, at_rest=at_rest)
    ]
    assert not differences, "\n".join(differences[:40])
    return books


def read_books(shop: Shop, payment_ids: Collection[str], *, at_rest: bool) -> Books:
    """Read again until nothing was written meanwhile."""

    def read() -> tuple[dict[str, Head], Books]:
        return _heads(shop, set(payment_ids)), _read(shop, payment_ids, at_rest=at_rest)

    return until(read, lambda found: found[0] == found[1].heads, every_s=1.0, within_s=_REST_WITHIN_S)[1]


def _read(shop: Shop, payment_ids: Collection[str], *, at_rest: bool) -> Books:
    """The gateway last: what has ended in the API stays ended there."""
    with Crowd(shop.stack, _READERS) as readers:
        payments = _ended(readers, payment_ids) if at_rest else _payments(readers, payment_ids)
        events = _events(shop, set(payments))
        refunds = _refunds(readers, [key for key, log in events.items() if any(map(_is_refund, log))])
    ledger = shop.ledger()
    refunded = defaultdict(list)
    for refund in ledger["refunds"]:
        refunded[refund["order"]].append(refund)
    orders = {order["id"]: order for order in ledger["orders"]}
    return Books(payments, refunds, _heads(shop, set(payments)), events, orders, refunded)


def _payments(readers: Crowd, payment_ids: Iterable[str]) -> dict[str, Json]:
    answers = readers.each(lambda key: readers.api("GET", f"/v1/payments/{key}"), payment_ids)
    return {answer.json()["payment_id"]: answer.json() for answer in answers}


def _ended(readers: Crowd, payment_ids: Collection[str]) -> dict[str, Json]:
    """Return each as soon as it has ended: each round reads only those still open."""
    ended: dict[str, Json] = {}

    def open_ones() -> set[str]:
        seen = _payments(readers, sorted(set(payment_ids) - ended.keys()))
        ended.update({key: payment for key, payment in seen.items() if not _is_open(payment)})
        return set(payment_ids) - ended.keys()

    until(open_ones, lambda left: not left, every_s=1.0, within_s=_REST_WITHIN_S)
    return ended


def _is_open(payment: Json) -> bool:
    return payment["status"] in OPEN_PAYMENT or payment["amount_reserved"] > 0


def _is_refund(event: Event) -> bool:
    return event.kind == "refund.created"


def _events(shop: Shop, payment_ids: set[str]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for item in scan(shop, "payment_events_log"):
        if item["stream_id"]["S"] in payment_ids:
            found[item["stream_id"]["S"]].append(decode(Event, item))
    return {key: sorted(log, key=lambda event: event.seq) for key, log in found.items()}


def _heads(shop: Shop, payment_ids: set[str]) -> dict[str, Head]:
    items = scan(shop, "payment_transactions")
    payments = (item for item in items if item.get("id", {}).get("S") in payment_ids)
    return {item["id"]["S"]: decode(Head, item) for item in payments}


def scan(shop: Shop, table: str) -> Iterator[Json]:
    credentials: Any = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    client = boto3.client("dynamodb", REGION, endpoint_url=shop.stack.url, **credentials)
    for page in client.get_paginator("scan").paginate(TableName=f"pavati-dev-{table}"):
        yield from page["Items"]


def _refunds(readers: Crowd, payment_ids: list[str]) -> dict[str, list[Json]]:
    answers = readers.each(lambda key: readers.api("GET", f"/v1/payments/{key}/refunds"), payment_ids)
    refunds = {key: answer.json()["data"] for key, answer in zip(payment_ids, answers, strict=True)}
    return defaultdict(list, refunds)


def _differences(books: Books, payment_id: str, *, at_rest: bool) -> Iterator[str]:
    payment = books.payments[payment_id]
    yield from _broken_log(books.events[payment_id], books.heads[payment_id])
    for attempt in payment["attempts"]:
        yield from _different_capture(books, payment, attempt)
        yield from _different_refunds(books, payment, attempt["attempt_id"], at_rest=at_rest)
    yield from _different_counters(books, payment)


def _broken_log(log: list[Event], head: Head) -> Iterator[str]:
    if not is_unbroken(log):
        yield "its event log has a gap, a repeat or an altered event"
    if (len(log), log[-1].hash) != (head.version, head.event_hash):
        yield f"{len(log)} events, but version {head.version}"


def _different_capture(books: Books, payment: Json, attempt: Json) -> Iterator[str]:
    attempt_id, order = attempt["attempt_id"], books.orders.get(attempt["attempt_id"])
    there = order["captured"] if order else 0
    here = payment["amount"] if attempt["status"] == "completed" else 0
    if here != there:
        yield f"{attempt_id} is {attempt['status']} with {here}, the gateway captured {there}"
    effects = [e for e in books.events[payment["payment_id"]] if e.subject_id == attempt_id and _is_capture(e)]
    if [effect.amount_minor for effect in effects] != ([there] if there else []):
        yield f"{attempt_id}: the gateway captured {there}, the log has {len(effects)} captures"


def _is_capture(event: Event) -> bool:
    return event.kind == "attempt.completed"


def _different_refunds(books: Books, payment: Json, attempt_id: str, *, at_rest: bool) -> Iterator[str]:
    here = {r["refund_id"]: r for r in books.refunds[payment["payment_id"]] if r["attempt_id"] == attempt_id}
    there = {r["id"]: r for r in books.refunded.get(attempt_id, [])}
    for unknown in there.keys() - here.keys():
        yield f"the gateway made {unknown}, which the API does not know"
    for refund_id, refund in here.items():
        yield from _different_refund(refund, there.get(refund_id), at_rest=at_rest)
    paid = sum(r["amount"] for r in there.values() if r["state"] != "FAILED")
    if paid > (books.orders[attempt_id]["captured"] if attempt_id in books.orders else 0):
        yield f"{attempt_id}: the gateway gave back {paid}, more than it captured"


def _different_refund(here: Json, there: Json | None, *, at_rest: bool) -> Iterator[str]:
    refund_id, status = here["refund_id"], here["status"]
    state = there["state"] if there else "unheard of"
    if there and there["amount"] != here["amount"]:
        yield f"{refund_id} of {here['amount']} is one of {there['amount']} at the gateway"
    if status == "failed" and there is None:
        return  # Refused: the gateway never had it.
    if status in OPEN_REFUND:
        if at_rest:
            yield f"{refund_id} is still {status}, at the gateway {state}"
    elif state != _ENDED_STATE[status]:
        yield f"{refund_id} is {status}, at the gateway {state}"


def _different_counters(books: Books, payment: Json) -> Iterator[str]:
    """Counters that differ from what they add up: the winning capture, and the excess, which must be refunded whole."""
    stored, refunds = books.heads[payment["payment_id"]].winning_attempt_id, books.refunds[payment["payment_id"]]
    captured = {a["attempt_id"] for a in payment["attempts"] if a["status"] == "completed"}
    if payment["status"] == "completed":
        response = (payment["amount_captured"], payment["amount_reserved"], payment["amount_refunded"])
        added = (payment["amount"], *(_sum(refunds, stored, statuses) for statuses in (OPEN_REFUND, ("completed",))))
        if response != added:
            yield f"captured, reserved, refunded are said to be {response}, and add up to {added}"
        if sum(added[1:]) > added[0]:
            yield f"more is going back than came: {added}"
    for excess in captured - {stored}:
        returned = _sum(refunds, excess, (*OPEN_REFUND, "completed"))
        if returned != payment["amount"]:
            yield f"{excess} is excess, and {returned} of {payment['amount']} goes back"


def _sum(refunds: list[Json], attempt_id: str, statuses: Collection[str]) -> int:
    return sum(r["amount"] for r in refunds if r["attempt_id"] == attempt_id and r["status"] in statuses)
