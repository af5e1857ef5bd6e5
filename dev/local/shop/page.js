// Small things all pages use.

export const $ = (id) => document.getElementById(id);
export const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
export const atClock = (text) => new Date(text).toLocaleTimeString("en-IN", { timeStyle: "medium" });
export const atMoment = (text) => new Date(text).toLocaleString("en-IN", { dateStyle: "medium", timeStyle: "short" });

/** Minor units in the currency's own way: 11800000 paise are ₹1,18,000. */
export function money(minor, currency) {
  const format = new Intl.NumberFormat(currency === "INR" ? "en-IN" : "en-US", { style: "currency", currency });
  const { maximumFractionDigits } = format.resolvedOptions();
  return format.format(minor / 10 ** maximumFractionDigits).replace(".00", "");
}

export function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

export function show(id, text) {
  // The same words again would be read aloud again.
  if ($(id).textContent !== text) $(id).textContent = text;
}

/** What this tab remembers: the cart's key, and of each payment its checkout token and whose it is. */
export const memory = {
  get: (name) => JSON.parse(sessionStorage.getItem(name) ?? "null"),
  set: (name, value) => sessionStorage.setItem(name, JSON.stringify(value)),
  drop: (name) => sessionStorage.removeItem(name),
};
