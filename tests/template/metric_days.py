"""Metrics of a healthy system, minute by minute, and changes that make each alarm red."""

from __future__ import annotations

from collections.abc import Callable

from dev.tools.alarms import Metric, Samples, ours

HOURS = 7
END_S = HOURS * 3600
_FUNCTIONS = (
    "Initiate",
    "Status",
    "Checkout",
    "Gateways",
    "Capture",
    "Refund",
    "Disputes",
    "Webhook",
    "Apply",
    "Poll",
    "Sweep",
    "Reconcile",
    "Cases",
    "Health",
)
_MINUTE_S = 60
_ANSWERS = 12  # Per minute.
_GAUGES = (
    "PendingOver30Min",
    "InProgressOver5Days",
    "RefundOver24Hours",
    "DisputeDueSoon",
    "GatewaysNotAnswering",
)
_COUNTED: dict[str, tuple[int, ...]] = {  # Every so many minutes: these values.
    "PaymentCompleted": (1, 1, 1),
    "PaymentExpired": (40, 1),
    "PaymentFailed": (80, 1),
    "WebhookReceived": (1, 1, 1),
    "WebhookReceiptToAppliedMs": (1, 420, 780),
    "WebhookAppliedLate": (300, 1),
    "SweepCompleted": (1, 1),
    "OldestDueSeconds": (1, 35),
    "OpenCases": (5, 3),
    "PaymentsReconciled": (5, 9),
    "ReportsUnfinished": (5, 0),
    "DisputeListsUnfinished": (HOURS * 60, 0),  # Once a day.
    "CasesOver24Hours": (5, 0),
    "ReportIssues": (5, 0),
} | dict.fromkeys(_GAUGES, (1, 0))
Ill = Callable[[Samples], None]


def aws(namespace: str, name: str, of: str) -> Metric:
    return (f"AWS/{namespace}", name, of)


def healthy() -> Samples:
    """Seven hours of a shop with two orders a minute, of which one in forty is not paid."""
    samples = Samples()
    for minute in range(HOURS * 60):
        _healthy_minute(samples, minute)
    return samples


def _healthy_minute(samples: Samples, minute: int) -> None:
    at_s = (minute + 1) * _MINUTE_S

    for name, (every, *values) in _COUNTED.items():
        for value in values if minute % every == every // 8 else ():
            samples.add(ours(name), at_s, value)
    samples.add(aws("ApiGateway", "Count", "HttpApi"), at_s, _ANSWERS)
    for answer in range(_ANSWERS):
        is_slow = minute % 4 == 0 and answer == 0  # A cold start beside a slow gateway.
        samples.add(aws("ApiGateway", "Latency", "HttpApi"), at_s, 3_400 if is_slow else 180)
    if minute % 120 == 0:
        samples.add(aws("ApiGateway", "5xx", "HttpApi"), at_s, 1)
    for name in _FUNCTIONS:
        samples.add(aws("Lambda", "Invocations", f"{name}Function"), at_s, 8)
        samples.add(aws("Lambda", "Errors", f"{name}Function"), at_s, 6 if name == "Poll" else 0)


def sick(metric: Metric, value: float = 1, times: int = 1, minutes: int = 5) -> Ill:
    """Add `value` so many times in each of the last minutes."""

    def ill(samples: Samples) -> None:
        for minute in range(minutes):
            for _ in range(times):
                samples.add(metric, END_S - minute * _MINUTE_S, value)

    return ill


def silent(*metrics: Metric) -> Ill:
    def ill(samples: Samples) -> None:
        for metric in metrics:
            samples.of.pop(metric, None)

    return ill


def all_of(*causes: Ill) -> Ill:
    def ill(samples: Samples) -> None:
        for cause in causes:
            cause(samples)

    return ill


def replaced(metric: Metric, value: float, minutes: int) -> Ill:
    """Replace all values of the last minutes by this one."""

    def ill(samples: Samples) -> None:
        since_s = END_S - minutes * _MINUTE_S
        samples.of[metric] = [(at_s, value if at_s > since_s else was) for at_s, was in samples.of[metric]]

    return ill


