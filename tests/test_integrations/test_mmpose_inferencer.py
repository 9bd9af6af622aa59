from __future__ import annotations

import json

import numpy as np
import pytest

from smoothnet_plugin.errors import ConfigError

from .mmpose_parts import (
    SCENES,
    FakeDetector,
    Scene,
    acceleration,
    coded_frames,
    frame_number,
    pose_config,
    read_video,
    walker,
    write_video,
)

pytestmark = pytest.mark.mmpose

NOISE = 2.0


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    return tmp_path_factory.mktemp('mmpose_inferencer')


@pytest.fixture(scope='module')
def config(mmpose, place):
    SCENES['unified'] = Scene([walker(15, 60, seed=1), walker(15, 220, seed=2)], NOISE)
    SCENES['unified'].people[1][6:8] = np.nan
    return pose_config(mmpose, place, 'unified', smoother='gaussian')


@pytest.fixture(scope='module')
def clip(place):
    return write_video(place / 'clip.mp4', 15)


def inferencer_of(config, **kwargs):
    from smoothnet_plugin.integrations.mmpose import SmoothMMPoseInferencer
    inferencer = SmoothMMPoseInferencer(config, device='cpu', det_model='whole_image', **kwargs)
    inferencer.inferencer.detector = FakeDetector(SCENES['unified'])
    inferencer.inferencer.det_cat_ids = (0,)
    return inferencer


@pytest.mark.parametrize('lookahead', [None, 4])
def test_json_samples_and_drawing_agree(config, clip, tmp_path, lookahead, monkeypatch):
    inferencer = inferencer_of(config, lookahead=lookahead)
    drawn, visualizer = [], inferencer.inferencer.visualizer
    draw = visualizer.add_datasample

    def noted(name, image, sample, **kwargs):
        drawn.append((frame_number(image), sample.pred_instances.keypoints.copy()))
        return draw(name, image, sample, **kwargs)

    monkeypatch.setattr(visualizer, 'add_datasample', noted)
    for attempt in ('first', 'second'):
        drawn.clear()
        out = tmp_path / attempt
        results = list(inferencer(clip, return_datasamples=True, out_dir=str(out)))
        dumped = json.loads((out / 'predictions' / 'clip.json').read_text())
        assert [entry['frame_id'] for entry in dumped] == list(range(15))
        assert [number for number, _ in drawn] == list(range(15))
        pictures = read_video(out / 'visualizations' / 'clip.mp4')
        assert [frame_number(picture) for picture in pictures] == list(range(15))
        for t, (result, entry, (_, keypoints)) in enumerate(zip(results, dumped, drawn,
                                                                strict=True)):
            pred = result['predictions'][0].pred_instances
            np.testing.assert_array_equal(pred.keypoints, keypoints)
            np.testing.assert_array_equal([p['keypoints'] for p in entry['instances']], keypoints)
            assert sorted(p['track_id'] for p in entry['instances']) == [0, 1]
            assert [p.get('filled', False) for p in entry['instances']] == [False, t in (6, 7)]
    raw = SCENES['unified'].people[0] + SCENES['unified'].errors[0]
    rows = [min(entry['instances'], key=lambda p: p['keypoints'][0][0]) for entry in dumped]
    assert acceleration(np.array([r['keypoints'] for r in rows])) < 0.5 * acceleration(raw)


def test_returned_lists_have_ids(config, clip):
    for result in inferencer_of(config, smoother='savgol')(clip):
        assert sorted(person['track_id'] for person in result['predictions'][0]) == [0, 1]


def test_pictures_and_generators(config):
    inferencer, frames = inferencer_of(config), coded_frames(15)
    with pytest.raises(ConfigError, match='image_sequence=True'):
        list(inferencer(frames))
    with pytest.raises(ConfigError, match='lookahead=N'):
        list(inferencer(iter(frames)))
    assert len(list(inferencer(frames, image_sequence=True))) == 15
    assert len(list(inferencer(frames[0]))) == 1
    assert len(list(inferencer_of(config, lookahead=2)(iter(frames)))) == 15


def test_what_cannot_be_built():
    from smoothnet_plugin.integrations.mmpose import SmoothMMPoseInferencer
    with pytest.raises(ConfigError, match='3D hands are not smoothed'):
        SmoothMMPoseInferencer(pose3d='hand3d')
    with pytest.raises(ValueError, match='Neither pose2d nor pose3d'):
        SmoothMMPoseInferencer()
