from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

import smoothnet_plugin.engine  # noqa: F401  registers FilterRefiner
from smoothnet_plugin.registry import DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
# Those of configs/mmpose are MMPose's own with a smoother; tests/test_docs.py loads them.
WHOLE = sorted(p for p in CONFIGS.rglob('*.py') if not {'_base_', 'mmpose'} & set(p.parts))


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
        assert windows and set(windows) == {model.network.window_size}
        assert cfg.auto_scale_lr.base_batch_size == cfg.train_dataloader.batch_size
