// One line at the bottom of the page, with the way back where there is one.

import { find } from "./frame.js";
import { element } from "./parts.js";

const STAYS = 8000;

export function toast(words, undo = "", act = null) {
  const made = element("div", { class: "fl-toast" }, element("span", { text: words }));
  const gone = setTimeout(() => made.remove(), STAYS);
  if (act) {
    const button = element("button", { type: "button", class: "btn btn-sm", text: undo });
    button.addEventListener("click", () => { clearTimeout(gone); made.remove(); act(); });
    made.append(button);
  }
  find("#toasts").append(made);
}

// Sends a form, or JSON; what the server refuses comes with the words for it, what never arrived with `unreached`.
export async function send(address, body, unreached) {
  const json = !(body instanceof URLSearchParams);
  const headers = { "X-CSRFToken": find("meta[name=csrf-token]").content, ...(json ? { "Content-Type": "application/json" } : {}) };
  const response = await fetch(address, { method: "POST", headers, body: json ? JSON.stringify(body) : body }).catch(() => null);
  const told = response?.headers.get("Content-Type")?.includes("json") ? await response.json() : null;
  return { ok: Boolean(response?.ok && told), told: told ?? { said: response ? response.statusText || String(response.status) : unreached } };
}
