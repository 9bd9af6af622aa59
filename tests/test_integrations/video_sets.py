"""Tiny test sets of videos for MMPose's own datasets, and configs that evaluate on them."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from .mmpose_parts import HEIGHT, SCENES, WIDTH, pose_config

REPO = Path(__file__).resolve().parents[2]
LIFTER = 'body_3d_keypoint/video_pose_lift/h36m/video-pose-lift_tcn-27frm-supv_8xb128-160e_h36m.py'
#: Frames of the two clips: an odd number in all.
H36M_FRAMES = {'Directions': 30, 'Walking_1': 25}
HOOK = dict(type='smoothnet_plugin.SmootherHook')


def coco_config(mmpose, folder: Path, **keys) -> str:
    """Path of an RTMPose config that tests the truth estimator on a COCO set of two walkers.

    ``keys`` go to the top level of the config.
    """
    from mmengine.config import Config

    from . import truth_estimator  # noqa: F401  registers the scene
    scene = SCENES['two_walkers']
    _write_coco(folder, scene)
    cfg = Config.fromfile(pose_config(mmpose, folder, 'two_walkers'))
    for part in ('train', 'val', 'test'):
        loader = cfg[f'{part}_dataloader']
        loader.update(batch_size=4, num_workers=0, persistent_workers=False)
        loader.sampler = dict(type='DefaultSampler', shuffle=False)
        loader.dataset.update(data_root=str(folder), ann_file='coco.json',
                              data_prefix=dict(img='frames/'))
        loader.dataset.pop('bbox_file', None)
        for step in loader.dataset.pipeline:
            if step.type == 'TopdownAffine':  # small, for the machine's sake
                step.input_size = (48, 64)
    for part in ('val', 'test'):
        cfg[f'{part}_evaluator'].ann_file = str(folder / 'coco.json')
    cfg.train_cfg = cfg.val_cfg = cfg.train_dataloader = cfg.val_dataloader = None
    cfg.optim_wrapper = cfg.val_evaluator = cfg.param_scheduler = None
    cfg.custom_hooks = []  # they are of training
    cfg.model.backbone.norm_cfg = dict(type='BN')  # SyncBN of several processes wants GPUs
    return _finished(cfg, folder, 'tests.test_integrations.truth_estimator', keys)


def h36m_config(mmpose, folder: Path, **keys) -> str:
    """Path of a small VideoPose3D config that tests on two clips in Human3.6M's files."""
    from mmengine.config import Config
    _write_h36m(folder)
    cfg = Config.fromfile(Path(mmpose.__file__).parent / '.mim' / 'configs' / LIFTER)
    cfg.model.backbone.stem_channels = cfg.model.head.in_channels = 16
    loader = cfg.test_dataloader
    loader.update(batch_size=8, num_workers=0, persistent_workers=False)
    loader.sampler = dict(type='DefaultSampler', shuffle=False)
    loader.dataset.update(data_root=str(folder), ann_file='h36m.npz',
                          camera_param_file='cameras.pkl')
    for key in ('train_cfg', 'val_cfg', 'train_dataloader', 'val_dataloader', 'optim_wrapper',
                'val_evaluator', 'param_scheduler'):
        cfg[key] = None
    cfg.custom_hooks = []
    return _finished(cfg, folder, None, keys)


def run_test(config: str, **overrides) -> dict[str, float]:
    """``Runner.test`` in this process."""
    import torch
    from mmengine.config import Config
    from mmengine.runner import Runner
    cfg = Config.fromfile(config)
    cfg.merge_from_dict(overrides)
    cfg.experiment_name = f'{Path(config).stem}_{os.urandom(4).hex()}'
    torch.manual_seed(0)
    return Runner.from_cfg(cfg).test()


def random_checkpoint(config: str, path: Path) -> str:
    """Path of a checkpoint with random weights, the same ones every time."""
    import torch
    from mmengine.config import Config
    from mmengine.registry import init_default_scope
    from mmpose.models import build_pose_estimator
    init_default_scope('mmpose')
    torch.manual_seed(0)
    model = build_pose_estimator(Config.fromfile(config).model)
    torch.save({'state_dict': model.state_dict()}, path)
    return str(path)


