"""When payments, refunds and disputes are checked: PhonePe's mandated intervals, and the sweep's longer ones.

`LADDER` is from PhonePe's UAT checklist. The first check is 20 to 25 s after the hand-off. Further checks are every 3 s
for 30 s, every 6 s for 60 s, every 10 s for 60 s and every 30 s for 60 s. After that they are every minute until a
terminal state or the order's expiry.
"""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_CHECK_S = 22
LADDER = ((3, 10), (6, 10), (10, 6), (30, 2))  # (seconds between checks, checks)
LAST_RUNG_S = 60

# Checks in seconds after expiry, then daily: Indian banks reverse by T+5, so money may move for 5 days.
_AFTER_EXPIRY_S = (120, 300, 900, 1800, 3600, 6 * 3600)
EXPIRY_CHECK = timedelta(seconds=_AFTER_EXPIRY_S[0])
FINAL_CHECK = timedelta(minutes=15)  # After expiry and capture of a paid order: it may be paid twice.
WATCH = timedelta(days=6)

# (seconds of age below which, seconds until the next check): for refunds and overdue payments nothing is mandated.
_OPEN_LADDER_S = ((600, 60), (3600, 600), (86_400, 3600))
_OPEN_LAST_RUNG_S = 6 * 3600

CARRIED_CHECK_S = 300  # While the state machine polls, the sweep checks only in case that stops.
SWEEP_CHECK_S = 60
SEARCH_CHECK = timedelta(seconds=60)  # While a search at the gateway is under way.
AUTHORIZED_CHECK = timedelta(hours=1)  # For an authorization that waits for the merchant.
LAPSE_WARNED_BEFORE = timedelta(hours=24)  # How long before the end of an authorization a case warns.
DISPUTE_CHECK = timedelta(hours=6)  # The interval for an open dispute,
DISPUTE_CLOSE_CHECK = timedelta(hours=1)  # and on the last day before `respond_by`.
DISPUTE_DUE_SOON = timedelta(hours=24)
UNSENT_CHECK = timedelta(minutes=1)  # For a refund that the gateway has not accepted yet,
TURN_CHECK = timedelta(hours=1)  # and for one that waits for another refund or for a dispute's end.
RETURN_WATCH_DAYS = (1, 3, 7, 14, 30)  # Days after completion on which a refund is checked: it may be returned.


def rung(elapsed_s: float) -> int:
    """Seconds until the next check, for a check made `elapsed_s` seconds after the hand-off."""
    ends_at = float(FIRST_CHECK_S)
    for interval_s, checks in LADDER:
        ends_at += interval_s * checks
        if elapsed_s < ends_at - interval_s / 2:
            return interval_s
    return LAST_RUNG_S


def payment_due_after(since_expiry: timedelta, *, carried: bool) -> timedelta | None:
    """How long until the sweep checks an attempt next; None once no late success is expected any more."""
    elapsed_s = since_expiry.total_seconds()
    if elapsed_s < 0:
        return timedelta(seconds=CARRIED_CHECK_S if carried else SWEEP_CHECK_S)
    if since_expiry >= WATCH:
        return None
    step_s = next((step for step in _AFTER_EXPIRY_S if elapsed_s < step), None)
    return timedelta(seconds=step_s - elapsed_s) if step_s else timedelta(days=1)


def return_watch(completed_at: datetime, now: datetime, lasts: timedelta) -> datetime | None:
    """When a completed refund is checked next; None once it can no longer be returned. `lasts`: how long it can."""
    days = (timedelta(days=number) for number in RETURN_WATCH_DAYS)
    return next((completed_at + day for day in days if completed_at + day > now and day <= lasts), None)


def return_watch_ends(completed_at: datetime, lasts: timedelta) -> datetime | None:
    """When a completed refund is checked last; None where it cannot be returned. `lasts`: how long it can."""
    days = [timedelta(days=number) for number in RETURN_WATCH_DAYS if timedelta(days=number) <= lasts]
    return completed_at + days[-1] if days else None


def dispute_due_after(now: datetime, respond_by: datetime | None) -> timedelta:
    """How long after `now` the sweep checks an open dispute again."""
    if respond_by is None or respond_by <= now:
        return DISPUTE_CHECK
    left = respond_by - now
    return DISPUTE_CLOSE_CHECK if left <= DISPUTE_DUE_SOON else min(DISPUTE_CHECK, left - DISPUTE_DUE_SOON)


def open_due_after(age: timedelta) -> timedelta:
    """How long until the sweep checks an open record of this age again: 1 min, 10 min, 1 h, and after a day 6 h."""
    age_s = age.total_seconds()
    step_s = next((step for younger_s, step in _OPEN_LADDER_S if age_s < younger_s), _OPEN_LAST_RUNG_S)
    return timedelta(seconds=step_s)
