"""The networks in JAX: pure functions of a scope, which makes parameters and states at the first pass and looks them up
by the order of their use later. Images have their channels last, which is the layout XLA's convolutions take on a
processor."""
import functools
import math

import jax
import jax.numpy as jnp
from jax import lax

IMAGES = ("NHWC", "HWIO", "NHWC")


def constant(shape, value):
    return jnp.full(shape, value, jnp.float32)


class Scope:
    """Parameters and states of one network. With a key it makes them; otherwise it reads them, and collects what is
    written into states."""

    def __init__(self, parameters=None, states=None, key=None, draws=None):
        self.making, self.key, self.draws = key is not None, key, draws
        self.parameters, self.states = ([], []) if self.making else (parameters, states)
        self.written, self.at, self.at_state = [], 0, 0

    def parameter(self, shape, deviation=None, value=0.0):
        if self.making:
            self.key, key = jax.random.split(self.key)
            drawn = jax.random.normal(key, shape) * deviation if deviation else constant(shape, value)
            self.parameters.append(drawn)
            return drawn
        self.at += 1
        return self.parameters[self.at - 1]

    def state(self, shape, deviation=None, value=0.0):
        if self.making:
            self.key, key = jax.random.split(self.key)
            self.states.append(jax.random.normal(key, shape) * deviation if deviation else constant(shape, value))
            return self.states[-1]
        self.at_state += 1
        return self.states[self.at_state - 1]

    def write(self, value):
        """To the state read last."""
        self.written.append(value)

    def draw(self):
        """A key for the noise inside a network."""
        if self.making:
            return self.key
        self.draws, key = jax.random.split(self.draws)
        return key


def make(network, key, *inputs):
    scope = Scope(key=key)
    network(scope, *inputs)
    return scope.parameters, scope.states


def he(n):
    return math.sqrt(2 / n)


def leaky_relu(x):
    return jax.nn.leaky_relu(x, 0.2)


def spectral_norm(s, w):
    """One step of power iteration; w counts its outputs along the last axis."""
    m = w.reshape(-1, w.shape[-1])
    u = s.state((w.shape[-1],), 1.0)
    fixed = lax.stop_gradient(m)
    unit = lambda v: v / (jnp.linalg.norm(v) + 1e-12)
    v = unit(fixed @ u)
    u = unit(v @ fixed)
    s.write(u)
    return w / (v @ m @ u)


def plain(s, w):
    return w


# What autodiff makes of a transposed convolution for the filter, and of a strided one's input gradient in a second
# derivative, is a convolution with both sides dilated, which XLA computes some forty times slower on a processor than
# the same numbers by the filter gradient of the convolution that it transposes. So the two say their derivatives here.


def strided_plain(x, w, stride, pad):
    return lax.conv_general_dilated(x, w, (stride, stride), ((pad, pad),) * 2, dimension_numbers=IMAGES)


def flipped(w):
    return w[::-1, ::-1].transpose(0, 1, 3, 2)


def filter_gradient(x, w, slope, stride, pad):
    return jax.vjp(lambda w: strided_plain(x, w, stride, pad), w)[1](slope)[0]


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def strided(x, w, stride, pad):
    return strided_plain(x, w, stride, pad)


def strided_backward(stride, pad, saved, slope):
    x, w = saved
    output_pad = x.shape[1] - ((slope.shape[1] - 1) * stride + w.shape[0] - 2 * pad)
    return transposed(slope, flipped(w), stride, pad, output_pad), filter_gradient(x, w, slope, stride, pad)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2, 3, 4))
def transposed(x, w, stride, pad, output_pad):
    edge = w.shape[0] - 1 - pad
    return lax.conv_general_dilated(x, w, (1, 1), ((edge, edge + output_pad),) * 2, lhs_dilation=(stride, stride),
                                    dimension_numbers=IMAGES)


def transposed_backward(stride, pad, output_pad, saved, slope):
    x, w = saved
    return strided(slope, flipped(w), stride, pad), flipped(filter_gradient(slope, flipped(w), x, stride, pad))


strided.defvjp(lambda x, w, *_: (strided(x, w, *_), (x, w)), strided_backward)
transposed.defvjp(lambda x, w, *_: (transposed(x, w, *_), (x, w)), transposed_backward)


def dense(s, x, units, weight=plain):
    w = weight(s, s.parameter((x.shape[-1], units), he(x.shape[-1])))
    return x @ w + s.parameter((units,))


def conv(s, x, channels, kernel, stride=1, pad=0, bias=True, weight=plain):
    c = x.shape[-1]
    w = weight(s, s.parameter((kernel, kernel, c, channels), he(c * kernel * kernel)))
    y = strided(x, w, stride, pad) if stride > 1 else strided_plain(x, w, 1, pad)
    return y + s.parameter((channels,)) if bias else y


def deconv(s, x, channels, kernel, stride=1, pad=0, output_pad=0, bias=True):
    c = x.shape[-1]
    w = s.parameter((kernel, kernel, c, channels), he(c * kernel * kernel / stride**2))
    y = transposed(x, w, stride, pad, output_pad)
    return y + s.parameter((channels,)) if bias else y


