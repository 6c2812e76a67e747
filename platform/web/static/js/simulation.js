// Cases on each way of the diagram: with the draft, and the difference to now.

import { drawAll } from "./diagram.js";

document.addEventListener("drawn", ({ target, detail: viewer }) => {
  if (!target.dataset.counts) return;
  const [counts, before] = [JSON.parse(target.dataset.counts), JSON.parse(target.dataset.before)];
  const [overlays, registry] = [viewer.get("overlays"), viewer.get("elementRegistry")];
  for (const flow of registry.filter((element) => element.waypoints && element.type === "bpmn:SequenceFlow")) {
    const [count, was] = [counts[flow.id] ?? 0, before[flow.id] ?? 0];
    if (!count && !was) continue;
    const badge = document.createElement("span");
    badge.className = "fl-sim-count";
    badge.textContent = was === count ? count : `${count} (${count > was ? "+" : "−"}${Math.abs(count - was)})`;
    const middle = Math.floor((flow.waypoints.length - 1) / 2);
    const [a, b] = [flow.waypoints[middle], flow.waypoints[middle + 1]];
    const left = Math.min(...flow.waypoints.map((point) => point.x));
    const top = Math.min(...flow.waypoints.map((point) => point.y));
    overlays.add(flow.id, { position: { left: (a.x + b.x) / 2 - left, top: (a.y + b.y) / 2 - top }, html: badge,
      scale: { min: 0.8 } });
  }
});

document.addEventListener("htmx:afterSettle", () => drawAll());
