"""Values that must not leak, and the few places where each belongs. At every other place it is a leak."""

from __future__ import annotations

from dataclasses import dataclass

# The places: what functions log, answer, store, start, raise, and send to the gateway.
LOG, METRIC, RAISED, EXECUTION, GATEWAY = "log", "metric", "raised", "execution", "gateway"
CREATED, ANSWER, ERROR = "the 201 of a payment", "any other answer", "error answer"
PAYMENTS, REFUNDS, EVENTS = "payment_transactions", "payment_refunds", "payment_events_log"
DISPUTES = "payment_disputes"
DELIVERIES, CASES, CLAIMS = "payment_webhook_logs", "reconciliation", "idempotency_keys"
TOKENS, MEMBERS = "gateway_tokens", "workspaces"
TABLES = {PAYMENTS, REFUNDS, DISPUTES, EVENTS, DELIVERIES, CASES, CLAIMS, TOKENS, MEMBERS}
SURFACES = {LOG, METRIC, RAISED, EXECUTION, GATEWAY, CREATED, ANSWER, ERROR} | TABLES

NOWHERE: frozenset[str] = frozenset()
# The merchant's own texts about a payment: in its item, in answers to its members, in a key's stored answer.
THE_PAYMENT = frozenset({PAYMENTS, CREATED, ANSWER, CLAIMS})


@dataclass(frozen=True, slots=True)
class Canary:
    value: str
    may_be: frozenset[str] = NOWHERE


