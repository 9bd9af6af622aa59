"""Write an empty wheel for a package that is declared as a dependency but never imported.

MMPose 1.3.2 declares chumpy, whose source distribution cannot be built in isolation, and never
imports it. Usage: ``python make_placeholder_wheel.py NAME VERSION FOLDER``.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import zipfile
from pathlib import Path


def make_placeholder_wheel(name: str, version: str, folder: Path) -> Path:
    """Write ``NAME-VERSION-py3-none-any.whl``; importing its module raises ImportError.

    Args:
        name: Name of the distribution and of its module.
        version: Its version.
        folder: Where to write; made where missing.

    Returns:
        The wheel's path.
    """
    info = f'{name}-{version}.dist-info'
    files = {
        f'{name}/__init__.py':
            f"raise ImportError('{name} is a placeholder: declared by MMPose, not used by it')\n",
        f'{info}/METADATA':
            f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: placeholder\n',
        f'{info}/WHEEL':
            'Wheel-Version: 1.0\nGenerator: smoothnet_plugin\nRoot-Is-Purelib: true\n'
            'Tag: py3-none-any\n',
    }
    record = ''.join(f'{path},sha256={_digest(text)},{len(text)}\n'
                     for path, text in files.items())
    files[f'{info}/RECORD'] = f'{record}{info}/RECORD,,\n'
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f'{name}-{version}-py3-none-any.whl'
    with zipfile.ZipFile(wheel, 'w') as archive:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path, date_time=(2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return wheel


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b'=').decode()


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description='Write an empty wheel.')
    parser.add_argument('name')
    parser.add_argument('version')
    parser.add_argument('folder', type=Path)
    args = parser.parse_args()
    print(make_placeholder_wheel(args.name, args.version, args.folder))
