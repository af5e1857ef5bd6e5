"""Workspaces: which values their settings may have, and the events of their changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeGuard

from payments.domain.records.chain import fingerprint
from payments.domain.values.account import FORM, Account
from payments.domain.values.clock import from_text
from payments.record import record

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
ID_FORM = "1 to 64 letters, digits, _ or -"
SUBJECT_MAX = 255  # Characters, printable.
NAME_MAX = 200
LATE_SUCCESS = ("grant", "refund", "review")
DEFAULTS: Mapping[str, object] = {
    "name": "",
    "late_success": "grant",
    "country": "IN",
    "gateways": (),  # Empty: the deployment's order.
    "two_person_above": 50_000,  # Major units.
}
DEBUG_MAX = timedelta(hours=1)
_ISO_3166 = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_ISO_3166.split())  # ISO 3166-1 alpha-2, the officially assigned codes.


@record
class Fault:
    """An invalid setting. `form` describes the stored value and never contains it."""

    field: str
    form: str
    wanted: str


def faults_in(settings: Mapping[str, object], gateways: Collection[str]) -> tuple[Fault, ...]:
    """The invalid settings; a missing one is valid. `gateways` are the names that the deployment knows."""
    rules = _rules(gateways)
    given = {name: settings[name] for name in DEFAULTS if name in settings}
    return tuple(
        Fault(name, form_of(value), wanted)
        for name, value in given.items()
        for is_right, wanted in (rules[name],)
        if not is_right(value)
    )


def _rules(gateways: Collection[str]) -> dict[str, tuple[Callable[[object], bool], str]]:
    return {
        "name": (lambda value: _is_text(value, NAME_MAX), f"a text of at most {NAME_MAX} printable characters"),
        "late_success": (lambda value: value in LATE_SUCCESS, f"one of {', '.join(LATE_SUCCESS)}"),
        "country": (lambda value: _is_among(value, COUNTRIES), "an ISO 3166-1 alpha-2 code, for example IN or US"),
        "gateways": (
            lambda value: _are_gateways(value, gateways),
            f"a list of {', '.join(gateways)}, each once; an account of its own as {next(iter(gateways), '')}:name",
        ),
        "two_person_above": (_is_whole, "a whole number of major units, from 0 on"),
    }


def _is_text(value: object, most: int) -> bool:
    return isinstance(value, str) and len(value) <= most and (value == "" or value.isprintable())


def _is_among(value: object, known: Collection[str]) -> bool:
    return isinstance(value, str) and value in known


def _are_gateways(value: object, known: Collection[str]) -> bool:
    if not isinstance(value, tuple) or not all(isinstance(text, str) and FORM.fullmatch(text) for text in value):
        return False
    names = [Account.of(text).gateway for text in value]
    return set(names) <= set(known) and len(set(names)) == len(names)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def form_of(value: object) -> str:
    """A description of the value for a log line, which must not contain the value."""
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    if isinstance(value, tuple):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int):
        return "a whole number below 0" if value < 0 else "a whole number"
    return "a number with a fraction" if isinstance(value, float) else "neither text, number nor list"


def is_subject(text: object) -> TypeGuard[str]:
    """Whether `text` can be the `sub` claim of an access token."""
    return isinstance(text, str) and 0 < len(text) <= SUBJECT_MAX and text.isprintable()


def is_debugged(debug_until: str, now: datetime) -> bool:
    """Whether the workspace's requests are logged at level DEBUG, until `debug_until`.

    A text that is no time, or a time more than an hour ahead, is ignored: debugging lasts an hour at most.
    """
    try:
        return now < from_text(debug_until) <= now + DEBUG_MAX
    except (ValueError, TypeError):  # None, no time, or a time without its zone.
        return False


@record
class WorkspaceEvent:
    """One change of a workspace or its members. `seq` is 1, 2, 3 … per workspace; `hash` covers earlier events too."""

    workspace_id: str
    seq: int
    kind: str  # workspace.created | workspace.changed | member.added | member.removed
    subject: str  # The member; "" for the workspace itself.
    role: str  # Of the member.
    settings: str  # What was set, as JSON; "" where nothing was.
    actor: str
    at: datetime
    prev_hash: str
    hash: str = ""

    def sealed(self) -> WorkspaceEvent:
        return replace(self, hash=fingerprint(self))

    def grants(self, workspace_id: str, subject: str, role: str) -> bool:
        """Whether the event is unaltered and gave `subject` this role."""
        granted = (self.workspace_id, self.kind, self.subject, self.role)
        return granted == (workspace_id, "member.added", subject, role) and self.hash == fingerprint(self)
