"""The viewer page in a real browser."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from browser import chromium
from PIL import Image

from smoothnet_plugin import smooth
from smoothnet_plugin.apis.view import report_of
from smoothnet_plugin.structures import PoseSequence, PoseTracks, get_skeleton
from smoothnet_plugin.visualization import page, write_video

pytestmark = pytest.mark.slow
SIZES = {'desk': (1280, 900), 'phone': (390, 844)}
PAPER, BLUE, ORANGE = (251, 251, 250), (0, 114, 178), (213, 94, 0)


def walk(rng, dims, frames=90, jitter=0.0):
    """A COCO figure that crosses the picture; frames 40 to 45 are missing."""
    figure = np.array([[0, -80], [-4, -84], [4, -84], [-8, -80], [8, -80], [-20, -50], [20, -50],
                       [-30, -20], [30, -20], [-32, 10], [32, 10], [-14, 10], [14, 10], [-15, 50],
                       [15, 50], [-15, 90], [15, 90]], float)
    coords = np.zeros((frames, 17, 3))
    coords[..., :2] = figure
    coords[..., 0] += 100 + 2 * np.arange(frames)[:, None]
    coords[..., 1] += 150
    coords[:, 9, 1] += 30 * np.sin(np.arange(frames) / 6)
    coords = coords[..., :dims] * (1 if dims == 2 else 0.01)
    coords += rng.normal(0, jitter * (1 if dims == 2 else 0.01), coords.shape)
    kept = np.setdiff1d(np.arange(frames), np.arange(40, 46))
    return PoseTracks({'anna': PoseSequence(
        coords[kept], frame_ids=kept, fps=30, skeleton=get_skeleton('coco'),
        representation=f'keypoints_{dims}d')}, fps=30, frame_ids=np.arange(frames))


@pytest.fixture(scope='module')
def pages(tmp_path_factory) -> dict[str, Path]:
    """A page in 2D and one in 3D."""
    folder = tmp_path_factory.mktemp('pages')
    made = {}
    for dims in (2, 3):
        raw = walk(np.random.default_rng(0), dims, jitter=2)
        smoothed = smooth(raw, 'gaussian')
        path = folder / f'{dims}d.html'
        page.write_page(path, raw, smoothed, report=report_of(raw, smoothed),
                        truth=walk(np.random.default_rng(0), dims), title='walk')
        made[f'{dims}d'] = path
    return made


@pytest.fixture(scope='module')
def browser():
    with chromium() as running:
        yield running


@pytest.fixture
def visit(browser):
    """Open a page; at the end nothing may have been printed to its console or fetched."""
    contexts, messages = [], []

    def goto(path, size='desk', scheme='light', script=None):
        width, height = SIZES[size]
        context = browser.new_context(viewport={'width': width, 'height': height},
                                      color_scheme=scheme, offline=True)
        contexts.append(context)
        tab = context.new_page()
        tab.on('console', lambda message: messages.append(message.text))
        tab.on('pageerror', lambda error: messages.append(str(error)))
        tab.on('request', lambda request: messages.extend(
            [] if request.url.startswith(('file:', 'data:', 'blob:')) else [request.url]))
        if script:
            tab.add_init_script(script)
        tab.goto(path.as_uri())
        until(tab, 'Boolean(window.viewer)')
        return tab

    yield goto
    for context in contexts:
        context.close()
    assert messages == []


def until(tab, condition, seconds=20):
    """Wait for a condition; the page's policy forbids playwright's own way, which needs eval."""
    for _ in range(20 * seconds):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(50)
    raise AssertionError(f'{condition} did not happen within {seconds} s')


def picture(tab) -> np.ndarray:
    """The stage as an array (H, W, 3), one value per CSS pixel."""
    shot = tab.locator('#picture').screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert('RGB')).astype(int)


def frame(tab) -> int:
    return tab.evaluate('viewer.state.frame')


def joint_pixel(tab, name, clip='smoothed'):
    """Column and row of a joint on the stage."""
    x, y = tab.evaluate('''([name, clip]) => {
      const {stage, state, model} = viewer;
      return stage.pixel(model.at(state.person, clip, state.frame, model.names.indexOf(name)));
    }''', [name, clip])
    return round(x), round(y)


def near(pixel, color, tolerance=40):
    return bool(np.abs(np.asarray(pixel) - color).max() <= tolerance)


def colors(image, place, reach=2):
    """The pixels around a place."""
    x, y = place
    return image[y - reach:y + reach + 1, x - reach:x + reach + 1].reshape(-1, 3)


def has(image, place, color, reach=2):
    return any(near(pixel, color) for pixel in colors(image, place, reach))


@pytest.mark.parametrize('kind', ['2d', '3d'])
@pytest.mark.parametrize('size', SIZES)
def test_loads_and_shows_the_poses(pages, visit, kind, size):
    tab = visit(pages[kind], size)
    assert tab.title() == 'walk' and '90 frames' in tab.locator('#facts').inner_text()
    # Nothing is wider than the window, and what is pressed is large enough for a finger.
    assert tab.evaluate('document.documentElement.scrollWidth') <= SIZES[size][0]
    heights = tab.evaluate('[...document.querySelectorAll("#transport button, #layers button")]'
                           '.map(button => button.getBoundingClientRect().height)')
    assert min(heights) >= 30
    tab.evaluate('viewer.seek(20)')
    image = picture(tab)
    assert near(image[4, 4], PAPER)
    for name in ('left_elbow', 'right_knee'):
        # In space the joint of another clip may lie in front of its middle.
        assert has(image, joint_pixel(tab, name), BLUE, reach=5)
    assert tab.locator('#curves figure').count() == {'2d': 6, '3d': 7}[kind]


def test_plays_pauses_and_stops_at_the_end(pages, visit):
    tab = visit(pages['2d'])
    tab.evaluate('viewer.seek(0)')
    tab.get_by_role('button', name='Play').click()
    until(tab, 'viewer.state.frame > 3')
    tab.get_by_role('button', name='Pause').click()
    stopped = frame(tab)
    tab.wait_for_timeout(150)
    assert frame(tab) == stopped
    tab.get_by_label('Speed of playback').select_option('2')
    tab.get_by_label('Speed of playback').focus()
    tab.keyboard.press('Space')  # the list has the focus and keeps its keys
    tab.keyboard.press('Escape')
    assert not tab.evaluate('viewer.isPlaying')
    tab.evaluate('document.activeElement.blur(); viewer.seek(84)')
    tab.keyboard.press('Space')
    until(tab, '!viewer.isPlaying')
    assert frame(tab) == 89 and tab.evaluate('viewer.speed') == 2


def test_scrubs_and_steps(pages, visit):
    tab = visit(pages['2d'])
    slider = tab.get_by_label('Frame', exact=True)
    slider.fill('12')
    assert frame(tab) == 12 and 'frame 12, 0.40 s' in tab.locator('#now').inner_text()
    assert slider.get_attribute('aria-valuetext') == 'frame 12, 0.40 s'
    before = picture(tab)
    tab.get_by_role('button', name='One frame on').click()
    assert frame(tab) == 13 and not np.array_equal(picture(tab), before)
    tab.evaluate('document.activeElement.blur()')
    for key, expected in (('ArrowLeft', 12), ('Shift+ArrowRight', 22), ('End', 89), ('Home', 0),
                          ('ArrowLeft', 0)):
        tab.keyboard.press(key)
        assert frame(tab) == expected
    # A click on a curve goes to its time.
    box = tab.locator('#curves .u-over').first.bounding_box()
    tab.mouse.click(box['x'] + box['width'] / 2, box['y'] + 20)
    assert abs(frame(tab) - 44.5) < 3


def test_hides_a_joint_and_a_layer(pages, visit):
    tab = visit(pages['2d'])
    tab.evaluate('viewer.seek(20)')
    place, other = joint_pixel(tab, 'right_ankle'), joint_pixel(tab, 'left_ankle')
    assert has(picture(tab), place, BLUE)
    tab.get_by_label('Show right_ankle').uncheck()
    image = picture(tab)
    assert all(near(pixel, PAPER, 8) for pixel in colors(image, place)) and has(image, other, BLUE)
    tab.get_by_label('Show right_ankle').check()
    assert has(picture(tab), place, BLUE)
    tab.get_by_role('button', name='smoothed').click()
    image = picture(tab)
    assert not has(image, place, BLUE)
    assert has(image, joint_pixel(tab, 'right_ankle', 'raw'), ORANGE)
    tab.get_by_label('Show none of the joints').click()
    assert not [pixel for pixel in picture(tab)[60:].reshape(-1, 3) if near(pixel, ORANGE)]


def test_a_click_chooses_a_joint(pages, visit):
    tab = visit(pages['2d'])
    tab.evaluate('viewer.seek(20)')
    x, y = joint_pixel(tab, 'right_ankle')
    box = tab.locator('#picture').bounding_box()
    tab.mouse.click(box['x'] + x, box['y'] + y)
    assert tab.locator('#chosen').inner_text() == 'right_ankle'
    pressed = tab.locator('#joints .choose[aria-pressed=true]')
    assert pressed.all_inner_texts() == ['right_ankle']
    tab.keyboard.press('ArrowUp')
    assert tab.locator('#chosen').inner_text() == 'left_ankle'
    tab.locator('#joints .choose', has_text='nose').click()
    assert tab.locator('#chosen').inner_text() == 'nose'


def test_people_curves_and_report(visit, tmp_path):
    raw = walk(np.random.default_rng(0), 2, jitter=2)
    bob = raw['anna'].replace(coords=raw['anna'].coords + [150, 0])
    raw = raw.replace(tracks={**raw.tracks, 'bob': bob})
    smoothed = smooth(raw, 'gaussian')
    page.write_page(tmp_path / 'a.html', raw, smoothed, report=report_of(raw, smoothed))
    tab = visit(tmp_path / 'a.html')
    tab.evaluate('viewer.seek(20)')
    tab.locator('#people .choose', has_text='anna').click()
    assert tab.locator('#chosen').inner_text().startswith('person anna')
    # A click on the other person's joint.
    x, y = tab.evaluate('viewer.stage.pixel(viewer.model.at(viewer.model.people.find('
                        'person => person.id === "bob"), "smoothed", 20, 13))')
    box = tab.locator('#picture').bounding_box()
    tab.mouse.click(box['x'] + x, box['y'] + y)
    assert tab.locator('#chosen').inner_text() == 'person bob, left_knee'
    captions = tab.locator('#curves figcaption').all_inner_texts()
    assert captions == ['x (px)', 'y (px)', 'speed (px/s)', 'acceleration (px/s²)',
                        'left_hip to left_knee (px)', 'power (px²/Hz)']
    # The bone has its length; the jitter is gone from the high frequencies.
    lengths, (hertz, before), (_, after) = tab.evaluate('''() => {
      const {model, state} = viewer;
      return [model.bone(state.person, 'smoothed', [11, 13]),
        model.spectrum(state.person, 'raw', 13), model.spectrum(state.person, 'smoothed', 13)];
    }''')
    assert np.median(lengths) == pytest.approx(np.hypot(1, 40), abs=2)
    assert hertz[-1] == pytest.approx(15) and (after[-2] or 0) < 0.1 * before[-2]
    # The picture follows the chosen person.
    place = joint_pixel(tab, 'left_knee')
    assert has(picture(tab), place, BLUE, reach=4)
    tab.get_by_label('Show person bob').uncheck()
    assert not has(picture(tab), place, BLUE, reach=4)
    report = tab.locator('#report table').first
    assert dict(row.split('\t') for row in report.inner_text().splitlines())['people'] == '2'
    joints = tab.locator('#report table.joints')
    heads = joints.locator('thead th').all_inner_texts()
    assert heads[:3] == ['joint', 'speed kept', 'acceleration left'] and heads[-1] == 'check'
    assert {'knee', 'wrist'} <= set(joints.locator('tbody th').all_inner_texts())


def test_gaps_are_marked(pages, visit):
    tab = visit(pages['2d'])
    states = tab.evaluate('Array.from({length: 90}, (_, i) =>'
                          'viewer.model.state(viewer.state.person, i, 9))')
    assert states[40:46] == [2] * 6 and states[39] == states[46] == 1
    curves = tab.evaluate('''() => {
      const {model, state} = viewer;
      return ['raw', 'smoothed'].map(clip => model.curves(state.person, clip, 9));
    }''')
    raw, smoothed = curves
    assert raw['axes'][0][40:46] == [None] * 6 and None not in smoothed['axes'][0]
    # Two pixels per frame at 30 fps, and a wrist that swings by up to 5 more.
    assert max(smoothed['speed'][5:35]) == pytest.approx(30 * np.hypot(2, 5), rel=0.1)
    assert tab.evaluate('viewer.curves.runs') == [[2, 40, 45]]


def test_every_control_has_a_name_and_is_reached_by_tab(pages, visit):
    tab = visit(pages['2d'], 'phone')
    nameless = tab.evaluate('''() => [...document.querySelectorAll(
      'button, input, select, canvas[role], figure, section')].filter(
      e => !(e.getAttribute('aria-label') || e.textContent.trim())).map(e => e.outerHTML)''')
    assert nameless == []
    reached = set()
    for _ in range(80):
        tab.keyboard.press('Tab')
        reached.add(tab.evaluate('document.activeElement.id || document.activeElement.ariaLabel '
                                 '|| document.activeElement.textContent'))
    assert {'theme', 'picture', 'play', 'scrub', 'speed', 'fit', 'Show nose', 'nose'} <= reached
    assert 'anna' in tab.locator('#picture').get_attribute('aria-label')


def test_light_and_dark(pages, visit):
    dark, light = (16, 20, 26), PAPER
    tab = visit(pages['2d'], scheme='dark')
    assert near(picture(tab)[4, 4], dark, 4)
    for expected in (light, dark, dark):  # the button goes through light, dark, automatic
        tab.locator('#theme').click()
        assert near(picture(tab)[4, 4], expected, 4)


def test_3d_turns_and_hides(pages, visit):
    tab = visit(pages['3d'])
    tab.evaluate('viewer.seek(20)')
    before, place = picture(tab), joint_pixel(tab, 'left_shoulder')
    box = tab.locator('#picture').bounding_box()
    tab.mouse.move(box['x'] + 100, box['y'] + 200)
    tab.mouse.down()
    tab.mouse.move(box['x'] + 260, box['y'] + 200, steps=4)
    tab.mouse.up()
    assert joint_pixel(tab, 'left_shoulder') != place
    assert np.abs(picture(tab) - before).max() > 100
    ankle = joint_pixel(tab, 'right_ankle')
    assert has(picture(tab), ankle, BLUE)
    tab.get_by_label('Show right_ankle').uncheck()
    assert not has(picture(tab), ankle, BLUE)


def test_rotations_are_a_skeleton_with_curves_of_turns(visit, tmp_path):
    """A knee that swings by 30 degrees, 1 Hz, on a body at half a turn to the camera."""
    poses = np.zeros((90, 24, 3))
    poses[:, 0, 0] = np.pi
    poses[:, 4, 0] = np.radians(30) * np.sin(2 * np.pi * np.arange(90) / 30)
    raw = PoseTracks.from_array(poses, representation='axis_angle', fps=30)
    page.write_page(tmp_path / 'a.html', raw)
    tab = visit(tmp_path / 'a.html')
    assert '24 rotations' in tab.inner_text('#facts')
    tab.click('#joints button:text-is("left_knee")')
    captions = tab.eval_on_selector_all('#curves figcaption', 'all => all.map(e => e.textContent)')
    assert captions == ['turn about x (deg)', 'turn about y (deg)', 'turn about z (deg)',
                        'speed (deg/s)', 'acceleration (deg/s²)', 'power (deg²/Hz)']
    curves = tab.evaluate('viewer.model.curves(viewer.state.person, "raw", 4)')
    assert 29.5 < max(curves['axes'][0]) < 30.5 and max(np.abs(curves['axes'][1])) < 1e-3
    speed = [value for value in curves['speed'] if value is not None]
    # 30 degrees times 2 pi per second; the root does not move.
    assert max(speed) == pytest.approx(30 * 2 * np.pi, rel=0.02)
    still = tab.evaluate('viewer.model.curves(viewer.state.person, "raw", 0)')
    assert max(value or 0 for value in still['speed']) < 0.01
    head, foot = (tab.evaluate(f'viewer.model.at(viewer.state.person, "raw", 0, {k})')
                  for k in (15, 10))
    assert head[1] < foot[1]


def test_3d_without_webgl(pages, visit):
    tab = visit(pages['3d'], script='''
      const own = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind.startsWith('webgl') ? null : own.call(this, kind, ...rest);
      };
      console.error = () => {};  // three.js reports it as well
    ''')
    assert 'no WebGL' in tab.locator('#notes').inner_text()
    assert has(picture(tab), joint_pixel(tab, 'right_ankle'), BLUE)


@pytest.mark.parametrize('embedded', [True, False])
def test_video_shows_the_frame_of_the_poses(visit, tmp_path, monkeypatch, embedded):
    raw = walk(np.random.default_rng(0), 2, jitter=1)
    shades = 20 + 2 * np.arange(90)
    write_video(tmp_path / 'clip.mp4', (np.full((240, 320, 3), shade, np.uint8)
                                        for shade in shades), 30)
    if not embedded:
        monkeypatch.setattr(page, 'EMBEDDED_VIDEO_BYTES', 0)
    notes = page.write_page(tmp_path / 'page.html', raw, smooth(raw, 'gaussian'),
                            video=tmp_path / 'clip.mp4')
    assert bool(notes) != embedded
    tab = visit(tmp_path / 'page.html')
    tab.keyboard.press('0')
    until(tab, 'viewer.video.readyState >= 2')
    for number in (10, 60, 30):
        tab.evaluate(f'viewer.seek({number})')
        x, y = tab.evaluate('viewer.stage.pixel([262, 72])')
        for _ in range(50):  # until the browser has the frame
            shade = picture(tab)[round(y), round(x)]
            if near(shade, [shades[number]] * 3, 3):
                break
            tab.wait_for_timeout(100)
        assert near(shade, [shades[number]] * 3, 3), (number, shade)
    tab.keyboard.press('Space')
    until(tab, 'viewer.state.frame > 34')


def test_a_scaled_video(visit, tmp_path):
    raw = walk(np.random.default_rng(0), 2)
    write_video(tmp_path / 'clip.mp4', [np.full((60, 80, 3), 99, np.uint8)] * 90, 30)
    for size, notes in ((None, 1), ((320, 240), 0)):
        clip = raw.replace(image_size=size)
        assert len(page.write_page(tmp_path / 'page.html', clip,
                                   video=tmp_path / 'clip.mp4')) == notes
    tab = visit(tmp_path / 'page.html')
    tab.keyboard.press('0')
    until(tab, 'viewer.video.readyState >= 2 && !viewer.video.seeking')
    tab.evaluate('viewer.stage.draw()')
    x, y = tab.evaluate('viewer.stage.pixel([262, 230])')
    assert near(picture(tab)[round(y), round(x)], [99] * 3, 4)


def test_names_are_text(visit, tmp_path):
    bad = '</script><img src=x onerror="document.title=1">'
    raw = walk(np.random.default_rng(0), 2)
    raw = raw.replace(tracks={bad: raw['anna']})
    page.write_page(tmp_path / 'page.html', raw, title=bad)
    tab = visit(tmp_path / 'page.html')
    assert tab.title() == bad and tab.locator('#title').inner_text() == bad
    assert tab.locator('img').count() == 0 and bad in tab.locator('#people').inner_text()


def test_long_clips_show_every_nth_frame(visit, tmp_path, monkeypatch):
    raw = walk(np.random.default_rng(0), 2, frames=200)
    data = page.page_data({'raw': raw}, most_values=17 * 2 * 60)
    assert (data['step'], data['frames'], data['allFrames']) == (4, 50, 200)
    monkeypatch.setattr(page, 'page_data', lambda clips: data)
    [note] = page.write_page(tmp_path / 'page.html', raw)
    tab = visit(tmp_path / 'page.html')
    assert 'of its 200 frames the page shows one in 4' in note
    assert note in tab.locator('#notes').inner_text()
    tab.evaluate('viewer.seek(20)')
    assert 'frame 80, 2.67 s' in tab.locator('#now').inner_text()
    speed = tab.evaluate('viewer.model.curves(viewer.state.person, "raw", 0).speed[20]')
    assert speed == pytest.approx(60)
    coords = np.frombuffer(base64.b64decode(data['people'][0]['coords']['raw']), '<f4')
    np.testing.assert_allclose(coords.reshape(50, 17, 2)[20], raw['anna'].at_frames(
        np.array([80]))[0], rtol=1e-6)
    json.dumps(data)
