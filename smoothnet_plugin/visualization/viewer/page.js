'use strict';
/* Controls of the page: playback, layers, people, joints, keys, tables. */

const $ = id => document.getElementById(id);
const SPEEDS = [0.1, 0.25, 0.5, 1, 2];
const THEMES = ['auto', 'light', 'dark'];

function element(tag, text = '', properties = {}) {
  const made = Object.assign(document.createElement(tag), properties);
  made.textContent = text;
  return made;
}

class Page {
  constructor(model) {
    this.model = model;
    const person = [...model.people].sort((a, b) => b.count - a.count)[0];
    this.state = {frame: 0, joint: 0, person, layers: new Set(model.clips),
      hiddenJoints: new Set(), hiddenPeople: new Set(),
      choose: (chosen, joint) => this.choose(chosen, joint)};
    this.isPlaying = false;
    this.speed = 1;
    this.makeHead();
    this.makeLayers();
    this.makeTransport();
    this.makeStage();
    this.makeLists();
    this.makeReport();
    this.curves = new Curves($('curves'), model, frame => this.seek(frame));
    new ResizeObserver(() => { this.stage.resize(); this.drawTimeline(); }).observe($('stage'));
    document.addEventListener('keydown', event => this.key(event));
    this.setFollow(this.stage.isSmall(person));
    this.choose(person, this.firstJoint());
    this.seek(person.first + (person.count >> 1));
  }

  /** A joint that moves: a wrist or ankle if there is one. */
  firstJoint() {
    const found = this.model.names.findIndex(name => /wrist|ankle|hand|foot/i.test(name));
    return Math.max(0, found);
  }

