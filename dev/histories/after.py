"""Checked at every commit: what comes after an end. Money that is under way, refunds that come back or that others
made, disputes, decided reviews, and orders that got another payment.
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
_ONE_PERSON_MINOR = 50_000 * 100  # The workspaces' limit as it stands: nobody sets another here.
_NOTHING = {"S": ""}
_LIVED_MS = MINUTE  # No invocation lives longer, so whatever it was told is no older.
NOTED = ("authorization_lapsing", "capture_denied", "refund_and_dispute", "dispute_unreadable")  # Decided: only read.


class After:
    def __init__(self, cloud: Cloud, vigil: Vigil, require: Require) -> None:
        self._cloud, self._vigil, self._require = cloud, vigil, require
        self.decided: set[str] = set()  # Payments about whose money a person has decided.
        self.deciding: set[str] = set()  # In this very commit.
        self.by_decision: set[str] = set()  # Refunds that a decision made.
        self.refunds: dict[str, dict[str, Item]] = defaultdict(dict)  # By attempt, by id.
        self.disputes: dict[str, dict[str, Item]] = defaultdict(dict)  # The same.
        self._charged_back_at_ms: dict[str, float] = {}  # By attempt, since when a chargeback has been open here.
        self._winners: dict[str, dict[str, str]] = defaultdict(dict)  # By order and payment, the attempt that is kept.
        self._decided_at_ms: dict[str, tuple[float, int]] = {}  # By case, with the lies that had been told by then.

    def begin(self, changes: list[Change], events: Iterable[Item]) -> None:
        """Before anything else of a commit is looked at: which decisions it holds."""
        reported = [event for event in events if event["kind"]["S"] == "case.decided"]
        self.deciding = {one["stream_id"]["S"] for one in reported if one["note"]["S"].split()[0] not in NOTED}
        self.decided |= self.deciding
        for change in changes:
            if change.key["pk"]["S"].endswith("CASE") and change.new:
                self._case(change.key["sk"]["S"], change.new, change.old)
                self._require_second(change.new, changes)
            elif change.key["pk"]["S"].endswith("#APR") and change.old:
                was = change.old["state"]["S"]
                self._require(was == "requested", "INV-81", f"an approval that was {was} is answered once more")

    # Cases, for INV-81.

    def _case(self, case_id: str, new: Item, old: Item | None) -> None:
        lies, now_ms = self._cloud.network.tally.faults["wrong_amount"], self._cloud.scheduler.now_ms
        if "decided_at" in new:
            self._decided_at_ms[case_id] = now_ms, lies
            return
        decided_ms, reported = self._decided_at_ms.get(case_id, (now_ms, lies))
        is_anew = old is not None and "decided_at" in old and bool(new["payment_id"]["S"])
        is_recent = self._vigil.happened_at_ms > decided_ms - _LIVED_MS or lies > reported
        self._require(not is_anew or is_recent, "INV-81", f"{case_id} was decided, and is opened anew without any news")

    def _require_second(self, case: Item, changes: Iterable[Change]) -> None:
        """Above the limit a second person agrees, in the transaction of the decision."""
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
        """One payment of a commit, with its attempts now and before."""
        name, is_deciding = new["merchant_order_id"]["S"], new["id"]["S"] in self.deciding
        stored = self._winners[new["workspace_id"]["S"] + name]
        stored[new["id"]["S"]] = new["winning_attempt_id"]["S"]
        keeping = [attempt_id for attempt_id in stored.values() if attempt_id]
        self._require(
            len(keeping) <= 1, "INV-19", f"order {name} keeps {len(keeping)} captures in {len(stored)} payments"
        )
        originals = {attempt["id"]["S"]: attempt for attempt in attempts}
        for attempt in attempts:
            was = earlier.get(attempt["id"]["S"])
            self._in_progress(attempt, was, f"{name}.{attempt['number']['N']}")
            self._called_late(attempt, was, new, f"{name}.{attempt['number']['N']}")
            if not is_deciding:
                self._amount(attempt, was, originals.get(attempt["duplicate_of"]["S"], attempt), new, name)

    def _in_progress(self, attempt: Item, was: Item | None, name: str) -> None:
        """INV-79: whoever ends it was told so before the payer acted, or was told by the gateway."""
        status, now_ms = attempt["status"]["S"], self._cloud.scheduler.now_ms
        if was is None or status not in _DEAD or was["status"]["S"] in _DEAD:
            return
        since_ms = self._vigil.under_way.get(attempt["id"]["S"], now_ms)
        text = f"{name} is {status} here, and its money has been under way for {(now_ms - since_ms) / 1000:.0f} s"
        self._require(now_ms - since_ms <= _LIVED_MS, "INV-79", text)

    def _called_late(self, attempt: Item, was: Item | None, payment: Item, name: str) -> None:
        """INV-79: of an attempt that was open the money is wanted, unless another capture or payment has its place."""
        is_new = was is not None and was["status"]["S"] not in (*_DEAD, "completed")
        if not is_new or attempt["status"]["S"] != "completed" or not attempt["is_excess"]["BOOL"]:
            return
        is_unwanted = bool(payment["winning_attempt_id"]["S"] or payment["replaced_by"]["S"])
        is_decided = payment["id"]["S"] in self.deciding
        self._require(
            is_unwanted or is_decided, "INV-79", f"{name} was open, and its money goes back as if it were late"
        )

    def _amount(self, attempt: Item, was: Item | None, original: Item, payment: Item, name: str) -> None:
        """INV-82, and INV-08: without a decision no other amount than was asked is booked, and it stays."""
        captured, before = int(attempt["captured_minor"]["N"]), int(was["captured_minor"]["N"]) if was else 0
        if captured == before:
            return
        self._require(not before, "INV-08", f"{name}: the capture changed from {before} to {captured}")
        wanted = {int(payment["amount"]["M"]["minor"]["N"]), int(original["capture_requested_minor"]["N"])}
        if original["capture_requested_minor"]["N"] != "0" and original is attempt:
            wanted = {int(original["capture_requested_minor"]["N"])}
        self._require(captured in wanted, "INV-82", f"{name} captured {captured}, asked for {sorted(wanted)}")

    def lock(self, change: Change, changes: Iterable[Change]) -> None:
        """An order's lock moves from a dead payment to the one in its place, and never otherwise."""
        if change.old is None or change.new is None:
            return self._require(change.new is not None, "INV-19", "an order's lock was deleted")
        first, second = (item["payment_id"]["S"] for item in (change.old, change.new))
        payments = [each.new for each in changes if each.key["sk"]["S"] == "PAYMENT" and each.new]
        left = [one for one in payments if one["id"]["S"] == first and one["replaced_by"]["S"] == second]
        is_dead = all(attempt["M"]["status"]["S"] in _DEAD for one in left for attempt in one["attempts"]["L"])
        is_sound = bool(left) and is_dead and not left[0]["winning_attempt_id"]["S"]
        return self._require(is_sound, "INV-19", f"the order of {first} was given to {second}")

    # Disputes.

    def dispute(self, change: Change, has_event: bool) -> None:
        """INV-72: nothing falls, and what is written down was so at the gateway."""
        new, old = change.new, change.old
        if new is None:
            return self._require(False, "INV-17", "a dispute was deleted")
        ref, rank = new["ref"]["S"], _rank_of(new)
        is_moved = old is None or rank != _rank_of(old)
        self._require(has_event or not is_moved, "INV-15", "a dispute changed without an event")
        self._require(old is None or rank >= _rank_of(old), "INV-72", f"{ref} fell to {rank}")
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
        """What the disputes of an attempt keep from being refunded."""
        return sum(int(one["amount"]["M"]["minor"]["N"]) for one in self.disputes[attempt_id].values() if _takes(one))

    def sent(self, our_id: str, call: Call) -> None:
        """INV-73: while a chargeback is open no refund is sent, unless two persons forced it."""
        found = [(attempt, mine[our_id]) for attempt, mine in self.refunds.items() if our_id in mine]
        for attempt, refund in found:
            since_ms = self._charged_back_at_ms.get(attempt, call.began_ms)
            is_sound = since_ms >= call.began_ms or refund["is_forced"]["BOOL"]
            self._require(is_sound, "INV-73", f"{our_id} is sent while a chargeback of its payment is open")

    # Refunds.

    def refund(self, new: Item, old: Item | None, changes: Iterable[Change]) -> None:
        """A refund whose status changed in this commit, or that is new."""
        status, is_deciding = new["status"]["S"], new["payment_id"]["S"] in self.deciding
        if is_deciding:
            self.by_decision |= {new["id"]["S"]} if old is None else set()
            self._require(
                old is not None or not _is_about_completed(changes), "INV-09", "a completed refund is booked once more"
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
            is_dead = state in ("nothing", "failed", "returned")  # Returned before we had heard that it was completed.
            return self._require(is_dead, "INV-10", f"a refund failed; the gateway says {state}")
        is_done = state in ("completed", "returned") and amount == int(refund["amount"]["M"]["minor"]["N"])
        return self._require(is_done, "INV-09", f"a refund is completed; the gateway says {state} {amount}")

    def _returned(self, refund: Item, old: Item | None, changes: Iterable[Change]) -> None:
        state, was = self._text(refund)[0], old["status"]["S"] if old else "nothing"
        is_proved = state == "returned"
        if refund["actor"]["S"] == "gateway":  # By its total, which is all that is known of others' refunds.
            is_less = self._cloud.theirs.refunded_at_gateway(refund["attempt_id"]["S"]) <= self._ours(refund)
            ref = refund.get("refund_ref", {"S": ""})["S"]  # At PhonePe each one is known by its name.
            is_named = any(
                ref in (one.ref, one.id) and one.state == "returned" for _, one in self._cloud.theirs.refunds()
            )
            is_proved = self.is_lied_to or is_less or (bool(ref) and is_named)
        text = f"a refund that was {was} is returned; the gateway says {state}"
        is_part = old is None and refund["actor"]["S"] == "gateway"  # Of an import, in the commit that splits it.
        self._require(is_proved and (was == "completed" or is_part), "INV-74", text)
        about = {refund["id"]["S"], refund["payment_id"]["S"]}
        cases = [each.new for each in changes if each.key["pk"]["S"].endswith("CASE") and each.new]
        is_reported = any(case["subject_id"]["S"] in about and "decided_at" not in case for case in cases)
        self._require(is_reported, "INV-74", "a refund is returned, and nobody is told")

    def _imported(self, refund: Item) -> None:
        """INV-80: money went back there that no refund of ours explains, and at least as much of it."""
        order, ours = refund["attempt_id"]["S"], self._ours(refund)
        # Where no total tells of what came back there, nobody knows without its webhook.
        has_no_total, there = assumed_of(refund["gateway"]["S"]).tells_no_total, self._cloud.theirs
        theirs = there.ever_refunded(order) if has_no_total else there.refunded_at_gateway(order)
        text = f"{ours} of {order} are booked as refunded by the gateway, which refunded {theirs} without us"
        self._require(ours <= theirs or self.is_lied_to, "INV-80", text)

    def _ours(self, refund: Item) -> int:
        """What the books call refunded by the gateway, of the same attempt."""
        mine = [one for one in self.refunds[refund["attempt_id"]["S"]].values() if one["actor"]["S"] == "gateway"]
        found = [one for one in mine if one["id"]["S"] not in self.by_decision and one["status"]["S"] == "completed"]
        return sum(int(one["amount"]["M"]["minor"]["N"]) for one in found)

    @property
    def is_lied_to(self) -> bool:
        """A total is booked as the gateway tells it, and corrected by its next answer."""
        return self._cloud.network.tally.faults["wrong_amount"] > 0


def _is_about_completed(changes: Iterable[Change]) -> bool:
    """Whether a commit decides about a refund that is completed."""
    refunds = [(each.old, each.new) for each in changes if each.old and each.new and "decided" in each.new]
    return any(
        old["status"]["S"] == "completed" and new["decided"]["S"] and not old["decided"]["S"] for old, new in refunds
    )


_ENDED = 2  # A rank.


def _rank_of(dispute: Item) -> tuple[int, int]:
    return PHASES.index(dispute["phase"]["S"]), {"open": 0, "under_review": 1}.get(dispute["status"]["S"], _ENDED)


def _takes(dispute: Item) -> bool:
    """A chargeback that is open or lost; an inquiry only where the gateway took the money."""
    is_over = dispute["status"]["S"] in ("won", "closed")
    is_question = dispute["phase"]["S"] == "inquiry" and dispute["money"]["S"] != "debited"
    return not (is_over or is_question)
