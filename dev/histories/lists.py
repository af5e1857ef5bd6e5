"""Checked near rest: each list of the API shows each thing once, however small its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, NoReturn

from dev.histories import whole
from dev.histories.aged import wants_answer
from dev.histories.cloud import Cloud
from dev.histories.plan import LONGER_THAN_ANY_HISTORY
from dev.histories.scheduler import Ended
from dev.histories.settings import START_MS, WORKSPACE
from dev.histories.vigil import Require
from payments.domain.records.case import Case
from payments.domain.values.account import Account
from payments.domain.values.clock import from_epoch_ms, to_text
from payments.gateways.contract.errors import Unavailable
from payments.gateways.kit.public import CONFIGURED
from payments.usecases.gateway.offers import Offer, list_gateways
from payments.usecases.ports import Ports

Places = dict[str, str]  # By id: what decides its place in the list; while it is equal, the place is.
Row = dict[str, dict[str, Any]]

_NO_DATE = {"NULL": True}
_LONG = 2 * LONGER_THAN_ANY_HISTORY
_SINCE = from_epoch_ms(int(START_MS)) - timedelta(days=1)  # Clocks of functions differ.
_AHEAD = timedelta(days=32)  # A list is newest first: reading must continue past a month without any payment.


class Lists:
    def __init__(self, cloud: Cloud, require: Require) -> None:
        self._cloud, self._require = cloud, require

    def check(self) -> None:
        """Each list is read by the function that has its route."""
        for function, read in (
            ("status", self._read_payments),
            ("disputes", self._read_disputes),
            ("cases", self._read_cases),
            ("reconcile", self._read_reports),
            ("gateways", self._read_gateways),
        ):
            self._cloud.invoke(function, f"lists of {function}", read, self._ended)

    def _ended(self, how: Ended) -> None:
        is_read = not how.was_killed and how.error is None
        self._require(is_read, "INV-86", f"the lists were not read to their end: {how.error!r}")

    def _read_payments(self, ports: Ports) -> None:
        self._compare("payments", self._payments, partial(_payments, None, ports))
        for status in sorted(set(self._payments().values())):
            self._compare(f"{status} payments", partial(self._payments, status), partial(_payments, status, ports))

    def _read_disputes(self, ports: Ports) -> None:
        self._compare("disputes", self._disputes, partial(_disputes, None, ports))
        self._compare("disputes to answer", self._unanswered, partial(_unanswered, ports))
        for status in sorted(set(self._disputes().values())):
            self._compare(f"{status} disputes", partial(self._disputes, status), partial(_disputes, status, ports))

    def _read_cases(self, ports: Ports) -> None:
        self._compare("cases", self._cases, partial(_cases, ports))
        self._compare("approvals", partial(self._ids, "#APR"), partial(_approvals, ports))

    def _read_reports(self, ports: Ports) -> None:
        self._compare("reports", partial(self._ids, "#REC"), partial(_reports, ports))

    def _read_gateways(self, ports: Ports) -> None:
        self._compare("gateways", self._gateways, partial(_gateways, ports))
        self._read_gateways_with_bad_parameters(ports)

    def _read_gateways_with_bad_parameters(self, ports: Ports) -> None:
        """An invalid parameter makes each account count as not set up; one that cannot be read is an error for the
        caller.
        """
        self._cloud.parameter_fails = lambda name: {CONFIGURED: "true"}  # A text where a boolean belongs.
        offers = _offers(ports)
        self._require(
            not any(offer.is_configured or offer.client_values for offer in offers),
            "INV-86",
            "a gateway counts as set up although its parameter cannot be understood",
        )
        self._cloud.parameter_fails = _unreadable
        try:
            self._require(not _offers(ports), "INV-86", "gateways are listed although no parameter can be read")
        except Unavailable:
            pass
        finally:
            self._cloud.parameter_fails = lambda name: None

    def _compare(self, name: str, there: Callable[[], Places], shown: Callable[[], list[str]]) -> None:
        """Others may write meanwhile: what was at the same place before and after must be shown."""
        before = there()
        listed = shown()
        stayed = dict(before.items() & there().items())
        missing = sorted(stayed.keys() - set(listed))
        self._require(not missing, "INV-86", f"the list of {name} leaves out {missing}")
        self._require(len(set(listed)) == len(listed), "INV-86", f"the list of {name} shows one of {listed} twice")

    def _rows(self, table: str, prefix: str) -> Iterator[Row]:
        rows = self._cloud.rows(table)
        return (row for row in rows if row["pk"]["S"].startswith(f"T#{WORKSPACE}#") and prefix in row["sk"]["S"])

    def _payments(self, status: str | None = None) -> Places:
        rows = (row for row in self._rows("payment_transactions", "PAYMENT") if row["sk"]["S"] == "PAYMENT")
        return _of_status(rows, status)

    def _disputes(self, status: str | None = None) -> Places:
        return _of_status(self._rows("payment_disputes", "DSP#"), status)

    def _unanswered(self) -> Places:
        """Open disputes, and those under review of which the gateway asks for another answer."""
        rows = self._rows("payment_disputes", "DSP#")
        return _of_status(row for row in rows if row["respond_by"] != _NO_DATE and wants_answer(row))

    def _cases(self) -> Places:
        rows = (row for row in self._rows("reconciliation", "") if row["pk"]["S"].endswith("#CASE"))
        return {f"{row['sk']['S']} {row['opened_at']['S']}": "" for row in rows if "decided_at" not in row}

    def _gateways(self) -> Places:
        """Gateways of the workspace's list at which this deployment has the account."""
        row = next(row for row in self._rows("workspaces", "WORKSPACE") if row["pk"]["S"] == f"T#{WORKSPACE}#WS")
        listed = {Account.of(each["S"]) for each in row["gateways"]["L"]}
        return {account.gateway: account.name for account in self._cloud.accounts if account in listed}

    def _ids(self, partition: str) -> Places:
        rows = self._rows("reconciliation", "")
        return {row["sk"]["S"]: "" for row in rows if row["pk"]["S"].endswith(partition)}


