// A test run: one press at a time, and the place on the page stays after it.

const form = document.querySelector("[data-trial]");
const PLACE = `trial ${location.pathname}`;

form.addEventListener("submit", () => {
  sessionStorage.setItem(PLACE, String(document.querySelector("#main").scrollTop));
  form.setAttribute("aria-busy", "true");
});

const place = Number(sessionStorage.getItem(PLACE) ?? 0);
sessionStorage.removeItem(PLACE);
if (place && !document.querySelector("[role=alert]")) document.querySelector("#main").scrollTop = place;
