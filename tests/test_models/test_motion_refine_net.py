from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from smoothnet_plugin.errors import ConfigError, DataFormatError
from smoothnet_plugin.models import MotionRefineNet
from smoothnet_plugin.models.joint_groups import default_keypoint_names, split_by_name
from smoothnet_plugin.models.motion_refine_blocks import (
    FrequencyBlock,
    HaarAnalysis,
    HaarSynthesis,
    TemporalBlock,
)
from smoothnet_plugin.structures import get_skeleton

from .conftest import assert_matches, fill_by_rule, input_by_rule

SMALL = dict(window_size=8, hidden_size=16, res_hidden_size=6, num_blocks=2)


@pytest.mark.parametrize('index', [0, 1])
def test_reference_vectors(vectors, index):
    case = vectors['motionrefinenet'][index]
    network = fill_by_rule(MotionRefineNet(
        case['channels'] // 3, 3, case['window'], hidden_size=case['hidden'],
        res_hidden_size=case['res_hidden'], num_blocks=case['blocks'], protocol='reference'))
    output = network(input_by_rule(2, case['channels'], case['window']))
    assert_matches(output, case['ref_float32'])
    assert_matches(output, case['float64'])


@pytest.mark.parametrize('keypoints, sizes, count', [
    (14, (8, None, 512, 128, 5), 5_909_000),
    (14, (64, None, 512, 16, 1), 677_048),
    (17, (32, None, 512, 128, 5), 6_122_423),
])
def test_published_parameter_count(keypoints, sizes, count):
    network = MotionRefineNet(keypoints, 3, *sizes, protocol='reference')
    assert sum(p.numel() for p in network.parameters()) == count


def test_published_names():
    names = set(MotionRefineNet(14, 3, **SMALL, protocol='reference').state_dict())
    assert {'encoder.0.weight', 'encoder2.0.bias', 'decoder.weight', 'fusion.weight',
            'tem_blocks.1.conv_transpose_layer2.bias', 'tem_blocks.0.linear12.weight',
            'fre_blocks.afilter.2.weight', 'fre_blocks2.0.LN2.bias', 'DWT.h0', 'DWT.h1',
            'IDWT.g0', 'IDWT.g1'} <= names
    assert not any(name.endswith(('high', 'low', 'order')) for name in names)


