// A small editor over a text area that holds HTML; the server cleans what it gets.

import { find } from "./frame.js";

export function editors(within) {
  for (const box of within.querySelectorAll("[data-editor]")) {
    const area = find("textarea", box);
    const page = document.createElement("div");
    page.className = "form-control fl-rich fl-editor-page";
    page.contentEditable = area.readOnly ? "false" : "true";
    page.setAttribute("role", "textbox");
    page.setAttribute("aria-multiline", "true");
    page.setAttribute("aria-labelledby", `${area.id}-label`);
    page.innerHTML = cleaned(area.value);
    area.hidden = true;
    area.after(page);
    find(".fl-editor-bar", box).hidden = false;
    const write = () => { area.value = page.innerHTML === "<br>" ? "" : page.innerHTML; area.dispatchEvent(new Event("input", { bubbles: true })); };
    page.addEventListener("input", write);
    page.addEventListener("paste", (event) => {
      event.preventDefault();
      document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
    });
    box.addEventListener("mousedown", (event) => {
      const button = event.target.closest("[data-command]");
      if (!button) return;
      event.preventDefault();
      page.focus();
      const [command, value] = button.dataset.command.split(":");
      document.execCommand(command, false, value);
      write();
    });
  }
}

// The server has cleaned it; a draft from this device has not been there.
function cleaned(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  for (const node of parsed.body.querySelectorAll("*")) {
    if (!/^(P|BR|B|STRONG|I|EM|U|S|UL|OL|LI|A|H3|H4|BLOCKQUOTE|CODE|PRE|DIV)$/.test(node.tagName)) { node.replaceWith(...node.childNodes); continue; }
    for (const { name } of [...node.attributes]) if (name !== "href" || !/^(https?|mailto|tel):/.test(node.getAttribute(name))) node.removeAttribute(name);
  }
  return parsed.body.innerHTML;
}