  makeHead() {
    const {model} = this;
    $('title').textContent = model.title;
    const seconds = model.times[model.frames - 1] - model.times[0] + model.stepSeconds;
    $('facts').textContent = `${model.allFrames} frames, ${seconds.toFixed(1)} s at `
      + `${+model.fps.toFixed(3)} fps, ${model.people.length} `
      + `${model.people.length === 1 ? 'person' : 'people'}, ${model.joints} `
      + (model.turned ? 'rotations on an average body' : `keypoints in ${model.dims}D`);
    for (const note of model.notes) this.note(note);
    let theme = 0;
    const apply = () => {
      document.documentElement.dataset.theme = THEMES[theme];
      $('theme').textContent = `theme: ${THEMES[theme]}`;
      $('theme').setAttribute('aria-label', `Colour theme: ${THEMES[theme]}`);
      this.repaint();
    };
    $('theme').onclick = () => { theme = (theme + 1) % THEMES.length; apply(); };
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.repaint());
    apply();
  }

  note(text) {
    $('notes').append(element('p', text));
  }

  /** After a change of colours. */
  repaint() {
    if (!this.curves) return;
    if (this.stage.paint) this.stage.paint();
    this.showCurves();
    this.stage.draw();
    this.drawTimeline(true);
  }

  makeLayers() {
    for (const [number, name] of this.model.clips.entries()) {
      const button = element('button', name, {type: 'button', className: `layer ${name}`});
      button.setAttribute('aria-pressed', 'true');
      button.title = `key ${number + 1}`;
      button.onclick = () => {
        const {layers} = this.state;
        if (!layers.delete(name)) layers.add(name);
        button.setAttribute('aria-pressed', layers.has(name));
        this.stage.draw();
      };
      $('layers').append(button);
    }
    const states = {filled: '○ interpolated', distrusted: '× input rejected'};
    for (const [name, text] of Object.entries(states)) {
      if (this.model.clips.length > 1) $('layers').append(element('span', text, {className: name}));
    }
  }

  makeTransport() {
    const scrub = $('scrub');
    scrub.max = this.model.frames - 1;
    scrub.oninput = () => { this.pause(); this.seek(+scrub.value); };
    const go = {first: () => 0, back: () => this.state.frame - 1, next: () => this.state.frame + 1,
      last: () => this.model.frames - 1};
    for (const [id, frame] of Object.entries(go)) {
      $(id).onclick = () => { this.pause(); this.seek(frame()); };
    }
    $('play').onclick = () => (this.isPlaying ? this.pause() : this.play());
    for (const speed of SPEEDS) {
      $('speed').append(element('option', `${speed}×`, {value: speed, selected: speed === 1}));
    }
    $('speed').onchange = () => this.setSpeed(+$('speed').value);
    $('timeline').onclick = event => {
      const box = $('timeline').getBoundingClientRect();
      this.seek(Math.round((event.clientX - box.left) / box.width * (this.model.frames - 1)));
    };
  }

  makeStage() {
    const {model, state} = this;
    if (model.dims === 3) {
      try {
        this.stage = new Stage3D($('picture'), model, state);
      } catch (error) {
        this.note('This browser has no WebGL: the poses are shown from one side only.');
        // A canvas that was asked for WebGL has no other context.
        $('picture').replaceWith($('picture').cloneNode());
      }
    }
    this.stage = this.stage || new Stage($('picture'), model, state);
    this.stage.onLeave = () => this.setFollow(false);
    $('zoom-in').onclick = () => this.stage.zoom(1.25);
    $('zoom-out').onclick = () => this.stage.zoom(0.8);
    $('fit').onclick = () => this.fit();
    $('follow').onclick = () => this.follow();
    if (model.video) this.openVideo();
  }

  openVideo() {
    const {video} = this.model;
    const shown = Object.assign(document.createElement('video'),
      {muted: true, playsInline: true, preload: 'auto', src: video.src});
    shown.addEventListener('error', () => {
      this.stage.video = this.video = null;
      this.note('This browser cannot play the video; the poses are shown without it.');
      this.stage.draw();
    });
    for (const name of ['seeked', 'loadeddata']) {
      shown.addEventListener(name, () => { if (!this.isPlaying) this.stage.draw(); });
    }
    // A busy browser has the picture of a frame later than the end of the seek.
    const again = () => {
      if (!this.isPlaying) this.stage.draw();
      shown.requestVideoFrameCallback(again);
    };
    if (shown.requestVideoFrameCallback) shown.requestVideoFrameCallback(again);
    this.stage.video = this.video = shown;
    this.rate = video.fps || this.model.fps;
  }

  fit() {
    this.setFollow(false);
    this.stage.reset();
    this.stage.draw();
  }

  follow() {
    this.setFollow(!this.stage.isFollowing);
    if (!this.stage.isFollowing) this.stage.reset();
    this.stage.draw();
  }

  setFollow(on) {
    this.stage.isFollowing = on;
    $('follow').setAttribute('aria-pressed', on);
  }

  makeLists() {
    const {model, state} = this;
    const people = model.people.map(person => ({value: person.id, key: person.id,
      text: `person ${person.id}`, detail: person.count === 1 ? '1 frame' : `${person.count} frames`}));
    this.list($('people'), 'People', people, state.hiddenPeople,
      id => this.choose(model.people.find(person => person.id === id), state.joint));
    const joints = model.names.map((name, k) => ({value: k, key: k, text: name}));
    this.list($('joints'), 'Joints', joints, state.hiddenJoints,
      k => this.choose(state.person, k));
  }

  /** A list with a box to show or hide, and a button to choose, per entry. */
  list(root, title, entries, hidden, choose) {
    const head = element('h2', title);
    const list = element('ul');
    const set = (entry, isShown) => {
      if (isShown) hidden.delete(entry.key); else hidden.add(entry.key);
      entry.box.checked = isShown;
    };
    for (const [text, isShown] of [['all', true], ['none', false]]) {
      const button = element('button', text, {type: 'button', className: 'small'});
      button.setAttribute('aria-label', `Show ${text} of the ${title.toLowerCase()}`);
      button.onclick = () => { entries.forEach(entry => set(entry, isShown)); this.stage.draw(); };
      if (entries.length > 1) head.append(' ', button);
    }
    for (const entry of entries) {
      const item = element('li');
      entry.box = element('input', '', {type: 'checkbox', checked: true});
      entry.box.setAttribute('aria-label', `Show ${entry.text}`);
      entry.box.onchange = () => { set(entry, entry.box.checked); this.stage.draw(); };
      entry.button = element('button', entry.text, {type: 'button', className: 'choose'});
      if (entry.detail) entry.button.append(element('small', ` ${entry.detail}`));
      entry.button.onclick = () => choose(entry.value);
      item.append(entry.box, entry.button);
      list.append(item);
    }
    root.append(head, list);
    root.entries = entries;
  }

  choose(person, joint) {
    const {state, model} = this;
    const isOther = person !== state.person;
    Object.assign(state, {person, joint});
    for (const [root, key] of [[$('people'), person.id], [$('joints'), joint]]) {
      for (const entry of root.entries) entry.button.setAttribute('aria-pressed', entry.key === key);
    }
    // Curves of a person who is elsewhere in the clip say nothing of the picture.
    if (isOther && (state.frame < person.first || state.frame >= person.first + person.count)) {
      this.seek(person.first);
    }
    this.showCurves();
    this.stage.draw();
    this.drawTimeline(true);
  }

  showCurves() {
    const {model, state} = this;
    $('chosen').textContent = (model.people.length > 1 ? `person ${state.person.id}, ` : '')
      + model.names[state.joint];
    const legend = $('legend');
    legend.replaceChildren();
    for (const name of model.clips) legend.append(element('span', name, {className: `line ${name}`}));
    if (model.clips.length > 1) {
      legend.append(element('span', 'interpolated', {className: 'band filled'}),
        element('span', 'input rejected', {className: 'band distrusted'}));
    }
    legend.append(element('span', 'no pose', {className: 'band none'}));
    // Rotations move bones of a fixed length.
    const bone = !model.turned && model.links.find(link => link.includes(state.joint));
    this.curves.show(state.person, state.joint, model.clips, bone);
    this.curves.mark(model.times[state.frame]);
  }

  seek(frame) {
    const {model, state} = this;
    state.frame = Math.max(0, Math.min(model.frames - 1, frame));
    const seconds = model.times[state.frame];
    if (this.video && !this.isPlaying) {
      // The middle of a frame, since rounding must not lead to the one before.
      this.video.currentTime = (model.frameIds[state.frame] - model.firstFrame + 0.5) / this.rate;
    }
    const text = `frame ${model.frameIds[state.frame]}, ${seconds.toFixed(2)} s`;
    $('scrub').value = state.frame;
    $('scrub').setAttribute('aria-valuetext', text);
    $('now').textContent = text;
    $('picture').setAttribute('aria-label', `Poses of ${text}: `
      + (model.people.filter(person => model.clips.some(name =>
        model.isThere(person, name, state.frame))).map(person => `person ${person.id}`).join(', ')
        || 'no person'));
    this.stage.draw();
    this.curves.mark(seconds);
    this.drawTimeline();
  }

  play() {
    const {model, state} = this;
    if (state.frame >= model.frames - 1) this.seek(0);
    this.isPlaying = true;
    this.showPlaying();
    let [last, seconds] = [null, model.times[state.frame]];
    if (this.video) {
      this.video.playbackRate = this.speed;
      this.video.play().catch(() => {});
    }
    const step = now => {
      if (!this.isPlaying) return;
      if (last !== null) seconds += this.speed * Math.min(now - last, 250) / 1000;
      last = now;
      if (this.video) {
        const number = Math.floor(this.video.currentTime * this.rate + 1e-3) + model.firstFrame;
        seconds = model.times[Math.max(0, model.frameIds.findLastIndex(id => id <= number))];
        if (this.video.ended) seconds = model.times[model.frames - 1];
      }
      const frame = model.frameAt(seconds);
      if (frame !== state.frame) this.seek(frame); else if (this.video) this.stage.draw();
      if (frame >= model.frames - 1) this.pause();
      else requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  pause() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    if (this.video) this.video.pause();
    this.showPlaying();
    this.seek(this.state.frame);
  }

  showPlaying() {
    const word = this.isPlaying ? 'Pause' : 'Play';
    $('play').textContent = word;
    $('play').setAttribute('aria-label', word);
  }

  setSpeed(speed) {
    this.speed = speed;
    $('speed').value = speed;
    if (this.video) this.video.playbackRate = speed;
  }

  /** Strips of the people over the clip, and of the chosen joint: redrawn when these change. */
  drawStrip(width, height) {
    const {model, state} = this;
    this.strip = Object.assign(document.createElement('canvas'), {width, height});
    const context = this.strip.getContext('2d'), ratio = window.devicePixelRatio || 1;
    const x = frame => frame / Math.max(1, model.frames) * width;
    const others = model.people.filter(person => person !== state.person);
    const bar = (person, color) => {
      context.fillStyle = color;
      context.fillRect(x(person.first), 2 * ratio, Math.max(x(person.count), 1), 5 * ratio);
    };
    for (const person of others) bar(person, css('--timeline'));
    bar(state.person, css('--ink-soft'));
    const colors = {[STATE.measured]: css('--smoothed'), [STATE.filled]: css('--filled'),
      [STATE.distrusted]: css('--distrusted')};
    for (let i = state.person.first; i < state.person.first + state.person.count; i++) {
      const color = colors[model.state(state.person, i, state.joint)];
      if (!color) continue;
      context.fillStyle = color;
      context.fillRect(x(i), 10 * ratio, x(1) + 0.7, height - 12 * ratio);
    }
  }

  drawTimeline(isChanged = false) {
    const canvas = $('timeline'), {model, state} = this;
    const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(box.width * ratio));
    canvas.height = Math.max(1, Math.round(box.height * ratio));
    const isOther = !this.strip || this.strip.width !== canvas.width;
    if (isChanged || isOther) this.drawStrip(canvas.width, canvas.height);
    const context = canvas.getContext('2d');
    context.drawImage(this.strip, 0, 0);
    context.fillStyle = css('--ink');
    context.fillRect((state.frame + 0.5) / Math.max(1, model.frames) * canvas.width - ratio, 0,
      2 * ratio, canvas.height);
  }

  makeReport() {
    const root = $('report'), {model} = this;
    if (!model.report) return;
    const clip = element('div'), measures = element('div');
    root.append(clip);
    clip.append(element('h2', 'Report'));
    const table = element('table');
    for (const [label, value] of model.report) {
      const row = table.insertRow();
      row.append(element('th', label, {scope: 'row'}), element('td', value));
    }
    clip.append(table);
    if (!model.jointChanges.length) return;
    root.append(measures);
    measures.append(element('h2', 'Joints'));
    const wide = element('div', '', {className: 'scroll', tabIndex: 0});
    wide.setAttribute('role', 'region');
    wide.setAttribute('aria-label', 'Measures of each joint');
    const joints = element('table', '', {className: 'joints'});
    const used = model.columns.map((_, c) => model.jointChanges.some(row => row.cells[c]));
    const head = joints.createTHead().insertRow();
    for (const text of ['joint', ...model.columns.filter((_, c) => used[c]), 'check']) {
      head.append(element('th', text, {scope: 'col'}));
    }
    const rows = joints.createTBody();
    for (const {joint, cells, words} of model.jointChanges) {
      const row = rows.insertRow();
      row.append(element('th', joint, {scope: 'row'}));
      cells.forEach((cell, c) => { if (used[c]) row.append(element('td', cell)); });
      row.append(element('td', words.join('; '), {className: 'words'}));
    }
    wide.append(joints);
    measures.append(wide, element('p', model.explained, {className: 'explained'}));
  }

  key(event) {
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Sliders, lists and boxes have keys of their own.
    if (/^(SELECT|TEXTAREA|INPUT)$/.test(target.tagName) && event.key !== ' ') {
      if (target.type !== 'checkbox') return;
    }
    if (event.key === ' ' && /^(BUTTON|SELECT|SUMMARY|INPUT)$/.test(target.tagName)
        && target.type !== 'range') return;
    const {state, model} = this;
    const step = event.shiftKey ? 10 : 1;
    const move = frame => { this.pause(); this.seek(frame); };
    const actions = {
      ' ': () => (this.isPlaying ? this.pause() : this.play()),
      ArrowLeft: () => move(state.frame - step), ArrowRight: () => move(state.frame + step),
      Home: () => move(0), End: () => move(model.frames - 1),
      ArrowUp: () => this.choose(state.person, (state.joint + model.joints - 1) % model.joints),
      ArrowDown: () => this.choose(state.person, (state.joint + 1) % model.joints),
      p: () => this.choose(model.people[(model.people.indexOf(state.person) + 1)
        % model.people.length], state.joint),
      h: () => $('joints').entries[state.joint].box.click(),
      ',': () => this.setSpeed(SPEEDS[Math.max(0, SPEEDS.indexOf(this.speed) - 1)]),
      '.': () => this.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, SPEEDS.indexOf(this.speed) + 1)]),
      0: () => this.fit(), f: () => this.follow(),
    };
    for (const number of model.clips.keys()) {
      actions[number + 1] = () => $('layers').querySelectorAll('button')[number].click();
    }
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}

window.viewer = new Page(new Model(JSON.parse($('data').textContent)));
