from __future__ import annotations

import pytest

from smoothnet_plugin import build_smoother
from smoothnet_plugin.errors import ConfigError
from smoothnet_plugin.utils.config_files import load_config


@pytest.mark.parametrize('name, text', [
    ('a.yaml', 'smoother: {type: GaussianFilter}\n'), ('a.yml', 'smoother: gaussian\n'),
    ('a.json', '{"smoother": {"type": "GaussianFilter", "sigma": 2}}'),
    ('a.py', "smoother = dict(type='GaussianFilter')\n")])
def test_configs_are_read(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert 'smoother' in load_config(tmp_path / name)
    assert build_smoother(str(tmp_path / name))


@pytest.mark.parametrize('name, text', [
    ('a.yaml', 'smoother: gaussian\nx: !!python/object/apply:pathlib.Path.touch [{marker}]\n'),
    ('a.yaml', 'smoother: !!python/object/new:pathlib.Path [a]\n'),
    ('a.yml', 'smoother: gaussian\ncustom_imports: {{imports: [own]}}\n'),
    ('a.json', '{{"smoother": "gaussian", "custom_imports": {{"imports": ["own"]}}}}'),
    ('a.json', '{{"_base_": "own.py"}}'), ('a.json', '[1]'), ('a.json', '{{'), ('a.yaml', '['),
    ('a.yaml', '\t'), ('a.toml', 'smoother = 1')])
def test_data_runs_no_code(tmp_path, monkeypatch, name, text):
    marker = tmp_path / 'ran'
    (tmp_path / 'own.py').write_text(f'open({str(marker)!r}, "w")')
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / name).write_text(text.format(marker=marker))
    with pytest.raises(ConfigError, match=name):
        load_config(tmp_path / name)
    assert not marker.exists()


def test_a_failing_config_says_why(tmp_path):
    (tmp_path / 'a.py').write_text('smoother = 1 / 0\n')
    with pytest.raises(ConfigError, match='ZeroDivisionError: division by zero'):
        load_config(tmp_path / 'a.py')
