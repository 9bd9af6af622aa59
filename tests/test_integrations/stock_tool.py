"""Run a script of MMPose on a machine without a GPU: ``stock_tool.py SCRIPT [ARGUMENT...]``.

What MMPose lacks here is put in its place, and with ``--launcher pytorch`` the process group is
opened, which MMEngine cannot do without CUDA, and closed at the end. The script itself is not
touched.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == '__main__':
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import mmpose_shim
    mmpose_shim.install()
    from smoothnet_plugin.engine.compat import close_process_group, open_process_group
    if '--launcher' in sys.argv:
        open_process_group(sys.argv[sys.argv.index('--launcher') + 1])
    del sys.argv[0]
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
    runpy.run_path(sys.argv[0], run_name='__main__')
    close_process_group()
