// Times as people say them (2 days, every hour, weekdays at 8) and as the file keeps them: ISO 8601, cron, or FEEL.

const UNITS = { minutes: "M", hours: "H", days: "D", weeks: "W" };
export const units = Object.keys(UNITS);

// { count, unit }, or null for what is no plain duration.
export function duration(text) {
  const inner = /^duration\(\s*"([^"]+)"\s*\)$/.exec(text.trim())?.[1] ?? text.trim();
  const match = /^P(?:(\d+)([DW])|T(\d+)([HM]))$/.exec(inner);
  if (!match) return null;
  const letter = match[2] ?? match[4];
  return { count: Number(match[1] ?? match[3]), unit: units.find((name) => UNITS[name] === letter) };
}

export const written = (count, unit) => (unit === "minutes" || unit === "hours" ? `PT${count}${UNITS[unit]}` : `P${count}${UNITS[unit]}`);

export function cycle(text) {
  const match = /^R(\d*)\/(P.+)$/.exec(text.trim());
  const every = match && duration(match[2]);
  return every && { ...every, times: match[1] };
}

export const repeated = (count, unit, times) => `R${times}/${written(count, unit)}`;

// "0 8 * * 1-5": { time: "08:00", days: "1-5" }
export function daily(text) {
  const match = /^(\d{1,2}) (\d{1,2}) \* \* (\*|1-5|[0-7])$/.exec(text.trim());
  return match && { time: `${match[2].padStart(2, "0")}:${match[1].padStart(2, "0")}`, days: match[3] };
}

export function cron(time, days) {
  const [hour, minute] = time.split(":").map(Number);
  return `${minute || 0} ${hour || 0} * * ${days}`;
}
