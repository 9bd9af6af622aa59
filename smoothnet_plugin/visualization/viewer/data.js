'use strict';
/* The data of the page: typed arrays by person and clip, and what is derived from them. */

const STATE = {none: 0, measured: 1, filled: 2, distrusted: 3};

function decoded(base64, Type) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Type(bytes.buffer);
}

class Model {
  constructor(data) {
    Object.assign(this, data);
    this.times = decoded(data.times, Float64Array);
    this.frameIds = decoded(data.frameIds, Int32Array);
    this.joints = data.names.length;
    for (const person of this.people) {
      for (const name of Object.keys(person.coords)) {
        person.coords[name] = decoded(person.coords[name], Float32Array);
        if (data.turned) person.turns[name] = decoded(person.turns[name], Float32Array);
      }
      person.states = person.states ? decoded(person.states, Uint8Array) : null;
      for (const spectrum of Object.values(person.spectra)) {
        spectrum.hz = decoded(spectrum.hz, Float32Array);
        spectrum.power = decoded(spectrum.power, Float32Array);
      }
    }
    const steps = [];
    for (let i = 1; i < this.frames; i++) steps.push(this.times[i] - this.times[i - 1]);
    steps.sort((a, b) => a - b);
    this.stepSeconds = steps.length ? steps[steps.length >> 1] || 1 / this.fps : 1 / this.fps;
  }

  /** Coordinates of a joint, or null where there are none. */
  at(person, clip, frame, joint) {
    return this.read(person, person.coords[clip], frame, joint);
  }

  /** What the curves of a joint show: its coordinates, or its turn from the mean in degrees. */
  value(person, clip, frame, joint) {
    return this.read(person, (this.turned ? person.turns : person.coords)[clip], frame, joint);
  }

  read(person, coords, frame, joint) {
    const row = frame - person.first;
    if (!coords || row < 0 || row >= person.count) return null;
    const start = (row * this.joints + joint) * this.dims;
    const x = coords[start];
    if (Number.isNaN(x)) return null;
    return this.dims === 2 ? [x, coords[start + 1]] : [x, coords[start + 1], coords[start + 2]];
  }

  state(person, frame, joint) {
    const row = frame - person.first;
    if (!person.states || row < 0 || row >= person.count) return STATE.none;
    return person.states[row * this.joints + joint];
  }

  /** Whether any joint of a person is in a frame. */
  isThere(person, clip, frame) {
    for (let k = 0; k < this.joints; k++) if (this.at(person, clip, frame, k)) return true;
    return false;
  }

  /** The frame at a time in seconds: the last one that has begun. */
  frameAt(seconds) {
    let low = 0, high = this.frames - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.times[middle] <= seconds + 1e-6) low = middle; else high = middle - 1;
    }
    return low;
  }

  /** Curves over time of a joint: one array per axis, speed and acceleration, null in gaps. */
  curves(person, clip, joint) {
    const n = this.frames, t = this.times;
    const result = {axes: [], speed: new Array(n).fill(null), acceleration: new Array(n).fill(null)};
    for (let c = 0; c < this.dims; c++) result.axes.push(new Array(n).fill(null));
    const points = new Array(n).fill(null);
    for (let i = person.first; i < person.first + person.count; i++) {
      points[i] = this.value(person, clip, i, joint);
      if (points[i]) for (let c = 0; c < this.dims; c++) result.axes[c][i] = points[i][c];
    }
    for (let i = 1; i < n - 1; i++) {
      const [a, b, c] = [points[i - 1], points[i], points[i + 1]];
      const span = t[i + 1] - t[i - 1];
      // Across a gap in the numbering there is no speed.
      if (!a || !b || !c || !(span > 0) || span > 3 * this.stepSeconds) continue;
      const step = this.turned ? turnBetween : (from, to) => to.map((v, d) => v - from[d]);
      const before = step(a, b), after = step(b, c);
      result.speed[i] = length(after.map((v, d) => v + before[d])) / span;
      const size = length(after.map((v, d) => v - before[d])) / (span / 2) ** 2;
      result.acceleration[i] = size > 0 ? size : null;
    }
    return result;
  }

  /** Length of a bone over time. */
  bone(person, clip, link) {
    const values = new Array(this.frames).fill(null);
    for (let i = person.first; i < person.first + person.count; i++) {
      const a = this.at(person, clip, i, link[0]), b = this.at(person, clip, i, link[1]);
      if (a && b) values[i] = length(a.map((v, d) => v - b[d]));
    }
    return values;
  }

  /** Spectrum of a joint as [frequencies, powers], without frequency 0. */
  spectrum(person, clip, joint) {
    const spectrum = person.spectra[clip];
    if (!spectrum || !spectrum.bins) return [[], []];
    const start = joint * spectrum.bins;
    const power = Array.from(spectrum.power.subarray(start + 1, start + spectrum.bins),
      v => v > 0 ? v : null);
    return [Array.from(spectrum.hz.subarray(1)), power];
  }
}

/** The rotation vector, in degrees, that leads from one rotation vector to another. */
function turnBetween(from, to) {
  const [w, ...v] = quaternion(from), [s, ...u] = quaternion(to);
  const real = w * s + v[0] * u[0] + v[1] * u[1] + v[2] * u[2];
  const across = [v[1] * u[2] - v[2] * u[1], v[2] * u[0] - v[0] * u[2], v[0] * u[1] - v[1] * u[0]];
  const imaginary = u.map((value, d) => w * value - s * v[d] - across[d]);
  const size = length(imaginary);
  if (!size) return [0, 0, 0];
  const angle = 2 * Math.atan2(size, Math.abs(real)) * Math.sign(real || 1) * 180 / Math.PI;
  return imaginary.map(value => value / size * angle);
}

function quaternion(vector) {
  const angle = length(vector) * Math.PI / 180;
  const scale = angle ? Math.sin(angle / 2) / length(vector) : 0;
  return [Math.cos(angle / 2), ...vector.map(value => value * scale)];
}

function length(vector) {
  return Math.hypot(...vector);
}

/** Value at a share of the sorted numbers. */
function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))];
}
