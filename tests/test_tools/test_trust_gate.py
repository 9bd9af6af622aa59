from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from smoothnet_plugin.processing.trust import TrustGate, judged

from ..test_processing.test_blending import ar1, body

TOOLS = Path(__file__).resolve().parents[2] / 'tools'
AMC = ('head', 'thorax', 'lclavicle', 'lhumerus', 'lradius', 'rclavicle', 'rhumerus', 'rradius',
       'lhipjoint', 'lfemur', 'ltibia', 'rhipjoint', 'rfemur', 'rtibia')
CONFIG = """
held_out = ['left_out']
seed = {'2d': 1, '3d': 1}
rate, batch = 3e-3, 2
hidden = {'2d': 8, '3d': 8}
measures = {'2d': 59, '3d': 44}
steps = {'2d': 3, '3d': 3}
harm = bend = caution = {'2d': 1.0, '3d': 0.3}
within = {'2d': (.68, .945), '3d': (.64, .95)}
spread_steps, spread_rows, spread_batch = 5, 200, 32
shares = dict(motion=dict(coco=1., articulated=1., loose=1.), error=dict(white=1., bursts=1.),
              change=dict(plain=1., still=1.))
data_2d = data_3d = [
    dict(name='kinect', weight=.5, spread_weight=.5, every=1, seed=2, altered=True),
    dict(name='drawn', weight=.5, spread_weight=.5, number=3, seed=3, shares=shares),
    dict(name='sets', weight=0, spread_weight=.5, script='script.py', every=2, seeds=[4])]
"""
#: Sets of one clip, the truth plus the seed; those of another width must not be made.
SCRIPT = """
import numpy as np
SETS = {'shifted3_1': None, 'shifted2_1': None}
def make(name, folder, every, seed):
    assert every == 2 and name[7] == '3'
    truth = np.random.default_rng(0).normal(0, 1, (1, 60, 9, 3))
    return truth + seed, None, truth, 30, 1.
"""