def batchnorm(s, x):
    c = x.shape[-1]
    gamma, beta = s.parameter((c,), value=1.0), s.parameter((c,))
    m = jnp.mean(x, (0, 1, 2))
    v = jnp.maximum(jnp.mean(jnp.square(x), (0, 1, 2)) - jnp.square(m), 0)
    n = x.size // c
    s.write(0.9 * s.state((c,)) + 0.1 * m)
    s.write(0.9 * s.state((c,), value=1.0) + 0.1 * (n / (n - 1)) * v)
    return (x - m) * (gamma * lax.rsqrt(v + 1e-5)) + beta


def instancenorm(x):
    m = jnp.mean(x, (1, 2), keepdims=True)
    d = x - m
    return d * lax.rsqrt(jnp.mean(jnp.square(d), (1, 2), keepdims=True) + 1e-5)


def upsample(x):
    n, h, w, c = x.shape
    return jnp.broadcast_to(x[:, :, None, :, None], (n, h, 2, w, 2, c)).reshape(n, 2 * h, 2 * w, c)


def avg_pool(x):
    n, h, w, c = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))


def mlp(width, hidden, n_out):
    def network(s, x):
        for _ in range(hidden):
            x = jax.nn.relu(dense(s, x, width))
        return dense(s, x, n_out)

    return network


def mnist_generator(s, z):
    h = jax.nn.relu(dense(s, jax.nn.relu(dense(s, z, 1200)), 1200))
    return jax.nn.sigmoid(dense(s, h, 784))


def mnist_discriminator(s, x):
    def dropout(x, rate):
        return jnp.where(jax.random.bernoulli(s.draw(), 1 - rate, x.shape), x / (1 - rate), 0)

    def maxout(x):
        return dense(s, x, 1200).reshape(-1, 240, 5).max(-1)

    return dense(s, dropout(maxout(dropout(maxout(dropout(x, 0.2)), 0.5)), 0.5), 1)


def dcgan_generator(channels):
    def network(s, z):
        h = deconv(s, z[:, None, None, :], channels[0], 4, bias=False)
        for c in channels[1:]:
            h = deconv(s, jax.nn.relu(batchnorm(s, h)), c, 4, 2, 1, bias=False)
        return jnp.tanh(h)

    return network


def dcgan_discriminator(channels):
    def network(s, x):
        h = leaky_relu(conv(s, x, channels[0], 4, 2, 1, bias=False))
        for c in channels[1:]:
            h = leaky_relu(batchnorm(s, conv(s, h, c, 4, 2, 1, bias=False)))
        return conv(s, h, 1, 4, bias=False).reshape(-1, 1)

    return network


def resnet_generator32(width):
    def block_up(s, x):
        h = conv(s, upsample(jax.nn.relu(batchnorm(s, x))), width, 3, pad=1)
        h = conv(s, jax.nn.relu(batchnorm(s, h)), width, 3, pad=1)
        return conv(s, upsample(x), width, 1) + h

    def network(s, z):
        h = dense(s, z, width * 16).reshape(-1, 4, 4, width)
        for _ in range(3):
            h = block_up(s, h)
        return jnp.tanh(conv(s, jax.nn.relu(batchnorm(s, h)), 3, 3, pad=1))

    return network


def resnet_critic32(width, weight=plain, pool=jnp.mean):
    def block_down(s, x, first=False):
        h = conv(s, x if first else jax.nn.relu(x), width, 3, pad=1, weight=weight)
        h = avg_pool(conv(s, jax.nn.relu(h), width, 3, pad=1, weight=weight))
        if first:
            return conv(s, avg_pool(x), width, 1, weight=weight) + h
        return avg_pool(conv(s, x, width, 1, weight=weight)) + h

    def block(s, x):
        h = conv(s, jax.nn.relu(x), width, 3, pad=1, weight=weight)
        return x + conv(s, jax.nn.relu(h), width, 3, pad=1, weight=weight)

    def network(s, x):
        h = block(s, block(s, block_down(s, block_down(s, x, first=True))))
        return dense(s, pool(jax.nn.relu(h), (1, 2)), 1, weight)

    return network


# ---------------------------------------------------------------------------------------------------------------------
# StyleGAN2


def scaled_leaky_relu(x):
    return leaky_relu(x) * math.sqrt(2)


def fir(x, gain, low, high, up=1):
    """The taps [1, 3, 3, 1] along both axes of every channel, as sums of slices: XLA's grouped convolutions are slow on
    a processor."""
    taps = [math.sqrt(gain) / 8 * tap for tap in (1, 3, 3, 1)]
    for axis in (1, 2):
        edges = [(0, 0, 0)] * 4
        edges[axis] = (low, high, up - 1)
        x = lax.pad(x, jnp.float32(0), edges)
        n = x.shape[axis] - 3
        x = sum(tap * lax.slice_in_dim(x, i, i + n, axis=axis) for i, tap in enumerate(taps))
    return x


