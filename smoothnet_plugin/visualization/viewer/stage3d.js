'use strict';
/* The picture of one frame in 3D, by three.js: the mouse or a finger turns the view. */

class Stage3D {
  constructor(canvas, model, state) {
    Object.assign(this, {canvas, model, state, isFollowing: false});
    this.renderer = new THREE.WebGLRenderer({canvas, antialias: true, preserveDrawingBuffer: true});
    this.scene = new THREE.Scene();
    this.camera = new THREE.PerspectiveCamera(40, 1, 0.01, 100);
    this.camera.up.set(...model.up);
    this.controls = new THREE.OrbitControls(this.camera, canvas);
    this.controls.addEventListener('change', () => this.render());
    this.measure();
    this.layers = {};
    for (const name of model.clips) this.layers[name] = this.layer(name);
    this.filled = this.points(9, true);
    this.ring = this.points(18, true);
    this.reset();
    let down = null;
    canvas.addEventListener('pointerdown', event => { down = [event.clientX, event.clientY]; });
    canvas.addEventListener('pointerup', event => {
      if (down && Math.hypot(event.clientX - down[0], event.clientY - down[1]) < 5) pickAt(this, event);
    });
  }

  /** Middle and size of everything, and the floor. */
  measure() {
    const {model} = this, axes = [[], [], []];
    const clip = model.clips.includes('smoothed') ? 'smoothed' : 'raw';
    const every = Math.max(1, Math.floor(model.frames / 2000));
    for (const person of model.people) {
      for (let i = person.first; i < person.first + person.count; i += every) {
        for (let k = 0; k < model.joints; k++) {
          const point = model.at(person, clip, i, k);
          if (point) point.forEach((v, d) => axes[d].push(v));
        }
      }
    }
    const ends = axes.map(values => {
      values.sort((a, b) => a - b);
      return [quantile(values, 0.002), quantile(values, 0.998)];
    });
    this.middle = new THREE.Vector3(...ends.map(([low, high]) => (low + high) / 2));
    this.size = Math.hypot(...ends.map(([low, high]) => high - low)) || 1;
    const up = new THREE.Vector3(...model.up);
    const axis = model.up.findIndex(v => v !== 0);
    const low = model.up[axis] > 0 ? ends[axis][0] : ends[axis][1];
    const place = this.middle.clone();
    place.setComponent(axis, low);
    this.floor = {up, place};
  }

  layer(name) {
    const material = new THREE.LineMaterial({linewidth: name === 'smoothed' ? 3.2 : 1.8,
      dashed: false, transparent: true, opacity: name === 'raw' ? 0.85 : 1});
    const lines = new THREE.LineSegments2(new THREE.LineSegmentsGeometry(), material);
    lines.frustumCulled = false;
    this.scene.add(lines);
    return {lines, joints: this.points(name === 'smoothed' ? 8 : 6)};
  }

  /** Discs or rings of a size in pixels. */
  points(size, isRing = false) {
    const picture = Object.assign(document.createElement('canvas'), {width: 64, height: 64});
    const context = picture.getContext('2d');
    context.fillStyle = context.strokeStyle = '#fff';
    context.lineWidth = 10;
    context.beginPath();
    context.arc(32, 32, isRing ? 25 : 30, 0, 2 * Math.PI);
    if (isRing) context.stroke(); else context.fill();
    const geometry = new THREE.BufferGeometry();
    const most = this.model.people.length * this.model.joints;
    geometry.setAttribute('position', new THREE.BufferAttribute(new Float32Array(3 * most), 3));
    const material = new THREE.PointsMaterial({size: size * (window.devicePixelRatio || 1),
      sizeAttenuation: false, map: new THREE.CanvasTexture(picture), alphaTest: 0.4,
      depthTest: !isRing});
    const points = new THREE.Points(geometry, material);
    points.frustumCulled = false;
    this.scene.add(points);
    return points;
  }

