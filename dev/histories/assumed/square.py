"""What the histories assume about Square."""

from dev.histories.assumed import Assumed, Holds, Labels

ASSUMED = Assumed(
    labels=Labels(
        makes="POST v2/online-checkout/payment-links",
        looks="GET v2/payments/",
        refunds="POST v2/refunds",
        asks_refund="GET v2/refunds/",
        paid="payment.updated#1",
        authorized="payment.created#1",
        refunded="refund.updated#1",
        by_hand="refund.created#1",
        disputed="dispute.created#1",
        lost="dispute.state.updated#1",
        won="dispute.state.updated#1",
        charges="POST v2/payments",
        back_in_part="payment.updated#3",
    ),
    country="US",
    unpaid_becomes="cancelled",
    closes_checkouts=True,
    is_unfound=True,
    is_searched=True,
    stays_open=True,
    waits_by_token=True,
    holds=Holds.BY_TOKEN,
    tokens={
        "ok": "cnon:card-nonce-ok",
        "declined": "cnon:card-nonce-declined",
        "bank": "bnon:bank-nonce-ok",
    },
    refunds_in_dispute=False,
)