@pytest.fixture
def trust_gate(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    yield
    for name in [name for name in sys.modules if name.split('.')[0] == 'trust_gate']:
        del sys.modules[name]


@pytest.fixture
def data(tmp_path):
    for name, joints in (('amc', AMC), ('bvh', ())):
        take = np.concatenate([body(200, 60.0), body(200, 60.0)[:, :1] + 0.1], axis=1)
        clips = 2 if joints else 0
        np.savez(tmp_path / f'cmu_{name}_60hz.npz', positions=np.tile(take, (clips, 1, 1)),
                 lengths=np.full(clips, 200), names=np.array(['take', 'left_out'][:clips]),
                 joints=np.array(joints or ['Hips']))
    truth = body(60)
    np.savez(tmp_path / 'uiprmd_train.npz', estimate=truth + ar1(truth.shape, 0.01, 0.6),
             ground_truth=truth, lengths=np.array([60]), names=np.array(['clip']),
             joints=np.array([f'point_{i}' for i in range(13)]))
    return tmp_path


def test_training_writes_a_gate_that_the_package_reads(trust_gate, data, monkeypatch, capsys):
    from safetensors.numpy import load_file
    from trust_gate.train import main
    config, out = data / 'config.py', data / 'gate.safetensors'
    config.write_text(CONFIG)
    (data / 'script.py').write_text(SCRIPT)
    monkeypatch.setattr(sys, 'argv', ['train.py', str(config), '--width', '3', '--data',
                                      str(data), '--out', str(out)])
    main()
    assert 'SHA-256' in capsys.readouterr().out
    assert TrustGate.of_arrays(load_file(out)).mean.shape == (44,)


def test_clips_of_a_script(trust_gate, tmp_path):
    from trust_gate.sets import scripted
    path = tmp_path / 'script.py'
    path.write_text(SCRIPT)
    first, second = scripted(path, tmp_path, 3, every=2, seeds=[4, 5])
    assert np.allclose(first.coords - first.truth, 4)
    assert np.allclose(second.coords - second.truth, 5)
    assert first.fps == 30 and first.names == () and first.scores is None


def test_drawn_clips_below_a_frame_rate(trust_gate, data):
    from trust_gate.clips import drawn
    from trust_gate.motions import cmu_takes
    shares = {'motion': {'loose': 1.}, 'error': {'white': 1.}, 'change': {'plain': 1.}}
    takes = cmu_takes(data, ['left_out'])
    every = list(drawn(takes, 2, 30, shares, seed=1))
    slow = list(drawn(takes, 2, 30, shares, seed=1, below=30))
    kept = [clip for clip in every if clip.fps < 30]
    assert 0 < len(slow) == len(kept) < len(every)
    assert all(np.array_equal(a.coords, b.coords, equal_nan=True)
               for a, b in zip(kept, slow))


def test_every_kind_of_error_and_motion_can_be_drawn(trust_gate):
    from trust_gate import motions
    from trust_gate.errors import KINDS, with_errors
    for kind in KINDS:
        for fps, width in ((5.0, 2), (30.0, 3), (240.0, 3)):
            truth = motions.articulated(40, fps, np.random.default_rng(1))[..., :width]
            coords, scores = with_errors(kind, truth, (), fps, np.random.default_rng(2))
            assert coords.shape == truth.shape and np.isfinite(coords).mean() > 0.8
            assert scores is None or scores.shape == truth.shape[:2]
            assert kind == 'clean' or np.nanmax(np.abs(coords - truth)) > 0
    rng = np.random.default_rng(3)
    hurried = motions.hurried(body(90), 30.0, rng)
    image = motions.filmed(hurried, 30.0, rng, pans=True, zooms=True)
    assert image.shape == (90, 13, 2) and np.isfinite(image).all()
    assert motions.loose(20, 60.0, rng).shape[::2] == (20, 3)


def test_the_gate_in_torch_is_the_gate_of_the_package(trust_gate):
    import torch
    from trust_gate.candidates import candidates
    from trust_gate.clips import TrainingClip
    from trust_gate.model import Gate, Sample, combined

    from smoothnet_plugin.filters import LearnedFilter
    truth = body(70)
    noisy = truth + ar1(truth.shape, 0.02, 0.5)
    noisy[30:34, 2] = np.nan
    clip = TrainingClip('made', noisy, None, truth, 30.0, ())
    found = next(candidates([clip], LearnedFilter()))
    sample = Sample.of(found, True, True)
    torch.manual_seed(0)
    gate = Gate(16)
    gate.standardize([sample])
    with torch.no_grad():
        for layer in gate.share:
            if hasattr(layer, 'weight'):
                layer.weight.mul_(2)
        error = combined(gate, sample).numpy()
    features = sample.features.numpy().astype(float)
    result, judgement = judged(TrustGate.of_arrays(gate.arrays()), features, found.gated,
                               found.track, found.change, 30.0)
    np.testing.assert_allclose(error, (result - truth) / found.track.size[..., None], atol=1e-5)
    assert np.ptp(judgement.network) > 0.02


def test_coverage_of_normal_errors_is_that_of_a_normal_distribution(trust_gate):
    from trust_gate.coverage import shares
    rng = np.random.default_rng(4)
    for width, radius, two in ((2, 1.516, 0.99), (3, 1.878, 0.997)):
        error = 3 * rng.normal(size=(4000, 5, width))
        spread = np.full((4000, 5), 3 * radius)
        error[::7, 2], spread[::9, 1] = np.nan, np.nan
        parts = [(error[rows], spread[rows]) for rows in (slice(100), slice(100, None))]
        np.testing.assert_allclose(shares(parts), [0.683, two, 0.683, 0.954], atol=0.012)
    assert not shares([]).any()


def test_coverage_of_a_set(trust_gate, tmp_path, monkeypatch, capsys):
    from trust_gate.coverage import main
    script = tmp_path / 'eval' / 'made.py'
    script.parent.mkdir()
    script.write_text('import numpy as np\n'
                      'def make(name, folder, every, seed):\n'
                      '    assert (name, folder.name, every, seed) == ("white", "data", 12, 3)\n'
                      '    rng = np.random.default_rng(seed)\n'
                      '    truth = np.cumsum(rng.normal(0, .01, (1, 13, 3)).repeat(40, 0), 0)\n'
                      '    noisy = truth + rng.normal(0, .01, truth.shape)\n'
                      '    return [noisy], None, [truth], 30., 1.\n')
    monkeypatch.setattr(sys, 'argv', ['coverage.py', '--sets', str(script), 'white', '--seed', '3'])
    main()
    row = capsys.readouterr().out.splitlines()[-1]
    assert row.startswith('| white |') and row.count('%') == 4
