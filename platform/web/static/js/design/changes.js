// Drafts and packs: what only scripts may set under the content security policy, and diagrams side by side.

import { draw } from "../diagram.js";

for (const bar of document.querySelectorAll("[data-share]")) bar.style.width = `${bar.dataset.share}%`;
if (globalThis.BpmnJS) for (const box of document.querySelectorAll("[data-diagram]")) draw(box);
