"""Each workload's iteration in JAX: a pure function (state, data) -> state of the whole game, all its turns, that
jax.jit compiles with the state's memory given back."""
import math

import jax
import jax.numpy as jnp
import jax_networks as networks
from jax import lax

softplus = jax.nn.softplus


def adam(lr, beta1, beta2=0.999):
    def start(parameters):
        zeros = lambda: jax.tree.map(jnp.zeros_like, parameters)
        return zeros(), zeros(), jnp.zeros((), jnp.int32)

    def update(parameters, slopes, state):
        m, v, t = state
        t = t + 1
        rate = lr(t) if callable(lr) else lr
        m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, slopes)
        v = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, slopes)
        a, b = 1 - beta1**t.astype(jnp.float32), 1 - beta2**t.astype(jnp.float32)
        step = lambda w, m, v: w - rate * (m / a) / (jnp.sqrt(v / b) + 1e-8)
        return jax.tree.map(step, parameters, m, v), (m, v, t)

    return start, update


def momentum(lr, factor):
    def start(parameters):
        return jax.tree.map(jnp.zeros_like, parameters), jnp.zeros((), jnp.int32)

    def update(parameters, slopes, state):
        v, t = state
        t = t + 1
        v = jax.tree.map(lambda v, g: factor(t) * v - lr(t) * g, v, slopes)
        return jax.tree.map(jnp.add, parameters, v), (v, t)

    return start, update


class Player:
    """A network with its optimiser: {w: parameters, s: states, o: the optimiser's}."""

    def __init__(self, network, optimizer, *inputs):
        self.network, (self.start, self.update), self.inputs = network, optimizer, inputs

    def make(self, key):
        w, s = networks.make(self.network, key, *self.inputs)
        return {"w": w, "s": s, "o": self.start(w)}

    def apply(self, w, states, x, key=None):
        """The result, and what was written into the states."""
        scope = networks.Scope(w, states, draws=key)
        return self.network(scope, x), scope.written

    def moved(self, state, slopes, written=None):
        w, o = self.update(state["w"], slopes, state["o"])
        return {"w": w, "s": state["s"] if written is None else written, "o": o}


def mean_of(first, second):
    return [(a + b) / 2 for a, b in zip(first, second)]


def ring_data(key, batch, radius=2.0, std=0.02):
    k1, k2 = jax.random.split(key)
    angle = jax.random.randint(k1, (batch,), 0, 8) * (2 * math.pi / 8)
    return jnp.stack([jnp.cos(angle), jnp.sin(angle)], 1) * radius + std * jax.random.normal(k2, (batch, 2))


class Game:
    """loss_d(d's parameters, states of all, x, keys) and loss_g(...) give (loss, states written)."""

    images = None

    def __init__(self, g, d, draw, batch, turns=1, factor=None, losses="logistic"):
        self.g, self.d, self.draw, self.batch, self.turns = g, d, draw, batch, turns
        self.factor, self.losses = factor, losses

    def make(self, key):
        a, b = jax.random.split(key)
        return {"G": self.g.make(a), "D": self.d.make(b)}

    def judge(self, w, state, x):
        return self.d.apply(w, state["D"]["s"], x)

    def generate(self, w, state, key):
        k1, k2 = jax.random.split(key)
        return self.g.apply(w, state["G"]["s"], self.draw.noise(k1, self.batch), k2)

    def loss_d(self, w, state, x, key):
        k1, k2 = jax.random.split(key)
        fake = lax.stop_gradient(self.generate(state["G"]["w"], state, k1)[0])
        judged, written = self.judge(w, state, x)
        faked, also = self.judge(w, state, fake)
        if self.losses == "wasserstein":
            u = jax.random.uniform(k2, (self.batch,) + (1,) * (x.ndim - 1))
            between = u * x + (1 - u) * fake
            slope = jax.grad(lambda v: self.judge(w, state, v)[0].sum())(between).reshape(self.batch, -1)
            penalty = jnp.mean(jnp.square(jnp.linalg.norm(slope, axis=1) - 1))
            loss = faked.mean() - judged.mean() + self.factor * penalty
        elif self.losses == "hinge":
            loss = jax.nn.relu(1 - judged).mean() + jax.nn.relu(1 + faked).mean()
        else:
            loss = softplus(-judged).mean() + softplus(faked).mean()
        if self.losses == "r1":
            slope = jax.grad(lambda v: self.judge(w, state, v)[0].sum())(x)
            loss = loss + self.factor * jnp.mean(jnp.sum(jnp.square(slope), (1, 2, 3)))
        return loss, mean_of(written, also)

    def loss_g(self, w, state, key):
        fake, written = self.generate(w, state, key)
        judged = self.judge(state["D"]["w"], state, fake)[0]
        return (softplus(-judged) if self.losses in ("logistic", "r1") else -judged).mean(), written

    def iteration(self, state, data, at, key):
        def turn_d(i, d):
            inner = dict(state, D=d)
            k1, k2 = jax.random.split(jax.random.fold_in(key, i))
            x = self.draw.data(data, at * self.turns + i, k1, self.batch)
            slopes, written = jax.grad(self.loss_d, has_aux=True)(d["w"], inner, x, k2)
            return self.d.moved(d, slopes, written)

        d = turn_d(0, state["D"]) if self.turns == 1 else lax.fori_loop(0, self.turns, turn_d, state["D"])
        state = dict(state, D=d)
        last = jax.random.fold_in(key, self.turns)
        slopes, written = jax.grad(self.loss_g, has_aux=True)(state["G"]["w"], state, last)
        return dict(state, G=self.g.moved(state["G"], slopes, written))