def _of_status(rows: Iterator[Row], status: str | None = None) -> Places:
    return {row["id"]["S"]: row["status"]["S"] for row in rows if status in (None, row["status"]["S"])}


def _payments(status: str | None, ports: Ports) -> list[str]:
    until = ports.clock.now() + _AHEAD
    return [payment.id for payment in whole.list_payments(WORKSPACE, _SINCE, until, status, ports)]


def _disputes(status: str | None, ports: Ports) -> list[str]:
    return [dispute.id for dispute in whole.list_disputes(WORKSPACE, status, None, ports)]


def _unanswered(ports: Ports) -> list[str]:
    return [dispute.id for dispute in whole.list_disputes(WORKSPACE, None, ports.clock.now() + _LONG, ports)]


def _cases(ports: Ports) -> list[str]:
    """With the time: a case that was decided and opened again meanwhile is another one."""
    return [_opening(case) for case in whole.list_cases(WORKSPACE, ports)]


def _opening(case: Case) -> str:
    return f"{case.id} {to_text(case.opened_at)}"


def _approvals(ports: Ports) -> list[str]:
    return [approval.id for approval in whole.list_approvals(WORKSPACE, ports)]


def _reports(ports: Ports) -> list[str]:
    return [str(report["reconciliation_id"]) for report in whole.list_reports(WORKSPACE, ports)]


def _gateways(ports: Ports) -> list[str]:
    return [offer.name for offer in _offers(ports)]


def _offers(ports: Ports) -> list[Offer]:
    member = ports.store.within(WORKSPACE).get_member("owner")
    assert member
    assert member.workspace
    currency = "INR" if member.workspace.country == "IN" else "USD"
    return list_gateways(member.workspace, currency, "", None, ports)


def _unreadable(name: str) -> NoReturn:
    raise Unavailable(f"{name} could not be read")
