from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from .mmpose_parts import (
    AUTOPATCH,
    SCENES,
    Scene,
    acceleration,
    coded_frames,
    frame_number,
    pose_config,
    read_video,
    unpatched,
    walker,
    write_video,
)

pytestmark = [pytest.mark.mmpose, pytest.mark.slow]  # runs models

IMPORT = dict(imports=[AUTOPATCH])


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    return tmp_path_factory.mktemp('autopatch')


@pytest.fixture(scope='module')
def scene():
    return Scene([walker(20)], noise=2.0)


@pytest.fixture(scope='module')
def clip(place):
    return write_video(place / 'clip.mp4', 20)


@pytest.fixture(autouse=True)
def fresh(scene):
    SCENES['patched'] = scene
    with unpatched():
        yield


@pytest.fixture(scope='module')
def configs(mmpose, place):
    return {
        'key': pose_config(mmpose, place, 'patched', custom_imports=IMPORT, smoother='gaussian'),
        'no key': pose_config(mmpose, place, 'patched', custom_imports=IMPORT),
        'no import': pose_config(mmpose, place, 'patched', smoother='gaussian'),
    }


def poses(frames):
    return np.array([people[0]['keypoints'] for people in frames])


def raw(scene):
    return scene.people[0] + scene.errors[0]


@pytest.mark.parametrize('name', ['MMPoseInferencer', 'Pose2DInferencer'])
def test_stock_inferencers_imported_before_the_config_honour_the_key(name, configs, clip, scene,
                                                                      tmp_path):
    import mmpose.apis.inferencers
    stock = getattr(mmpose.apis.inferencers, name)
    for which, smooth in (('no import', False), ('key', True), ('no key', False), ('key', True)):
        inferencer = stock(configs[which], device='cpu', det_model='whole_image')
        out = tmp_path / which
        results = list(inferencer(clip, out_dir=str(out)))
        frames = [result['predictions'][0] for result in results]
        dumped = json.loads((out / 'predictions' / 'clip.json').read_text())
        np.testing.assert_array_equal(poses([e['instances'] for e in dumped]), poses(frames))
        assert len(frames) == 20
        assert ('track_id' in frames[0][0]) == smooth
        ratio = acceleration(poses(frames)) / acceleration(raw(scene))
        assert ratio < 0.5 if smooth else ratio == pytest.approx(1, abs=1e-3)
        pictures = read_video(out / 'visualizations' / 'clip.mp4')
        assert [frame_number(picture) for picture in pictures] == list(range(20))
        assert isinstance(inferencer, stock)


def test_stock_demo_honours_the_key(mmpose, configs, clip, scene, tmp_path, monkeypatch):
    demo = Path(mmpose.__file__).parent / '.mim' / 'demo' / 'inferencer_demo.py'
    monkeypatch.setattr(sys, 'argv', [
        str(demo), clip, '--pose2d', configs['key'], '--det-model', 'whole_image', '--device',
        'cpu', '--pred-out-dir', str(tmp_path), '--vis-out-dir', str(tmp_path / 'drawn')])
    runpy.run_path(str(demo), run_name='__main__')
    frames = [entry['instances'] for entry in json.loads((tmp_path / 'clip.json').read_text())]
    assert acceleration(poses(frames)) < 0.5 * acceleration(raw(scene))
    assert [people[0]['track_id'] for people in frames] == [0] * 20
    assert len(read_video(tmp_path / 'drawn' / 'clip.mp4')) == 20


def test_stock_demo_in_a_process_of_its_own(mmpose, place, clip, repo_dir, tmp_path):
    demo = Path(mmpose.__file__).parent / '.mim' / 'demo' / 'inferencer_demo.py'
    config = pose_config(mmpose, place, custom_imports=IMPORT, smoother='gaussian')
    result = subprocess.run(
        [sys.executable, repo_dir / 'tests' / 'mmpose_shim.py', demo, clip, '--pose2d', config,
         '--det-model', 'whole_image', '--device', 'cpu', '--pred-out-dir', tmp_path],
        capture_output=True, text=True, env={**os.environ,
                                             'PYTHONPATH': str(repo_dir)})
    assert result.returncode == 0, result.stderr
    frames = json.loads((tmp_path / 'clip.json').read_text())
    assert [entry['instances'][0]['track_id'] for entry in frames] == [0] * 20


@pytest.mark.parametrize('keys', [('lifter',), ('flat',), ('lifter', 'flat')])
def test_stock_3d_inferencer_smooths_where_a_key_is(mmpose, place, configs, clip, keys):
    from mmengine.config import Config
    from mmpose.apis.inferencers import MMPoseInferencer
    lifter = Config.fromfile(
        Path(mmpose.__file__).parent / '.mim' / 'configs' / 'body_3d_keypoint'
        / 'image_pose_lift' / 'h36m' / 'image-pose-lift_tcn_8xb64-200e_h36m.py')
    lifter.custom_imports = IMPORT
    if 'lifter' in keys:
        lifter.smoother = dict(type='SavgolFilter')
    path = str(place / f"lifter_{'_'.join(keys)}.py")
    lifter.dump(path)
    flat = configs['key' if 'flat' in keys else 'no key']
    inferencer = MMPoseInferencer(pose3d=path, pose2d=flat, device='cpu', det_model='whole_image')
    results = list(inferencer(clip))
    before, after = inferencer.inferencer._stages
    assert (before.smoother is not None, after.smoother is not None) == (
        'flat' in keys, 'lifter' in keys)
    assert [r['predictions'][0][0]['track_id'] for r in results] == [0] * 20


def test_options_of_ours_reach_an_adopted_inferencer(configs, scene):
    from mmpose.apis import MMPoseInferencer
    inferencer = MMPoseInferencer(configs['key'], device='cpu', det_model='whole_image')
    assert len(list(inferencer(coded_frames(5), image_sequence=True))) == 5


def test_patching_twice_changes_nothing_and_can_be_undone():
    import importlib

    from mmpose.apis.inferencers import MMPoseInferencer, Pose2DInferencer, Pose3DInferencer
    from mmpose.apis.inferencers.base_mmpose_inferencer import BaseMMPoseInferencer
    before = [cls.__call__ for cls in (MMPoseInferencer, Pose2DInferencer, Pose3DInferencer)]
    autopatch = importlib.import_module(AUTOPATCH)
    once = [cls.__call__ for cls in (MMPoseInferencer, Pose2DInferencer, Pose3DInferencer)]
    autopatch.patch()
    assert [MMPoseInferencer.__call__, Pose2DInferencer.__call__, Pose3DInferencer.__call__] == once
    assert not set(once) & set(before)
    autopatch.unpatch()
    assert [MMPoseInferencer.__call__, Pose2DInferencer.__call__,
            Pose3DInferencer.__call__] == before
    assert '__call__' not in vars(Pose2DInferencer)
    assert Pose2DInferencer.__call__ is BaseMMPoseInferencer.__call__
    autopatch.unpatch()
