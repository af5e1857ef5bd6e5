"""The daily list: finds disputes whose webhooks were lost. Each run is bounded; the next one finds the rest."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from payments.domain.disputing import advance
from payments.domain.event import Why
from payments.gateways.contract import CanDispute, DisputeSnapshot, EventKind, GatewayError
from payments.store.contract import Delivery, DeliveryState, NotFound, StoreError
from payments.usecases.disputes import news_of, sync_dispute
from payments.usecases.errors import why_of
from payments.usecases.gateways import is_configured
from payments.usecases.job_lease import job_lease
from payments.usecases.parts import Parts

BACK = timedelta(days=120)
_RESERVE_S = 5.0
_DISPUTES_MAX = 2_000  # Of one gateway and day.
_WHY = Why("system", "daily list")
_WORD = "listed"

Report = dict[str, object]


def sync_listed(parts: Parts) -> Report:
    """List and sync the disputes of each gateway.

    Returns {"listed", "synced", "unknown", "failed", "complete"}, or {"skipped"} while another run is at work.
    """
    with job_lease("disputes", parts) as is_mine:
        return _sync_all(parts) if is_mine else {"skipped": "another list is at work"}


def _sync_all(parts: Parts) -> Report:
    counts: Counter[str] = Counter()
    is_complete = True
    for name in parts.known_gateways or parts.gateways:
        is_complete &= _list_one(name, counts, parts)
    report: Report = {name: counts[name] for name in ("listed", "synced", "unknown", "failed")}
    return report | {"complete": is_complete}


def _list_one(name: str, counts: Counter[str], parts: Parts) -> bool:
    """Sync one gateway's disputes; False where its list was not read to the end."""
    gateway, before = parts.gateway(name), counts["listed"]
    if not isinstance(gateway, CanDispute):
        return True
    try:
        if name not in parts.gateways and not is_configured(gateway):
            return True  # This deployment has never used it.
        for snapshot in _list_pages(gateway, parts):
            if parts.time_left() < _RESERVE_S or counts["listed"] - before >= _DISPUTES_MAX:
                parts.note("disputes.unfinished", gateway=name, count=counts["listed"] - before)
                return False
            counts["listed"] += 1
            counts[_sync_one(name, snapshot, parts)] += 1
    except GatewayError as silence:
        counts["failed"] += 1
        parts.note(
            "disputes.unlisted",
            level="WARNING",
            gateway=name,
            error=type(silence).__name__,
            gateway_code=silence.code,
            why=str(silence),
        )
        return False
    parts.note("disputes.listed", gateway=name, count=counts["listed"] - before)
    return True


def _list_pages(gateway: CanDispute, parts: Parts) -> Iterator[DisputeSnapshot]:
    until = parts.clock.now()
    cursor = ""
    while True:
        page = gateway.list_disputes(until - BACK, until, cursor)
        yield from page.disputes
        if not page.next_cursor or page.next_cursor == cursor:
            return
        cursor = page.next_cursor


def _sync_one(name: str, snapshot: DisputeSnapshot, parts: Parts) -> str:
    """Sync one dispute: unchanged, synced, unknown or failed. A failure does not stop the others."""
    try:
        if _is_known(name, snapshot, parts):
            return "unchanged"
        sync_dispute(name, snapshot.ref, _WHY, parts)
    except NotFound:
        parts.store.add_delivery(_parked(name, snapshot, parts))
        return "unknown"
    except (GatewayError, StoreError) as failure:
        parts.note(
            "disputes.unsynced",
            level="WARNING",
            gateway=name,
            subject_id=snapshot.ref,
            error=type(failure).__name__,
            why=why_of(failure),
        )
        return "failed"
    return "synced"


def _is_known(name: str, snapshot: DisputeSnapshot, parts: Parts) -> bool:
    """Whether the entry changes nothing, so that the dispute need not be fetched."""
    where = parts.store.locate_dispute(name, snapshot.ref)
    if where is None:
        return False
    payment, dispute = parts.store.within(where.workspace_id).get_disputing(where.payment_id, where.subject_id)
    return advance(payment, dispute, news_of(snapshot), _WHY, parts.clock.now()) is None


def _parked(name: str, snapshot: DisputeSnapshot, parts: Parts) -> Delivery:
    """A delivery for a dispute of no known payment: tried again for a day, then a case, as for a webhook."""
    now = parts.clock.now()
    return Delivery(
        id=hashlib.sha256(f"{_WORD} {name} {snapshot.ref}".encode()).hexdigest(),
        gateway=name,
        kind=EventKind.DISPUTE,
        word=_WORD,
        subject_id="",
        subject_ref=snapshot.ref,
        state_word=snapshot.word,
        state=DeliveryState.PARKED,
        received_at=now,
        due_at=now,
    )
