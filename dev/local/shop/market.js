// The shop's markets, the gateways of each, and the test tokens that stand for a card there.

export const MARKETS = {
  IN: { label: "India, in rupees", workspace: "ws_demo", currency: "INR", price: "inr", customer: { name: "Asha Rao", email: "asha@example.com", mobile: "+919876543210" } },
  US: { label: "United States, in dollars", workspace: "ws_us", currency: "USD", price: "usd", customer: { name: "Ruth Adler", email: "ruth@example.com", mobile: "+12025550123" } },
};

export const NAMES = { phonepe: "PhonePe", razorpay: "Razorpay", paypal: "PayPal", stripe: "Stripe", square: "Square" };

const METHODS = { upi: "UPI", card: "a card", netbanking: "net banking", wallet: "a wallet", paypal: "a PayPal account", emi: "monthly instalments" };

const TOKENS = {
  stripe: { pm_card_visa: "a Visa that pays", pm_card_visa_chargeDeclined: "a Visa that is declined" },
  square: { "cnon:card-nonce-ok": "a card that pays", "cnon:card-nonce-declined": "a card that is declined" },
};

/** Ways to pay at one gateway: [label, fields of the API's request]. */
export function waysOf(offer) {
  const pages = offer.method_types.filter((method) => method !== "emi").map((method) => [`On its page, only ${METHODS[method]}`, { method_type: method }]);
  const tokens = offer.abilities.charge ? Object.entries(TOKENS[offer.name] ?? {}) : [];
  const instalments = offer.method_types.includes("emi") ? [["On its page, in 6 instalments", { method_type: "emi", installments: 6 }]] : [];
  const charges = tokens.map(([token, label]) => [`Charge ${label}`, { payment_method: token }]);
  return [["On its page, any way", {}], ...pages, ...instalments, ...charges];
}

/** Whether the payment may be authorized first; Square's page captures at once. */
export const canAuthorize = (offer, asked) => offer.abilities.capture && (offer.name !== "square" || Boolean(asked?.payment_method));

/** The card that pays at the next try of a direct charge. */
export const goodToken = (gateway) => Object.keys(TOKENS[gateway] ?? {})[0];
