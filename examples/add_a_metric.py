"""Add a metric: how much the lengths of bones vary, with and without truth.

    python examples/add_a_metric.py
    python tools/test.py --import examples/add_a_metric.py my_config.py
"""

import numpy as np

from smoothnet_plugin.evaluation import SequenceMetric
from smoothnet_plugin.registry import METRICS


@METRICS.register_module()
class BoneLengthMetric(SequenceMetric):
    """Standard deviation of bone lengths over a clip in percent of their mean; 0 for a body.

    Args:
        bones: Pairs of keypoint numbers.
    """

    def __init__(self, bones, **kwargs):
        super().__init__(**kwargs)
        self.bones = np.asarray(bones)

    def measure(self, clip):
        """The record of a clip: one number before and one after smoothing."""
        return {'input': self._spread(clip.inputs, clip.mask),
                'pred': self._spread(clip.pred, clip.mask)}

    def summarize(self, records):
        """The numbers of several clips; NaN where nothing is measured."""
        def mean(key):
            values = [record[key] for record in records if np.isfinite(record[key])]
            return float(np.mean(values)) if values else float('nan')
        return {'input_bone_spread': mean('input'), 'bone_spread': mean('pred')}

    def _spread(self, coords, mask):
        first, second = self.bones.T
        seen = mask[:, first] & mask[:, second]
        lengths = np.linalg.norm(coords[:, first] - coords[:, second], axis=-1)
        spreads = [100 * length[ok].std() / length[ok].mean()
                   for length, ok in zip(lengths.T, seen.T) if ok.sum() > 1]
        return float(np.mean(spreads)) if spreads else float('nan')


# A config that tests a filter by it; in a project it is a file.
CONFIG = '''
default_scope = 'smoothnet_plugin'
model = dict(type='FilterRefiner', smoother='gaussian')
test_dataloader = dict(
    batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pose_collate'),
    dataset=dict(type='PairedPoseDataset', ann_file='clips.npz', target_key=None))
test_evaluator = [dict(type='BoneLengthMetric', bones=[(0, 1), (1, 2)])]
test_cfg = dict()
'''

if __name__ == '__main__':
    from mmengine.config import Config

    from smoothnet_plugin.engine.launch import build_runner

    rng = np.random.default_rng(0)
    angle = np.sin(2 * np.pi * 0.5 * np.arange(200) / 30)
    elbow = 0.3 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=-1)
    arm = np.stack([0 * elbow, elbow, 2 * elbow], axis=1)  # Two bones of 30 cm.
    np.savez('clips.npz', estimate=arm + rng.normal(0, 0.02, arm.shape), fps=30.0,
             lengths=[100, 100], names=['up', 'down'], joints=['shoulder', 'elbow', 'wrist'])

    with open('my_config.py', 'w') as file:
        file.write(CONFIG)
    config = Config.fromfile('my_config.py')
    config.work_dir, config.launcher = 'work_dirs/my_config', 'none'
    metrics = build_runner(config).test()
    print(f"bone spread {metrics['input_bone_spread']:.1f} % -> {metrics['bone_spread']:.1f} %")
    assert metrics['bone_spread'] < metrics['input_bone_spread']
