"""The daily list of disputes, for those whose webhooks were lost. If a run is out of time, the next one continues."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from payments.domain.records.dispute import DisputeSnapshot
from payments.domain.records.event import Why
from payments.domain.rules.disputing import advance
from payments.domain.values.account import Account
from payments.domain.values.clock import to_text
from payments.gateways.contract.disputes import CanDispute, DisputePage
from payments.gateways.contract.errors import GatewayError, Misconfigured
from payments.gateways.contract.webhooks import EventKind
from payments.record import record
from payments.store.contract.deliveries import Delivery, DeliveryState, Location
from payments.store.contract.errors import NotFound, StoreError
from payments.usecases.dispute.sync import sync_dispute
from payments.usecases.errors import why_of
from payments.usecases.job_lease import Report, run_alone
from payments.usecases.metrics import Metric
from payments.usecases.ports import Ports
from payments.usecases.rotate import rotate

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway

BACK = timedelta(days=120)
_RESERVE_S = 5.0
_DISPUTES_MAX = 2_000  # For one account in one run.
_WHY = Why("system", "daily list")
_EVENT_TYPE = "listed"


def sync_listed(ports: Ports) -> Report:
    """List and sync the disputes of each gateway.

    Returns {"listed", "synced", "unknown", "failed", "complete"}, or {"skipped"}.
    """
    return run_alone("disputes", partial(_sync_all, ports), ports)


def _sync_all(ports: Ports) -> Report:
    """List every account within its share of the time. Each day another account is first."""
    counts: Counter[str] = Counter()
    accounts = rotate(ports.known_accounts, ports.clock.now().toordinal())
    unfinished = 0
    for place, account in enumerate(accounts):
        others = len(accounts) - place - 1
        stops_at_s = _RESERVE_S + max(0.0, ports.time_left() - _RESERVE_S) * others / (others + 1)
        unfinished += not _list_one(account, stops_at_s, counts, ports)
    ports.count(Metric.DISPUTE_LISTS_UNFINISHED, unfinished)
    report: Report = {name: counts[name] for name in ("listed", "synced", "unknown", "failed")}
    return report | {"complete": not unfinished}


def _list_one(account: Account, stops_at_s: float, counts: Counter[str], ports: Ports) -> bool:
    """Sync one account's disputes; False where its list was not read to the end.

    It stops when less than `stops_at_s` seconds of the invocation are left.
    """
    gateway, before = ports.gateway(account), counts["listed"]
    if not isinstance(gateway, CanDispute):
        return True
    try:
        if account not in (*ports.accounts, *ports.former_accounts) and not _has_credentials(gateway):
            return True  # The deployment has no keys for it.
        for place, page in _list_pages(account, gateway, ports):
            for snapshot in page.disputes:
                if ports.time_left() < stops_at_s:  # The next run starts with this page.
                    return _left_off(account, place, counts["listed"] - before, ports)
                counts["listed"] += 1
                counts[_sync_one(account, snapshot, ports)] += 1
            if counts["listed"] - before >= _DISPUTES_MAX and page.next_cursor:
                return _left_off(account, replace(place, cursor=page.next_cursor), counts["listed"] - before, ports)
    except GatewayError as silence:
        counts["failed"] += 1
        ports.note(
            "disputes.unlisted",
            level="WARNING",
            gateway=account.gateway,
            account=account.name,
            error=type(silence).__name__,
            gateway_code=silence.code,
            why=str(silence),
        )
        return False
    ports.store.put_position(_job(account), "")
    ports.note("disputes.listed", gateway=account.gateway, account=account.name, count=counts["listed"] - before)
    return True


@record
class Place:
    """Where to continue a list: its window ends at `until`, and `cursor` is of its next page."""

    until: datetime
    cursor: str = ""

    def to_text(self) -> str:
        return f"{to_text(self.until)} {self.cursor}"

    @staticmethod
    def of_text(text: str) -> Place:
        until, _, cursor = text.partition(" ")
        return Place(datetime.fromisoformat(until), cursor)


def _left_off(account: Account, place: Place, count: int, ports: Ports) -> bool:
    ports.store.put_position(_job(account), place.to_text())
    facts = {"gateway": account.gateway, "account": account.name, "count": count}
    ports.note("disputes.unfinished", level="WARNING", **facts)
    return False


def _list_pages(account: Account, gateway: CanDispute, ports: Ports) -> Iterator[tuple[Place, DisputePage]]:
    """The pages that an earlier run did not read, then those of a list that ends now. Each comes with its place."""
    known = ports.store.get_position(_job(account))
    for place in (*([Place.of_text(known)] if known else ()), Place(ports.clock.now())):
        while True:
            page = gateway.list_disputes(place.until - BACK, place.until, place.cursor)
            yield place, page
            if not page.next_cursor or page.next_cursor == place.cursor:
                break
            place = replace(place, cursor=page.next_cursor)


def _job(account: Account) -> str:
    return f"disputes {account}"


def _sync_one(account: Account, snapshot: DisputeSnapshot, ports: Ports) -> str:
    """Sync one dispute. Returns unchanged, synced, unknown or failed: a failure does not stop the others."""
    try:
        where = ports.store.locate_dispute(account.gateway, snapshot.ref)
        if where is None and _is_parked(account, snapshot, ports):
            return "unknown"
        if where is not None and _is_unchanged(where, snapshot, ports):
            return "unchanged"
        sync_dispute(account, snapshot.ref, _WHY, ports)
    except NotFound:
        ports.store.add_delivery(_park(account, snapshot, ports))
        return "unknown"
    except (GatewayError, StoreError) as failure:
        ports.note(
            "disputes.unsynced",
            level="WARNING",
            gateway=account.gateway,
            account=account.name,
            subject_id=snapshot.ref,
            error=type(failure).__name__,
            why=why_of(failure),
        )
        return "failed"
    return "synced"


def _is_unchanged(where: Location, snapshot: DisputeSnapshot, ports: Ports) -> bool:
    """Whether the entry equals our record, so that the dispute need not be fetched."""
    payment, dispute = ports.store.within(where.workspace_id).get_disputing(where.stream_id, where.subject_id)
    return advance(payment, dispute, snapshot, _WHY, ports.clock.now()) is None


def _is_parked(account: Account, snapshot: DisputeSnapshot, ports: Ports) -> bool:
    """Whether an earlier list had it and no payment was known. Then it has a delivery or a case already."""
    try:
        ports.store.get_delivery(account, _delivery_id(account, snapshot))
    except NotFound:
        return False
    return True


def _delivery_id(account: Account, snapshot: DisputeSnapshot) -> str:
    return hashlib.sha256(f"{_EVENT_TYPE} {account.gateway} {snapshot.ref}".encode()).hexdigest()


def _park(account: Account, snapshot: DisputeSnapshot, ports: Ports) -> Delivery:
    """Store a delivery for a dispute of no known payment. As for a webhook, it is tried for a day and then a case."""
    now = ports.clock.now()
    return Delivery(
        id=_delivery_id(account, snapshot),
        gateway=account.gateway,
        account_name=account.name,
        kind=EventKind.DISPUTE,
        event_type=_EVENT_TYPE,
        subject_id="",
        subject_ref=snapshot.ref,
        event_state=snapshot.reported_status,
        state=DeliveryState.PARKED,
        received_at=now,
        due_at=now,
    )


def _has_credentials(gateway: Gateway) -> bool:
    """Whether the account has keys. Raises Unavailable if its secret cannot be read now."""
    try:
        gateway.require_settings()
    except Misconfigured:
        return False
    return True
