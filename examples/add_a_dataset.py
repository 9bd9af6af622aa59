"""Add a data set: a folder of JSON takes, for training, test and the benchmark.

    python examples/add_a_dataset.py
    python tools/train.py --import examples/add_a_dataset.py my_config.py
"""

import json
from pathlib import Path

import numpy as np

from smoothnet_plugin.datasets import PoseClips, PoseDataset
from smoothnet_plugin.errors import DataFormatError
from smoothnet_plugin.registry import DATASETS


@DATASETS.register_module()
class JsonTakes(PoseDataset):
    """One file per take: `fps`, `estimate` and `truth`, both (T, K, 3) in metres."""

    def __init__(self, data_root, keypoint_names, **kwargs):
        files = sorted(Path(data_root).glob('*.json'))
        if not files:
            raise DataFormatError(f"'{data_root}' holds no .json file; expected one per take.")
        takes = [json.loads(file.read_text()) for file in files]

        def joined(key):
            return np.concatenate([np.array(take[key], np.float32) for take in takes])

        clips = PoseClips(
            lengths=np.array([len(take['truth']) for take in takes]),
            names=[file.stem for file in files], fps=np.array([take['fps'] for take in takes]),
            estimate=joined('estimate'), truth=joined('truth'))
        metainfo = dict(dataset_name='json_takes', keypoint_names=keypoint_names,
                        representation='keypoints_3d', unit='m', root_indices=[0])
        super().__init__(clips, metainfo, **kwargs)


# A config that trains and tests on it; in a project it is a file.
CONFIG = '''
default_scope = 'smoothnet_plugin'
model = dict(type='PoseRefiner', network=dict(
    type='SmoothNet', window_size=16, hidden_size=64, res_hidden_size=32, dropout=0.0))
data = dict(type='JsonTakes', data_root='takes', keypoint_names=['root', 'left', 'right'])
train_dataloader = dict(
    batch_size=32, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='pose_collate'), dataset=dict(data, window_size=16))
test_dataloader = val_dataloader = dict(
    batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'), dataset=data)
test_evaluator = val_evaluator = [dict(type='PoseErrorMetric')]
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-3))
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=3)
val_cfg = test_cfg = dict()
'''

if __name__ == '__main__':
    from mmengine.config import Config

    from smoothnet_plugin.engine.launch import build_runner

    rng = np.random.default_rng(0)
    Path('takes').mkdir(exist_ok=True)
    for number in range(4):
        time = np.arange(200)[:, None, None] / 30
        truth = 0.3 * np.sin(2 * np.pi * 0.5 * time + rng.uniform(0, 6, (1, 3, 3)))
        estimate = truth + rng.normal(0, 0.02, truth.shape)
        Path(f'takes/take{number}.json').write_text(json.dumps(
            {'fps': 30, 'estimate': estimate.tolist(), 'truth': truth.tolist()}))

    Path('my_config.py').write_text(CONFIG)
    config = Config.fromfile('my_config.py')
    config.work_dir, config.launcher = 'work_dirs/my_config', 'none'
    runner = build_runner(config)
    runner.train()
    metrics = runner.test()
    print(f"mpjpe {metrics['input_mpjpe']:.1f} mm -> {metrics['mpjpe']:.1f} mm")
