"""Optimizers as their papers write them, in plain Python: each is a function of its arguments that makes a `step`, a
function of the step's number t, the parameters and their gradients, all as lists of numbers, that gives the new
parameters and keeps whatever sequences the paper has."""

import math

from optimizer_game import SHAPES, size

ZERO = [[0.0] * size(shape) for shape in SHAPES.values()]


def over(function, *lists):
    """The function at every element of every parameter."""
    return [[function(*numbers) for numbers in zip(*rows)] for rows in zip(*lists)]


def mean(beta, old, new):
    return over(lambda a, b: beta * a + (1 - beta) * b, old, new)


def squares(g):
    return over(lambda a: a * a, g)


class Moments:
    """The averages of gradients and of their squares, as they are and without bias."""

    def __init__(self, beta1, beta2):
        self.beta1, self.beta2 = beta1, beta2
        self.m = self.v = ZERO

    def update(self, t, g):
        self.m, self.v = mean(self.beta1, self.m, g), mean(self.beta2, self.v, squares(g))
        self.m_hat = over(lambda m: m / (1 - self.beta1 ** t), self.m)
        self.v_hat = over(lambda v: v / (1 - self.beta2 ** t), self.v)


def sgd(lr, momentum=0, nesterov=False):
    v = ZERO

    def step(t, w, g):
        nonlocal v
        v = over(lambda v, g: momentum * v - lr * g, v, g)
        if nesterov:
            return over(lambda w, v, g: w + momentum * v - lr * g, w, v, g)
        return over(lambda w, v: w + v, w, v)
    return step


def optimistic_sgd(lr):
    old = ZERO

    def step(t, w, g):
        nonlocal old
        new = over(lambda w, g, o: w - 2 * lr * g + lr * o, w, g, old)
        old = g
        return new
    return step


def adamw(lr, beta1, beta2, eps, weight_decay=0):
    moments = Moments(beta1, beta2)

    def step(t, w, g):
        moments.update(t, g)
        return over(lambda w, m, v: w - lr * (m / (math.sqrt(v) + eps) + weight_decay * w), w, moments.m_hat,
                    moments.v_hat)
    return step


def amsgrad(lr, beta1, beta2, eps):
    moments, top = Moments(beta1, beta2), ZERO

    def step(t, w, g):
        nonlocal top
        moments.update(t, g)
        top = over(max, top, moments.v)
        return over(lambda w, m, u: w - lr * m / (math.sqrt(u / (1 - beta2 ** t)) + eps), w, moments.m_hat, top)
    return step


def adamax(lr, beta1, beta2, eps):
    moments, u = Moments(beta1, 0), ZERO

    def step(t, w, g):
        nonlocal u
        moments.update(t, g)
        u = over(lambda u, g: max(beta2 * u, abs(g) + eps), u, g)
        return over(lambda w, m, u: w - lr / (1 - beta1 ** t) * m / u, w, moments.m, u)
    return step


def nadam(lr, beta1, beta2, eps, momentum_decay):
    moments = Moments(beta1, beta2)

    def mu(t):
        return beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))

    def step(t, w, g):
        moments.update(t, g)
        now, then = (math.prod(mu(i) for i in range(1, last + 1)) for last in (t, t + 1))
        m_bar = over(lambda m, g: mu(t + 1) * m / (1 - then) + (1 - mu(t)) * g / (1 - now), moments.m, g)
        return over(lambda w, m, v: w - lr * m / (math.sqrt(v) + eps), w, m_bar, moments.v_hat)
    return step


def radam(lr, beta1, beta2, eps, threshold):
    moments, most = Moments(beta1, beta2), 2 / (1 - beta2) - 1

    def step(t, w, g):
        moments.update(t, g)
        rho = most - 2 * t * beta2 ** t / (1 - beta2 ** t)
        if rho <= threshold:
            return over(lambda w, m: w - lr * m, w, moments.m_hat)
        r = math.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
        return over(lambda w, m, v: w - lr * m * r * math.sqrt(1 - beta2 ** t) / (math.sqrt(v) + eps), w,
                    moments.m_hat, moments.v)
    return step


def adabelief(lr, beta1, beta2, eps):
    m = s = ZERO

    def step(t, w, g):
        nonlocal m, s
        m = mean(beta1, m, g)
        s = over(lambda s, g, m: beta2 * s + (1 - beta2) * (g - m) ** 2 + eps, s, g, m)
        return over(lambda w, m, s: w - lr * m / (1 - beta1 ** t) / (math.sqrt(s / (1 - beta2 ** t)) + eps), w, m, s)
    return step


def optimistic_adam(lr, beta1, beta2, eps):
    moments, old = Moments(beta1, beta2), ZERO

    def step(t, w, g):
        nonlocal old
        moments.update(t, g)
        now = over(lambda m, v: lr * m / (math.sqrt(v) + eps), moments.m_hat, moments.v_hat)
        new = over(lambda w, n, o: w - 2 * n + o, w, now, old)
        old = now
        return new
    return step