CUSTOMER = {
    "customer id": Canary("cust-zq-88314", THE_PAYMENT),
    "customer name": Canary("Zanthar Quillfeather", THE_PAYMENT),
    "customer e-mail": Canary("zanthar.q@kestrelmail.example", THE_PAYMENT),
    "customer phone": Canary("+919867301524", THE_PAYMENT),
}
METADATA = {
    "vpa": Canary("quillfeather@okzanbank", THE_PAYMENT),
    "one_time_word": Canary("otp 738261", THE_PAYMENT),
    "aadhaar": Canary("4821 7733 9056", THE_PAYMENT),
    "tax_id": Canary("QZXPL4821K", THE_PAYMENT),
    "account": Canary("50200077341198", THE_PAYMENT),
    "ifsc": Canary("ZNTH0004821", THE_PAYMENT),
    "secret_word": Canary("pin 907135", THE_PAYMENT),
    "password": Canary("hunter2-Zebrafinch!", THE_PAYMENT),
    "api_key": Canary("sk_live_zebrafinch7731", THE_PAYMENT),
    "born_on": Canary("born 1979-02-31", THE_PAYMENT),
    "address": Canary("17 Quillfeather Lane", THE_PAYMENT),
}
WORDS = {
    "order": Canary("ORD-zq-ledgerline", THE_PAYMENT | {GATEWAY, REFUNDS}),
    "return address": Canary("basket-token-zq51", THE_PAYMENT),
    "refund reason": Canary(
        "the lamp of Quillon broke",
        frozenset({REFUNDS, CASES, EVENTS, CLAIMS, ANSWER}),  # For a forced one: in its approval.
    ),
    # In the case, and in the payment's own record for ever.
    "decision note": Canary("spoke to Mr Quillon", frozenset({CASES, EVENTS, PAYMENTS, ANSWER})),
    "reason to accept": Canary("the parcel of Quillon", frozenset({EVENTS, ANSWER})),
    "reference": Canary("NEFT zq-551266", frozenset({CASES, EVENTS, REFUNDS, ANSWER})),
    # A member is the token's subject, and some providers use e-mail addresses. Logs mask them.
    "subject": Canary("fin.zq@kestrelmail.example", frozenset({MEMBERS, EVENTS, REFUNDS, CASES, CLAIMS, ANSWER})),
}
HEADERS = {
    "authorization": Canary("Bearer eyJhbGciOiJ6cSJ9.eyJzdWIiOiJ6cSJ9.c2lnbmF0dXJlLXpx"),
    "cookie": Canary("session=zq-cookie-55120"),
    "user-agent": Canary("ZqBrowser/55.1 (private)"),
    "x-forwarded-for": Canary("203.0.113.177"),
    "referer": Canary("https://intranet.example/zq-referer"),
    "x-api-key": Canary("zq-api-key-header-9912"),
    "origin": Canary("https://zq-origin.example"),
}
CLAIMED = {
    "email": Canary("claimed.zq@kestrelmail.example"),
    "phone_number": Canary("+919867309911"),
    "name": Canary("Claimed Quillfeather"),
    "scope": Canary("zq:scope/private"),
}
REQUESTED = {
    "idempotency key": Canary("idem-zq-551177"),
    "query": Canary("query-zq-551188"),
    "path": Canary("path-zq-551199"),
    "workspace header": Canary("ws zq 551200"),
    "gateway in the path": Canary("gw-zq-551211"),
    "content type": Canary("text/zq-551222"),
    "broken body": Canary("broken-zq-551233"),
    "field value": Canary("valu\u00e9 zq <551244>"),
    "field name": Canary("name-zq-551255"),
    "wrong token": Canary("ct_" + "5a" * 32 + ".ws_zq"),
}
CARDS = {
    "pan": Canary("4111111111111111"),
    "pan in groups": Canary("5555 5555 5555 4444"),
    "pan with dashes": Canary("3782-822463-10005"),
    "pan of RuPay": Canary("6521111111111110"),
    "cvv": Canary("cvv-zq-917"),
    "track": Canary("%B4012888888881881^QUILL/Z^2912"),
}
# In fields of the gateway's answers and webhooks that we do not use.
GOSSIP = {
    "payerName": Canary("Gossip Quillfeather"),
    "payerVpa": Canary("gossip.zq@okzanbank"),
    "payerPhone": Canary("+919867300077"),
    "payerEmail": Canary("gossip@kestrelmail.example"),
    "accountNumber": Canary("50200077340008"),
    "cardNumber": Canary("4242424242424242"),
    "cvv": Canary("gossip-cvv-zq"),
    "otp": Canary("gossip otp 551731"),
    "utr": Canary("629900112233"),
    "savedToken": Canary("tok_gossip_zq_771199"),
}
# Of a refusal, the gateway's text goes to staff and log only, masked.
FOR_STAFF = frozenset({LOG, EVENTS, PAYMENTS, REFUNDS, CLAIMS, ANSWER, ERROR})
# In the gateway's refusals, pages and broken connections; in errors of the store or the runtime.
TEXTS = {
    "message": Canary("refused: zq-message-661100", FOR_STAFF),
    "page": Canary("<b>zq-page-661111</b>"),
    "connection": Canary("zq-connection-661122"),
    "timeout": Canary("zq-timeout-661133"),
    "location": Canary("https://zq-location.example/661144"),
    "store": Canary("zq-store-661155"),
    "runtime": Canary("zq-runtime-661166"),
    "event": Canary("zq-event-661177"),
}
# The gateway's own explanation of a failure is stored for the merchant's support.
EXPLAINED = {"description": Canary("declined: zq-description", THE_PAYMENT | {EVENTS})}
SECRETS = {
    "client secret": Canary("sim-client-secret", frozenset({GATEWAY})),
    "webhook login": Canary("sim_user:simPass123"),
    "webhook password": Canary("simPass123"),
    "hmac secret": Canary("sim-hmac-secret"),
}
STATED = {
    f"{group} {name}": canary
    for group, canaries in {
        "customer": CUSTOMER, "metadata": METADATA, "words": WORDS, "header": HEADERS, "claim": CLAIMED,
        "asked": REQUESTED, "card": CARDS, "gossip": GOSSIP, "text": TEXTS, "explained": EXPLAINED, "secret": SECRETS,
    }.items()
    for name, canary in canaries.items()
}  # fmt: skip
# Known only after they are made.
MADE = {
    "access token": frozenset({TOKENS, GATEWAY}),
    "webhook proof": NOWHERE,
    "checkout token": frozenset({CREATED, CLAIMS}),
    "return token": frozenset({GATEWAY}),
    "checkout address": THE_PAYMENT,
}
