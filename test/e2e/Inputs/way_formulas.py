"""Ways to play by their papers' formulas, in plain Python, on the game of two players that ways.py compiles:

    p:  p.A q + sum(p^4) / 4 + 0.3 p.p / 2      q:  -p.A q + 0.7 q.B q / 2 + sum(q^3) / 9

Each takes the parameters, an optimizer, what it keeps from iteration to iteration, and the iteration's number, and
gives the parameters after the iteration."""

import copy
import math

A, B = [[1.0, 0.4], [-0.3, 0.8]], [[1.0, 0.2], [0.2, 0.6]]
START = [0.9, -0.4, 0.5, 0.8]
RATE = 0.1


def field(w):
    """The gradients of both players, each by its own parameters."""
    p, q = w[:2], w[2:]
    return ([sum(A[i][j] * q[j] for j in range(2)) + p[i] ** 3 + 0.3 * p[i] for i in range(2)] +
            [-sum(A[i][j] * p[i] for i in range(2)) + 0.7 * sum(B[j][i] * q[i] for i in range(2)) + q[j] ** 2 / 3
             for j in range(2)])


def jacobian(w):
    """Row i: the derivatives of element i of the field."""
    p, q = w[:2], w[2:]
    rows = [[0.0] * 4 for _ in range(4)]
    for i in range(2):
        rows[i][i] = 3 * p[i] ** 2 + 0.3
        for j in range(2):
            rows[i][2 + j] = A[i][j]
            rows[2 + j][i] = -A[i][j]
            rows[2 + i][2 + j] += 0.7 * B[i][j]
        rows[2 + i][2 + i] += 2 * q[i] / 3
    return rows


def times(matrix, v):
    return [sum(a * b for a, b in zip(row, v)) for row in matrix]


def transposed(matrix):
    return [list(column) for column in zip(*matrix)]


def plus(a, b, factor=1.0):
    return [x + factor * y for x, y in zip(a, b)]


def inner(a, b):
    return sum(x * y for x, y in zip(a, b))


def solve(matrix, b):
    """By elimination with pivots."""
    n = len(b)
    rows = [list(row) + [value] for row, value in zip(matrix, b)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, n):
            factor = rows[r][i] / rows[i][i]
            rows[r] = [x - factor * y for x, y in zip(rows[r], rows[i])]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (rows[i][n] - sum(rows[i][j] * x[j] for j in range(i + 1, n))) / rows[i][i]
    return x


class Sgd:
    def __init__(self, rate=RATE):
        self.rate = rate

    def step(self, w, g, which=range(4)):
        return [x - self.rate * d if i in which else x for i, (x, d) in enumerate(zip(w, g))]


