import re
from pathlib import Path

import numpy as np
import pytest
from mmengine.registry import DefaultScope

import smoothnet_plugin.engine  # noqa: F401  registers FilterRefiner
from smoothnet_plugin.benchmark import data_of_config
from smoothnet_plugin.registry import DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS
from smoothnet_plugin.utils.config_file import read_config, split_variant, variant_paths

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
# Those of configs/mmpose are MMPose's own with a smoother; tests/test_docs.py loads them.
# These two are for tools of their own, which have their own tests.
FILES = sorted(p for p in CONFIGS.rglob('*.py') if not {'_base_', 'mmpose'} & set(p.parts)
               and not p.stem.startswith(('trust-gate', 'rotation-transformer')))


def configs(benchmarks: bool) -> list[str]:
    """Every config and every variant; those that end in _bench hold data alone."""
    files = [p for p in FILES if p.stem.endswith('_bench') == benchmarks]
    # A file without these is a table: only its variants can be used.
    needed = {'test_dataloader'} if benchmarks else {'model', 'test_dataloader'}
    whole = [str(p) for p in files if needed <= read_config(p).keys() or not variant_paths(p)]
    return whole + [variant for p in files for variant in variant_paths(p)]


def name(path: str) -> str:
    return str(Path(path).relative_to(CONFIGS))


def dataset_configs(dataset):
    """The dataset and those it wraps."""
    yield dataset
    for inner in dataset.get('datasets', [dataset['dataset']] if 'type' in dataset.get(
            'dataset', '') and not isinstance(dataset['dataset'], str) else []):
        yield from dataset_configs(inner)


@pytest.mark.parametrize('path', sorted(CONFIGS.rglob('*.py')), ids=name)
def test_text_configs_hold_no_imports(path):
    # MMEngine cannot read them on Python 3.11 and newer.
    assert not re.search(r'^\s*(import|from) ', path.read_text(), re.MULTILINE)


def test_tables_are_complete():
    rows = variant_paths(CONFIGS / 'smoothnet' / 'readme_rows.py')
    readme = (CONFIGS / 'smoothnet' / 'README.md').read_text()
    assert len(rows) == 33
    assert sorted(split_variant(row)[1] for row in rows) == sorted(
        re.findall(r'\| `(\w+_on_\w+)` \|', readme))
    assert len(FILES) < 40 and len(configs(benchmarks=False)) > 90


@pytest.mark.parametrize('path', sorted(CONFIGS.rglob('README.md')), ids=name)
def test_labels_of_links_are_the_windows_of_the_configs(path):
    for label, file in re.findall(r'\[w(\d+)\]\(\./(\S+\.py)\)', path.read_text()):
        assert read_config(path.parent / file).model.network.window_size == int(label), file


@pytest.mark.parametrize('path', variant_paths(CONFIGS / 'smoothnet' / 'readme_rows.py'),
                         ids=name)
def test_rows_have_the_network_of_their_training(path):
    weights = split_variant(path)[1].partition('_on_')[0]
    [training] = (CONFIGS / 'smoothnet').glob(f'smoothnet_w32_*_{weights}.py')
    row, trained = read_config(path).model, read_config(training).model
    assert row.pop('protocol') == 'reference'
    assert row == trained


@pytest.mark.parametrize('path', configs(benchmarks=False), ids=name)
def test_every_config_builds(path):
    cfg = read_config(path)
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


@pytest.mark.parametrize('path', configs(benchmarks=True), ids=name)
def test_what_benchmarks_measure_on_is_not_tuned_on(path, motion_data):
    loaders = (read_config(path)[f'{split}_dataloader'] for split in ('train', 'test'))
    files = [motion_data(dataset['ann_file']) for loader in loaders
             for dataset in dataset_configs(loader.dataset) if 'ann_file' in dataset]
    data = data_of_config(path, {'data_root': f'{files[0].parent}/'})
    assert len(data.clips) > 20 and all(clip.target is not None for clip in data.clips)
    names = [clip.meta['name'] for clip in data.clips]
    assert len(set(names)) == len(names), 'metrics keep clips apart by their names'
    assert not set(names) & {clip.meta['name'] for clip in data.train}
    assert len({clip.meta['dataset'] for clip in data.clips}) == 1, 'one row in the table'
    rates = {clip.fps for clip in [*data.clips, *data.train]}
    named = split_variant(path)[1] or Path(path).stem
    rate = re.search(r'(\d+)hz', named)
    assert len(rates) == 1 and (rate is None or rates == {float(rate[1])})
    kinds = {clip.representation for clip in [*data.clips, *data.train]}
    assert kinds == {f"keypoints_{'2d' if '_2d' in named else '3d'}"}
    if 'cmu' in named:
        held_out = read_config(path).held_out
        assert not set(held_out) & {clip.meta['name'] for clip in data.train}
        assert {n for n in names if not n.startswith('exp')} <= set(held_out)


def test_every_fifth_take_is_held_out(motion_data):
    held_out = read_config(CONFIGS / 'default' / '_base_' / 'held_out.py').held_out
    names = [str(n) for file in ('amc', 'bvh') for i, n in enumerate(
        np.load(motion_data(f'cmu_{file}_60hz.npz'))['names']) if i % 5 == 2]
    assert held_out == names
