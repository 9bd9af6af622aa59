# No weights, nothing to train: a filter in the place of a network, with its defaults.
model = dict(type='FilterRefiner', smoother=dict(type='OneEuroFilter'))
