// The frame: palette, panels, menus, keys, theme, toasts. Every island works on links and forms that work without it.

const root = document.documentElement;
const find = (selector, within = document) => within.querySelector(selector);
const remember = (name, value) => { document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax`; };
const typing = (target) => target.closest("input, textarea, select, [contenteditable=true]") !== null;

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = find("meta[name=csrf-token]").content;
});

// ---------- dialogs ----------
let opener = null;

function open(dialog) {
  opener = document.activeElement;
  if (!dialog.open) dialog.showModal();
}

document.addEventListener("close", () => { opener?.focus(); opener = null; }, true);
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}

// ---------- palette ----------
const palette = find("#palette");
const results = find("#palette-results");
const question = palette && find("input", palette);
let pending = 0;
let asked = 0;

async function ask(kind = "") {
  const turn = ++asked;
  const address = `/search?${new URLSearchParams({ q: question.value, kind })}`;
  const response = await fetch(address, { headers: { "HX-Request": "true" } });
  if (turn !== asked || !response.ok) return;
  results.innerHTML = await response.text();
  choose(0);
}

function choose(index) {
  const links = [...results.querySelectorAll("a")];
  if (!links.length) return;
  const at = (index + links.length) % links.length;
  links.forEach((link, n) => {
    link.id = `result-${n}`;
    link.setAttribute("role", "option");
    link.setAttribute("aria-selected", String(n === at));
  });
  question.setAttribute("aria-activedescendant", `result-${at}`);
  links[at].scrollIntoView({ block: "nearest" });
}

const chosen = () => [...results.querySelectorAll("a")].findIndex((a) => a.getAttribute("aria-selected") === "true");

function openPalette(kind) {
  open(palette);
  question.value = "";
  question.focus();
  ask(kind);
}

question?.addEventListener("input", () => { clearTimeout(pending); pending = setTimeout(ask, 120); });
palette?.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(chosen() + (event.key === "ArrowDown" ? 1 : -1));
  } else if (event.key === "Enter" && !event.isComposing) {
    const link = results.querySelectorAll("a")[chosen()];
    if (!link) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
    else location.assign(link.href);
  }
});

async function openNotices() {
  const panel = find("#notices");
  open(panel);
  const response = await fetch("/notifications", { headers: { "HX-Request": "true" } });
  if (response.ok) find("#notices-body").innerHTML = await response.text();
}

// ---------- what is clicked ----------
const app = find(".fl-app");
const acts = {
  palette: (target) => openPalette(target.dataset.kind),
  notices: openNotices,
  keys: () => open(find("#keys")),
  dialog: (target) => open(document.getElementById(target.dataset.dialog)),
  close: (target) => target.closest("dialog").close(),
  dismiss: (target) => target.closest(".fl-toast").remove(),
  fold() {
    const closed = app.classList.toggle("side-closed");
    remember("side", closed ? "closed" : "open");
  },
  menu() { app.classList.toggle("side-over"); },
  reveal(target) {
    const input = find("input", target.parentElement);
    input.type = input.type === "password" ? "text" : "password";
    target.setAttribute("aria-pressed", String(input.type === "text"));
  },
  fill(target) {
    find("input[name=username]").value = target.dataset.username;
    find("input[name=password]").value = target.dataset.password;
    find("input[name=password]").form.requestSubmit();
  },
};

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-act]");
  if (target && acts[target.dataset.act] && !event.ctrlKey && !event.metaKey) {
    if (target.tagName !== "INPUT") event.preventDefault();
    acts[target.dataset.act](target);
  }
  for (const menu of document.querySelectorAll("details.fl-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (app?.classList.contains("side-over") && !event.target.closest(".fl-side, [data-act=menu]")) app.classList.remove("side-over");
});

// ---------- what cannot be taken back is asked for once more: the button says with data-confirm what will happen ----------
const sure = find("#sure");
let asking = null;
let agreed = null;

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.dataset.confirm || button === agreed) return;
  event.preventDefault();
  asking = button;
  find("p", sure).textContent = button.dataset.confirm;
  find("[value=yes]", sure).textContent = button.textContent.trim();
  sure.returnValue = "";
  open(sure);
});

sure?.addEventListener("close", () => {
  if (sure.returnValue !== "yes") return;
  agreed = asking;
  asking.form.requestSubmit(asking);
  agreed = null;
});

// ---------- groups of the side bar stay as they were left ----------
for (const group of document.querySelectorAll(".fl-nav-group")) {
  const key = `group:${group.dataset.name}`;
  if (localStorage.getItem(key) === "closed") group.open = false;
  group.addEventListener("toggle", () => localStorage.setItem(key, group.open ? "open" : "closed"));
}

// ---------- toasts leave by themselves, unless they carry something to do ----------
for (const toast of document.querySelectorAll(".fl-toast")) {
  if (!find("a, .btn", toast)) setTimeout(() => toast.remove(), 6000);
}

// ---------- counts: asked for while somebody looks, so that nothing is kept open in the server ----------
const EVERY = 30000;

async function recount() {
  if (document.hidden) return;
  const response = await fetch("/inbox/counts", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!response?.ok) return;
  const counts = await response.json();
  const waiting = counts.mine + counts.offered + counts.copied;
  for (const badge of document.querySelectorAll("[data-inbox]")) { badge.textContent = waiting; badge.hidden = waiting === 0; }
  for (const badge of document.querySelectorAll("[data-count]")) badge.textContent = counts[badge.dataset.count] || "";
  document.dispatchEvent(new CustomEvent("formloom:counts", { detail: counts }));
}

if (find("[data-inbox]")) {
  setInterval(recount, EVERY);
  document.addEventListener("visibilitychange", recount);
}

// ---------- keys ----------
let leading = "";
const places = { i: "/inbox", h: "/" };

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && palette) {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.key === "Escape") {
    const menu = find("details.fl-menu[open]");
    if (menu) { menu.open = false; find("summary", menu).focus(); return; }
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target) || find("dialog[open]")) return;
  if (leading === "g" && places[event.key]) { location.assign(places[event.key]); return; }
  leading = event.key === "g" ? "g" : "";
  if (event.key === "?") { open(find("#keys")); return; }
  const target = find(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!target || target.getClientRects().length === 0) return;
  event.preventDefault();
  if (target.matches("input")) target.select();
  else target.click();
});

export { find, open, remember, root, typing };