class Naive:
    """The network in float64, written out channel by channel."""

    def __init__(self, network: MotionRefineNet):
        self.state = {k: v.double().numpy() for k, v in network.state_dict().items()}
        self.network = network
        names = default_keypoint_names(network.num_keypoints)
        self.high = [d + network.dim * k for k in split_by_name(names)[0]
                     for d in range(network.dim)]
        self.low = [c for c in range(network.num_channels) if c not in self.high]

    def linear(self, name, x):
        return x @ self.state[f'{name}.weight'].T + self.state[f'{name}.bias']

    def conv(self, name, x):
        """Kernel 1, every other feature; x (C, S)."""
        weight = self.state[f'{name}.weight'][:, :, 0]
        return weight @ x[:, ::2] + self.state[f'{name}.bias'][:, None]

    def transposed(self, name, x):
        """Kernel 1 onto even features, bias alone on odd ones."""
        weight, bias = self.state[f'{name}.weight'][:, :, 0], self.state[f'{name}.bias']
        out = np.repeat(bias[:, None], 2 * x.shape[1], axis=1)
        out[:, ::2] += weight.T @ x
        return out

    def fuse(self, name, first, second):
        """Channel c of the result sees channel c of both halves."""
        weight, bias = self.state[f'{name}.weight'], self.state[f'{name}.bias']
        return np.stack([weight[:, :, 0] @ a + weight[:, :, 1] @ b + bias
                         for a, b in zip(first, second)])

    def mlp(self, block, x, *layers):
        for layer in layers:
            x = self.linear(f'{block}.{layer}', x)
            x = np.where(x > 0, x, 0.2 * x)
        return x

    def norm(self, name, x):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return scaled * self.state[f'{name}.weight'] + self.state[f'{name}.bias']

    def mix(self, block, x):
        return x + self.mlp(block, self.norm(f'{block}.LN1', x.T), 'linear3', 'linear4').T

    def temporal(self, b, x):
        r = self.mix(b, x)
        u = self.mlp(b, self.norm(f'{b}.LN2', r), 'linear1', 'linear2')
        v = self.mlp(b, self.conv(f'{b}.conv_layer', u), 'linear5', 'linear6')
        w = self.mlp(b, self.conv(f'{b}.conv_layer2', v), 'linear9', 'linear10')
        w = self.transposed(f'{b}.conv_transpose_layer2', w)
        v, w = (self.mlp(b, half, 'linear11', 'linear12') for half in (v, w))
        q = self.transposed(f'{b}.conv_transpose_layer', self.fuse(f'{b}.conv_layer3', v, w))
        u, q = (self.mlp(b, half, 'linear7', 'linear8') for half in (u, q))
        return r + self.fuse(f'{b}.conv_layer4', u, q)

    def frequency(self, b, x, first):
        r = self.mix(b, x)
        n, quarter = self.norm(f'{b}.LN2', r), x.shape[1] // 4
        e = n[self.high]
        if first:
            m = x[self.high].mean(-1, keepdims=True)
            e = e * m / (m**2 + 1e-4)
        g = self.linear(f'{b}.afilter.0', e.mean(0))
        g = self.linear(f'{b}.afilter.2', np.where(g > 0, g, 0.01 * g))
        out = r.copy()
        out[self.high] += self.mlp(b, n[self.high] * g, 'linear1', 'linear2')
        low = n[self.low]
        low = (0.8 * self.linear(f'{b}.linear5', low[:, :quarter])
               + 0.1 * self.linear(f'{b}.linear7', low[:, quarter:3 * quarter])
               + 0.1 * self.linear(f'{b}.linear8', low[:, 3 * quarter:]))
        out[self.low] += self.mlp(b, np.where(low > 0, low, 0.2 * low), 'linear6')
        return out

    def __call__(self, x):
        def encode(name):
            hidden = self.linear(name, x)
            return np.where(hidden > 0, hidden, 0.1 * hidden)

        t, f, s = encode('encoder.0'), encode('encoder2.0'), math.sqrt(0.5)
        for b in range(self.network.num_blocks):
            t = self.temporal(f'tem_blocks.{b}', t)
        a1, d1 = (f[:, ::2] + f[:, 1::2]) * s, (f[:, ::2] - f[:, 1::2]) * s
        a2, d2 = (a1[:, ::2] + a1[:, 1::2]) * s, (a1[:, ::2] - a1[:, 1::2]) * s
        f = self.frequency('fre_blocks', np.concatenate([a2, d1, d2], 1), True)
        for b in range(self.network.num_blocks - 1):
            f = self.frequency(f'fre_blocks2.{b}', f, False)
        quarter = f.shape[1] // 4
        a2, d1, d2 = np.split(f, [quarter, 3 * quarter], axis=1)
        a1 = np.stack([(a2 + d2) * s, (a2 - d2) * s], -1).reshape(len(f), -1)
        f = np.stack([(a1 + d1) * s, (a1 - d1) * s], -1).reshape(len(f), -1)
        return self.linear('decoder', (t + f) / 2)


@pytest.mark.parametrize('keypoints, dim', [(14, 3), (15, 2), (17, 2)])
def test_naive_twin(keypoints, dim, generator):
    torch.manual_seed(1)
    network = MotionRefineNet(keypoints, dim, **SMALL).eval().double()
    x = torch.randn(2, keypoints * dim, 8, generator=generator, dtype=torch.float64)
    output = network(x).detach().numpy()
    twin = Naive(network)
    for n in range(2):
        # The Haar filters are kept in float32.
        np.testing.assert_allclose(output[n], twin(x[n].numpy()), rtol=0, atol=1e-6)


def test_haar_is_orthonormal(generator):
    x = torch.randn(3, 5, 16, generator=generator)
    low, high = HaarAnalysis()(x)
    torch.testing.assert_close(HaarSynthesis()(low, high), x)
    torch.testing.assert_close(low.square().sum() + high.square().sum(), x.square().sum())


def test_fusing_keeps_channels_in_place(generator):
    """Output channel c of the last fusion sees channel c; the reference shifts and drops."""
    def seen_by(fuse_halves, slot):
        block = TemporalBlock(6, 8, 4, 0.0, fuse_halves)
        halves = torch.randn(2, 1, 6, 8, generator=generator, requires_grad=True)
        joined = block._over_channels(block.conv_layer4, block._concatenate(*halves))
        joined[0, slot].sum().backward()
        return [torch.nonzero(g.abs().sum(-1)[0]).flatten().tolist() for g in halves.grad]

    assert seen_by(True, 4) == [[4], [4]]
    assert seen_by(False, 1) == [[2], []]
    assert seen_by(False, 4) == [[], [2]]