def schedule_free(lr, momentum, weight_decay, normalised=lambda t, g: g):
    """lr: a function of t. The sequences are x, y and z, and y is what gradients are taken at."""
    x = z = None
    squared = []

    def step(t, y, g):
        nonlocal x, z
        x, z = x or y, z or y
        z = over(lambda z, g, y: z - lr(t) * (g + weight_decay * y), z, normalised(t, g), y)
        squared.append(max(lr(i) for i in range(1, t + 1)) ** 2)
        c = squared[-1] / math.fsum(squared) if squared[-1] else 0
        x = over(lambda x, z: (1 - c) * x + c * z, x, z)
        return over(lambda x, z: (1 - momentum) * z + momentum * x, x, z)
    return step


def schedule_free_adamw(lr, beta1, beta2, eps, weight_decay):
    moments = Moments(0, beta2)

    def normalised(t, g):
        moments.update(t, g)
        return over(lambda g, v: g / (math.sqrt(v) + eps), g, moments.v_hat)
    return schedule_free(lr, beta1, weight_decay, normalised)


def rmsprop(lr, decay, eps):
    v = ZERO

    def step(t, w, g):
        nonlocal v
        v = mean(decay, v, squares(g))
        return over(lambda w, g, v: w - lr * g / (math.sqrt(v) + eps), w, g, v)
    return step


def adagrad(lr, eps):
    v = ZERO

    def step(t, w, g):
        nonlocal v
        v = over(lambda v, g: v + g * g, v, g)
        return over(lambda w, g, v: w - lr * g / (math.sqrt(v) + eps), w, g, v)
    return step


def adadelta(lr, decay, eps):
    of_gradients = of_steps = ZERO

    def step(t, w, g):
        nonlocal of_gradients, of_steps
        of_gradients = mean(decay, of_gradients, squares(g))
        delta = over(lambda g, e, d: -math.sqrt(d + eps) / math.sqrt(e + eps) * g, g, of_gradients, of_steps)
        of_steps = mean(decay, of_steps, squares(delta))
        return over(lambda w, d: w + lr * d, w, delta)
    return step


def lion(lr, beta1, beta2, weight_decay):
    m = ZERO

    def step(t, w, g):
        nonlocal m
        c = mean(beta1, m, g)
        m = mean(beta2, m, g)
        return over(lambda w, c: w - lr * (math.copysign(1, c) + weight_decay * w), w, c)
    return step


def product(a, b):
    return [[math.fsum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


def orthogonal(x):
    """X <- a X + (b A + c A^2) X with A = X X^T, five times."""
    length = math.sqrt(math.fsum(e * e for row in x for e in row)) + 1e-7
    x = [[e / length for e in row] for row in x]
    for _ in range(5):
        a = product(x, list(zip(*x)))
        b = over(lambda a, aa: -4.7750 * a + 2.0315 * aa, a, product(a, a))
        x = over(lambda x, bx: 3.4445 * x + bx, x, product(b, x))
    return x


def muon(lr, momentum, nesterov, weight_decay, adam_lr, beta1, beta2, eps):
    m, adam = ZERO, adamw(adam_lr, beta1, beta2, eps, weight_decay)

    def step(t, w, g):
        nonlocal m
        m = mean(momentum, m, g)
        ahead = over(lambda g, m: (1 - momentum) * g + momentum * m, g, m)
        new = adam(t, w, g)
        for k, shape in enumerate(SHAPES.values()):
            if len(shape) < 2:
                continue
            columns = size(shape) // shape[0]
            flat = (ahead if nesterov else m)[k]
            rows = orthogonal([flat[i:i + columns] for i in range(0, len(flat), columns)])
            outputs, inputs = (shape[1], shape[0]) if len(shape) == 2 else (shape[0], columns)
            scale = math.sqrt(max(1, outputs / inputs))
            new[k] = [a - lr * (weight_decay * a + scale * o) for a, o in zip(w[k], (e for row in rows for e in row))]
        return new
    return step


def lookahead(inner, k, alpha):
    slow = None

    def step(t, w, g):
        nonlocal slow
        slow = slow or w
        fast = inner(t, w, g)
        if t % k:
            return fast
        slow = over(lambda s, f: s + alpha * (f - s), slow, fast)
        return slow
    return step


def changed(inner, change):
    """`change` of the parameters and gradients before the step; a chain whose first link writes g."""
    return lambda t, w, g: inner(t, w, change(w, g))


def clip_norm(limit):
    def change(w, g):
        length = math.sqrt(math.fsum(e * e for row in g for e in row))
        return over(lambda e: e * min(1, limit / length), g)
    return change


def clip_value(limit):
    return lambda w, g: over(lambda e: min(max(e, -limit), limit), g)


def weight_decay(rate):
    return lambda w, g: over(lambda w, g: g + rate * w, w, g)


def clamp(inner, lo, hi):
    return lambda t, w, g: over(lambda e: min(max(e, lo), hi), inner(t, w, g))
