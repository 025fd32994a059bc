"""The networks of bench/models and of examples as nn.Modules. Every module names its counterpart in the standard
library of the language; shapes and arithmetic are the same, the memory layout is PyTorch's own affair."""
import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm


def plain(module):
    """The other choice than spectral_norm for the reparameterisation of a layer's weight."""
    return module


def mlp(n_in, width, hidden, n_out):
    layers = [nn.Linear(n_in, width), nn.ReLU()]
    for _ in range(hidden - 1):
        layers += [nn.Linear(width, width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, n_out))


class Maxout(nn.Module):
    def __init__(self, n_in, units, pieces):
        super().__init__()
        self.units, self.dense = units, nn.Linear(n_in, units * pieces)

    def forward(self, x):
        return self.dense(x).unflatten(1, (self.units, -1)).amax(-1)


def mnist_generator():
    return nn.Sequential(nn.Linear(100, 1200), nn.ReLU(), nn.Linear(1200, 1200), nn.ReLU(), nn.Linear(1200, 784),
                         nn.Sigmoid())


def mnist_discriminator():
    return nn.Sequential(nn.Dropout(0.2), Maxout(784, 240, 5), nn.Dropout(0.5), Maxout(240, 240, 5), nn.Dropout(0.5),
                         nn.Linear(240, 1))


# ---------------------------------------------------------------------------------------------------------------------
# DCGAN


def dcgan_generator(channels):
    layers = [nn.Unflatten(1, (100, 1, 1)), nn.ConvTranspose2d(100, channels[0], 4, bias=False)]
    for c, after in zip(channels, channels[1:]):
        layers += [nn.BatchNorm2d(c), nn.ReLU(), nn.ConvTranspose2d(c, after, 4, 2, 1, bias=False)]
    return nn.Sequential(*layers, nn.Tanh())


