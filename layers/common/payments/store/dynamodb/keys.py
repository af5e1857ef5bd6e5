"""Keys. Those of a workspace begin with `T#<workspace>#`. Ids have no `#`, so no key can be of another workspace.

Names that a merchant chooses may have one, so they are percent-encoded.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote
from zlib import crc32

from payments.domain.values.account import Account
from payments.domain.values.clock import to_text
from payments.store.contract.due import SHARDS
from payments.store.dynamodb.codec import Item


def key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def tenant(workspace_id: str, *parts: str) -> str:
    return "#".join(("T", workspace_id, *parts))


def of_payment(workspace_id: str, payment_id: str) -> str:
    """The partition of a payment, its refunds and its disputes."""
    return tenant(workspace_id, "PAY", payment_id)


def payment(workspace_id: str, payment_id: str) -> Item:
    return key(of_payment(workspace_id, payment_id), "PAYMENT")


def place_in_list(created_at: datetime, payment_id: str) -> str:
    """The place of a payment in its workspace's list. It is also the cursor after that payment."""
    return f"{to_text(created_at)}#{payment_id}"


def payment_list(workspace_id: str, month: str, status: str | None = None) -> str:
    """The index partition of a workspace's payments of one month; with a status, only of those that have it."""
    return tenant(workspace_id, month, *([status] if status else []))


def checkpoints(workspace_id: str) -> str:
    """The index partition of a workspace's payments that are to be reconciled."""
    return tenant(workspace_id, "CHECKPOINT")


def order(workspace_id: str, merchant_order_id: str) -> Item:
    return key(tenant(workspace_id, "ORD", quote(merchant_order_id, safe="")), "LOCK")


def refund(workspace_id: str, payment_id: str, refund_id: str) -> Item:
    return key(of_payment(workspace_id, payment_id), f"RF#{refund_id}")


def dispute(workspace_id: str, payment_id: str, dispute_id: str) -> Item:
    return key(of_payment(workspace_id, payment_id), f"DSP#{dispute_id}")


def dispute_list(workspace_id: str, status: str) -> str:
    """The index partition that lists a workspace's disputes of one status."""
    return tenant(workspace_id, "DSP", status)


def event(workspace_id: str, stream_id: str, seq: int) -> Item:
    return key(stream(workspace_id, stream_id), f"E#{seq:010d}")


def stream(workspace_id: str, stream_id: str) -> str:
    """The partition of a stream's events."""
    return tenant(workspace_id, "STREAM", stream_id)


def claim(workspace_id: str, operation: str, key_hash: str) -> Item:
    return key(tenant(workspace_id, "IDEM", operation, key_hash), "CLAIM")


def case(workspace_id: str, case_id: str) -> Item:
    return key(cases(workspace_id), case_id)


def cases(workspace_id: str) -> str:
    """The partition of a workspace's cases; for "", of the cases that belong to no workspace."""
    return tenant(workspace_id, "CASE") if workspace_id else "G#CASE"


def approval(workspace_id: str, approval_id: str) -> Item:
    return key(tenant(workspace_id, "APR"), approval_id)


def report(workspace_id: str, report_id: str) -> Item:
    return key(tenant(workspace_id, "REC"), report_id)


def member(workspace_id: str, subject: str) -> Item:
    return key(tenant(workspace_id, "WS"), f"MEMBER#{subject}")


def grant(workspace_id: str, subject: str) -> Item:
    """The key of a copy of the event that gave the member the role, in the member's table."""
    return key(tenant(workspace_id, "WS"), f"GRANT#{subject}")


def workspace(workspace_id: str) -> Item:
    return key(tenant(workspace_id, "WS"), "WORKSPACE")


def workspace_event(workspace_id: str, seq: int) -> Item:
    return key(tenant(workspace_id, "WS"), f"E#{seq:010d}")


def directory(workspace_id: str) -> Item:
    return key("WORKSPACES", workspace_id)


def reference(external_id: str) -> Item:
    return key(f"X#{external_id}", "REF")


def webhook_reference(gateway: str, ref: str) -> Item:
    return key(f"N#{gateway}#{ref}", "REF")


def delivery(account: Account, delivery_id: str) -> Item:
    return key(f"W#{account}#{delivery_id}", "DELIVERY")


def lease(job: str) -> Item:
    return key(f"LEASE#{job}", "LEASE")


def position(job: str) -> Item:
    return key(f"POSITION#{job}", "POSITION")


def token(name: str) -> Item:
    return key(f"TOKEN#{name}", "TOKEN")


def lane_of(gateway: str, subject_id: str) -> str:
    return due_lane(gateway, crc32(subject_id.encode()) % SHARDS)


def due_lane(gateway: str, shard: int) -> str:
    return f"DUE#{gateway}#{shard}"