class Adam:
    """Each player has a step of its own."""

    def __init__(self, rate=RATE, b1=0.5, b2=0.9, eps=1e-8):
        self.rate, self.b1, self.b2, self.eps = rate, b1, b2, eps
        self.m, self.v, self.t = [0.0] * 4, [0.0] * 4, [0, 0]

    def step(self, w, g, which=range(4)):
        for player in range(2):
            self.t[player] += 2 * player in which
        w = list(w)
        for i in which:
            t = self.t[i // 2]
            self.m[i] = self.b1 * self.m[i] + (1 - self.b1) * g[i]
            self.v[i] = self.b2 * self.v[i] + (1 - self.b2) * g[i] ** 2
            root = math.sqrt(self.v[i] / (1 - self.b2 ** t)) + self.eps
            w[i] -= self.rate * (self.m[i] / (1 - self.b1 ** t)) / root
        return w


P_ONLY, Q_ONLY = range(0, 2), range(2, 4)


def simultaneous(w, optimizer, memory, iteration):
    return optimizer.step(w, field(w))


def alternating(w, optimizer, memory, iteration):
    w = optimizer.step(w, field(w), P_ONLY)
    return optimizer.step(w, field(w), Q_ONLY)


def extragradient(w, optimizer, memory, iteration):
    return optimizer.step(w, field(optimizer.step(w, field(w))))


def past_extragradient(w, optimizer, memory, iteration):
    memory["last"] = field(optimizer.step(w, memory.get("last", [0.0] * 4)))
    return optimizer.step(w, memory["last"])


def optimistic(w, optimizer, memory, iteration):
    now = field(w)
    last = memory.get("last", now)
    memory["last"] = now
    return optimizer.step(w, plus(now, plus(now, last, -1)))


def consensus(w, optimizer, memory, iteration):
    g = field(w)
    return optimizer.step(w, plus(g, times(transposed(jacobian(w)), g), 2.0))


def sga(w, optimizer, memory, iteration):
    g, J = field(w), jacobian(w)
    back = times(transposed(J), g)
    twist = [x / 2 for x in plus(back, times(J, g), -1)]
    sign = math.copysign(1, inner(g, back) * inner(twist, back) / 4 + 0.1)
    return optimizer.step(w, plus(g, twist, 0.5 * sign))


def competitive(w, optimizer, memory, iteration):
    J = jacobian(w)
    system = [[(i == j) + (RATE * J[i][j] if i // 2 != j // 2 else 0) for j in range(4)] for i in range(4)]
    return optimizer.step(w, solve(system, field(w)))


def adaptive_competitive(w, optimizer, memory, iteration):
    g, J = field(w), jacobian(w)
    memory["v"] = [0.9 * v + 0.1 * x ** 2 for v, x in zip(memory.get("v", [0.0] * 4), g)]
    a = [0.1 * math.sqrt(1 - 0.9 ** iteration) / (math.sqrt(v) + 1e-5) for v in memory["v"]]
    system = [[(i == j) / a[i] + (J[i][j] if i // 2 != j // 2 else 0) for j in range(4)] for i in range(4)]
    return plus(w, solve(system, g), -1)


def sam(w, optimizer, memory, iteration):
    g = field(w)
    length = [math.sqrt(inner(g[i // 2 * 2:i // 2 * 2 + 2], g[i // 2 * 2:i // 2 * 2 + 2])) for i in range(4)]
    return optimizer.step(w, field([x + 0.2 * d / n for x, d, n in zip(w, g, length)]))


def extragradients(w, optimizer, memory, iteration):
    """What variance reduction leaves where nothing is random."""
    for _ in range(2):
        ahead = optimizer.step(w, field(w))
        w = optimizer.step(w, field(ahead))
    return w


def lookahead(inside, k, alpha):
    def play(w, optimizer, memory, iteration):
        slow = w
        for _ in range(k):
            w = inside(w, optimizer, memory, iteration)
        return plus(slow, plus(w, slow, -1), alpha)
    return play


def sometimes(often, seldom, period):
    def play(w, optimizer, memory, iteration):
        w = often(w, optimizer, memory, iteration)
        return seldom(w, optimizer, memory, iteration) if (iteration - 1) % period == 0 else w
    return play


def only(which):
    return lambda w, optimizer, memory, iteration: optimizer.step(w, field(w), which)


def penalty(w, optimizer, memory, iteration):
    """The move P.penalty: 0.5 |p - 1|^2 + (iteration / 10) sum(p), maximised: P's optimizer goes the other way."""
    return optimizer.step(w, [-(x - 1) - iteration / 10 for x in w[:2]] + [0, 0], P_ONLY)


def unrolled(k):
    """P's gradient through k steps of Q by sgd, by the derivative of each; then Q moves."""
    def play(w, optimizer, memory, iteration):
        q, dq = list(w), [[0.0] * 2 for _ in range(2)]  # dq[j][i]: of q's element j by p's element i
        for _ in range(k):
            J = jacobian(q)
            g = field(q)
            new = [[dq[j][i] - optimizer.rate * (J[2 + j][i] + sum(J[2 + j][2 + l] * dq[l][i] for l in range(2)))
                    for i in range(2)] for j in range(2)]
            q = optimizer.step(q, g, Q_ONLY)
            dq = new
        direct = field(q)
        by_q = [sum(A[i][j] * q[i] for i in range(2)) for j in range(2)]  # of P's objective by q
        total = [direct[i] + sum(by_q[j] * dq[j][i] for j in range(2)) for i in range(2)] + [0, 0]
        w = optimizer.step(w, total, P_ONLY)
        return optimizer.step(w, field(w), Q_ONLY)
    return play


def objective_of_p(w):
    p, q = w[:2], w[2:]
    return (sum(p[i] * A[i][j] * q[j] for i in range(2) for j in range(2)) + sum(x ** 4 for x in p) / 4 +
            0.15 * sum(x ** 2 for x in p))


def unrolled_adam(w, optimizer, memory, iteration):
    """P's gradient through 3 steps of Q by Adam, by differences of the program that plays them; then Q moves."""
    def ahead(p):
        inner, at = copy.deepcopy(optimizer), p + w[2:]
        for _ in range(3):
            at = inner.step(at, field(at), Q_ONLY)
        return objective_of_p(at)

    def moved(i, h):
        return [x + h * (k == i) for k, x in enumerate(w[:2])]
    h = 1e-5
    total = [(ahead(moved(i, h)) - ahead(moved(i, -h))) / (2 * h) for i in range(2)] + [0, 0]
    w = optimizer.step(w, total, P_ONLY)
    return optimizer.step(w, field(w), Q_ONLY)