def test_gate_stays_finite_where_the_reference_does_not():
    def output(bounded):
        torch.manual_seed(0)
        block = FrequencyBlock(6, 8, 4, 0.0, [0, 1, 2], [3, 4, 5], by_mean=True,
                               bounded_gate=bounded)
        return block(torch.zeros(1, 6, 8))

    assert torch.isfinite(output(True)).all()
    assert not torch.isfinite(output(False)).all()


@pytest.mark.parametrize('make', [
    lambda: TemporalBlock(4, 8, 3, 0.0, fuse_halves=True),
    lambda: TemporalBlock(4, 8, 3, 0.0, fuse_halves=False),
    lambda: FrequencyBlock(4, 8, 3, 0.0, [0, 3], [1, 2], by_mean=True, bounded_gate=True),
    lambda: FrequencyBlock(4, 8, 3, 0.0, [0, 3], [1, 2], by_mean=False, bounded_gate=True),
])
def test_gradcheck(make, generator):
    torch.manual_seed(0)
    block = make().double()
    x = torch.randn(1, 4, 8, generator=generator, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(block, (x,))


def test_every_parameter_is_trained(generator):
    for protocol in ('default', 'reference'):
        network = MotionRefineNet(14, 2, **SMALL, protocol=protocol)
        network(torch.randn(2, 28, 8, generator=generator)).square().mean().backward()
        idle = [name for name, p in network.named_parameters()
                if p.requires_grad and p.grad is None]
        assert idle == []


@pytest.mark.parametrize('keypoints, dim', [(14, 3), (15, 2), (17, 2), (17, 3), (24, 6)])
@pytest.mark.parametrize('protocol', ['default', 'reference'])
def test_layouts(keypoints, dim, protocol):
    network = MotionRefineNet(keypoints, dim, **SMALL, protocol=protocol).eval()
    output = network(torch.randn(1, keypoints * dim, 20))
    assert output.shape == (1, keypoints * dim, 20)
    assert torch.isfinite(output).all()


@pytest.mark.parametrize('names, expected', [
    (get_skeleton('lsp14').keypoint_names, {0, 1, 4, 5, 6, 7, 10, 11}),
    (get_skeleton('h36m').keypoint_names, {2, 3, 5, 6, 12, 13, 15, 16}),
    (get_skeleton('coco').keypoint_names, {7, 8, 9, 10, 13, 14, 15, 16}),
    (default_keypoint_names(24), {4, 5, 7, 8, 18, 19, 20, 21}),
    (default_keypoint_names(15), {7, 8, 9, 10, 11, 12, 13, 14}),
])
def test_groups_by_name(names, expected):
    high, low = split_by_name(names)
    assert set(high) == expected
    assert sorted(high + low) == list(range(len(names)))


def test_order_of_keypoints_does_not_matter_to_the_groups():
    names = list(get_skeleton('coco').keypoint_names)
    network = MotionRefineNet(17, 1, **SMALL, keypoint_names=names[::-1])
    assert {names[::-1][c] for c in network.fre_blocks.high.tolist()} == {
        names[i] for i in split_by_name(names)[0]}


@pytest.mark.parametrize('arguments, named', [
    (dict(num_keypoints=21, dim=3), 'keypoint_names'),
    (dict(num_keypoints=2, dim=3, keypoint_names=['nose', 'neck']), 'high_dof'),
    (dict(num_keypoints=2, dim=3, keypoint_names=['nose']), '1 keypoint_names'),
    (dict(num_keypoints=14, dim=3, protocol='old'), "protocol is 'old'"),
    (dict(num_keypoints=10, dim=3, protocol='reference'), 'num_keypoints is 10'),
    (dict(num_keypoints=14, dim=0), 'dim is 0'),
    (dict(num_keypoints=14, dim=3, hidden_size=18), 'multiple of 4'),
])
def test_bad_arguments(arguments, named):
    with pytest.raises(ConfigError, match=named):
        MotionRefineNet(**{**SMALL, **arguments})


def test_wrong_number_of_channels():
    with pytest.raises(DataFormatError, match=r'51 channels.*14 keypoints of 3'):
        MotionRefineNet(14, 3, **SMALL)(torch.zeros(1, 51, 8))


def test_hand_by_given_parts():
    names = ['wrist', *(f'{finger}{i}' for finger in ('thumb', 'index') for i in range(4))]
    network = MotionRefineNet(9, 2, **SMALL, keypoint_names=names, high_dof=['2', '3'])
    assert network(torch.zeros(1, 18, 8)).shape == (1, 18, 8)
