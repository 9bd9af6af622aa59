'use strict';
/* Curves of the chosen joint, drawn by uPlot. */

const BAND = {[STATE.none]: '--band-none', [STATE.filled]: '--band-filled',
  [STATE.distrusted]: '--band-distrusted'};

function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

class Curves {
  constructor(root, model, seek) {
    Object.assign(this, {root, model, seek, plots: [], runs: [], isScaling: false});
    new ResizeObserver(() => this.resize()).observe(root);
  }

  /** Draw the curves of a joint of a person. */
  show(person, joint, clips, bone) {
    for (const plot of this.plots) plot.destroy();
    this.root.replaceChildren();
    this.plots = [];
    this.runs = this.stateRuns(person, joint);
    const {model} = this, unit = model.turned ? 'deg' : model.unit;
    const own = clips.filter(name => person.coords[name]);
    const curves = own.map(name => model.curves(person, name, joint));
    const times = Array.from(model.times);
    for (let c = 0; c < model.dims; c++) {
      this.add(`${model.turned ? 'turn about ' : ''}${'xyz'[c]} (${unit})`, times, own, curves.map(curve => curve.axes[c]));
    }
    this.add(`speed (${unit}/s)`, times, own, curves.map(curve => curve.speed));
    this.add(`acceleration (${unit}/s²)`, times, own, curves.map(curve => curve.acceleration),
      {log: true});
    if (bone) {
      this.add(`${model.names[bone[0]]} to ${model.names[bone[1]]} (${unit})`, times, own,
        own.map(name => model.bone(person, name, bone)));
    }
    // The curves over time stand above one another: the lowest names their axis.
    this.plots.slice(0, -1).forEach(plot => {
      plot.axes[0].label = null;
      plot.axes[0].labelSize = 0;
      plot.setSize({width: this.width(), height: this.heightOf(plot)});
    });
    this.addSpectrum(person, joint, own, unit);
  }

  /** Height in pixels, so that all curves have the same room. */
  heightOf(plot) {
    return plot.axes[0].label ? 136 : 122;
  }

  /** Runs of frames in which the joint is not plainly measured: [state, first, last]. */
  stateRuns(person, joint) {
    const runs = [];
    for (let i = 0; i < this.model.frames; i++) {
      const state = this.model.state(person, i, joint);
      const last = runs[runs.length - 1];
      if (last && last[0] === state && last[2] === i - 1) last[2] = i;
      else runs.push([state, i, i]);
    }
    return runs.filter(([state]) => state !== STATE.measured);
  }

  add(title, times, names, values, {log = false} = {}) {
    const half = this.model.stepSeconds / 2;
    const draw = plot => {
      const {ctx, bbox} = plot;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      for (const [state, first, last] of this.runs) {
        const left = plot.valToPos(times[first] - half, 'x', true);
        const right = plot.valToPos(times[last] + half, 'x', true);
        ctx.fillStyle = css(BAND[state]);
        ctx.fillRect(left, bbox.top, Math.max(right - left, 1), bbox.height);
      }
      ctx.restore();
    };
    this.plot(title, 'time (s)', [times, ...values], names, log ? {y: {distr: 3}} : {}, {
      hooks: {drawClear: [draw], setScale: [(plot, key) => this.share(plot, key)],
        ready: [plot => this.listen(plot)]},
      cursor: {sync: {key: 'time'}, points: {size: 6}},
    });
  }

  addSpectrum(person, joint, names, unit) {
    const spectra = names.map(name => this.model.spectrum(person, name, joint));
    const hertz = [...new Set(spectra.flatMap(([hz]) => hz))].sort((a, b) => a - b);
    if (hertz.length < 2) return;
    // Rounding errors of a still joint would leave no room for the rest.
    const floor = 1e-8 * Math.max(...spectra.flatMap(([, power]) => power));
    const at = spectra.map(([hz, power]) => {
      const known = new Map(hz.map((value, i) => [value, power[i] > floor ? power[i] : null]));
      // A grid of another clip's frequencies leaves no hole in this one's line.
      return hertz.map(value => known.has(value) ? known.get(value) : undefined);
    });
    this.plot(`power (${unit}²/Hz)`, 'frequency (Hz)', [hertz, ...at], names,
      {x: {distr: 3, range: [hertz[0], hertz[hertz.length - 1]]}, y: {distr: 3}}, {cursor: {points: {size: 6}}});
  }

