import argparse
import json

import pytest
from mmengine.registry import HOOKS

from smoothnet_plugin.engine.launch import load_config
from smoothnet_plugin.errors import ConfigError, UnsafeFileError
from smoothnet_plugin.smoothers import build_smoother
from smoothnet_plugin.utils.config_file import (
    needs_variant,
    read_config,
    split_variant,
    variant_paths,
)

TABLE = """
a = dict(b=1, c=[1, 2], d=dict(e=1))


def with_e(e):
    return dict(a=dict(d=dict(e=e)))


variants = {'two': with_e(2), **{f'n{n}': dict(a=dict(b=n, c=[n])) for n in (3, 4)}}
"""


@pytest.fixture
def table(tmp_path):
    path = tmp_path / 'table.py'
    path.write_text(TABLE)
    return path


def test_variants_replace_what_they_name(table):
    assert read_config(table).to_dict() == {'a': {'b': 1, 'c': [1, 2], 'd': {'e': 1}}}
    assert read_config(f'{table}@two').a.to_dict() == {'b': 1, 'c': [1, 2], 'd': {'e': 2}}
    assert read_config(f'{table}@n4').a.to_dict() == {'b': 4, 'c': [4], 'd': {'e': 1}}
    assert variant_paths(table) == [f'{table}@two', f'{table}@n3', f'{table}@n4']


def test_variants_of_a_base_are_inherited(table, tmp_path):
    child = tmp_path / 'child.py'
    child.write_text("_base_ = './table.py'\na = dict(b=7)\nvariants = {'five': dict(a=dict(b=5))}")
    assert [split_variant(p)[1] for p in variant_paths(child)] == ['two', 'n3', 'n4', 'five']
    assert read_config(f'{child}@two').a.to_dict() == {'b': 7, 'c': [1, 2], 'd': {'e': 2}}


def test_unknown_variants_are_named(table, tmp_path):
    with pytest.raises(ConfigError, match="no variant 'tow'. Did you mean 'two'"):
        read_config(f'{table}@tow')
    plain = tmp_path / 'plain.py'
    plain.write_text('a = 1')
    with pytest.raises(ConfigError, match="no variant 'x'. It has no variants"):
        read_config(f'{plain}@x')
    assert variant_paths(plain) == [] and needs_variant(plain) == ''
    assert needs_variant(table) == f" Choose a variant, such as '{table}@two': two, n3, n4."
    assert needs_variant(f'{table}@two') == ''


def test_an_at_sign_may_be_part_of_a_path(tmp_path):
    folder = tmp_path / 'me@home.py'
    folder.mkdir()
    for name in ('a.py', 'b.py@c'):
        (folder / name).write_text("a = 1\nvariants = dict(v=dict(a=2))")
    assert split_variant(folder / 'a.py') == (folder / 'a.py', None)
    assert read_config(folder / 'a.py').a == 1
    assert read_config(f"{folder / 'a.py'}@v").a == 2
    assert split_variant(folder / 'b.py@c') == (folder / 'b.py@c', None), 'the file is there'


@pytest.mark.parametrize(('suffix', 'text'), [
    ('.json', '{"a": {"b": 1}, "variants": {"two": {"a": {"b": 2}}}}'),
    ('.yaml', 'a:\n  b: 1\nvariants:\n  two:\n    a:\n      b: 2\n'),
    ('.yml', 'a: {b: 1}\nvariants: {two: {a: {b: 2}}}'),
])
def test_data_files(tmp_path, suffix, text):
    path = tmp_path / f'config{suffix}'
    path.write_text(text)
    assert read_config(path).to_dict() == {'a': {'b': 1}}
    assert read_config(f'{path}@two').a.b == 2


@pytest.mark.parametrize(('name', 'text', 'words'), [
    ('a.yaml', 'a: !!python/object/apply:os.mkdir ["{ran}"]', 'tag'),
    ('a.yaml', 'a: !!python/name:os.mkdir', 'tag'),
    ('a.yaml', '_base_: ./evil.py', '_base_'),
    ('a.json', '{{"_base_": ["./evil.py"]}}', '_base_'),
    ('a.json', '{{"custom_imports": {{"imports": ["evil"]}}}}', 'custom_imports'),
    ('a.yml', 'variants: {{v: {{custom_imports: {{imports: [evil]}}}}}}', 'custom_imports'),
])
def test_data_files_run_no_code(tmp_path, monkeypatch, name, text, words):
    ran = tmp_path / 'ran'
    (tmp_path / 'evil.py').write_text(f"import pathlib\npathlib.Path('{ran}').mkdir()")
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / name
    path.write_text(text.format(ran=ran))
    for read in (read_config, build_smoother):
        with pytest.raises(UnsafeFileError, match=words):
            read(str(path))
    assert not ran.exists()


@pytest.mark.parametrize('entry', [
    '"{evil}"', '["gaussian", "{evil}"]', '"{evil}@v"', '"{chain}"',
    '{{"type": "PoseSmoother", "filters": ["{evil}"]}}'])
