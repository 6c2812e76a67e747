// Small things that islands share: elements, icons, sentences with values, questions to the server.

export const chinese = document.documentElement.lang.startsWith("zh");

// Words with values in braces, as the server writes them.
export const say = (text, values = {}) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const FOCUSABLE = "button, input, select, textarea, summary, a[href]";
const TEXTS = "textarea, input:not([type]), input[type=text]";

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

// A value of the theme in force.
export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--fl-${name}`).trim();

// A bundle that puts itself on the window; loaded once.
const loaded = new Map();
export function script(address) {
  if (!loaded.has(address)) {
    loaded.set(address, new Promise((done, failed) => {
      const made = element("script", { src: address });
      made.addEventListener("load", done);
      made.addEventListener("error", failed);
      document.head.append(made);
    }));
  }
  return loaded.get(address);
}

export async function post(address, body, signal) {
  const csrf = document.querySelector("meta[name=csrf-token]").content;
  const response = await fetch(address, {
    method: "POST", signal, headers: { "Content-Type": "application/json", "X-CSRFToken": csrf }, body: JSON.stringify(body),
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

// Draws anew what holds controls; the cursor stays where it is. Controls keep their ids, others their place. What is
// being typed meanwhile is taken over as far as it goes, and typed on.
export function redrawn(box, draw) {
  const held = box.contains(document.activeElement) ? document.activeElement : null;
  const place = held && !held.id ? [...box.querySelectorAll(FOCUSABLE)].indexOf(held) : -1;
  const range = held?.matches(TEXTS) ? [held.selectionStart, held.selectionEnd] : null;
  const typed = range && held.value !== held.defaultValue ? held.value : null;
  if (typed !== null) held.blur();
  draw();
  const again = held?.id ? box.querySelector(`#${CSS.escape(held.id)}`) : box.querySelectorAll(FOCUSABLE)[place];
  if (!again || again === document.activeElement) return;
  again.focus();
  if (typed !== null && again.value === typed.trim()) again.value = typed;
  if (range) again.setSelectionRange?.(...range);
}

// After whatever is going on: whoever leaves a field is in the next one by then.
export function afterwards(draw) {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(draw); };
}