class Draw:
    """Where x and z come from: images that lie ready in memory, or a source of points; normal noise."""

    def __init__(self, z_dim, images=None, source=None, noise=None):
        self.images, self.source = images, source
        self.noise = noise or (lambda key, batch: jax.random.normal(key, (batch, z_dim)))

    def pool(self, key, batch, count=4):
        return None if self.images is None else jax.random.uniform(key, (count, batch, *self.images)) * 2 - 1

    def data(self, data, at, key, batch):
        return self.source(key, batch) if self.source else data[at % data.shape[0]]


def ring(batch):
    g = Player(networks.mlp(128, 2, 2), adam(1e-4, 0.5), jnp.zeros((batch, 2)))
    d = Player(networks.mlp(128, 2, 1), adam(1e-4, 0.5), jnp.zeros((batch, 2)))
    return Game(g, d, Draw(2, source=ring_data), batch)


def wgan_gp_toy(batch):
    g = Player(networks.mlp(512, 3, 2), adam(1e-4, 0.5, 0.9), jnp.zeros((batch, 2)))
    d = Player(networks.mlp(512, 3, 1), adam(1e-4, 0.5, 0.9), jnp.zeros((batch, 2)))
    source = lambda key, batch: ring_data(key, batch, 2 / 1.414, 0.02 / 1.414)
    return Game(g, d, Draw(2, source=source), batch, turns=5, factor=0.1, losses="wasserstein")


class Mnist(Game):
    """`play { D & G }`: both gradients at the same point, of one draw; XLA merges the equal forward passes."""

    def iteration(self, state, data, at, key):
        k1, k2, k3, k4 = jax.random.split(key, 4)
        x, z = self.draw.data(data, at, k1, self.batch), self.draw.noise(k2, self.batch)
        generate = lambda w: self.g.apply(w, [], z)[0]
        judge = lambda w, x, key: self.d.apply(w, [], x, key)[0]

        def loss_d(w):
            fake = lax.stop_gradient(generate(state["G"]["w"]))
            return softplus(-judge(w, x, k3)).mean() + softplus(judge(w, fake, k4)).mean()

        def loss_g(w):
            return softplus(-judge(state["D"]["w"], generate(w), k4)).mean()

        return {"D": self.d.moved(state["D"], jax.grad(loss_d)(state["D"]["w"])),
                "G": self.g.moved(state["G"], jax.grad(loss_g)(state["G"]["w"]))}


def mnist(batch):
    optimizer = momentum(lambda t: jnp.maximum(1e-6, 0.1 / 1.000004**t),
                         lambda t: jnp.minimum(0.7, 0.5 + 0.2 * t / 125000))
    g = Player(networks.mnist_generator, optimizer, jnp.zeros((batch, 100)))
    d = Player(networks.mnist_discriminator, optimizer, jnp.zeros((batch, 784)))
    width = math.sqrt(3)
    noise = lambda key, batch: jax.random.uniform(key, (batch, 100), minval=-width, maxval=width)
    return Mnist(g, d, Draw(100, images=(784,), noise=noise), batch)


