from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.mmpose


def test_topdown_model_of_real_mmpose_runs(mmpose):
    import numpy as np
    import torch
    from mmengine.config import Config
    from mmpose.apis import inference_topdown, init_model

    name = 'body_2d_keypoint/rtmpose/coco/rtmpose-t_8xb256-420e_coco-256x192.py'
    config = Config.fromfile(Path(mmpose.__file__).parent / '.mim' / 'configs' / name)
    config.model.backbone.init_cfg = None
    torch.manual_seed(0)
    model = init_model(config, device='cpu')
    image = np.random.default_rng(0).integers(0, 255, (64, 48, 3), dtype=np.uint8)
    [sample] = inference_topdown(model, image)
    assert sample.pred_instances.keypoints.shape == (1, 17, 2)


def test_nms_keeps_best_of_overlapping_boxes(mmpose):
    import torch
    from mmcv.ops import nms
    boxes = torch.tensor([[0., 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30]])
    kept, index = nms(boxes, torch.tensor([0.5, 0.9, 0.7]), 0.5)
    assert index.tolist() == [1, 2]
    assert kept.shape == (2, 5)


def test_absent_op_raises_when_called(mmpose):
    import mmcv._ext
    if mmcv._ext.__spec__.loader is not None:
        pytest.skip('mmcv has its compiled ops here')
    with pytest.raises(NotImplementedError, match='roi_align_forward'):
        mmcv._ext.roi_align_forward()


@pytest.mark.slow
def test_script_runs_with_stand_ins(tmp_path, repo_dir):
    script = tmp_path / 'script.py'
    script.write_text('import sys, mmpose.apis, mmcv.ops\nprint(sys.argv)\n')
    result = subprocess.run(
        [sys.executable, repo_dir / 'tests' / 'mmpose_shim.py', script, '--flag'],
        capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == repr([str(script), '--flag'])