def equal_dense(s, x, units, bias=0.0, lr=1.0):
    n = x.shape[-1]
    w, b = s.parameter((n, units), 1 / lr), s.parameter((units,), value=bias / lr)
    return x @ (w * (lr / math.sqrt(n))) + lr * b


def equal_conv(s, x, channels, kernel, down=False, bias=True):
    c = x.shape[-1]
    w = s.parameter((kernel, kernel, c, channels), 1.0) / math.sqrt(c * kernel * kernel)
    if down:
        edge = (kernel + 1) // 2
        y = strided(fir(x, 1, edge, edge), w, 2, 0)
    else:
        y = strided_plain(x, w, 1, kernel // 2)
    return y + s.parameter((channels,)) if bias else y


def modulated_conv(s, x, w, channels, kernel, demodulate=True, up=False):
    c = x.shape[-1]
    style = equal_dense(s, w, c, bias=1.0)
    v = s.parameter((kernel, kernel, c, channels), 1.0) / math.sqrt(c * kernel * kernel)
    h = x * style[:, None, None, :]
    if up:
        y = fir(transposed(h, v, 2, 0, 0), 4, 1, 1)
    else:
        y = strided_plain(h, v, 1, kernel // 2)
    if demodulate:
        energy = jnp.square(style) @ jnp.sum(jnp.square(v), (0, 1))
        y = y * lax.rsqrt(energy + 1e-8)[:, None, None, :]
    return y


def style_generator(size, style, base, most):
    def block(s, x, w, channels, up=False):
        h = modulated_conv(s, x, w, channels, 3, up=up)
        h = h + s.parameter(()) * jax.random.normal(s.draw(), (*h.shape[:3], 1))
        return scaled_leaky_relu(h + s.parameter((channels,)))

    def to_rgb(s, x, w):
        return modulated_conv(s, x, w, 3, 1, demodulate=False) + s.parameter((3,))

    def network(s, z):
        w = z * lax.rsqrt(jnp.mean(jnp.square(z), 1, keepdims=True) + 1e-8)
        for _ in range(4):
            w = scaled_leaky_relu(equal_dense(s, w, style, lr=0.01))
        c = min(base // 4, most)
        constant = s.parameter((1, 4, 4, c), 1.0)
        h = block(s, jnp.broadcast_to(constant, (z.shape[0], 4, 4, c)), w, c)
        rgb, r = to_rgb(s, h, w), 8
        while r <= size:
            c = min(base // r, most)
            h = block(s, block(s, h, w, c, up=True), w, c)
            rgb, r = to_rgb(s, h, w) + fir(rgb, 4, 2, 2, up=2), 2 * r
        return rgb

    return network


def style_discriminator32(base, most):
    def minibatch_stddev(x, group=4):
        n, h, w, _ = x.shape
        y = x.reshape(group, n // group, -1)
        deviation = jnp.sqrt(jnp.mean(jnp.square(y - y.mean(0)), 0) + 1e-8).mean(1)
        return jnp.concatenate([x, jnp.broadcast_to(jnp.tile(deviation, group)[:, None, None, None], (n, h, w, 1))], -1)

    def network(s, x):
        h = scaled_leaky_relu(equal_conv(s, x, min(base // 32, most), 1))
        for r in (16, 8, 4):
            y = scaled_leaky_relu(equal_conv(s, h, h.shape[-1], 3))
            y = scaled_leaky_relu(equal_conv(s, y, min(base // r, most), 3, down=True))
            h = (equal_conv(s, h, y.shape[-1], 1, down=True, bias=False) + y) / math.sqrt(2)
        h = scaled_leaky_relu(equal_conv(s, minibatch_stddev(h), most, 3))
        return equal_dense(s, scaled_leaky_relu(equal_dense(s, h.reshape(h.shape[0], -1), most)), 1)

    return network


# ---------------------------------------------------------------------------------------------------------------------
# CycleGAN


def reflect(x, n):
    return jnp.pad(x, ((0, 0), (n, n), (n, n), (0, 0)), mode="reflect")


def translator(base, blocks):
    def network(s, x):
        h = jax.nn.relu(instancenorm(conv(s, reflect(x, 3), base, 7)))
        for c in (2 * base, 4 * base):
            h = jax.nn.relu(instancenorm(conv(s, h, c, 3, 2, 1)))
        for _ in range(blocks):
            y = jax.nn.relu(instancenorm(conv(s, reflect(h, 1), 4 * base, 3)))
            h = h + instancenorm(conv(s, reflect(y, 1), 4 * base, 3))
        for c in (2 * base, base):
            h = jax.nn.relu(instancenorm(deconv(s, h, c, 3, 2, 1, 1)))
        return jnp.tanh(conv(s, reflect(h, 3), 3, 7))

    return network


def patchgan(base):
    def network(s, x):
        h = leaky_relu(conv(s, x, base, 4, 2, 1))
        for c, stride in ((2 * base, 2), (4 * base, 2), (8 * base, 1)):
            h = leaky_relu(instancenorm(conv(s, h, c, 4, stride, 1)))
        return conv(s, h, 1, 4, 1, 1)

    return network
