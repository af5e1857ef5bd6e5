"""What the histories assume about Stripe."""

from dev.histories.assumed import Assumed, Holds, Labels

ASSUMED = Assumed(
    labels=Labels(
        makes="POST v1/checkout/sessions",
        looks="GET v1/checkout/sessions/",
        refunds="POST v1/refunds",
        asks_refund="GET v1/refunds/",
        paid="payment_intent.succeeded#1",
        authorized="payment_intent.amount_capturable_updated#1",
        refunded="refund.updated#1",
        by_hand="charge.refunded#1",
        disputed="charge.dispute.funds_withdrawn#1",
        lost="charge.dispute.closed#1",
        won="charge.dispute.funds_reinstated#1",
        charges="POST v1/payment_intents",
        reversed="charge.refunded#1",
        back_in_part="refund.updated#2",
    ),
    country="US",
    unpaid_becomes="cancelled",
    left_becomes="cancelled",
    closes_checkouts=True,
    is_searched=True,
    finds_by_our_id=True,
    stays_open=True,
    holds=Holds.BY_CHECKOUT,
    tokens={
        "ok": "pm_card_visa",
        "declined": "pm_card_visa_chargeDeclined",
        "needs_action": "pm_card_authenticationRequired",
        "bank": "pm_usBankAccount_processing",  # A debit that stays pending until a control ends it.
    },
    pays_twice=False,
    reverses=True,
    refunds_in_dispute=False,
    proves_anew=True,
)
