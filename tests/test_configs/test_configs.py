import re
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

import smoothnet_plugin.engine  # noqa: F401  registers FilterRefiner
from smoothnet_plugin.benchmark import data_of_config
from smoothnet_plugin.registry import DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
# Those of configs/mmpose are MMPose's own with a smoother; tests/test_docs.py loads them.
# Those that end in _bench hold data alone, for tools/benchmark.py.
BENCHMARKS = sorted(CONFIGS.glob('*/*_bench.py'))
WHOLE = sorted(p for p in CONFIGS.rglob('*.py')
               if not {'_base_', 'mmpose'} & set(p.parts) and p not in BENCHMARKS)


def name(path: Path) -> str:
    return str(path.relative_to(CONFIGS))


def dataset_configs(dataset):
    """The dataset and those it wraps."""
    yield dataset
    for inner in dataset.get('datasets', [dataset['dataset']] if 'type' in dataset.get(
            'dataset', '') and not isinstance(dataset['dataset'], str) else []):
        yield from dataset_configs(inner)


@pytest.mark.parametrize('path', WHOLE, ids=name)
def test_every_config_builds(path):
    text = path.read_text()
    assert 'import ' not in text, 'text configs hold no imports'
    cfg = Config.fromfile(path)
    with DefaultScope.overwrite_default_scope('smoothnet_plugin'):
        model = MODELS.build(cfg.model)
        for split in ('train', 'val', 'test'):
            loader = cfg.get(f'{split}_dataloader')
            if loader is None:
                assert split != 'test', 'every config can be tested'
                continue
            assert f'{split}_cfg' in cfg
            for dataset in dataset_configs(loader.dataset):
                assert DATASETS.get(dataset['type']), dataset['type']
                for transform in dataset.get('transforms', []):
                    assert TRANSFORMS.build(transform)
            if split != 'train':
                for metric in cfg[f'{split}_evaluator']:
                    # SMPL's body model is under a licence of its own and never here.
                    assert METRICS.get(metric['type']) if 'body_model' in metric else (
                        METRICS.build(metric))
        for hook in [*cfg.default_hooks.values(), *cfg.get('custom_hooks', [])]:
            assert HOOKS.get(hook['type']), hook['type']
    if cfg.get('train_dataloader') is not None:
        windows = [d['window_size'] for d in dataset_configs(cfg.train_dataloader.dataset)
                   if 'window_size' in d]
        # FixedLagRefiner looks at three windows that each begin a frame later.
        more = 2 if cfg.model.type == 'FixedLagRefiner' else 0
        assert windows and set(windows) == {model.network.window_size + more}
        assert cfg.auto_scale_lr.base_batch_size == cfg.train_dataloader.batch_size


@pytest.mark.parametrize('path', BENCHMARKS, ids=name)
def test_what_benchmarks_measure_on_is_not_tuned_on(path, shared_dir):
    assert 'import ' not in path.read_text(), 'text configs hold no imports'
    data = data_of_config(str(path), {'data_root': f"{shared_dir / 'data'}/"})
    assert len(data.clips) > 20 and all(clip.target is not None for clip in data.clips)
    names = [clip.meta['name'] for clip in data.clips]
    assert len(set(names)) == len(names), 'metrics tell clips apart by their names'
    assert not set(names) & {clip.meta['name'] for clip in data.train}
    assert len({clip.meta['dataset'] for clip in data.clips}) == 1, 'one row in the table'
    rates = {clip.fps for clip in [*data.clips, *data.train]}
    told = re.search(r'(\d+)hz', path.stem)
    assert len(rates) == 1 and (told is None or rates == {float(told[1])})
    kinds = {clip.representation for clip in [*data.clips, *data.train]}
    assert kinds == {f"keypoints_{'2d' if '_2d_' in path.stem else '3d'}"}
    if 'cmu' in path.stem:
        held_out = Config.fromfile(path).held_out
        assert not set(held_out) & {clip.meta['name'] for clip in data.train}
        assert {n for n in names if not n.startswith('exp')} <= set(held_out)


def test_every_fifth_take_is_held_out(shared_dir):
    held_out = Config.fromfile(CONFIGS / 'default' / '_base_' / 'held_out.py').held_out
    names = [str(n) for file in ('amc', 'bvh') for i, n in enumerate(
        np.load(shared_dir / 'data' / f'cmu_{file}_60hz.npz')['names']) if i % 5 == 2]
    assert held_out == names
