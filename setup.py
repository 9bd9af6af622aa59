"""Packaging; the static metadata is in setup.cfg."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
#: What MIM (OpenMMLab's package manager) looks for under ``<package>/.mim``.
MIM_SOURCES = ('tools', 'configs', 'demo', 'model-index.yml')
MIM_IGNORED = shutil.ignore_patterns('__pycache__', '*.py[cod]', '.*')


def requirements(name: str) -> list[str]:
    """Requirements of a file in requirements/, without comments."""
    text = (HERE / 'requirements' / f'{name}.txt').read_text(encoding='utf-8')
    lines = (re.sub(r'(^|\s)#.*', '', line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def optional(*packages: str) -> list[str]:
    """The lines of requirements/optional.txt for some packages."""
    lines = {re.split(r'[^\w.-]', line)[0]: line for line in requirements('optional')}
    return [lines[package] for package in packages]


class BuildWithMim(build_py):
    """Put configs, tools and demo into ``smoothnet_plugin/.mim``, as OpenMMLab packages do.

    A wheel gets copies. An editable install gets links in the source tree, so that edits show;
    where links are not allowed (Windows) it gets copies there.
    """

    def run(self) -> None:
        super().run()
        editable = bool(self.editable_mode)
        root = HERE if editable else Path(self.build_lib)
        target = root / 'smoothnet_plugin' / '.mim'
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for name in MIM_SOURCES:
            source = HERE / name
            if not source.exists():
                continue
            if editable and self._link(source, target / name):
                continue
            if source.is_dir():
                shutil.copytree(source, target / name, ignore=MIM_IGNORED)
            else:
                shutil.copy2(source, target / name)

    @staticmethod
    def _link(source: Path, link: Path) -> bool:
        try:
            link.symlink_to(os.path.relpath(source, link.parent), source.is_dir())
        except OSError:
            return False
        return True


EXTRAS = {
    'mmpose': requirements('mmpose'),
    'c3d': optional('ezc3d'),
    'h5': optional('h5py'),
    'smpl': optional('smplx'),
    'cluster': optional('distributed'),
    'onnxruntime': optional('onnx', 'onnxscript', 'onnxruntime'),
    'openvino': optional('onnx', 'onnxscript', 'openvino'),
    'fast': optional('numba'),
    'docs': optional('sphinx', 'myst-parser', 'pydata-sphinx-theme', 'sphinx-gallery'),
    'rerun': optional('rerun-sdk'),
}

#: Estimators of the demos. They bring opencv-contrib-python, which replaces the files of
#: opencv-python, so [all] leaves them out.
ESTIMATORS = {
    'mediapipe': optional('mediapipe'),
    'rtmlib': optional('rtmlib', 'onnxruntime'),
}

setup(
    install_requires=requirements('runtime'),
    extras_require={
        **EXTRAS,
        **ESTIMATORS,
        'all': sorted({line for lines in EXTRAS.values() for line in lines}),
        'tests': requirements('tests'),
    },
    cmdclass={'build_py': BuildWithMim},
)
