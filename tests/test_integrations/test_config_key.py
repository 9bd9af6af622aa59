"""Which smoother a model gets: from its config, the call, or the skeleton of its data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.smoothers import build, build_smoother

from .mmpose_parts import SCENES, Scene, acceleration, pose_config, walker, write_video

pytestmark = pytest.mark.mmpose

#: What each data set of MMPose with its own keypoints gets.
FITTING = {
    'default': ('coco', 'aic', 'crowdpose', 'mpii', 'jhmdb', 'h36m', 'halpe26', 'posetrack18',
                'humanart', 'mpi_inf_3dhp', 'panoptic_body3d'),
    'robust': ('coco_wholebody', 'halpe', 'h3wb', 'coco_wholebody_hand', 'onehand10k',
               'interhand3d', '300w', 'wflw', 'lapa', 'animalpose', 'ap10k', 'macaque', 'atrw',
               'horse10', 'fly', 'deepfashion_full'),
}


@pytest.mark.parametrize(('preset', 'name'), [(p, n) for p, names in FITTING.items()
                                              for n in names])
def test_preset_by_the_skeleton(mmpose, preset, name):
    from mmpose.datasets.datasets.utils import parse_pose_metainfo

    from smoothnet_plugin.integrations.mmpose.skeletons import body_skeleton, fitting_smoother
    folder = Path(mmpose.__file__).parent / '.mim' / 'configs' / '_base_' / 'datasets'
    meta = parse_pose_metainfo(dict(from_file=str(folder / f'{name}.py')))
    assert fitting_smoother(meta) == preset
    if preset == 'default':
        assert 'left_elbow' in body_skeleton(meta).keypoint_names


def test_hands_are_smoothed_robustly_unless_the_config_says_otherwise(mmpose, tmp_path):
    from mmengine.config import Config
    from mmpose.datasets.datasets.utils import parse_pose_metainfo

    from smoothnet_plugin.integrations.mmpose.pose2d_inferencer import stage_of
    meta = parse_pose_metainfo(dict(from_file='configs/_base_/datasets/coco_wholebody_hand.py'))
    [chosen] = stage_of(Config({}), meta).smoother.filters
    assert type(chosen).__name__ == 'RobustFilter'
    [chosen] = stage_of(Config(dict(smoother='gaussian')), meta).smoother.filters
    assert type(chosen).__name__ == 'GaussianFilter'


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    return tmp_path_factory.mktemp('key')


@pytest.fixture(scope='module')
def inferencer(mmpose, place):
    from smoothnet_plugin.integrations.mmpose import SmoothPose2DInferencer
    SCENES['key'] = Scene([walker(16)], noise=2.0)
    (place / 'mine.py').write_text("smoother = dict(type='MedianFilter')\n")
    return SmoothPose2DInferencer(pose_config(mmpose, place, 'key', smoother='mine.py'),
                                  device='cpu', det_model='whole_image')


@pytest.fixture(scope='module')
def clip(place):
    return write_video(place / 'clip.mp4', 16)


def poses(results):
    return np.array([r['predictions'][0][0]['keypoints'] for r in results])


def test_file_beside_the_config(inferencer, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert type(inferencer._stages[0].smoother.filters[0]).__name__ == 'MedianFilter'


def test_smoother_and_lookahead_of_a_call(inferencer, clip, place):
    raw = SCENES['key'].people[0] + SCENES['key'].errors[0]
    own = poses(inferencer(clip))
    other = poses(inferencer(clip, smoother='gaussian'))
    late = poses(inferencer(clip, smoother='gaussian', lookahead=1))
    beside = poses(inferencer(clip, smoother=['mine.py', dict(type='GaussianFilter')]))
    again = poses(inferencer(clip))
    np.testing.assert_array_equal(again, own)
    assert acceleration(other) < 0.5 * acceleration(raw)
    assert acceleration(other) < acceleration(late) < acceleration(raw)
    assert acceleration(beside) < 0.5 * acceleration(raw)
    with pytest.raises(ConfigError, match='Did you mean'):
        list(inferencer(clip, smoother='gausian'))


def test_the_packages_configs_are_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(build, 'PACKAGED_CONFIGS', Path(__file__).resolve().parents[2])
    [built] = build_smoother('configs/_base_/filters/gaussian.py').filters
    assert type(built).__name__ == 'GaussianFilter'
