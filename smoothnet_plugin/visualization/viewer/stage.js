'use strict';
/* The picture of one frame: poses on a canvas, in 2D or as a parallel projection of 3D. */

const CLIP_ORDER = ['truth', 'raw', 'smoothed'];
const TRAIL = 20;

class Stage {
  constructor(canvas, model, state) {
    Object.assign(this, {canvas, model, state, context: canvas.getContext('2d')});
    this.view = {scale: 1, x: 0, y: 0};
    this.isFollowing = false;
    this.onLeave = () => {};  // the user moves the view
    this.reset();
    this.listen();
  }

  /** Plane coordinates of a point: right and down. */
  flat(point) {
    if (!point || this.model.dims === 2) return point;
    return this.model.view.map(axis => axis.reduce((sum, v, d) => sum + v * point[d], 0));
  }

  /** Show everybody over the whole clip, save for a few outliers. */
  reset() {
    const xs = [], ys = [];
    const clip = this.model.clips.includes('smoothed') ? 'smoothed' : 'raw';
    const every = Math.max(1, Math.floor(this.model.frames / 2000));
    for (const person of this.model.people) {
      for (let i = person.first; i < person.first + person.count; i += every) {
        for (let k = 0; k < this.model.joints; k++) {
          const point = this.flat(this.model.at(person, clip, i, k));
          if (point) { xs.push(point[0]); ys.push(point[1]); }
        }
      }
    }
    if (!xs.length) return;
    const [x0, x1, y0, y1] = [xs, ys].flatMap(values => {
      values.sort((a, b) => a - b);
      return [quantile(values, 0.002), quantile(values, 0.998)];
    });
    this.box = {x: (x0 + x1) / 2, y: (y0 + y1) / 2, width: x1 - x0, height: y1 - y0};
    this.frameBox(this.box);
  }

  frameBox(box) {
    const {width, height} = this.canvas.getBoundingClientRect();
    const room = 0.88;
    const scale = Math.min(room * width / (box.width || 1), room * height / (box.height || 1));
    this.view = {scale, x: width / 2 - scale * box.x, y: height / 2 - scale * box.y};
  }

  /** Whether a person fills little of the picture when everybody is shown. */
  isSmall(person) {
    const size = this.sizeOf(person);
    return Boolean(size && this.box) && size < 0.5 * Math.hypot(this.box.width, this.box.height);
  }

  /** Usual diagonal of the box around a person. */
  sizeOf(person) {
    const clip = person.coords.smoothed ? 'smoothed' : 'raw', sizes = [];
    const every = Math.max(1, Math.floor(person.count / 200));
    for (let i = person.first; i < person.first + person.count; i += every) {
      const box = this.boxOf(person, clip, i, i);
      if (box) sizes.push(Math.hypot(box.width, box.height));
    }
    sizes.sort((a, b) => a - b);
    return sizes.length ? quantile(sizes, 0.75) : 0;
  }

  /** Box around a person over some frames, or null. */
  boxOf(person, clip, first, last) {
    const xs = [], ys = [];
    for (let i = first; i <= last; i++) {
      for (let k = 0; k < this.model.joints; k++) {
        const point = this.flat(this.model.at(person, clip, i, k));
        if (point) { xs.push(point[0]); ys.push(point[1]); }
      }
    }
    if (!xs.length) return null;
    const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    return {x: (x0 + x1) / 2, y: (y0 + y1) / 2, width: x1 - x0, height: y1 - y0};
  }

  /** Keep the chosen person in the middle, at one scale. */
  follow() {
    const {person, frame} = this.state;
    if (this.followed !== person) {
      this.followed = person;
      this.followedSize = this.sizeOf(person);
    }
    const box = this.boxOf(person, person.coords.smoothed ? 'smoothed' : 'raw',
      frame - 12, frame + 12);
    if (box) this.frameBox({...box, width: 0, height: 1.1 * this.followedSize});
  }

  zoom(factor, x, y) {
    this.onLeave();
    const {width, height} = this.canvas.getBoundingClientRect();
    [x, y] = [x ?? width / 2, y ?? height / 2];
    const {view} = this;
    view.scale *= factor;
    view.x = x - factor * (x - view.x);
    view.y = y - factor * (y - view.y);
    this.draw();
  }

  pixel(point) {
    const flat = this.flat(point);
    return flat && [this.view.scale * flat[0] + this.view.x, this.view.scale * flat[1] + this.view.y];
  }

  resize() {
    const {width, height} = this.canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    if (this.box) this.frameBox(this.box);
    this.draw();
  }

  draw() {
    const {context, canvas, model, state} = this;
    const ratio = window.devicePixelRatio || 1;
    if (this.isFollowing) this.follow();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = css('--stage');
    context.fillRect(0, 0, canvas.width, canvas.height);
    this.drawVideo();
    context.lineCap = 'round';
    this.drawTrail();
    for (const name of CLIP_ORDER) {
      if (!model.clips.includes(name) || !state.layers.has(name)) continue;
      for (const person of model.people) {
        if (!state.hiddenPeople.has(person.id)) this.drawPerson(person, name);
      }
    }
    this.drawChosen();
  }

  drawVideo() {
    const {video, model} = this;
    if (!video || video.readyState < 2) return;
    const [width, height] = model.imageSize || [model.video.width, model.video.height];
    const {scale, x, y} = this.view;
    this.context.drawImage(video, x, y, scale * width, scale * height);
  }

