# Other window sizes of a network, as variants: CONFIG@w8, CONFIG@w16, ...
variants = {
    f'w{size}': dict(model=dict(network=dict(window_size=size)),
                     train_dataloader=dict(dataset=dict(window_size=size)))
    for size in (8, 16, 32, 64)}
