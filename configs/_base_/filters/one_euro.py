# MMPose 0.x: configs/_base_/filters/one_euro.py. Its min_cutoff=0.004 and beta=0.7 were made for
# time in frames and did nothing to pixels; these are this filter's own values, in Hz.
smoother = dict(type='OneEuroFilter')
