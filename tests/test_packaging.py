from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import smoothnet_plugin

BUILD_INPUTS = ('smoothnet_plugin', 'configs', 'tools', 'demo', 'docs', 'tests', 'requirements',
                'setup.py', 'setup.cfg', 'pyproject.toml', 'MANIFEST.in', 'LICENSE', 'README.md',
                'model-index.yml')
DATA_SUFFIXES = {'.py', '.typed', '.safetensors', '.md', '.json', '.yml', '.csv', '.html',
                 '.css', '.js', '.txt'}
HEAVY = ('torch', 'mmpose', 'mmcv', 'mmdet', 'matplotlib', 'cv2', 'scipy', 'mmengine')


def run_python(code: str, **env: str) -> str:
    # Not in the current folder, which Python would search first.
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                            env={**os.environ, **env}, cwd=os.sep)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_import_is_cheap(repo_dir):
    code = ('import sys, time\nstart = time.perf_counter()\nimport smoothnet_plugin\n'
            'print(time.perf_counter() - start)\n'
            f'print([name for name in {HEAVY} if name in sys.modules])')
    runs = [run_python(code, PYTHONPATH=str(repo_dir)).splitlines() for _ in range(3)]
    assert min(float(seconds) for seconds, _ in runs) < 0.3
    assert runs[0][1] == '[]'


def test_registry_brings_no_host(repo_dir):
    code = ("import sys, smoothnet_plugin.registry\n"
            "print([name for name in ('mmpose', 'mmcv', 'mmdet', 'matplotlib') "
            "if name in sys.modules])")
    assert run_python(code, PYTHONPATH=str(repo_dir)).strip() == '[]'


def test_model_index_names_every_metafile(repo_dir):
    named = yaml.safe_load((repo_dir / 'model-index.yml').read_text())['Import']
    there = [path.relative_to(repo_dir).as_posix() for path in
             repo_dir.glob('configs/**/metafile.yml')]
    assert sorted(named) == sorted(there)


def test_metafiles_have_weights_and_metrics_of_the_packages_networks(repo_dir):
    models = yaml.safe_load((repo_dir / 'configs/default/metafile.yml').read_text())['Models']
    found = {model['Weights']: model for model in models if 'Weights' in model}
    assert set(found) == {f'smoothnet_plugin/weights/default_{kind}.safetensors'
                          for kind in ('2d', '3d', 'rotations')}
    for weights, model in found.items():
        card = (repo_dir / weights).with_suffix('.md').read_text()
        assert (repo_dir / weights).is_file() and (repo_dir / model['Config']).is_file()
        name = Path(model['Config']).stem
        assert (name if 'rotation' in name else
                name.rpartition('uiprmd')[0].rpartition('1xb12-')[2].rstrip('_')) in card
        for result in model['Results']:
            error, accel = result['Metrics'].values()
            assert f'{error} / {accel}' in card


def read_requirements(path: Path) -> list[Requirement]:
    lines = (line.split(' #')[0].strip() for line in path.read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith('#')]


@pytest.mark.parametrize('name', ['runtime', 'mmpose', 'mmpose-cpu', 'optional', 'tests'])
def test_constraints_pin_every_requirement(repo_dir, name):
    pins = {}
    for pin in read_requirements(repo_dir / 'requirements' / 'constraints.txt'):
        pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    for wanted in read_requirements(repo_dir / 'requirements' / f'{name}.txt'):
        if wanted.name == 'chumpy':  # a placeholder, for the tests' environment alone
            continue
        for pin in pins[canonicalize_name(wanted.name)]:
            [version] = [specifier.version for specifier in pin.specifier]
            assert wanted.specifier.contains(version), f'{pin} against {wanted}'


def test_oldest_pins_are_the_lower_bounds(repo_dir):
    pins = {pin.name: next(iter(pin.specifier)).version
            for pin in read_requirements(repo_dir / 'requirements' / 'oldest.txt')}
    for wanted in read_requirements(repo_dir / 'requirements' / 'runtime.txt'):
        if wanted.name == 'torch':  # the oldest has no CPU wheel where the tests run
            continue
        [bound] = [s.version for s in wanted.specifier if s.operator == '>=']
        assert wanted.specifier.contains(pins[wanted.name])
        assert Version(pins[wanted.name]).release[:len(Version(bound).release)] == (
            Version(bound).release), wanted.name


def test_citation_and_changelog_have_this_version(repo_dir):
    version = smoothnet_plugin.__version__
    assert yaml.safe_load((repo_dir / 'CITATION.cff').read_text())['version'] == version
    changelog = (repo_dir / 'CHANGELOG.md').read_text()
    headings = re.findall(r'^## \[(.+?)\]', changelog, re.MULTILINE)
    assert headings[:2] == ['Unreleased', version]


