// Small things that islands share: elements, icons, sentences with values, questions to the server.

export const chinese = document.documentElement.lang.startsWith("zh");

// Words with values in braces, as the server writes them.
export const say = (text, values = {}) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

export function element(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") made.className = value;
    else if (key === "text") made.textContent = value;
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...inside.filter((one) => one !== null && one !== undefined));
  return made;
}

export function icon(name) {
  const found = document.querySelector("#icons").content.querySelector(`[data-icon="${name}"]`);
  return found.firstElementChild.cloneNode(true);
}

export async function post(address, body, signal) {
  const token = document.querySelector("meta[name=csrf-token]").content;
  const response = await fetch(address, {
    method: "POST", signal, headers: { "Content-Type": "application/json", "X-CSRFToken": token }, body: JSON.stringify(body),
  });
  const told = response.headers.get("Content-Type")?.includes("json") ? await response.json() : null;
  return { ok: response.ok, status: response.status, told };
}

// Drawing again while something is pressed or dragged would take it out of the hand: leaving a field by pressing
// something else commits the field first. It waits until the pointer is up, and whatever that did is done.
export function undisturbed(draw) {
  let [held, owed] = [false, false];
  const now = () => { owed = false; draw(); };
  addEventListener("pointerdown", () => { held = true; }, true);
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => { held = false; if (owed) setTimeout(() => { if (owed) now(); }); }, true);
  return () => { if (held) owed = true; else now(); };
}
