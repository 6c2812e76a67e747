// One evaluation: the clock, what it may still spend, and the names around each node. The limits are the server's.

import { member } from "./functions/contexts.js";
import { parseMoment, zoneOf } from "./text.js";
import { Moment, plain } from "./values.js";

const STEPS = 1_000_000;
const LIST = 100_000;
const STRING = 1_000_000;
const CALLS = 60;

export class LimitExceeded extends Error {}

export class Run {
  constructor(now) { Object.assign(this, { steps: STEPS, calls: 0, clock: now }); }

  get now() {
    this.clock = typeof this.clock === "string" ? parseMoment(this.clock) : this.clock ?? localNow();
    return this.clock;
  }

  spend(steps) {
    this.steps -= steps;
    if (this.steps < 0) throw new LimitExceeded();
  }

  sized(length) {
    if (length > LIST) throw new LimitExceeded();
    this.spend(length);
  }

  string(length) {
    if (length > STRING) throw new LimitExceeded();
    this.spend(length >> 6);
  }

  invoke(func, values) {
    this.calls += 1;
    if (this.calls > CALLS) throw new LimitExceeded();
    const result = func.call(values, this);
    this.calls -= 1;
    return result;
  }
}

function localNow() {
  const now = new Date();
  const minutes = -now.getTimezoneOffset();
  return new Moment(BigInt(now.getTime() + minutes * 60_000) * 1_000_000n, zoneOf(BigInt(minutes) * 60_000_000_000n));
}

// Names bound around a node: `find` gives undefined for a name that is not there.
export class Scope {
  constructor(names, parent, run) { Object.assign(this, { names, parent, run }); }

  find(name) {
    for (let scope = this; scope; scope = scope.parent) {
      const found = scope.own(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  own(name) { return Object.hasOwn(this.names, name) ? plain(this.names[name]) : undefined; }

  with(names) { return new Scope(names, this, this.run); }
}

export class ElementScope extends Scope {
  own(name) {
    const found = member(this.names, name);
    return found === undefined && name === "item" ? this.names : found;
  }
}