  /** Colours of the theme. */
  paint() {
    this.renderer.setClearColor(css('--stage'));
    for (const [name, layer] of Object.entries(this.layers)) {
      layer.lines.material.color.set(css(`--${name}`));
      layer.joints.material.color.set(css(`--${name}`));
    }
    this.filled.material.color.set(css('--filled'));
    this.ring.material.color.set(css('--ink'));
    if (this.grid) this.scene.remove(this.grid);
    const color = css('--grid-3d');
    this.grid = new THREE.GridHelper(1.6 * this.size, 16, color, color);
    this.grid.quaternion.setFromUnitVectors(new THREE.Vector3(0, 1, 0), this.floor.up);
    this.grid.position.copy(this.floor.place);
    this.scene.add(this.grid);
  }

  reset() {
    const [right, down] = this.model.view.map(axis => new THREE.Vector3(...axis));
    const toward = right.clone().cross(down.negate()).normalize();
    const {aspect} = this.camera;
    const distance = 0.62 * this.size / Math.tan(20 * Math.PI / 180) / Math.min(1, aspect);
    this.camera.near = distance / 100;
    this.camera.far = distance * 20;
    this.camera.position.copy(this.middle).addScaledVector(toward, distance);
    this.controls.target.copy(this.middle);
    this.camera.updateProjectionMatrix();
    this.controls.update();
  }

  /** A person in space is never small: the view is turned and moved at will. */
  isSmall() {
    return false;
  }

  zoom(factor) {
    this.camera.position.sub(this.controls.target).divideScalar(factor).add(this.controls.target);
    this.controls.update();
    this.render();
  }

  resize() {
    const {width, height} = this.canvas.getBoundingClientRect();
    this.renderer.setPixelRatio(window.devicePixelRatio || 1);
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    for (const {lines} of Object.values(this.layers)) lines.material.resolution.set(width, height);
    this.reset();
    this.draw();
  }

  draw() {
    const {model, state} = this;
    if (!this.grid) this.paint();
    const filled = [];
    for (const [name, layer] of Object.entries(this.layers)) {
      const segments = [], joints = [];
      for (const person of state.layers.has(name) ? model.people : []) {
        if (state.hiddenPeople.has(person.id)) continue;
        const points = [];
        for (let k = 0; k < model.joints; k++) {
          points.push(state.hiddenJoints.has(k) ? null : model.at(person, name, state.frame, k));
          if (!points[k]) continue;
          const isFilled = name === 'smoothed'
            && model.state(person, state.frame, k) === STATE.filled;
          (isFilled ? filled : joints).push(...points[k]);
        }
        for (const [a, b] of model.links) {
          if (points[a] && points[b]) segments.push(...points[a], ...points[b]);
        }
      }
      layer.lines.visible = segments.length > 0;
      if (segments.length) {
        layer.lines.geometry.dispose();
        layer.lines.geometry = new THREE.LineSegmentsGeometry();
        layer.lines.geometry.setPositions(segments);
      }
      this.place(layer.joints, joints);
    }
    this.place(this.filled, filled);
    this.place(this.ring, this.chosenPoint() || []);
    if (this.isFollowing) this.follow();
    this.render();
  }

  chosenPoint() {
    const {model, state} = this;
    if (state.hiddenJoints.has(state.joint) || state.hiddenPeople.has(state.person.id)) return null;
    return CLIP_ORDER.filter(name => state.layers.has(name)).reverse().map(
      name => model.at(state.person, name, state.frame, state.joint)).find(Boolean);
  }

  follow() {
    const {model, state} = this, sum = [0, 0, 0];
    let count = 0;
    const clip = state.person.coords.smoothed ? 'smoothed' : 'raw';
    for (let k = 0; k < model.joints; k++) {
      const point = model.at(state.person, clip, state.frame, k);
      if (point) { point.forEach((v, d) => { sum[d] += v; }); count++; }
    }
    if (!count) return;
    const target = new THREE.Vector3(...sum.map(v => v / count));
    this.camera.position.add(target.clone().sub(this.controls.target));
    this.controls.target.copy(target);
    this.controls.update();
  }

  place(points, values) {
    const {position} = points.geometry.attributes;
    position.array.set(values);
    position.needsUpdate = true;
    points.geometry.setDrawRange(0, values.length / 3);
  }

  pixel(point) {
    const {width, height} = this.canvas.getBoundingClientRect();
    const on = new THREE.Vector3(...point).project(this.camera);
    return [(on.x + 1) / 2 * width, (1 - on.y) / 2 * height];
  }

  render() {
    this.renderer.render(this.scene, this.camera);
  }
}
