// The API, as the merchant's server and the payer's browser call it.
// An answer is {ok, body, code, message, isRetryable, retryAfter}; after a lost one the request may be sent again.

import { money, pause, show } from "./page.js";

const TRIES = 3;

/** The current workspace and gateway. */
export const current = { workspace: "ws_demo", gateway: "The gateway", currency: "INR" };

const MESSAGES = {
  no_answer: "We cannot be reached just now. Check your connection; trying again never orders twice.",
  outcome_unknown: () => `${current.gateway}'s answer was lost. Your order is safe: trying again continues the same payment, never a second one.`,
  gateway_unavailable: () => `${current.gateway} cannot be reached just now, and nothing was charged.`,
  gateway_error: () => `${current.gateway} refused this order of the shop, and nothing was charged.`,
  store_unavailable: "We are overloaded just now; nothing was charged.",
  busy: "Several requests change this order at this moment.",
  idempotency_in_progress: "This request is in progress already.",
  idempotency_key_reused: "Another request was sent a moment ago. Check the order, then try again.",
  duplicate_order: "This order has a payment already.",
  invalid_state: "The order has changed in the meantime.",
  invalid_amount: ({ minimum }) => (minimum ? `${current.gateway} takes at least ${here(minimum)}.` : `One order may cost at most ${here(99999999)}.`),
  refund_exceeds_payment: ({ available }) => `At most ${here(available)} of this payment can still be refunded.`,
  dispute_open: "The payer disputes this payment: no refund is possible until the dispute has ended.",
  capture_exceeds_authorized: ({ capturable }) => `At most ${here(capturable)} is authorized.`,
  refund_below_minimum: ({ minimum }) => `Refund at least ${here(minimum)}, and leave that much or nothing.`,
};

const here = (minor) => money(minor, current.currency);
const developmentTokens = {};

/** Send a request as the owner, or as `sub`; as the payer if `token` is given. */
export async function send(method, path, { body, key, token, sub = "owner" } = {}) {
  const headers = { Authorization: `Bearer ${token ?? (await staffToken(sub))}` };
  if (token === undefined) headers["X-Tenant-ID"] = current.workspace;
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  try {
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
    if (answer.status === 401 && token === undefined) delete developmentTokens[sub];
    return asResult(answer, await answer.json());
  } catch {
    return { ok: false, code: "no_answer", message: MESSAGES.no_answer, isRetryable: true, retryAfter: 3 };
  }
}

function asResult(answer, body) {
  const { code = "", message = body.message, details, retryable } = body.error ?? {};
  const words = MESSAGES[code] ?? message ?? `The shop's server answered ${answer.status}.`;
  return {
    ok: answer.ok,
    body,
    code,
    message: typeof words === "string" ? words : words(details ?? {}),
    isRetryable: retryable ?? [401, 503].includes(answer.status),
    retryAfter: Number(answer.headers.get("Retry-After") ?? 2),
  };
}

function staffToken(sub) {
  developmentTokens[sub] ??= fetch("/_local/token", { method: "POST", body: JSON.stringify({ sub }) })
    .then((answer) => answer.json())
    .then((answer) => answer.access_token)
    .catch(() => void delete developmentTokens[sub]);
  return developmentTokens[sub];
}

/** Send a request, and repeat it with the same key while that helps; null once the reason for the failure is shown. */
export async function insist(path, body, key, sayId, sub = "owner") {
  for (let turn = 1; ; turn++) {
    const answer = await send("POST", path, { body, key, sub });
    if (answer.ok) return answer.body;
    const goesOn = answer.isRetryable && turn < TRIES;
    show(sayId, `${answer.message} ${goesOn ? "We try again …" : answer.isRetryable ? "Please try again in a little while." : ""}`);
    if (!goesOn) return null;
    await pause(answer.retryAfter);
  }
}
