"""Each workload's iteration in PyTorch. A game is built on a device with `compiled`, which is torch.compile or the
identity, and hands back its modules and a function without arguments that plays one iteration."""
import math
from contextlib import contextmanager

import torch
import torch.nn.functional as F
import torch_networks as networks
from torch.nn.utils import parametrize

softplus = F.softplus


def adam(module, lr, beta1, beta2=0.999):
    """PyTorch's fused kernel, where this version has one for the device."""
    parameters = [p for m in module for p in m.parameters()] if isinstance(module, tuple) else module.parameters()
    parameters = list(parameters)
    try:
        return torch.optim.Adam(parameters, lr=lr, betas=(float(beta1), beta2), eps=1e-8, fused=True)
    except (RuntimeError, TypeError):
        return torch.optim.Adam(parameters, lr=lr, betas=(float(beta1), beta2), eps=1e-8)


@contextmanager
def frozen(*modules):
    """Without the gradients of modules that do not move."""
    for module in modules:
        module.requires_grad_(False)
    yield
    for module in modules:
        module.requires_grad_(True)


def move(optimizer, loss):
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


class Images:
    """Batches that lie ready in memory, of numbers between -1 and 1: loading is not timed."""

    def __init__(self, batch, shape, layout, count=4):
        self.batches = [torch.rand(batch, *shape) * 2 - 1 for _ in range(count)]
        if layout == "channels_last":
            self.batches = [b.to(memory_format=torch.channels_last) for b in self.batches]
        self.at = 0

    def __call__(self):
        self.at = (self.at + 1) % len(self.batches)
        return self.batches[self.at]


def ring_data(batch, device, radius=2.0, std=0.02):
    angle = torch.randint(0, 8, (batch,), device=device) * (2 * math.pi / 8)
    return torch.stack([angle.cos(), angle.sin()], 1) * radius + std * torch.randn(batch, 2, device=device)


def normal(device, *shape):
    return lambda: torch.randn(shape, device=device)


def alternating(g, d, optimizers, loss_d, loss_g, draw, turns=1):
    """`play { repeat turns { D }; G }`. draw() gives the arguments of loss_d, the last of which is G's noise."""
    optimizer_d, optimizer_g = optimizers

    def iteration():
        for _ in range(turns):
            move(optimizer_d, loss_d(*draw()))
        with frozen(d):
            move(optimizer_g, loss_g(draw.noise()))

    return [g, d], iteration


class Draw:
    def __init__(self, data, noise, *others):
        self.data, self.noise, self.others = data, noise, others

    def __call__(self):
        return (self.data(), *[o() for o in self.others], self.noise())


def gan_losses(g, d):
    """softplus(-v) is -log(sigmoid(v))."""

    def loss_d(x, z):
        with torch.no_grad():
            fake = g(z)
        return softplus(-d(x)).mean() + softplus(d(fake)).mean()

    def loss_g(z):
        return softplus(-d(g(z))).mean()

    return loss_d, loss_g


def judged_with_slope(d, x):
    """d(x) and the gradient of its sum by x, to be differentiated again. torch.compile has no second derivative of its
    own for torch.autograd.grad, but one for the functional form, which in turn costs more in eager mode."""
    if torch.compiler.is_compiling():
        def judge(x):
            judged = d(x)
            return judged.sum(), judged

        slope, (_, judged) = torch.func.grad_and_value(judge, has_aux=True)(x)
        return judged, slope
    x = x.detach().requires_grad_()
    judged = d(x)
    return judged, torch.autograd.grad(judged.sum(), x, create_graph=True)[0]


def wgan_losses(g, d, factor):
    def loss_d(x, u, z):
        with torch.no_grad():
            fake = g(z)
        slope = judged_with_slope(d, u * x + (1 - u) * fake)[1]
        penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        return d(fake).mean() - d(x).mean() + factor * penalty

    def loss_g(z):
        return -d(g(z)).mean()

    return loss_d, loss_g


