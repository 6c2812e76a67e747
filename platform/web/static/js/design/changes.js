// Widths that only scripts may set under the content security policy: the share of values that convert.
for (const bar of document.querySelectorAll("[data-share]")) bar.style.width = `${bar.dataset.share}%`;