  drawPerson(person, name) {
    const {context, model, state} = this;
    const points = [];
    for (let k = 0; k < model.joints; k++) {
      points.push(state.hiddenJoints.has(k) ? null
        : this.pixel(model.at(person, name, state.frame, k)));
    }
    const isResult = name === 'smoothed';
    const isChosen = person === state.person;
    const color = css(`--${name}`);
    const filled = k => isResult && model.state(person, state.frame, k) === STATE.filled;
    context.globalAlpha = isChosen || model.people.length === 1 ? 1 : 0.55;
    for (const halo of this.video ? [true, false] : [false]) {
      context.strokeStyle = halo ? css('--halo') : color;
      for (const [a, b] of model.links) {
        if (!points[a] || !points[b]) continue;
        const isDashed = name === 'truth' || filled(a) || filled(b);
        context.setLineDash(isDashed && !halo ? [5, 5] : []);
        context.lineWidth = (isResult ? 3 : 1.6) + (halo ? 2.5 : 0);
        context.beginPath();
        context.moveTo(...points[a]);
        context.lineTo(...points[b]);
        context.stroke();
      }
    }
    context.setLineDash([]);
    context.strokeStyle = context.fillStyle = color;
    context.lineWidth = 1.6;
    points.forEach((point, k) => {
      if (!point) return;
      if (name === 'raw' && model.state(person, state.frame, k) === STATE.distrusted) {
        this.cross(point, 5);
        return;
      }
      context.beginPath();
      context.arc(...point, isResult ? 3.4 : 2.4, 0, 2 * Math.PI);
      if (filled(k)) {
        context.fillStyle = css('--stage');
        context.fill();
        context.stroke();
        context.fillStyle = color;
      } else context.fill();
    });
    if (isResult && model.people.length > 1) this.label(points, person.id, color);
    context.globalAlpha = 1;
  }

  cross([x, y], size) {
    const {context} = this;
    context.beginPath();
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y + size);
    context.moveTo(x - size, y + size);
    context.lineTo(x + size, y - size);
    context.stroke();
  }

  label(points, text, color) {
    const top = points.filter(Boolean).sort((a, b) => a[1] - b[1])[0];
    if (!top) return;
    this.text(`person ${text}`, top[0] + 8, top[1] - 10, color);
  }

  text(text, x, y, color) {
    const {context} = this;
    context.font = '600 12px system-ui, sans-serif';
    const {width, height} = this.canvas.getBoundingClientRect();
    if (x < 0 || x > width || y < 0 || y > height) return;
    x = Math.min(x, width - context.measureText(text).width - 4);
    context.lineWidth = 3;
    context.strokeStyle = css('--stage');
    context.strokeText(text, x, y);
    context.fillStyle = color;
    context.fillText(text, x, y);
  }

  /** Path of the chosen joint around the current frame. */
  drawTrail() {
    const {context, model, state} = this;
    if (state.hiddenJoints.has(state.joint) || state.hiddenPeople.has(state.person.id)) return;
    for (const name of CLIP_ORDER) {
      if (!model.clips.includes(name) || !state.layers.has(name)) continue;
      context.strokeStyle = css(`--${name}`);
      context.globalAlpha = 0.45;
      context.lineWidth = 1.2;
      context.beginPath();
      let isPen = false;
      for (let i = state.frame - TRAIL; i <= state.frame + TRAIL; i++) {
        const point = this.pixel(model.at(state.person, name, i, state.joint));
        if (!point) isPen = false;
        else if (isPen) context.lineTo(...point);
        else { context.moveTo(...point); isPen = true; }
      }
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  drawChosen() {
    const {context, model, state} = this;
    if (state.hiddenJoints.has(state.joint) || state.hiddenPeople.has(state.person.id)) return;
    const name = [...CLIP_ORDER].reverse().find(
      clip => state.layers.has(clip) && model.at(state.person, clip, state.frame, state.joint));
    if (!name) return;
    const point = this.pixel(model.at(state.person, name, state.frame, state.joint));
    context.strokeStyle = css('--ink');
    context.lineWidth = 1.6;
    context.beginPath();
    context.arc(...point, 9, 0, 2 * Math.PI);
    context.stroke();
    this.text(model.names[state.joint], point[0] + 13, point[1] + 4, css('--ink'));
  }

  listen() {
    const {canvas} = this;
    let drag = null;
    canvas.addEventListener('pointerdown', event => {
      drag = {x: event.clientX, y: event.clientY, moved: false};
      // A finger scrolls the page; the buttons zoom.
      if (event.pointerType === 'mouse') canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', event => {
      if (!drag || event.pointerType !== 'mouse') return;
      const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
      if (!drag.moved && Math.hypot(dx, dy) < 4) return;
      drag = {x: event.clientX, y: event.clientY, moved: true};
      this.onLeave();
      this.view.x += dx;
      this.view.y += dy;
      this.draw();
    });
    canvas.addEventListener('pointerup', event => {
      const isClick = drag && !drag.moved;
      drag = null;
      if (isClick) pickAt(this, event);
    });
    canvas.addEventListener('wheel', event => {
      event.preventDefault();
      const box = canvas.getBoundingClientRect();
      this.zoom(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
    }, {passive: false});
  }
}

/** The person and joint nearest to a place on a stage, or null. */
function nearestJoint(stage, x, y) {
  const {model, state} = stage;
  let best = null, least = 22;
  for (const person of model.people) {
    if (state.hiddenPeople.has(person.id)) continue;
    for (const name of state.layers) {
      for (let k = 0; k < model.joints; k++) {
        const point = state.hiddenJoints.has(k) ? null : model.at(person, name, state.frame, k);
        if (!point) continue;
        const [px, py] = stage.pixel(point);
        const away = Math.hypot(px - x, py - y);
        if (away < least) { least = away; best = {person, joint: k}; }
      }
    }
  }
  return best;
}

function pickAt(stage, event) {
  const box = stage.canvas.getBoundingClientRect();
  const found = nearestJoint(stage, event.clientX - box.left, event.clientY - box.top);
  if (found) stage.state.choose(found.person, found.joint);
}
