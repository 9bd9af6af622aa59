"""The marked blocks of README.md and docs/*.md run, links lead somewhere, and configs load.

A block that follows a line ``<!-- run -->`` is run: Python in this process, bash in a shell. All
blocks of a page share a folder with links to tools/, configs/, demo/ and examples/.
"""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from smoothnet_plugin.utils.config_file import read_config

REPO = Path(__file__).resolve().parent.parent
PAGES = [REPO / 'README.md', *sorted((REPO / 'docs').glob('*.md'))]
MMPOSE = sorted((REPO / 'configs' / 'mmpose').glob('*.py'))
FILTERS = sorted((REPO / 'configs' / '_base_' / 'filters').glob('*.py'))
_BLOCK = re.compile(r'^(<!-- run -->\n)?```(\w*)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
#: A block that follows the name of an example is the example.
_EXAMPLE = re.compile(r'^<!-- (examples/\w+\.py) -->\n```python\n(.*?)^```$',
                      re.MULTILINE | re.DOTALL)
_EXAMPLE_MARK = re.compile(r'<!-- examples/\w+\.py -->')
_NOT_RUN = re.compile(r'<!-- not run: .+ -->')
_COMMANDS = '''set -euo pipefail
python() {{ {python} "$@"; }}
smoothnet() {{ {python} -m smoothnet_plugin.cli "$@"; }}
'''
_LINK = re.compile(r'\]\(([^)\s]+)\)')


def ids(path: Path) -> str:
    return path.name


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of the marked blocks."""
    return [(language, text) for run, language, text in _BLOCK.findall(page.read_text()) if run]


def test_blocks_are_found():
    text = {page.name: len(blocks(page)) for page in PAGES}
    assert text['migrate_from_0x.md'] >= 4 and text['mmpose.md'] >= 2
    for page in PAGES:
        assert page.read_text().count('<!-- run -->') == len(blocks(page))


@pytest.mark.parametrize('page', [*PAGES, REPO / 'demo' / 'README.md'], ids=ids)
def test_every_block_runs_or_says_why_not(page):
    text = page.read_text()
    for match in re.finditer(r'^```(python|bash)\n.*?^```$', text, re.MULTILINE | re.DOTALL):
        before = text[:match.start()].rstrip('\n').rpartition('\n')[2]
        assert before == '<!-- run -->' or _EXAMPLE_MARK.fullmatch(before) or _NOT_RUN.fullmatch(
            before), match.group()[:200]


def test_all_python_of_the_readme_runs():
    page = REPO / 'README.md'
    marked = [language for language, _ in blocks(page)]
    assert marked.count('python') == page.read_text().count('```python') >= 2
    assert len(page.read_text().splitlines()) < 200


@pytest.mark.parametrize('page', [
    # Every command is a process of its own.
    pytest.param(page, id=page.name, marks=[pytest.mark.slow] * ('bash' in dict(blocks(page))))
    for page in PAGES if blocks(page)])
def test_marked_blocks_run(page, tmp_path, monkeypatch):
    if page.name == 'export.md':
        for name in ('onnxruntime', 'onnxscript'):
            pytest.importorskip(name, reason='needs the extra onnxruntime')
    for name in ('tools', 'configs', 'demo', 'examples'):
        (tmp_path / name).symlink_to(REPO / name)
    monkeypatch.chdir(tmp_path)
    for number, (language, text) in enumerate(blocks(page)):
        if language == 'python':
            script = tmp_path / f'block{number}.py'
            script.write_text(text)
            runpy.run_path(str(script), run_name='__main__')
        else:
            assert language == 'bash', language
            text = _COMMANDS.format(python=shlex.quote(sys.executable)) + text
            result = subprocess.run(['bash', '-c', text], capture_output=True, text=True,
                                    env={**os.environ, 'PYTHONPATH': str(REPO)})
            assert result.returncode == 0, result.stderr


@pytest.mark.parametrize('page', [*PAGES, *sorted((REPO / 'configs').rglob('README.md'))],
                         ids=lambda p: str(p.relative_to(REPO)))
def test_links_and_paths_exist(page):
    text = page.read_text()
    anchors = {re.sub(r'[^\w -]', '', line.lstrip('# ')).lower().replace(' ', '-')
               for line in text.splitlines() if line.startswith('#')}
    for link in _LINK.findall(text):
        path, _, anchor = link.partition('#')
        if '://' in link:
            continue
        assert not path or (page.parent / path).exists(), link
        assert path or anchor in anchors, link
    # What commands name: files of the repository.
    for path in re.findall(r'\b(?:configs|tools|demo/data)/[\w/.-]+\.(?:py|sh|json)\b', text):
        old = path in ('tools/test.py',) or 'inferencer_demo' in path
        assert old or (REPO / path).exists(), path
    for path in re.findall(r'\bconfigs/[\w/.-]+\.py@[\w-]+', text):
        assert read_config(REPO / path)


def test_extend_shows_the_examples_as_they_are():
    page = (REPO / 'docs' / 'extend.md').read_text()
    shown = dict(_EXAMPLE.findall(page))
    files = {str(path.relative_to(REPO)): path.read_text()
             for path in (REPO / 'examples').glob('add_a_*.py')}
    assert shown == files
    assert page.count('```python') == len(files)  # No Python on the page that does not run.


@pytest.mark.parametrize('path', FILTERS, ids=ids)
def test_old_filter_files_name_smoothers(path):
    from mmengine.config import Config

    from smoothnet_plugin.errors import CheckpointError
    from smoothnet_plugin.smoothers import build_smoother
    try:
        assert len(build_smoother(str(path)).filters) == 1
    except CheckpointError as error:  # nothing is downloaded
        assert Config.fromfile(path).smoother.checkpoint in str(error)


@pytest.mark.mmpose
@pytest.mark.parametrize('path', MMPOSE, ids=ids)
def test_mmpose_configs(path):
    import mmpose_shim
    pytest.importorskip('mmpose')
    mmpose_shim.install()
    from mmengine.config import Config
    from mmengine.registry import HOOKS, init_default_scope

    from smoothnet_plugin.smoothers import build_smoother
    cfg = Config.fromfile(path, import_custom_modules=False)
    init_default_scope(cfg.default_scope)
    assert build_smoother(cfg.smoother.to_dict() if hasattr(cfg.smoother, 'to_dict')
                          else cfg.smoother)
    assert cfg.custom_imports.imports == ['smoothnet_plugin.integrations.mmpose.autopatch']
    ours = [hook for hook in cfg.custom_hooks if hook['type'].startswith('smoothnet_plugin.')]
    assert len(ours) == ('coco' not in path.name)
    assert len(cfg.custom_hooks) > len(ours)  # those of the base are kept
    for hook in ours:
        assert type(HOOKS.build(hook)).__name__ == 'SmootherHook'
    assert cfg.model.type in ('TopdownPoseEstimator', 'PoseLifter')
