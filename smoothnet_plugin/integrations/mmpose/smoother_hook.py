"""The top-level ``smoother`` key in MMPose's test loop."""

from __future__ import annotations

from typing import Any

from mmengine.evaluator import DumpResults
from mmengine.hooks import Hook

from ...errors import ConfigError
from .config_key import configured, with_paths
from .smoothed_metric import SmoothedMetric


class SmootherHook(Hook):
    """Also evaluates the smoothed predictions, using the config's top-level ``smoother``.

    With two lines in an MMPose config, ``tools/test.py`` reports every metric twice, as
    ``raw/<key>`` and ``smooth/<key>``, with the accelerations of :class:`SmoothedMetric`::

        smoother = 'default'
        custom_hooks = [dict(type='smoothnet_plugin.SmootherHook')]

    ``custom_hooks`` replaces the list of a base config; repeat its entries.

    Only the test loop changes. Validation during training does not, since ``save_best`` looks for
    a metric by its key, and checkpoints are selected by the network's own predictions. Dumps
    (``--dump``) hold the raw predictions, so that other smoothers can be tried on them later.

    Args:
        smoother: The smoother. Defaults to None, the config's top-level ``smoother``.
        seq_parser: As in :class:`SmoothedMetric`, as are all further arguments. Defaults to
            ``'auto'``.
        fps: Defaults to None.
        tracker: Defaults to None.
        lookahead: Defaults to None.
    """

    priority = 'VERY_LOW'

    def __init__(self, smoother: Any = None, seq_parser: Any = 'auto', fps: float | None = None,
                 tracker: Any = None, lookahead: int | None = None) -> None:
        self.smoother = smoother
        self.options = dict(seq_parser=seq_parser, fps=fps, tracker=tracker, lookahead=lookahead)

    def before_test(self, runner: Any) -> None:
        """Put a :class:`SmoothedMetric` around the metrics of the test evaluator.

        Args:
            runner: The runner.

        Raises:
            ConfigError: Neither the hook nor the config names a smoother.
        """
        smoother = (configured(runner.cfg) if self.smoother is None
                    else with_paths(self.smoother, runner.cfg))
        if smoother is None:
            raise ConfigError('SmootherHook: no smoother is specified. Put one at the top level of '
                              "the config, for example smoother = 'default', or write "
                              "dict(type='smoothnet_plugin.SmootherHook', smoother=...).")
        evaluator = runner.test_loop.evaluator
        plain = [metric for metric in evaluator.metrics
                 if not isinstance(metric, (SmoothedMetric, DumpResults))]
        by_name = getattr(evaluator, 'metrics_dict', None)
        if by_name is None:
            if plain:
                wrapped = SmoothedMetric(plain, smoother, **self.options)
                evaluator.metrics = [wrapped, *(m for m in evaluator.metrics if m not in plain)]
            return
        # An evaluator of several data sets has one metric for each.
        for name, metric in by_name.items():
            if metric in plain:
                wrapped = SmoothedMetric(metric, smoother, prefix=name, **self.options)
                by_name[name] = wrapped
                evaluator.metrics[evaluator.metrics.index(metric)] = wrapped