def newest(function: str) -> Metric:
    """The errors of the version to which the calls of a function go over."""
    name = f"{function}Function"
    return aws("Lambda", "Errors", f"{name}/${{{name}}}:live/{name}")


_HOUR, _SIX_HOURS = 60, 360
_ANSWERED_5XX = aws("ApiGateway", "5xx", "HttpApi")
_LATENCY = aws("ApiGateway", "Latency", "HttpApi")
_NOT_ANSWERING = all_of(silent(ours("GatewaysNotAnswering")), sick(ours("GatewaysNotAnswering"), 1, minutes=10))
_NO_SUCCESS = all_of(silent(ours("PaymentCompleted")), sick(ours("PaymentFailed"), 1, 2, _HOUR))
_POOR_SUCCESS = sick(ours("PaymentExpired"), 1, 1, _SIX_HOURS)
_WEBHOOKS_LATE = sick(ours("WebhookAppliedLate"), 1, 1, _HOUR)
_SOME_WEBHOOKS_LATE = all_of(*[sick(ours("WebhookDead"), 1, 1, minutes) for minutes in range(5, _SIX_HOURS, 5)])

ILL: dict[str, Ill] = {
    "FunctionErrorRateAlarm": sick(aws("Lambda", "Errors", "InitiateFunction"), 3),
    "CaptureErrorRateAlarm": sick(aws("Lambda", "Errors", "CaptureFunction"), 1),
    "ApiErrorRateAlarm": sick(_ANSWERED_5XX, 2),
    "PaymentSuccessRateAlarm": sick(ours("PaymentExpired"), 1, 1, 8),
    "WebhookRejectedAlarm": sick(ours("WebhookRejected")),
    "WebhookSilenceAlarm": silent(ours("WebhookReceived")),
    "WebhookSlowAlarm": replaced(ours("WebhookReceiptToAppliedMs"), 12_000, 15),
    "PendingOver30MinAlarm": sick(ours("PendingOver30Min"), minutes=1),
    "InProgressOver5DaysAlarm": sick(ours("InProgressOver5Days"), minutes=1),
    "RefundOver24HoursAlarm": sick(ours("RefundOver24Hours"), minutes=1),
    "CaseOpenedAlarm": sick(ours("CaseOpened"), minutes=1),
    "CasesOver24HoursAlarm": sick(ours("CasesOver24Hours"), minutes=1),
    "ReportIssuesAlarm": sick(ours("ReportIssues"), minutes=1),
    "AmountMismatchAlarm": sick(ours("AmountMismatch"), minutes=1),
    "LateSuccessAlarm": sick(ours("LateSuccess"), minutes=1),
    "WorkspaceInvalidAlarm": sick(ours("WorkspaceInvalid"), minutes=1),
    "MoneyReversedAlarm": sick(ours("MoneyReversed"), minutes=1),
    "RefundReturnedAlarm": sick(ours("RefundReturned"), minutes=1),
    "DisputeOpenedAlarm": sick(ours("DisputeOpened"), minutes=1),
    "DisputeDueSoonAlarm": sick(ours("DisputeDueSoon"), minutes=1),
    "DisputeLostAlarm": sick(ours("DisputeLost"), minutes=1),
    "FunctionThrottledAlarm": sick(aws("Lambda", "Throttles", "CaptureFunction")),
    "JobThrottledAlarm": sick(aws("Lambda", "Throttles", "PollFunction")),
    "NewVersionErrorsAlarm": sick(newest("Capture")),
    "NewJobVersionErrorsAlarm": sick(newest("Apply")),
    "ApplyThrottledAlarm": sick(aws("Lambda", "Throttles", "ApplyFunction")),
    "StoreReadThrottledAlarm": sick(aws("DynamoDB", "ReadThrottleEvents", "WorkspacesTable"), 2),
    "StoreWriteThrottledAlarm": sick(aws("DynamoDB", "WriteThrottleEvents", "GatewayTokensTable"), 2),
    "StoreIndexReadThrottledAlarm": sick(aws("DynamoDB", "ReadThrottleEvents", "PaymentTransactionsTable/due"), 2),
    "StoreIndexWriteThrottledAlarm": sick(aws("DynamoDB", "WriteThrottleEvents", "ReconciliationTable/listed"), 2),
    "ApiThrottledAlarm": sick(ours("ApiThrottled"), 4),
    "GatewayTokenAlarm": sick(ours("GatewayTokenFailed")),
    "DeadLettersAlarm": sick(aws("SQS", "ApproximateNumberOfMessagesVisible", "DeadLetters")),
    "PollExecutionsFailedAlarm": sick(aws("States", "ExecutionsTimedOut", "PollPaymentStateMachine"), minutes=1),
    "SweepSilenceAlarm": silent(ours("SweepCompleted")),
    "SweepErrorsAlarm": sick(aws("Lambda", "Errors", "SweepFunction"), minutes=10),
    "SweepBehindAlarm": replaced(ours("OldestDueSeconds"), 1_000, 15),
    "ReportsBehindAlarm": replaced(ours("ReportsUnfinished"), 1, 2 * _HOUR),
    "DisputeListsBehindAlarm": replaced(ours("DisputeListsUnfinished"), 1, HOURS * 60),
    "GatewayNotAnsweringAlarm": _NOT_ANSWERING,
    "SuccessSloFast1hAlarm": _NO_SUCCESS,
    "SuccessSloFast5mAlarm": _NO_SUCCESS,
    "SuccessSloFastBurnAlarm": _NO_SUCCESS,
    "SuccessSloSlow6hAlarm": _POOR_SUCCESS,
    "SuccessSloSlow30mAlarm": _POOR_SUCCESS,
    "SuccessSloSlowBurnAlarm": _POOR_SUCCESS,
    "WebhookSloFast1hAlarm": _WEBHOOKS_LATE,
    "WebhookSloFast5mAlarm": _WEBHOOKS_LATE,
    "WebhookSloFastBurnAlarm": _WEBHOOKS_LATE,
    "WebhookSloSlow6hAlarm": _SOME_WEBHOOKS_LATE,
    "WebhookSloSlow30mAlarm": _SOME_WEBHOOKS_LATE,
    "WebhookSloSlowBurnAlarm": _SOME_WEBHOOKS_LATE,
    "ResponseSloFast1hAlarm": sick(_LATENCY, 3_500, 8, _HOUR),
    "ResponseSloFast5mAlarm": sick(_LATENCY, 3_500, 8, 5),
    "ResponseSloFastBurnAlarm": sick(_LATENCY, 3_500, 8, _HOUR),
    "ResponseSloSlow6hAlarm": sick(_LATENCY, 3_500, 2, _SIX_HOURS),
    "ResponseSloSlow30mAlarm": sick(_LATENCY, 3_500, 2, _SIX_HOURS),
    "ResponseSloSlowBurnAlarm": sick(_LATENCY, 3_500, 2, _SIX_HOURS),
    "UptimeSloFast1hAlarm": sick(_ANSWERED_5XX, 1, 1, _HOUR),
    "UptimeSloFast5mAlarm": sick(_ANSWERED_5XX, 1, 1, _HOUR),
    "UptimeSloFastBurnAlarm": sick(_ANSWERED_5XX, 1, 1, _HOUR),
    "UptimeSloSlow6hAlarm": sick(_ANSWERED_5XX, 0.2, 1, _SIX_HOURS),
    "UptimeSloSlow30mAlarm": sick(_ANSWERED_5XX, 0.2, 1, _SIX_HOURS),
    "UptimeSloSlowBurnAlarm": sick(_ANSWERED_5XX, 0.2, 1, _SIX_HOURS),
}