def dcgan_discriminator(channels):
    layers = [nn.Conv2d(3, channels[0], 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for c, after in zip(channels, channels[1:]):
        layers += [nn.Conv2d(c, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(channels[-1], 1, 4, bias=False), nn.Flatten())


# ---------------------------------------------------------------------------------------------------------------------
# Residual networks of WGAN-GP and SNGAN


class BlockUp(nn.Module):
    """res_block_up"""

    def __init__(self, c, channels):
        super().__init__()
        self.norm0, self.norm1 = nn.BatchNorm2d(c), nn.BatchNorm2d(channels)
        self.conv0, self.conv1 = nn.Conv2d(c, channels, 3, padding=1), nn.Conv2d(channels, channels, 3, padding=1)
        self.shortcut = nn.Conv2d(c, channels, 1)

    def forward(self, x):
        up = lambda v: F.interpolate(v, scale_factor=2, mode="nearest")
        h = self.conv0(up(F.relu(self.norm0(x))))
        return self.shortcut(up(x)) + self.conv1(F.relu(self.norm1(h)))


class BlockDown(nn.Module):
    """res_block_down"""

    def __init__(self, c, channels, weight, first=False):
        super().__init__()
        self.first = first
        self.conv0 = weight(nn.Conv2d(c, channels, 3, padding=1))
        self.conv1 = weight(nn.Conv2d(channels, channels, 3, padding=1))
        self.shortcut = weight(nn.Conv2d(c, channels, 1))

    def forward(self, x):
        h = self.conv1(F.relu(self.conv0(x if self.first else F.relu(x))))
        h = F.avg_pool2d(h, 2)
        if self.first:
            return self.shortcut(F.avg_pool2d(x, 2)) + h
        return F.avg_pool2d(self.shortcut(x), 2) + h


class Block(nn.Module):
    """res_block without a normalisation"""

    def __init__(self, c, weight):
        super().__init__()
        self.conv0, self.conv1 = weight(nn.Conv2d(c, c, 3, padding=1)), weight(nn.Conv2d(c, c, 3, padding=1))

    def forward(self, x):
        return x + self.conv1(F.relu(self.conv0(F.relu(x))))


def resnet_generator32(width):
    return nn.Sequential(nn.Linear(128, width * 16), nn.Unflatten(1, (width, 4, 4)), BlockUp(width, width),
                         BlockUp(width, width), BlockUp(width, width), nn.BatchNorm2d(width), nn.ReLU(),
                         nn.Conv2d(width, 3, 3, padding=1), nn.Tanh())


class ResNetCritic32(nn.Module):
    def __init__(self, width, weight=plain, pool=torch.mean):
        super().__init__()
        self.pool = pool
        self.blocks = nn.Sequential(BlockDown(3, width, weight, first=True), BlockDown(width, width, weight),
                                    Block(width, weight), Block(width, weight), nn.ReLU())
        self.dense = weight(nn.Linear(width, 1))

    def forward(self, x):
        return self.dense(self.pool(self.blocks(x), (2, 3)))


# ---------------------------------------------------------------------------------------------------------------------
# StyleGAN2. Modulation scales the features, as in the language's library: for a processor it is also the faster of the
# two ways, since the other makes a grouped convolution with as many groups as samples.


def scaled_leaky_relu(x):
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


class FirFunction(torch.autograd.Function):
    """A filter of each channel by itself, whose derivatives of any order are filters too (as StyleGAN2's upfirdn2d has
    them): PyTorch's own second derivative of a grouped convolution takes many times as long."""

    @staticmethod
    def forward(context, x, kernel, pad):
        context.save_for_backward(kernel)
        context.pad = pad
        return F.conv2d(x, kernel, padding=pad, groups=kernel.shape[0])

    @staticmethod
    def backward(context, slope):
        kernel, = context.saved_tensors  # symmetric
        return FirFunction.apply(slope, kernel, 3 - context.pad), None, None


class Fir(nn.Module):
    """The taps [1, 3, 3, 1] along both axes of every channel."""

    def __init__(self, channels, gain, pad, up=False):
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        kernel = torch.outer(taps, taps) * gain
        self.register_buffer("kernel", kernel.expand(channels, 1, 4, 4).contiguous())
        self.channels, self.gain, self.pad, self.up = channels, gain, pad, up

    def forward(self, x):
        if self.up:
            return F.conv_transpose2d(x, self.kernel, stride=2, padding=1, groups=self.channels)
        if torch.compiler.is_compiling():  # which cannot differentiate the function twice, but fuses sums of slices
            y = F.pad(x, (self.pad,) * 4)
            h, w = y.shape[2] - 3, y.shape[3] - 3
            y = (y[:, :, :h] + y[:, :, 3:]) / 8 + (y[:, :, 1:h + 1] + y[:, :, 2:h + 2]) * 0.375
            y = (y[..., :w] + y[..., 3:]) / 8 + (y[..., 1:w + 1] + y[..., 2:w + 2]) * 0.375
            return y * self.gain
        return FirFunction.apply(x, self.kernel, self.pad)


class EqualLinear(nn.Module):
    def __init__(self, n_in, units, bias=0.0, lr=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(units, n_in) / lr)
        self.bias = nn.Parameter(torch.full((units,), bias / lr))
        self.lr, self.scale = lr, lr / math.sqrt(n_in)

    def forward(self, x):
        return F.linear(x, self.weight * self.scale, self.bias * self.lr)


class EqualConv(nn.Module):
    def __init__(self, c, channels, kernel, down=False, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, c, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None
        self.scale, self.kernel = 1 / math.sqrt(c * kernel * kernel), kernel
        self.fir = Fir(c, 1, (kernel + 1) // 2) if down else None

    def forward(self, x):
        weight = self.weight * self.scale
        if self.fir is not None:
            return F.conv2d(self.fir(x), weight, self.bias, stride=2)
        return F.conv2d(x, weight, self.bias, padding=self.kernel // 2)


class ModulatedConv(nn.Module):
    def __init__(self, c, channels, style, kernel, demodulate=True, up=False):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(channels, c, kernel, kernel))
        self.style = EqualLinear(style, c, bias=1.0)
        self.scale, self.demodulate, self.pad = 1 / math.sqrt(c * kernel * kernel), demodulate, kernel // 2
        self.fir = Fir(channels, 4, 1) if up else None

    def forward(self, x, w):
        weight, style = self.weight * self.scale, self.style(w)
        h = x * style[:, :, None, None]
        if self.fir is not None:
            y = self.fir(F.conv_transpose2d(h, weight.flip(2, 3).transpose(0, 1), stride=2))
        else:
            y = F.conv2d(h, weight, padding=self.pad)
        if self.demodulate:
            energy = style.square() @ weight.square().sum((2, 3)).t()
            y = y * torch.rsqrt(energy + 1e-8)[:, :, None, None]
        return y


class StyleBlock(nn.Module):
    def __init__(self, c, channels, style, up=False):
        super().__init__()
        self.conv = ModulatedConv(c, channels, style, 3, up=up)
        self.strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x, w):
        h = self.conv(x, w)
        h = h + self.strength * torch.randn(h.shape[0], 1, *h.shape[2:], device=h.device)
        return scaled_leaky_relu(h + self.bias)


class ToRgb(nn.Module):
    def __init__(self, c, style):
        super().__init__()
        self.conv = ModulatedConv(c, 3, style, 1, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(3, 1, 1))

    def forward(self, x, w):
        return self.conv(x, w) + self.bias


class StyleGenerator(nn.Module):
    """mapping_network and style_synthesis"""

    def __init__(self, size, style, base, most):
        super().__init__()
        self.mapping = nn.ModuleList(EqualLinear(style, style, lr=0.01) for _ in range(4))
        c = min(base // 4, most)
        self.constant = nn.Parameter(torch.randn(1, c, 4, 4))
        self.first, self.rgb = StyleBlock(c, c, style), ToRgb(c, style)
        self.ups, self.blocks, self.rgbs, r = nn.ModuleList(), nn.ModuleList(), nn.ModuleList(), 8
        while r <= size:
            channels = min(base // r, most)
            self.ups.append(StyleBlock(c, channels, style, up=True))
            self.blocks.append(StyleBlock(channels, channels, style))
            self.rgbs.append(ToRgb(channels, style))
            c, r = channels, 2 * r
        self.upsample = Fir(3, 4, 0, up=True)

    def forward(self, z):
        w = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
        for layer in self.mapping:
            w = scaled_leaky_relu(layer(w))
        h = self.first(self.constant.expand(w.shape[0], -1, -1, -1), w)
        rgb = self.rgb(h, w)
        for up, block, to_rgb in zip(self.ups, self.blocks, self.rgbs):
            h = block(up(h, w), w)
            rgb = to_rgb(h, w) + self.upsample(rgb)
        return rgb


class StyleBlockDown(nn.Module):
    def __init__(self, c, channels):
        super().__init__()
        self.conv0, self.conv1 = EqualConv(c, c, 3), EqualConv(c, channels, 3, down=True)
        self.shortcut = EqualConv(c, channels, 1, down=True, bias=False)

    def forward(self, x):
        h = scaled_leaky_relu(self.conv1(scaled_leaky_relu(self.conv0(x))))
        return (self.shortcut(x) + h) / math.sqrt(2)


def minibatch_stddev(x, group=4):
    n, c, h, w = x.shape
    y = x.reshape(group, n // group, -1)
    deviation = torch.sqrt((y - y.mean(0)).square().mean(0) + 1e-8).mean(1)
    return torch.cat([x, deviation.repeat(group)[:, None, None, None].expand(n, 1, h, w)], 1)


class StyleDiscriminator32(nn.Module):
    def __init__(self, base, most):
        super().__init__()
        c = min(base // 32, most)
        self.first, blocks = EqualConv(3, c, 1), []
        for r in (16, 8, 4):
            blocks.append(StyleBlockDown(c, min(base // r, most)))
            c = min(base // r, most)
        self.blocks = nn.Sequential(*blocks)
        self.last = EqualConv(c + 1, most, 3)
        self.dense0, self.dense1 = EqualLinear(most * 16, most), EqualLinear(most, 1)

    def forward(self, x):
        h = self.blocks(scaled_leaky_relu(self.first(x)))
        h = scaled_leaky_relu(self.last(minibatch_stddev(h)))
        return self.dense1(scaled_leaky_relu(self.dense0(h.flatten(1))))


# ---------------------------------------------------------------------------------------------------------------------
# CycleGAN


class ReflectedBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.body = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(c, c, 3), nn.InstanceNorm2d(c), nn.ReLU(),
                                  nn.ReflectionPad2d(1), nn.Conv2d(c, c, 3), nn.InstanceNorm2d(c))

    def forward(self, x):
        return x + self.body(x)


def translator(base, blocks):
    """resnet_generator"""
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, base, 7), nn.InstanceNorm2d(base), nn.ReLU()]
    for c in (base, 2 * base):
        layers += [nn.Conv2d(c, 2 * c, 3, 2, 1), nn.InstanceNorm2d(2 * c), nn.ReLU()]
    layers += [ReflectedBlock(4 * base) for _ in range(blocks)]
    for c in (4 * base, 2 * base):
        layers += [nn.ConvTranspose2d(c, c // 2, 3, 2, 1, 1), nn.InstanceNorm2d(c // 2), nn.ReLU()]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(base, 3, 7), nn.Tanh())


def patchgan(base):
    layers = [nn.Conv2d(3, base, 4, 2, 1), nn.LeakyReLU(0.2)]
    for c, stride in ((base, 2), (2 * base, 2), (4 * base, 1)):
        layers += [nn.Conv2d(c, 2 * c, 4, stride, 1), nn.InstanceNorm2d(2 * c), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(8 * base, 1, 4, 1, 1))