def ring(batch, layout, compiled, device):
    g, d = networks.mlp(2, 128, 2, 2), networks.mlp(2, 128, 2, 1)
    losses = map(compiled, gan_losses(g, d))
    draw = Draw(lambda: ring_data(batch, device), normal(device, batch, 2))
    return alternating(g, d, (adam(d, 1e-4, 0.5), adam(g, 1e-4, 0.5)), *losses, draw)


def wgan_gp_toy(batch, layout, compiled, device):
    g, d = networks.mlp(2, 512, 3, 2), networks.mlp(2, 512, 3, 1)
    losses = map(compiled, wgan_losses(g, d, 0.1))
    draw = Draw(lambda: ring_data(batch, device, 2 / 1.414, 0.02 / 1.414), normal(device, batch, 2),
                lambda: torch.rand(batch, 1, device=device))
    return alternating(g, d, (adam(d, 1e-4, 0.5, 0.9), adam(g, 1e-4, 0.5, 0.9)), *losses, draw, turns=5)


def mnist(batch, layout, compiled, device):
    """`play { D & G }`: both gradients at the same point, of one draw and one forward pass."""
    g, d = networks.mnist_generator(), networks.mnist_discriminator()
    optimizers = [torch.optim.SGD(m.parameters(), lr=0.1, momentum=0.5) for m in (d, g)]
    images, t = Images(batch, (784,), layout), 0
    width = math.sqrt(3)

    @compiled
    def losses(x, z):
        judged = d(g(z))
        return softplus(-d(x)).mean() + softplus(judged).mean(), softplus(-judged).mean()

    of_d, of_g = list(d.parameters()), list(g.parameters())

    def iteration():
        nonlocal t
        t += 1
        for optimizer in optimizers:
            optimizer.param_groups[0]["lr"] = max(1e-6, 0.1 / 1.000004**t)
            optimizer.param_groups[0]["momentum"] = min(0.7, 0.5 + 0.2 * t / 125000)
        loss_d, loss_g = losses(images(), torch.empty(batch, 100, device=device).uniform_(-width, width))
        slopes_d = torch.autograd.grad(loss_d, of_d, retain_graph=True)
        slopes_g = torch.autograd.grad(loss_g, of_g)
        for parameters, slopes, optimizer in ((of_d, slopes_d, optimizers[0]), (of_g, slopes_g, optimizers[1])):
            for parameter, slope in zip(parameters, slopes):
                parameter.grad = slope
            optimizer.step()

    return [g, d], iteration


def dcgan(size, batch, layout, compiled, device):
    channels = [64 * 2**i for i in range(4 if size == 64 else 3)]
    g, d = networks.dcgan_generator([*channels[::-1], 3]), networks.dcgan_discriminator(channels)
    arrange(layout, g, d)
    losses = map(compiled, gan_losses(g, d))
    draw = Draw(Images(batch, (3, size, size), layout), normal(device, batch, 100))
    return alternating(g, d, (adam(d, 2e-4, 0.5), adam(g, 2e-4, 0.5)), *losses, draw)


def wgan_gp_resnet32(batch, layout, compiled, device):
    g, d = networks.resnet_generator32(128), networks.ResNetCritic32(128)
    arrange(layout, g, d)
    losses = map(compiled, wgan_losses(g, d, 10))
    draw = Draw(Images(batch, (3, 32, 32), layout), normal(device, batch, 128),
                lambda: torch.rand(batch, 1, 1, 1, device=device))
    optimizers = adam(d, 2e-4, 0, 0.9), adam(g, 2e-4, 0, 0.9)
    modules, play = alternating(g, d, optimizers, *losses, draw, turns=5)
    t = 0

    def iteration():
        nonlocal t
        t += 1
        optimizers[0].param_groups[0]["lr"] = max(0, 2e-4 * (1 - 5 * t / 500000))
        optimizers[1].param_groups[0]["lr"] = max(0, 2e-4 * (1 - t / 100000))
        play()

    return modules, iteration


