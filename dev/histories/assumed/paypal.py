"""What the histories assume about PayPal."""

from dev.histories.assumed import Assumed, Holds, Labels

ASSUMED = Assumed(
    labels=Labels(
        makes="POST v2/checkout/orders",
        looks="GET v2/checkout/orders/",
        refunds="POST v2/payments/captures/",
        asks_refund="GET v2/payments/refunds/",
        paid="PAYMENT.CAPTURE.COMPLETED#1",
        authorized="CHECKOUT.ORDER.APPROVED#1",
        refunded="PAYMENT.CAPTURE.REFUNDED#1",
        by_hand="PAYMENT.CAPTURE.REFUNDED#1",
        disputed="CUSTOMER.DISPUTE.CREATED#1",
        lost="CUSTOMER.DISPUTE.RESOLVED#1",
        won="CUSTOMER.DISPUTE.RESOLVED#1",
        takes="POST v2/checkout/orders/",
        reversed="PAYMENT.CAPTURE.REVERSED#1",
        back_in_part="PAYMENT.REFUND.FAILED#1",
    ),
    country="US",
    left_becomes="open",
    closes_checkouts=True,
    takes_by_asking=True,
    holds=Holds.BY_CHECKOUT,
    refused_amount=(49_950, "TWD"),
    pays_twice=False,
    reverses=True,
    dashboard_refunds_in_dispute=False,
)