def test_workflows_and_issue_forms_are_yaml(repo_dir):
    files = [*(repo_dir / '.github').rglob('*.yml'), repo_dir / '.pre-commit-config.yaml']
    if not files[:-1]:
        pytest.skip('a source distribution has no .github')
    assert all(isinstance(yaml.safe_load(path.read_text()), dict) for path in files)
    ruff = next(pin for pin in read_requirements(repo_dir / 'requirements' / 'constraints.txt')
                if pin.name == 'ruff')
    assert f'rev: v{next(iter(ruff.specifier)).version}' in files[-1].read_text()


def test_mmpose_extra_leaves_the_machines_builds_alone(repo_dir):
    names = {r.name for r in read_requirements(repo_dir / 'requirements' / 'mmpose.txt')}
    assert not names & {'torch', 'torchvision', 'mmcv', 'mmcv-lite', 'mmdet', 'chumpy'}


def test_console_script_is_declared(repo_dir):
    declared = [e for e in entry_points(group='console_scripts') if e.name == 'smoothnet']
    if not declared:
        pytest.skip('smoothnet_plugin is not installed here, only importable')
    assert declared[0].value == 'smoothnet_plugin.cli:main'
    assert callable(declared[0].load())


@pytest.fixture(scope='module')
def source(repo_dir, tmp_path_factory) -> Path:
    """A copy of the sources, since building leaves folders behind."""
    target = tmp_path_factory.mktemp('source')
    ignored = shutil.ignore_patterns('__pycache__', '.mim', '*.egg-info', '.*')
    for name in BUILD_INPUTS:
        path = repo_dir / name
        if path.is_dir():
            shutil.copytree(path, target / name, ignore=ignored)
        elif path.exists():
            shutil.copy2(path, target / name)
    return target


@pytest.fixture(scope='module')
def built(source, tmp_path_factory) -> Path:
    """Folder with the source distribution, and the wheel made from it."""
    out = tmp_path_factory.mktemp('dist')
    subprocess.run([sys.executable, '-m', 'build', '--no-isolation', '-o', out, source],
                   check=True, capture_output=True)
    return out


@pytest.mark.slow
def test_wheel_holds_the_package_and_mim(source, built):
    [wheel] = built.glob('*.whl')
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {path.relative_to(source).as_posix()
               for path in (source / 'smoothnet_plugin').rglob('*') if path.suffix in DATA_SUFFIXES}
    package.add('smoothnet_plugin/py.typed')
    assert package <= names
    for folder in ('configs', 'tools', 'demo'):
        for path in (source / folder).rglob('*'):
            if path.is_file():
                assert f'smoothnet_plugin/.mim/{path.relative_to(source).as_posix()}' in names
    assert 'smoothnet_plugin/.mim/model-index.yml' in names
    assert {name.split('/')[0] for name in names} == {
        'smoothnet_plugin', f'smoothnet_plugin-{smoothnet_plugin.__version__}.dist-info'}
    assert not [name for name in names if '__pycache__' in name]


@pytest.mark.slow
def test_wheel_installs_and_imports(built, tmp_path):
    [wheel] = built.glob('*.whl')
    subprocess.run([sys.executable, '-m', 'pip', 'install', '-qq', '--no-deps', '--target',
                    tmp_path, wheel], check=True, capture_output=True)
    code = ('import smoothnet_plugin, smoothnet_plugin.registry\n'
            'print(smoothnet_plugin.__file__, smoothnet_plugin.__version__)')
    where, version = run_python(code, PYTHONPATH=str(tmp_path)).split()
    assert Path(where).is_relative_to(tmp_path)
    assert version == smoothnet_plugin.__version__


@pytest.mark.slow
def test_source_distribution_has_what_it_takes(built):
    [archive] = built.glob('*.tar.gz')
    with tarfile.open(archive) as tar:
        names = {re.sub(r'^[^/]+/', '', name) for name in tar.getnames()}
    assert {'setup.py', 'LICENSE', 'requirements/runtime.txt', 'tests/run.sh',
            'tests/conftest.py', 'demo/quickstart.sh', 'model-index.yml'} <= names


@pytest.mark.slow
def test_editable_install_links_mim(source, tmp_path):
    code = f"""
import os
os.chdir({str(source)!r})
from setuptools import build_meta
build_meta.build_editable({str(tmp_path)!r})
"""
    run_python(code)
    mim = source / 'smoothnet_plugin' / '.mim'
    for name in ('configs', 'tools', 'demo', 'model-index.yml'):
        assert (mim / name).resolve() == (source / name).resolve()