  plot(title, xLabel, data, names, scales, extra) {
    const box = document.createElement('figure');
    const caption = document.createElement('figcaption');
    caption.textContent = title;
    box.append(caption);
    box.setAttribute('role', 'img');
    box.setAttribute('aria-label', `${title} over ${xLabel}, ${names.join(' and ')}`);
    this.root.append(box);
    const axis = {stroke: css('--ink-soft'), font: '11px system-ui, sans-serif',
      values: (_, ticks) => ticks.map(v => v === null ? '' : shortNumber(v)),
      grid: {stroke: css('--grid'), width: 1}, ticks: {stroke: css('--grid'), width: 1, size: 4}};
    const plot = new uPlot({
      width: this.width(), height: 136, padding: [8, 12, 0, 0],
      legend: {show: false},
      scales: {x: {time: false, ...scales.x}, y: {...scales.y}},
      axes: [{...axis, ...decades(scales.x), size: 34, label: xLabel, labelSize: 14,
        labelFont: axis.font, gap: 2},
      {...axis, space: 18, ...decades(scales.y), size: 58}],
      series: [{}, ...names.map(name => ({
        label: name, stroke: css(`--${name}`), width: name === 'smoothed' ? 2 : 1.2,
        dash: name === 'truth' ? [5, 4] : undefined, points: {show: false, size: 4},
        spanGaps: false}))],
      ...extra,
    }, data, box);
    plot.isTime = xLabel.startsWith('time');
    if (plot.isTime) {
      plot.marker = document.createElement('div');
      plot.marker.className = 'marker';
      plot.over.append(plot.marker);
    }
    this.plots.push(plot);
  }

  /** A click without a drag goes to the frame. */
  listen(plot) {
    let start = null;
    plot.over.addEventListener('pointerdown', event => { start = event.clientX; });
    plot.over.addEventListener('pointerup', event => {
      if (start !== null && Math.abs(event.clientX - start) < 4 && plot.cursor.idx !== null) {
        this.seek(plot.cursor.idx);
      }
      start = null;
    });
  }

  /** All curves over time show the same span. */
  share(plot, key) {
    if (key !== 'x' || this.isScaling) return;
    this.isScaling = true;
    const {min, max} = plot.scales.x;
    for (const other of this.plots) if (other.isTime && other !== plot) other.setScale('x', {min, max});
    this.isScaling = false;
    this.mark(this.seconds);
  }

  /** Move the line of the current time. */
  mark(seconds) {
    this.seconds = seconds;
    for (const plot of this.plots) {
      if (!plot.marker || seconds === undefined) continue;
      const x = plot.valToPos(seconds, 'x');
      plot.marker.style.transform = `translateX(${x}px)`;
      plot.marker.hidden = !(x >= 0 && x <= plot.over.clientWidth);
    }
  }

  width() {
    return Math.max(200, this.root.clientWidth);
  }

  resize() {
    for (const plot of this.plots) {
      if (plot.width !== this.width()) plot.setSize({width: this.width(), height: this.heightOf(plot)});
    }
    this.mark(this.seconds);
  }
}

/** On a logarithmic scale powers of ten alone have a line and a number. */
function decades(scale) {
  if (!scale || scale.distr !== 3) return {};
  const filter = (plot, ticks) => {
    const powers = ticks.filter(v => Number.isInteger(+Math.log10(v).toFixed(9)));
    const every = Math.ceil(powers.length / 4);
    const kept = new Set(powers.filter((_, i) => i % every === 0));
    return ticks.map(v => kept.has(v) ? v : null);
  };
  return {filter, grid: {stroke: css('--grid'), width: 1, filter},
    ticks: {stroke: css('--grid'), width: 1, size: 4, filter}};
}

function shortNumber(value) {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(0);
  return size >= 1e4 ? `${Math.round(value / 100) / 10}k` : String(Math.round(value * 1e4) / 1e4);
}
