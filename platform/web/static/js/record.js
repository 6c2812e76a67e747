// The page of a record: tabs of the rail, dialogs, comments.

import { find, open } from "./frame.js";
import { compose } from "./compose.js";
import { enliven } from "./form.js";

for (const bar of document.querySelectorAll("[role=tablist]")) {
  const links = [...bar.querySelectorAll("[role=tab]")];
  const show = (link) => links.forEach((one) => {
    one.setAttribute("aria-selected", String(one === link));
    find(one.hash).hidden = one !== link;
  });
  bar.addEventListener("click", (event) => {
    const link = event.target.closest("[role=tab]");
    if (link) { event.preventDefault(); show(link); }
  });
  show(links.find((link) => link.getAttribute("aria-selected") === "true") ?? links[0]);
}

function ask(dialog) {
  open(dialog);
  const form = find("form", dialog);
  if (!form.dataset.ready) { form.dataset.ready = "1"; form.dataset.key = `dialog:${dialog.id}:${location.pathname}`; enliven(form, {}); }
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-dialog]");
  if (target) ask(find(`#${CSS.escape(target.dataset.dialog)}`));
  if (event.target.closest("[data-print]")) print();
});

compose();

// ?do=lose: somebody began this action on a board, and here is what it asks for.
const begun = new URLSearchParams(location.search).get("do");
const dialog = begun && find(`#do-${CSS.escape(begun)}`);
if (dialog) ask(dialog);