@pytest.mark.parametrize('suffix', ['.json', '.yaml'])
def test_data_files_name_no_program(tmp_path, suffix, entry):
    """A smoother may be the path of a config; a Python file named by data would run."""
    evil, ran = tmp_path / 'evil.py', tmp_path / 'ran'
    evil.write_text(f"__import__('os').mkdir({str(ran)!r})\nsmoother = 'gaussian'\n"
                    "variants = dict(v=dict())")
    chain = tmp_path / 'chain.json'
    chain.write_text(json.dumps({'smoother': str(evil)}))
    path = tmp_path / f'a{suffix}'
    path.write_text(f'{{"smoother": {entry.format(evil=evil, chain=chain)}}}')
    with pytest.raises(UnsafeFileError, match=r'plain data and names the Python file .*evil\.py'):
        build_smoother(str(path))
    assert not ran.exists()
    # Data may name data, and the user a program.
    chain.write_text('{"smoother": "gaussian"}')
    path.write_text(json.dumps({'smoother': [str(chain), 'median']}))
    assert len(build_smoother(str(path)).filters) == 2
    build_smoother(str(evil))
    assert ran.exists()


@pytest.mark.parametrize('name', ['os.mkdir', 'subprocess.Popen', 'mmengine.dump', 'mmcv.a.Path',
                                  'builtins.eval', 'smoothnet_plugin.smooth'])
def test_types_of_data_files_are_names_of_registered_classes(tmp_path, name):
    """MMEngine's registries import any other type, and call it."""
    ran = tmp_path / 'ran'
    assert HOOKS.build(dict(type='os.mkdir', path=str(ran))) is None and ran.exists()
    path = tmp_path / 'train.json'
    path.write_text(json.dumps({'model': {'type': 'PoseRefiner'}, 'custom_hooks': [
        {'type': 'EMAHook'}, {'type': name, 'path': str(ran / 'inner')}]}))
    arguments = argparse.Namespace(config=str(path), cfg_options={}, extensions=[],
                                   launcher='none', local_rank=0, work_dir=None)
    with pytest.raises(UnsafeFileError, match=f"the type '{name}'"):
        load_config(arguments)
    path.write_text(path.read_text().replace(name, 'smoothnet_plugin.SmootherHook'))
    assert load_config(arguments).model.type == 'PoseRefiner'


@pytest.mark.parametrize('text', [
    'a: &a [*a]', 'a: &a {b: *a}',
    'a: &a [x, x, x, x, x, x, x, x]\n' + '\n'.join(
        f'{new}: &{new} [{", ".join([f"*{old}"] * 8)}]' for old, new in zip('abcdef', 'bcdefg')),
    'a: &a {x: 1}\n' + '\n'.join(
        f'{new}: &{new} {{<<: [{", ".join([f"*{old}"] * 8)}]}}'
        for old, new in zip('abcdef', 'bcdefg')),
], ids=['list of itself', 'dict of itself', 'lists of lists', 'merged dicts'])
def test_aliases_that_stand_for_billions_of_values(tmp_path, text):
    path = tmp_path / 'a.yaml'
    path.write_text(text)
    with pytest.raises(ConfigError, match='more than 100000 values'):
        read_config(path)


def test_aliases_are_allowed(tmp_path):
    path = tmp_path / 'a.yaml'
    path.write_text('a: &a {b: 1}\nc: [*a, *a]\nd: {<<: *a, e: 2}')
    assert read_config(path).to_dict() == {
        'a': {'b': 1}, 'c': [{'b': 1}, {'b': 1}], 'd': {'b': 1, 'e': 2}}


def test_configs_that_name_each_other(tmp_path):
    one, other = tmp_path / 'one.json', tmp_path / 'other.yaml'
    one.write_text(json.dumps({'smoother': str(other)}))
    other.write_text(f'smoother: ["{one}"]')
    with pytest.raises(ConfigError, match='names itself'):
        build_smoother(str(one))


@pytest.mark.parametrize(('name', 'text', 'words'), [
    ('a.json', '[' * 100_000, 'nested too deeply'),
    ('a.yaml', 'a: ' + '[' * 5000 + ']' * 5000, 'nested too deeply'),
    ('a.yaml', 'a: ' + '{a: ' * 450 + '1' + '}' * 450, 'nested too deeply'),
    ('a.yaml', '? [1]\n: 2', 'a key that is not text'),
    ('a.yaml', 'variants: [1]', 'variants is not a dict'),
    ('a.json', '{"variants": {"v": 3}}', 'variants is not a dict'),
    ('a.json', '{', 'not JSON'),
    ('a.yaml', 'a: [', 'not YAML'),
    ('a.json', '[1]', 'holds list'),
    ('a.yaml', '1: 2', 'settings by name'),
    ('a.toml', 'a = 1', 'not a config file'),
])
def test_files_that_are_no_config(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises((ConfigError, UnsafeFileError), match=words):
        read_config(tmp_path / name)
    with pytest.raises(ConfigError, match='not found'):
        read_config(tmp_path / f'absent_{name}')


def test_encodings(tmp_path):
    (tmp_path / 'a.json').write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_config(tmp_path / 'a.json').a == 1
    (tmp_path / 'a.yaml').write_bytes(b'a: \xe9')
    with pytest.raises(ConfigError, match='not UTF-8 text'):
        read_config(tmp_path / 'a.yaml')


def test_a_smoother_can_be_a_variant(tmp_path):
    path = tmp_path / 'smoothers.py'
    path.write_text("variants = {'soft': dict(smoother='gaussian'), 'none': dict(other=1)}")
    assert type(build_smoother(f'{path}@soft').filters[0]).__name__ == 'GaussianFilter'
    with pytest.raises(ConfigError, match="it has nothing. Choose a variant, such as .*@soft"):
        build_smoother(str(path))
    with pytest.raises(ConfigError, match='no smoother'):
        build_smoother(f'{path}@none')
    with pytest.raises(ConfigError, match='does not exist'):
        build_smoother(str(tmp_path / 'absent.py@soft'))
