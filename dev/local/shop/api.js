// The API, as the merchant's server and the payer's browser call it.
// An answer is {ok, body, code, message, isRetryable, retryAfter}; a lost one may be asked for again.

import { money, pause, show } from "./page.js";

const TRIES = 3;

/** Whose shop this is now, and by whom it is paid. */
export const current = { workspace: "ws_demo", gateway: "The gateway", currency: "INR" };

const SAID = {
  no_answer: "We cannot be reached just now. Check your connection; asking again never orders twice.",
  outcome_unknown: () => `${current.gateway}'s answer was lost on its way. Your order is kept: we ask again for the same payment, never for a second one.`,
  gateway_unavailable: () => `${current.gateway} cannot be reached just now, and nothing was charged.`,
  gateway_error: () => `${current.gateway} refused this order of the shop, and nothing was charged.`,
  store_unavailable: "We are short of breath just now; nothing was charged.",
  busy: "Too much is going on with this order at this moment.",
  idempotency_in_progress: "We are already working on exactly this.",
  idempotency_key_reused: "Something else was asked a moment ago. Look at how it stands, then ask again.",
  duplicate_order: "This order has a payment already.",
  invalid_state: "This has moved on in the meantime.",
  invalid_amount: ({ minimum }) => (minimum ? `${current.gateway} takes at least ${here(minimum)}.` : `One order may cost at most ${here(99999999)}.`),
  refund_exceeds_payment: ({ available }) => `At most ${here(available)} of this payment can still go back.`,
  dispute_open: "The payer disputes this payment: nothing is refunded before that has ended.",
  capture_exceeds_authorized: ({ capturable }) => `At most ${here(capturable)} is held.`,
  refund_below_minimum: ({ minimum }) => `Send back at least ${here(minimum)}, and leave as much or nothing.`,
};

const here = (minor) => money(minor, current.currency);
const developmentTokens = {};

/** As the owner, or as `sub`; with `token` as the payer. */
export async function send(method, path, { body, key, token, sub = "owner" } = {}) {
  const headers = { Authorization: `Bearer ${token ?? (await staffToken(sub))}` };
  if (token === undefined) headers["X-Tenant-ID"] = current.workspace;
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  try {
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
    if (answer.status === 401 && token === undefined) delete developmentTokens[sub];
    return told(answer, await answer.json());
  } catch {
    return { ok: false, code: "no_answer", message: SAID.no_answer, isRetryable: true, retryAfter: 3 };
  }
}

function told(answer, body) {
  const { code = "", message = body.message, details, retryable } = body.error ?? {};
  const words = SAID[code] ?? message ?? `The shop's server said ${answer.status}.`;
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
    .then((said) => said.access_token)
    .catch(() => void delete developmentTokens[sub]);
  return developmentTokens[sub];
}

/** The same request with the same key, a few times where that helps; null after saying why not. */
export async function insist(path, body, key, sayId, sub = "owner") {
  for (let turn = 1; ; turn++) {
    const answer = await send("POST", path, { body, key, sub });
    if (answer.ok) return answer.body;
    const goesOn = answer.isRetryable && turn < TRIES;
    show(sayId, `${answer.message} ${goesOn ? "We ask again …" : answer.isRetryable ? "Please try again in a little while." : ""}`);
    if (!goesOn) return null;
    await pause(answer.retryAfter);
  }
}