def sngan32(batch, layout, compiled, device):
    """Both applications of D in a turn share one normalised weight: parametrize.cached."""
    g, d = networks.resnet_generator32(256), networks.ResNetCritic32(128, networks.spectral_norm, torch.sum)
    arrange(layout, g, d)

    @compiled
    def loss_d(x, z):
        with torch.no_grad():
            fake = g(z)
        with parametrize.cached():
            return F.relu(1 - d(x)).mean() + F.relu(1 + d(fake)).mean()

    @compiled
    def loss_g(z):
        with parametrize.cached():
            return -d(g(z)).mean()

    draw = Draw(Images(batch, (3, 32, 32), layout), normal(device, batch, 128))
    return alternating(g, d, (adam(d, 2e-4, 0, 0.9), adam(g, 2e-4, 0, 0.9)), loss_d, loss_g, draw, turns=5)


def stylegan2_32(batch, layout, compiled, device):
    g, d = networks.StyleGenerator(32, 128, 2048, 128), networks.StyleDiscriminator32(2048, 128)
    arrange(layout, g, d)

    @compiled
    def loss_d(x, z):
        with torch.no_grad():
            fake = g(z)
        real, slope = judged_with_slope(d, x)
        return softplus(d(fake)).mean() + softplus(-real).mean() + 0.5 * slope.square().sum((1, 2, 3)).mean()

    @compiled
    def loss_g(z):
        return softplus(-d(g(z))).mean()

    draw = Draw(Images(batch, (3, 32, 32), layout), normal(device, batch, 128))
    return alternating(g, d, (adam(d, 2e-3, 0, 0.99), adam(g, 2e-3, 0, 0.99)), loss_d, loss_g, draw)


def cyclegan64(batch, layout, compiled, device):
    a, b = networks.translator(32, 4), networks.translator(32, 4)
    da, db = networks.patchgan(32), networks.patchgan(32)
    arrange(layout, a, b, da, db)
    optimizer = adam((a, b), 2e-4, 0.5)
    optimizer_a, optimizer_b = adam(da, 2e-4, 0.5), adam(db, 2e-4, 0.5)
    images_x, images_y = Images(batch, (3, 64, 64), layout), Images(batch, (3, 64, 64), layout)
    l1 = F.l1_loss

    @compiled
    def loss_t(x, y):
        fake_x, fake_y = a(y), b(x)
        cycle, same = l1(a(fake_y), x) + l1(b(fake_x), y), l1(a(x), x) + l1(b(y), y)
        return (da(fake_x) - 1).square().mean() + (db(fake_y) - 1).square().mean() + 10 * cycle + 5 * same

    @compiled
    def losses_d(x, y):
        with torch.no_grad():
            fake_x, fake_y = a(y), b(x)
        return (0.5 * ((da(x) - 1).square().mean() + da(fake_x).square().mean()),
                0.5 * ((db(y) - 1).square().mean() + db(fake_y).square().mean()))

    def iteration():
        with frozen(da, db):
            move(optimizer, loss_t(images_x(), images_y()))
        loss_a, loss_b = losses_d(images_x(), images_y())
        optimizer_a.zero_grad(set_to_none=True)
        optimizer_b.zero_grad(set_to_none=True)
        (loss_a + loss_b).backward()
        optimizer_a.step()
        optimizer_b.step()

    return [a, b, da, db], iteration


def arrange(layout, *modules):
    if layout == "channels_last":
        for module in modules:
            module.to(memory_format=torch.channels_last)


def identity(function):
    return function


def build(game, batch, layout, compiled=identity, device="cpu"):
    """What is made once is made on the device; what an iteration draws says itself where."""
    with torch.device(device):
        return GAMES[game](batch, layout, compiled, device)


GAMES = {
    "ring": ring,
    "mnist_2014": mnist,
    "wgan_gp": wgan_gp_toy,
    "dcgan64": lambda *args: dcgan(64, *args),
    "dcgan32": lambda *args: dcgan(32, *args),
    "wgan_gp_resnet32": wgan_gp_resnet32,
    "sngan32": sngan32,
    "stylegan2_32": stylegan2_32,
    "cyclegan64": cyclegan64,
}