def image_game(batch, size, z_dim, generator, discriminator, optimizer_g, optimizer_d, **options):
    g = Player(generator, optimizer_g, jnp.zeros((batch, z_dim)))
    d = Player(discriminator, optimizer_d, jnp.zeros((batch, size, size, 3)))
    return Game(g, d, Draw(z_dim, images=(size, size, 3)), batch, **options)


def dcgan(size, batch):
    channels = [64 * 2**i for i in range(4 if size == 64 else 3)]
    return image_game(batch, size, 100, networks.dcgan_generator([*channels[::-1], 3]),
                      networks.dcgan_discriminator(channels), adam(2e-4, 0.5), adam(2e-4, 0.5))


def wgan_gp_resnet32(batch):
    falling = lambda end: lambda t: jnp.maximum(0, 2e-4 * (1 - t / end))
    return image_game(batch, 32, 128, networks.resnet_generator32(128), networks.resnet_critic32(128),
                      adam(falling(100000), 0, 0.9), adam(falling(500000), 0, 0.9), turns=5, factor=10,
                      losses="wasserstein")


def sngan32(batch):
    critic = networks.resnet_critic32(128, networks.spectral_norm, jnp.sum)
    return image_game(batch, 32, 128, networks.resnet_generator32(256), critic, adam(2e-4, 0, 0.9),
                      adam(2e-4, 0, 0.9), turns=5, losses="hinge")


def stylegan2_32(batch):
    return image_game(batch, 32, 128, networks.style_generator(32, 128, 2048, 128),
                      networks.style_discriminator32(2048, 128), adam(2e-3, 0, 0.99), adam(2e-3, 0, 0.99), factor=0.5,
                      losses="r1")


class CycleGan:
    def __init__(self, batch):
        self.batch, self.draw = batch, Draw(0, images=(64, 64, 3))
        image = jnp.zeros((batch, 64, 64, 3))
        self.players = {name: Player(networks.translator(32, 4) if name in "AB" else networks.patchgan(32),
                                     adam(2e-4, 0.5), image) for name in ("A", "B", "DA", "DB")}

    def make(self, key):
        return {name: player.make(jax.random.fold_in(key, i)) for i, (name, player) in enumerate(self.players.items())}

    def iteration(self, state, data, at, key):
        run = lambda name, w, x: self.players[name].apply(w, [], x)[0]
        pick = lambda i: data[(2 * at + i) % data.shape[0]]
        l1 = lambda u, v: jnp.abs(u - v).mean()
        x, y = pick(0), pick(2)

        def loss_t(w):
            a, b = (lambda v: run("A", w["A"], v)), (lambda v: run("B", w["B"], v))
            fake_x, fake_y = a(y), b(x)
            cycle, same = l1(a(fake_y), x) + l1(b(fake_x), y), l1(a(x), x) + l1(b(y), y)
            da, db = run("DA", state["DA"]["w"], fake_x), run("DB", state["DB"]["w"], fake_y)
            return jnp.square(da - 1).mean() + jnp.square(db - 1).mean() + 10 * cycle + 5 * same

        slopes = jax.grad(loss_t)({n: state[n]["w"] for n in "AB"})
        state = dict(state, **{n: self.players[n].moved(state[n], slopes[n]) for n in "AB"})
        x, y = pick(1), pick(3)
        fakes = {"DA": run("A", state["A"]["w"], y), "DB": run("B", state["B"]["w"], x)}

        def loss_of(name, real):
            def loss(w):
                return 0.5 * (jnp.square(run(name, w, real) - 1).mean() + jnp.square(run(name, w, fakes[name])).mean())

            return self.players[name].moved(state[name], jax.grad(loss)(state[name]["w"]))

        return dict(state, DA=loss_of("DA", x), DB=loss_of("DB", y))


GAMES = {
    "ring": ring,
    "mnist_2014": mnist,
    "wgan_gp": wgan_gp_toy,
    "dcgan64": lambda batch: dcgan(64, batch),
    "dcgan32": lambda batch: dcgan(32, batch),
    "wgan_gp_resnet32": wgan_gp_resnet32,
    "sngan32": sngan32,
    "stylegan2_32": stylegan2_32,
    "cyclegan64": CycleGan,
}
