"""Settings of the documentation site: ``python -m sphinx -W docs docs/_build``."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS.parent), str(DOCS)]
os.environ.setdefault('OMP_NUM_THREADS', '1')

from smoothnet_plugin.version import __version__  # noqa: E402

project = 'smoothnet_plugin'
author = 'The authors of smoothnet_plugin'
copyright = author
release = version = __version__

extensions = ['myst_parser', 'sphinx.ext.autodoc', 'sphinx.ext.napoleon', 'sphinx.ext.viewcode',
              'sphinx_gallery.gen_gallery']
exclude_patterns = ['_build', 'gallery']
html_theme = 'pydata_sphinx_theme'
html_theme_options = {'show_toc_level': 2, 'navigation_with_keys': False,
                      'secondary_sidebar_items': ['page-toc'], 'navbar_align': 'left',
                      'header_links_before_dropdown': 4}
# A page of the first level has no section to navigate in; its text gets the room.
html_sidebars: dict[str, list[str]] = {page.stem: [] for page in DOCS.glob('*.md')}
html_title = f'smoothnet_plugin {release}'
html_show_sourcelink = False
myst_enable_extensions = ['deflist']
myst_heading_anchors = 4
autodoc_typehints = 'none'
autodoc_member_order = 'bysource'
napoleon_use_rtype = False

#: Files of the repository that are pages of the site as well.
PAGES = {'README.md': 'index.md', 'CHANGELOG.md': 'changes.md', 'demo/README.md': 'demos.md',
         'configs/default/README.md': 'networks/default.md',
         'configs/smoothnet/README.md': 'networks/smoothnet.md',
         'configs/motionrefinenet/README.md': 'networks/motionrefinenet.md',
         'configs/refiners/README.md': 'networks/refiners.md',
         'configs/filters/README.md': 'networks/filters.md',
         'configs/mmpose/README.md': 'networks/mmpose.md'}
_LINK = re.compile(r'(!?)\[([^\]]*)\]\((?!https?://|#|mailto:)([^)\s#]+)(#[^)\s]*)?\)')


sphinx_gallery_conf = {
    'examples_dirs': 'gallery', 'gallery_dirs': 'auto_gallery', 'filename_pattern': r'/plot_',
    'within_subsection_order': 'FileNameSortKey', 'reset_modules': ('gallery_style.reset',),
    'download_all_examples': False, 'remove_config_comments': True, 'min_reported_time': 30,
    'show_signature': False,
}


def relinked(app: Any, docname: str, source: list[str]) -> None:
    """Point links to other files of the repository to their pages; what has none is named.

    Pages of the site include files from elsewhere, whose links are relative to those.
    """
    page = f'{docname}.md'
    if not (DOCS / page).is_file():
        return
    included = re.fullmatch(r'```\{include\} (\S+)\n```\s*', source[0])
    base = DOCS / page
    if included:
        base = (DOCS / page).parent / included.group(1)
        app.env.note_dependency(str(base))
        source[0] = base.read_text(encoding='utf-8')

    def link(match: re.Match[str]) -> str:
        picture, text, target, anchor = match.groups()
        path = Path(os.path.normpath(base.parent / target))
        if not path.is_relative_to(DOCS.parent):
            return match.group()
        if picture:
            return f'![{text}]({os.path.relpath(path, (DOCS / page).parent)})'
        name = path.relative_to(DOCS.parent).as_posix()
        name = f'{name}/README.md' if path.is_dir() and f'{name}/README.md' in PAGES else name
        if name in PAGES:
            path = DOCS / PAGES[name]
        if name == 'docs/gallery/README.rst':
            path = DOCS / 'auto_gallery' / 'index.rst'
            return f'[{text}]({os.path.relpath(path, (DOCS / page).parent)})'
        if path.is_relative_to(DOCS) and path.suffix == '.md' and path.is_file():
            place = os.path.relpath(path, (DOCS / page).parent)
            return f'[{text}]({place}{anchor or ""})'
        return text if text.strip('`') == name else f'{text} (`{name}`)'

    source[0] = _LINK.sub(link, source[0])


def setup(app: Any) -> None:
    """Connect to Sphinx."""
    app.connect('source-read', relinked)
