"""PyTorch's own layers under the names that Agon gives to parameters: `G.conv_0.W` and so on."""
import math

import torch
import torch.nn.functional as F


class Scope:
    """Where parameters are looked up: layers of one kind are numbered in the order of their application."""

    def __init__(self, tensors, path):
        self.tensors, self.path, self.counts = tensors, path, {}

    def inner(self, layer):
        n = self.counts.get(layer, 0)
        self.counts[layer] = n + 1
        return Scope(self.tensors, f"{self.path}.{layer}_{n}")

    def __getitem__(self, name):
        return self.tensors[f"{self.path}.{name}"]

    def has(self, name):
        return f"{self.path}.{name}" in self.tensors


def bias(s, y):
    return y + s["b"].reshape(1, -1, *[1] * (y.dim() - 2)) if s.has("b") else y


def spectral_norm(s, w, axis):
    """One step of power iteration, as at the beginning of a turn."""
    m = w.transpose(0, axis).reshape(w.shape[axis], -1)
    unit = lambda v: v / (v.norm() + 1e-12)
    with torch.no_grad():
        v = unit(s.inner("spectral_norm")["u"] @ m)
        u = unit(m @ v)
    return w / (u @ m @ v)


def dense(s, x, sn=False):
    s = s.inner("dense")
    w = spectral_norm(s, s["W"], 1) if sn else s["W"]
    return bias(s, x @ w)


def conv(s, x, stride=1, pad=0, sn=False):
    s = s.inner("conv")
    w = spectral_norm(s, s["W"], 0) if sn else s["W"]
    return bias(s, F.conv2d(x, w, None, stride, pad))


def deconv(s, x, stride=1, pad=0, output_pad=0):
    s = s.inner("deconv")
    return bias(s, F.conv_transpose2d(x, s["W"], None, stride, pad, output_pad))


def batchnorm(s, x):
    s = s.inner("batchnorm")
    return F.batch_norm(x, None, None, s["gamma"], s["beta"], training=True, eps=1e-5)


def upsample(x):
    return F.interpolate(x, scale_factor=2, mode="nearest")


def res_block(s, x, norm=None, sn=False):
    s = s.inner("res_block")
    n = (lambda h: norm(s, h)) if norm else (lambda h: h)
    h = conv(s, F.relu(n(x)), pad=1, sn=sn)
    h = conv(s, F.relu(n(h)), pad=1, sn=sn)
    return (x if h.shape == x.shape else conv(s, x, sn=sn)) + h


def res_block_up(s, x):
    s = s.inner("res_block_up")
    h = conv(s, upsample(F.relu(batchnorm(s, x))), pad=1)
    h = conv(s, F.relu(batchnorm(s, h)), pad=1)
    return conv(s, upsample(x)) + h


def res_block_down(s, x, first=False, sn=False):
    s = s.inner("res_block_down")
    h = x if first else F.relu(x)
    h = conv(s, F.relu(conv(s, h, pad=1, sn=sn)), pad=1, sn=sn)
    h = F.avg_pool2d(h, 2)
    if first:
        return conv(s, F.avg_pool2d(x, 2), sn=sn) + h
    return F.avg_pool2d(conv(s, x, sn=sn), 2) + h


def scaled_leaky_relu(x):
    return math.sqrt(2) * F.leaky_relu(x, 0.2)


def equal_dense(s, x, lr=1.0):
    s = s.inner("equal_dense")
    return lr / math.sqrt(s["W"].shape[0]) * (x @ s["W"]) + lr * s["b"]
