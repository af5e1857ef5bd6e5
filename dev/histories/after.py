"""Checked at every commit: what comes after the end of a payment.

Pending money, refunds that come back, refunds made by others, disputes, decided reviews, and orders that got another
payment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from dev.dynamodb_model import Change
from dev.histories.aftermath import PHASES
from dev.histories.assumed import assumed_of
from dev.histories.cloud import Cloud
from dev.histories.gateway import Call
from dev.histories.plan import MINUTE
from dev.histories.rows import Item
from dev.histories.vigil import Require, Vigil

_DEAD = ("failed", "cancelled", "expired")
_ONE_PERSON_MINOR = 50_000 * 100  # The workspaces' default limit: no history changes it here.
_NOTHING = {"S": ""}
_LIVED_MS = MINUTE  # No invocation lives longer, so what it has read is no older.
# Cases without an outcome for the money: a person only acknowledges them.
NOTED = ("authorization_lapsing", "capture_denied", "refund_and_dispute", "dispute_unreadable")


class After:
    def __init__(self, cloud: Cloud, vigil: Vigil, require: Require) -> None:
        self._cloud, self._vigil, self._require = cloud, vigil, require
        self.decided: set[str] = set()  # Payments about whose money a person has decided.
        self.deciding: set[str] = set()  # In this commit.
        self.by_decision: set[str] = set()  # Refunds that a decision created.
        self.refunds: dict[str, dict[str, Item]] = defaultdict(dict)  # By attempt id, by refund id.
        self.disputes: dict[str, dict[str, Item]] = defaultdict(dict)  # By attempt id, by dispute id.
        # By attempt, since when our books have an open chargeback (ms).
        self._charged_back_at_ms: dict[str, float] = {}
        self._winners: dict[str, dict[str, str]] = defaultdict(dict)  # By order and payment, the winning attempt.
        # By case: when it was decided, and how many lies had been sent by then.
        self._decided_at_ms: dict[str, tuple[float, int]] = {}

    def begin(self, changes: list[Change], events: Iterable[Item]) -> None:
        """First step of a commit: note which decisions it contains."""
        reported = [event for event in events if event["kind"]["S"] == "case.decided"]
        self.deciding = {one["stream_id"]["S"] for one in reported if one["note"]["S"].split()[0] not in NOTED}
        self.decided |= self.deciding
        for change in changes:
            if change.key["pk"]["S"].endswith("CASE") and change.new:
                self._case(change.key["sk"]["S"], change.new, change.old)
                self._require_second(change.new, changes)
            elif change.key["pk"]["S"].endswith("#APR") and change.old:
                was = change.old["state"]["S"]
                self._require(was == "requested", "INV-81", f"an approval that was {was} is answered again")

    # Cases, INV-81.

    def _case(self, case_id: str, new: Item, old: Item | None) -> None:
        lies, now_ms = self._cloud.network.tally.faults["wrong_amount"], self._cloud.scheduler.now_ms
        if "decided_at" in new:
            self._decided_at_ms[case_id] = now_ms, lies
            return
        decided_ms, reported = self._decided_at_ms.get(case_id, (now_ms, lies))
        is_anew = old is not None and "decided_at" in old and bool(new["payment_id"]["S"])
        is_recent = self._vigil.happened_at_ms > decided_ms - _LIVED_MS or lies > reported
        self._require(
            not is_anew or is_recent,
            "INV-81",
            f"{case_id} was decided, and is opened again though nothing new was reported",
        )

    def _require_second(self, case: Item, changes: Iterable[Change]) -> None:
        """Above the limit a second person has to approve, in the transaction of the decision."""
        amount, is_noted = case.get("amount"), case["outcome"]["S"] == "noted"
        if "decided_at" not in case or amount is None or is_noted or case["decided_by"]["S"] == "system":
            return
        rows = [each.new for each in changes if each.table.endswith("reconciliation") and each.new]
        agreed = [row for row in rows if row.get("state", _NOTHING)["S"] == "approved"]
        is_of_this = all(row["requested_at"]["S"] >= case["opened_at"]["S"] for row in agreed)
        self._require(is_of_this, "INV-81", "two persons decided about an earlier opening of the case")
        is_small = int(amount["M"]["minor"]["N"]) <= _ONE_PERSON_MINOR
        self._require(is_small or bool(agreed), "INV-81", f"one person decided about {amount['M']['minor']['N']}")

    # Payments.

    def payment(self, new: Item, attempts: list[Item], earlier: dict[str, Item]) -> None:
        """Check one payment of a commit. `earlier` are its attempts before the commit."""
        name, is_deciding = new["merchant_order_id"]["S"], new["id"]["S"] in self.deciding
        stored = self._winners[new["workspace_id"]["S"] + name]
        stored[new["id"]["S"]] = new["winning_attempt_id"]["S"]
        keeping = [attempt_id for attempt_id in stored.values() if attempt_id]
        self._require(
            len(keeping) <= 1, "INV-19", f"order {name} counts {len(keeping)} captures in {len(stored)} payments"
        )
        originals = {attempt["id"]["S"]: attempt for attempt in attempts}
        for attempt in attempts:
            was = earlier.get(attempt["id"]["S"])
            self._in_progress(attempt, was, f"{name}.{attempt['number']['N']}")
            self._called_late(attempt, was, new, f"{name}.{attempt['number']['N']}")
            if not is_deciding:
                self._amount(attempt, was, originals.get(attempt["duplicate_of"]["S"], attempt), new, name)

    def _in_progress(self, attempt: Item, was: Item | None, name: str) -> None:
        """INV-79: whoever ends the attempt read its state before the payer acted, or the gateway reported the end."""
        status, now_ms = attempt["status"]["S"], self._cloud.scheduler.now_ms
        if was is None or status not in _DEAD or was["status"]["S"] in _DEAD:
            return
        since_ms = self._vigil.under_way.get(attempt["id"]["S"], now_ms)
        text = f"{name} is {status} here, and its money has been under way for {(now_ms - since_ms) / 1000:.0f} s"
        self._require(now_ms - since_ms <= _LIVED_MS, "INV-79", text)

    def _called_late(self, attempt: Item, was: Item | None, payment: Item, name: str) -> None:
        """INV-79: money of an open attempt is wanted, unless another capture or payment has won."""
        is_new = was is not None and was["status"]["S"] not in (*_DEAD, "completed")
        if not is_new or attempt["status"]["S"] != "completed" or not attempt["is_excess"]["BOOL"]:
            return
        is_unwanted = bool(payment["winning_attempt_id"]["S"] or payment["replaced_by"]["S"])
        is_decided = payment["id"]["S"] in self.deciding
        self._require(
            is_unwanted or is_decided, "INV-79", f"{name} was open, and its money is refunded as if it were late"
        )

    def _amount(self, attempt: Item, was: Item | None, original: Item, payment: Item, name: str) -> None:
        """INV-82 and INV-08: without a decision only the requested amount is booked, and it does not change."""
        captured, before = int(attempt["captured_minor"]["N"]), int(was["captured_minor"]["N"]) if was else 0
        if captured == before:
            return
        self._require(not before, "INV-08", f"{name}: the capture changed from {before} to {captured}")
        wanted = {int(payment["amount"]["M"]["minor"]["N"]), int(original["capture_requested_minor"]["N"])}
        if original["capture_requested_minor"]["N"] != "0" and original is attempt:
            wanted = {int(original["capture_requested_minor"]["N"])}
        self._require(captured in wanted, "INV-82", f"{name} captured {captured}, requested {sorted(wanted)}")

    def lock(self, change: Change, changes: Iterable[Change]) -> None:
        """An order's lock moves only from a payment that has ended to the one that replaces it."""
        if change.old is None or change.new is None:
            return self._require(change.new is not None, "INV-19", "the lock of an order was deleted")
        first, second = (item["payment_id"]["S"] for item in (change.old, change.new))
        payments = [each.new for each in changes if each.key["sk"]["S"] == "PAYMENT" and each.new]
        left = [one for one in payments if one["id"]["S"] == first and one["replaced_by"]["S"] == second]
        is_dead = all(attempt["M"]["status"]["S"] in _DEAD for one in left for attempt in one["attempts"]["L"])
        is_sound = bool(left) and is_dead and not left[0]["winning_attempt_id"]["S"]
        return self._require(is_sound, "INV-19", f"the order of {first} was given to {second}")

    # Disputes.

    def dispute(self, change: Change, has_event: bool) -> None:
        """INV-72: a dispute never goes back to an earlier status, and each status that we write was once so at the
        gateway.
        """
        new, old = change.new, change.old
        if new is None:
            return self._require(False, "INV-17", "a dispute was deleted")
        ref, rank = new["ref"]["S"], _rank_of(new)
        is_moved = old is None or rank != _rank_of(old)
        self._require(has_event or not is_moved, "INV-15", "a dispute changed without an event")
        self._require(old is None or rank >= _rank_of(old), "INV-72", f"{ref} went back to {rank}")
        seen = [(phase, state) for one, phase, state in self._vigil.disputes_seen if one == ref]
        is_known = any(phase == new["phase"]["S"] for phase, _ in seen)
        is_known = is_known and any(state == new["status"]["S"] for _, state in seen)
        self._require(is_known, "INV-72", f"{ref} was never {new['phase']['S']} {new['status']['S']} at the gateway")
        is_open = rank[1] < _ENDED
        self._require("due_shard" in new or not is_open, "INV-26", "a dispute is open and in no due index")
        mine = self.disputes[new["attempt_id"]["S"]]
        mine[new["id"]["S"]] = new
        if any(_rank_of(one)[1] < _ENDED and one["phase"]["S"] != "inquiry" for one in mine.values()):
            self._charged_back_at_ms.setdefault(new["attempt_id"]["S"], self._cloud.scheduler.now_ms)
        else:
            self._charged_back_at_ms.pop(new["attempt_id"]["S"], None)
        return None

    def is_charged_back(self, attempt_id: str) -> bool:
        return attempt_id in self._charged_back_at_ms

    def withheld(self, attempt_id: str) -> int:
        """The amount (minor units) that the attempt's disputes exclude from refunds."""
        return sum(int(one["amount"]["M"]["minor"]["N"]) for one in self.disputes[attempt_id].values() if _takes(one))

    def sent(self, our_id: str, call: Call) -> None:
        """INV-73: while a chargeback is open no refund is sent, unless two persons have forced it."""
        found = [(attempt, mine[our_id]) for attempt, mine in self.refunds.items() if our_id in mine]
        for attempt, refund in found:
            since_ms = self._charged_back_at_ms.get(attempt, call.began_ms)
            is_sound = since_ms >= call.began_ms or refund["is_forced"]["BOOL"]
            self._require(is_sound, "INV-73", f"{our_id} is sent while a chargeback of its payment is open")

    # Refunds.

    def refund(self, new: Item, old: Item | None, changes: Iterable[Change]) -> None:
        """Check a refund that is new in this commit or whose status changed."""
        status, is_deciding = new["status"]["S"], new["payment_id"]["S"] in self.deciding
        if is_deciding:
            self.by_decision |= {new["id"]["S"]} if old is None else set()
            self._require(
                old is not None or not _is_about_completed(changes), "INV-09", "a completed refund is booked twice"
            )
        elif status == "returned":
            self._returned(new, old, changes)
        elif new["actor"]["S"] == "gateway":
            self._imported(new)
        elif status in ("completed", "failed"):
            self._ended(new, status)

    def _text(self, refund: Item) -> tuple[str, int]:
        theirs = self._cloud.theirs.refund(refund["id"]["S"])
        return (theirs.state, theirs.amount) if theirs else ("nothing", 0)

    def _ended(self, refund: Item, status: str) -> None:
        state, amount = self._text(refund)
        if status == "failed":
            # Returned before our books knew that it was completed.
            is_dead = state in ("nothing", "failed", "returned")
            return self._require(is_dead, "INV-10", f"a refund failed; the gateway says {state}")
        is_done = state in ("completed", "returned") and amount == int(refund["amount"]["M"]["minor"]["N"])
        return self._require(is_done, "INV-09", f"a refund is completed; the gateway says {state} {amount}")

    def _returned(self, refund: Item, old: Item | None, changes: Iterable[Change]) -> None:
        state, was = self._text(refund)[0], old["status"]["S"] if old else "nothing"
        is_proved = state == "returned"
        # Checked against the gateway's total, the only thing known about refunds made by others.
        if refund["actor"]["S"] == "gateway":
            is_less = self._cloud.theirs.refunded_at_gateway(refund["attempt_id"]["S"]) <= self._ours(refund)
            ref = refund.get("refund_ref", {"S": ""})["S"]  # PhonePe reports each of them by its id.
            is_named = any(
                ref in (one.ref, one.id) and one.state == "returned" for _, one in self._cloud.theirs.refunds()
            )
            is_proved = self.is_lied_to or is_less or (bool(ref) and is_named)
        text = f"a refund that was {was} is returned; the gateway says {state}"
        # A part of an imported refund, in the commit that splits it.
        is_part = old is None and refund["actor"]["S"] == "gateway"
        self._require(is_proved and (was == "completed" or is_part), "INV-74", text)
        about = {refund["id"]["S"], refund["payment_id"]["S"]}
        cases = [each.new for each in changes if each.key["pk"]["S"].endswith("CASE") and each.new]
        is_reported = any(case["subject_id"]["S"] in about and "decided_at" not in case for case in cases)
        self._require(is_reported, "INV-74", "a refund is returned, and there is no case")

    def _imported(self, refund: Item) -> None:
        """INV-80: the gateway refunded at least as much that no refund of ours explains."""
        order, ours = refund["attempt_id"]["S"], self._ours(refund)
        # Where the gateway reports no total, only its webhook reports what came back.
        has_no_total, there = assumed_of(refund["gateway"]["S"]).tells_no_total, self._cloud.theirs
        theirs = there.ever_refunded(order) if has_no_total else there.refunded_at_gateway(order)
        text = f"{ours} of {order} are booked as refunded by the gateway, which refunded {theirs} without us"
        self._require(ours <= theirs or self.is_lied_to, "INV-80", text)

    def _ours(self, refund: Item) -> int:
        """The sum (minor units) that our books call refunded by the gateway, for the same attempt."""
        mine = [one for one in self.refunds[refund["attempt_id"]["S"]].values() if one["actor"]["S"] == "gateway"]
        found = [one for one in mine if one["id"]["S"] not in self.by_decision and one["status"]["S"] == "completed"]
        return sum(int(one["amount"]["M"]["minor"]["N"]) for one in found)

    @property
    def is_lied_to(self) -> bool:
        """True if a gateway gives wrong amounts: our books take its total, and its next answer corrects it."""
        return self._cloud.network.tally.faults["wrong_amount"] > 0


def _is_about_completed(changes: Iterable[Change]) -> bool:
    """True if the commit decides about a completed refund."""
    refunds = [(each.old, each.new) for each in changes if each.old and each.new and "decided" in each.new]
    return any(
        old["status"]["S"] == "completed" and new["decided"]["S"] and not old["decided"]["S"] for old, new in refunds
    )


_ENDED = 2  # A rank.


def _rank_of(dispute: Item) -> tuple[int, int]:
    return PHASES.index(dispute["phase"]["S"]), {"open": 0, "under_review": 1}.get(dispute["status"]["S"], _ENDED)


def _takes(dispute: Item) -> bool:
    """True if it takes the money: an open or lost chargeback; an inquiry only where the gateway debited the amount."""
    is_over = dispute["status"]["S"] in ("won", "closed")
    is_question = dispute["phase"]["S"] == "inquiry" and dispute["money"]["S"] != "debited"
    return not (is_over or is_question)