def stock_test(mmpose, config: str, checkpoint: str, out: Path, *arguments: str,
               processes: int = 1) -> dict[str, float]:
    """MMPose's own tools/test.py in processes of its own; its metrics."""
    script = Path(mmpose.__file__).parent / '.mim' / 'tools' / 'test.py'
    launcher = ['--launcher', 'pytorch'] if processes > 1 else []
    command = [sys.executable, '-W', 'ignore', str(REPO / 'tests/test_integrations/stock_tool.py'),
               str(script), config, checkpoint, '--out', str(out), *launcher, *arguments]
    port = str(20000 + os.getpid() % 20000)
    running = [subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=out.parent,
        env={**os.environ, 'PYTHONPATH': str(REPO), 'RANK': str(rank), 'LOCAL_RANK': str(rank),
             'WORLD_SIZE': str(processes), 'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': port,
             'OMP_NUM_THREADS': '1'}) for rank in range(processes)]
    outputs = [process.communicate(timeout=300)[0] for process in running]
    assert all(process.returncode == 0 for process in running), '\n'.join(outputs)[-4000:]
    for output in outputs:
        # A name that a registry of the wrong scope is asked for is noted in the log.
        assert 'Failed to search registry with scope' not in output
    return json.loads(out.read_text())


def _finished(cfg, folder: Path, imports: str | None, keys: dict) -> str:
    if imports:
        cfg.custom_imports = dict(imports=[imports], allow_failed_imports=False)
    cfg.work_dir = str(folder / 'work')
    cfg.env_cfg.dist_cfg.backend = 'gloo'
    # MMEngine hands device ids to its wrapper, which are wrong for CPUs.
    cfg.model_wrapper_cfg = dict(
        type='MMDistributedDataParallel', device_ids=None, broadcast_buffers=False)
    cfg.randomness = dict(seed=0)
    for key, value in keys.items():
        cfg[key] = value
    path = folder / f'config_{len(list(folder.glob("config_*.py")))}.py'
    cfg.dump(path)
    return str(path)


def _write_coco(folder: Path, scene) -> None:
    (folder / 'frames').mkdir(exist_ok=True)
    images, annotations = [], []
    for frame in range(len(scene)):
        cv2.imwrite(str(folder / 'frames' / f'{frame:04d}.png'),
                    np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
        images.append(dict(id=frame + 1, file_name=f'{frame:04d}.png', width=WIDTH,
                           height=HEIGHT))
        for person, box in zip(scene.people, scene.boxes(frame)):
            x, y, w, h = [box[0], box[1], box[2] - box[0], box[3] - box[1]]
            keypoints = np.column_stack([person[frame], np.full(17, 2)])
            annotations.append(dict(
                id=len(annotations) + 1, image_id=frame + 1, category_id=1, iscrowd=0,
                area=w * h * 0.6, bbox=[x, y, w, h], num_keypoints=17,
                keypoints=keypoints.ravel().tolist()))
    (folder / 'coco.json').write_text(json.dumps(dict(
        info={}, licenses=[], images=images, annotations=annotations,
        categories=[dict(id=1, name='person', supercategory='person',
                         keypoints=[str(k) for k in range(17)], skeleton=[])])))


def _write_h36m(folder: Path) -> None:
    rng = np.random.default_rng(0)
    shape = rng.normal(0, 0.4, (17, 3))
    shape[0] = 0
    names, truth, seen = [], [], []
    for action, frames in H36M_FRAMES.items():
        for frame in range(frames):
            pose = shape + 0.05 * np.sin(frame / 5 + np.arange(51).reshape(17, 3)) + [0, 0, 4]
            names.append(f'S9/S9_{action}.54138969/S9_{action}.54138969_{frame + 1:06d}.jpg')
            truth.append(np.column_stack([pose, np.ones(17)]))
            pixels = pose[:, :2] / pose[:, 2:] * 1145 + 500 + rng.normal(0, 4, (17, 2))
            seen.append(np.column_stack([pixels, np.ones(17)]))
    np.savez(folder / 'h36m.npz', imgname=np.array(names), S=np.array(truth),
             part=np.array(seen), center=np.full((len(names), 2), 500.0),
             scale=np.full(len(names), 5.0))
    camera = dict(R=np.eye(3), T=np.zeros((3, 1)), c=np.full((2, 1), 500.0),
                  f=np.full((2, 1), 1145.0), k=np.zeros((3, 1)), p=np.zeros((2, 1)), w=1000,
                  h=1000, name='54138969', id='54138969')
    (folder / 'cameras.pkl').write_bytes(pickle.dumps({('S9', '54138969'): camera}))
