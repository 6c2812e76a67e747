// Charts of dashboards: drawn by ECharts in the colours of the theme; what is clicked opens its list. The numbers stand
// beside each chart as a table for those who do not see it.

import { script, token } from "./parts.js";

const source = document.querySelector("#charts").dataset.charts;
const drawn = new Map();
const EDGES = 84;        // what the axis at the left and the margins take

function option(chart, wide) {
  const font = token("font");
  const soft = { color: token("muted"), fontFamily: font, fontSize: 12 };
  const brief = new Intl.NumberFormat(chart.locale === "zh" ? "zh-CN" : "en-GB", { notation: "compact", maximumFractionDigits: 1 });
  const axis = { axisLine: { lineStyle: { color: token("line") } }, axisTick: { show: false }, axisLabel: soft, splitLine: { lineStyle: { color: token("line") } } };
  const line = chart.kind === "line";
  const colours = [token("series-1"), token("line-strong")];
  const series = chart.series.map(({ name, values }, n) => (line
    ? { name, type: "line", smooth: values.length > 13 ? 0 : 0.2, smoothMonotone: "x", symbol: "circle", symbolSize: n ? 4 : 6, data: values, color: colours[n], lineStyle: { width: n ? 1.5 : 2 }, areaStyle: n ? undefined : { opacity: 0.07 }, connectNulls: false }
    : { name, type: "bar", barMaxWidth: 28, data: values, color: colours[n], itemStyle: { borderRadius: [3, 3, 0, 0] } }));
  if (chart.target !== null) series[0].markLine = { silent: true, symbol: "none", data: [{ yAxis: chart.target, name: chart.target_name }], lineStyle: { color: token("series-5"), type: [4, 4] }, label: { formatter: "{b}", color: token("muted"), position: "insideEndTop" } };
  return {
    textStyle: { fontFamily: font }, animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 180,
    grid: { left: 12, right: 20, top: series.length > 1 ? 40 : 20, bottom: 12, containLabel: true },
    tooltip: { trigger: "axis", confine: true, backgroundColor: token("surface"), borderColor: token("line"), textStyle: { color: token("text"), fontSize: 12, fontFamily: font }, axisPointer: { type: line ? "line" : "shadow" }, formatter: (found) => said(chart, found) },
    legend: { show: series.length > 1, top: 8, right: 16, itemWidth: 10, itemHeight: 10, textStyle: soft, icon: "roundRect" },
    xAxis: { ...axis, type: "category", data: chart.labels, boundaryGap: !line, axisLabel: { ...soft, ...(line ? { hideOverlap: true } : { interval: 0, overflow: "truncate", width: Math.max(20, Math.floor((wide - EDGES) / chart.labels.length) - 6) }) } },
    yAxis: { ...axis, type: "value", axisLine: { show: false }, splitNumber: 3, minInterval: chart.unit ? 0 : 1, axisLabel: { ...soft, formatter: (value) => brief.format(value) + (chart.unit === "%" ? "%" : "") } },
    series,
  };
}

// As nodes, so that names from records stay texts.
function said(chart, found) {
  const box = document.createElement("div");
  const head = document.createElement("b");
  head.textContent = chart.labels[found[0].dataIndex];
  box.append(head);
  for (const one of found) {
    const row = document.createElement("div");
    row.textContent = `${one.seriesName}: ${chart.series[one.seriesIndex].texts[one.dataIndex]}`;
    box.append(row);
  }
  return box;
}

async function draw(box) {
  await script(source);
  if (!box.isConnected) return;
  drawn.get(box)?.dispose();
  const chart = JSON.parse(box.dataset.chart);
  const made = globalThis.echarts.init(box, null, { renderer: "canvas" });
  made.setOption(option(chart, box.clientWidth));
  made.getZr().on("click", ({ offsetX, offsetY }) => {
    const [at] = made.convertFromPixel({ gridIndex: 0 }, [offsetX, offsetY]) ?? [];
    if (made.containPixel({ gridIndex: 0 }, [offsetX, offsetY]) && chart.hrefs[at]) location.assign(chart.hrefs[at]);
  });
  box.classList.toggle("leads", chart.hrefs.some(Boolean));
  box.dataset.drawn = "";
  drawn.set(box, made);
  sizes.observe(box);
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const made = drawn.get(target);
    if (!made || made.getWidth() === target.clientWidth) continue;
    made.resize();
    made.setOption(option(JSON.parse(target.dataset.chart), target.clientWidth));
  }
});

export function drawAll(within = document) {
  for (const [box, made] of drawn) if (!box.isConnected) { made.dispose(); sizes.unobserve(box); drawn.delete(box); }
  return Promise.all([...within.querySelectorAll("[data-chart]")].map(draw));
}

document.addEventListener("htmx:afterSwap", ({ detail }) => drawAll(detail.target));
new MutationObserver(() => drawAll()).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
drawAll();
