"""The networks of bench/models and of examples, written for PyTorch: each function takes the parameters (a dict by
Agon's names) and the data, and returns what each player minimises."""
import math

import torch
import torch.nn.functional as F

from layers import (Scope, batchnorm, conv, deconv, dense, equal_dense, res_block, res_block_down, res_block_up,
                    scaled_leaky_relu, upsample)


def dcgan(tensors, data, layers):
    def generate(z):
        s, h = Scope(tensors, "G"), z.reshape(*z.shape, 1, 1)
        for i in range(layers):
            h = deconv(s.inner("up"), h, 2 if i else 1, 1 if i else 0)
            h = torch.tanh(h) if i == layers - 1 else F.relu(batchnorm(s, h))
        return h

    def judge(x):
        s, h = Scope(tensors, "D"), x
        for i in range(layers):
            last = i == layers - 1
            h = conv(s.inner("down"), h, 1 if last else 2, 0 if last else 1)
            if not last:
                h = F.leaky_relu(batchnorm(s, h) if i else h, 0.2)
        return h.flatten(1)

    fake = generate(data["z"])
    return {"D": F.softplus(-judge(data["x"])).mean() + F.softplus(judge(fake)).mean(),
            "G": F.softplus(-judge(fake)).mean()}


def resnet_generator(tensors, z, width):
    s = Scope(tensors, "G")
    h = dense(s, z).reshape(-1, width, 4, 4)
    for _ in range(3):
        h = res_block_up(s, h)
    return torch.tanh(conv(s, F.relu(batchnorm(s, h)), pad=1))


def resnet_critic(tensors, x, sn):
    s = Scope(tensors, "D")
    h = res_block_down(s, res_block_down(s, x, first=True, sn=sn), sn=sn)
    h = F.relu(res_block(s, res_block(s, h, sn=sn), sn=sn))
    return dense(s, h.sum((2, 3)) if sn else h.mean((2, 3)), sn=sn)


def sngan(tensors, data, width):
    fake = resnet_generator(tensors, data["z"], width)
    judge = lambda x: resnet_critic(tensors, x, True)
    return {"D": F.relu(1 - judge(data["x"])).mean() + F.relu(1 + judge(fake)).mean(), "G": -judge(fake).mean()}


def wgan_gp(tensors, data, width):
    fake = resnet_generator(tensors, data["z"], width)
    judge = lambda x: resnet_critic(tensors, x, False)
    u = data["u"].reshape(-1, 1, 1, 1)
    between = (u * data["x"] + (1 - u) * fake.detach()).requires_grad_()
    slope, = torch.autograd.grad(judge(between).sum(), between, create_graph=True)
    penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    return {"D": judge(fake).mean() - judge(data["x"]).mean() + 10 * penalty, "G": -judge(fake).mean()}


# ---------------------------------------------------------------------------------------------------------------------
# StyleGAN2: the weights are modulated for each sample, as in the paper; Agon scales the features instead.


def fir(x, gain, up, before, after):
    """The filter [1, 3, 3, 1] along both axes, after `up` - 1 zeros behind each pixel."""
    n, c, h, w = x.shape
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=x.dtype) / 8
    y = torch.zeros(n, c, h * up, w * up, dtype=x.dtype)
    y[:, :, ::up, ::up] = x
    y = F.pad(y, (before, after, before, after))
    kernel = torch.outer(taps, taps) * gain
    return F.conv2d(y.reshape(n * c, 1, *y.shape[2:]), kernel[None, None]).reshape(n, c, y.shape[2] - 3, y.shape[3] - 3)


def modulated_conv(s, x, w, demodulate=True, up=False):
    s = s.inner("modulated_conv")
    style = equal_dense(s, w)
    weight = s["W"]
    o, c, k, _ = weight.shape
    v = weight / math.sqrt(c * k * k) * style.reshape(-1, 1, c, 1, 1)
    if demodulate:
        v = v / torch.sqrt((v ** 2).sum((2, 3, 4), keepdim=True) + 1e-8)
    n = x.shape[0]
    x = x.reshape(1, n * c, *x.shape[2:])
    if up:
        # A convolution of the image with zeros between its pixels, which flips the taps of a transposed one.
        v = v.flip(3, 4).transpose(1, 2).reshape(n * c, o, k, k)
        y = F.conv_transpose2d(x, v, stride=2, groups=n)
        return fir(y.reshape(n, o, *y.shape[2:]), 4, 1, 1, 1)
    y = F.conv2d(x, v.reshape(n * o, c, k, k), padding=k // 2, groups=n)
    return y.reshape(n, o, *y.shape[2:])


def style_block(s, x, w, up=False):
    s = s.inner("style_block")
    h = modulated_conv(s, x, w, up=up)
    h = h + s["noise_injection_0.strength"]  # * noise, which is the number 1 here
    return scaled_leaky_relu(h + s["b"].reshape(1, -1, 1, 1))


def to_rgb(s, x, w):
    s = s.inner("to_rgb")
    return modulated_conv(s, x, w, demodulate=False) + s["b"].reshape(1, -1, 1, 1)


def equal_conv(s, x, down=False):
    s = s.inner("equal_conv")
    k = s["W"].shape[2]
    w = s["W"] / math.sqrt(s["W"][0].numel())
    if down:
        p = 2 + k - 1
        y = F.conv2d(fir(x, 1, 1, (p + 1) // 2, p // 2), w, stride=2)
    else:
        y = F.conv2d(x, w, padding=k // 2)
    return y + s["b"].reshape(1, -1, 1, 1) if s.has("b") else y


def minibatch_stddev(x, group):
    n, c, h, w = x.shape
    y = x.reshape(group, n // group, c, h, w)
    y = torch.sqrt(((y - y.mean(0)) ** 2).mean(0) + 1e-8).mean((1, 2, 3))
    return torch.cat([x, y.repeat(group).reshape(n, 1, 1, 1).expand(n, 1, h, w)], 1)


def stylegan2(tensors, data):
    def mapped(z):
        s = Scope(tensors, "F").inner("mapping_network")
        h = z / torch.sqrt((z ** 2).mean(1, keepdim=True) + 1e-8)
        for _ in range(4):
            h = scaled_leaky_relu(equal_dense(s, h, 0.01))
        return h

    def generate(w):
        s = Scope(tensors, "G").inner("style_synthesis")
        h = s["learned_0.value"].expand(w.shape[0], -1, -1, -1)
        h = style_block(s, h, w)
        rgb = to_rgb(s, h, w)
        for _ in range(3):
            h = style_block(s, style_block(s, h, w, up=True), w)
            rgb = to_rgb(s, h, w) + fir(rgb, 4, 2, 2, 1)
        return rgb

    def judge(x):
        s = Scope(tensors, "D")
        h = scaled_leaky_relu(equal_conv(s, x))
        for _ in range(3):
            t = s.inner("style_block_down")
            y = scaled_leaky_relu(equal_conv(t, scaled_leaky_relu(equal_conv(t, h)), down=True))
            h = (equal_conv(t, h, down=True) + y) / math.sqrt(2)
        h = scaled_leaky_relu(equal_conv(s, minibatch_stddev(h, 4)))
        return equal_dense(s, scaled_leaky_relu(equal_dense(s, h.flatten(1))))

    x = data["x"].clone().requires_grad_()
    fake, real = generate(mapped(data["z"])), judge(x)
    slope, = torch.autograd.grad(real.sum(), x, create_graph=True)
    return {"D": F.softplus(judge(fake)).mean() + F.softplus(-real).mean() + 0.5 * (slope ** 2).sum((1, 2, 3)).mean(),
            "P": F.softplus(-judge(fake)).mean()}


# ---------------------------------------------------------------------------------------------------------------------
# Translation.


def resnet_translator(tensors, name, x, blocks):
    s = Scope(tensors, name).inner("resnet_generator")
    reflect = lambda h, p: F.pad(h, (p, p, p, p), mode="reflect")
    h = F.relu(F.instance_norm(conv(s, reflect(x, 3))))
    for _ in range(2):
        h = F.relu(F.instance_norm(conv(s, h, 2, 1)))
    for _ in range(blocks):
        t = s.inner("reflected_block")
        y = F.relu(F.instance_norm(conv(t, reflect(h, 1))))
        h = h + F.instance_norm(conv(t, reflect(y, 1)))
    for _ in range(2):
        h = F.relu(F.instance_norm(deconv(s, h, 2, 1, 1)))
    return torch.tanh(conv(s, reflect(h, 3)))


def patch_judge(tensors, name, x, norm, layers=3):
    s = Scope(tensors, name).inner("patchgan")
    h = F.leaky_relu(conv(s, x, 2, 1), 0.2)
    for i in range(layers):
        h = F.leaky_relu(norm(s, conv(s, h, 2 if i < layers - 1 else 1, 1)), 0.2)
    return conv(s, h, 1, 1)


def cyclegan(tensors, data, blocks):
    a = lambda v: resnet_translator(tensors, "A", v, blocks)
    b = lambda v: resnet_translator(tensors, "B", v, blocks)
    norm = lambda s, h: F.instance_norm(h)
    da = lambda v: patch_judge(tensors, "DA", v, norm)
    db = lambda v: patch_judge(tensors, "DB", v, norm)
    x, y = data["x"], data["y"]
    fx, fy = a(y), b(x)
    l1 = lambda u, v: (u - v).abs().mean()
    return {"T": ((da(fx) - 1) ** 2).mean() + ((db(fy) - 1) ** 2).mean() + 10 * (l1(a(fy), x) + l1(b(fx), y))
                 + 5 * (l1(a(x), x) + l1(b(y), y)),
            "DA": 0.5 * (((da(x) - 1) ** 2).mean() + (da(fx) ** 2).mean()),
            "DB": 0.5 * (((db(y) - 1) ** 2).mean() + (db(fy) ** 2).mean())}


def pix2pix(tensors, data):
    def translate(x):
        s, h, skips = Scope(tensors, "G").inner("unet"), x, []
        depth = 4
        for i in range(depth):
            h = conv(s, F.leaky_relu(h, 0.2) if i else h, 2, 1)
            h = batchnorm(s, h) if 0 < i < depth - 1 else h
            skips.append(h)
        for j in range(1, depth):
            h = batchnorm(s, deconv(s, F.relu(h), 2, 1))
            h = torch.cat([skips[depth - 1 - j], h], 1)
        return torch.tanh(deconv(s, F.relu(h), 2, 1))

    judge = lambda x, y: patch_judge(tensors, "D", torch.cat([x, y], 1), batchnorm, layers=2)
    x, y = data["x"], data["y"]
    fake = translate(x)
    real, faked = judge(x, y), judge(x, fake)
    return {"D": 0.5 * (F.softplus(-real).mean() + F.softplus(faked).mean()),
            "G": F.softplus(-faked).mean() + 100 * (fake - y).abs().mean()}


# ---------------------------------------------------------------------------------------------------------------------
# Attention, recurrence.


def self_attention(s, x):
    s = s.inner("self_attention")
    n, c, h, w = x.shape
    q = F.conv2d(x, s["query"]).flatten(2)
    k = F.max_pool2d(F.conv2d(x, s["key"]), 2).flatten(2)
    v = F.max_pool2d(F.conv2d(x, s["value"]), 2).flatten(2)
    a = torch.softmax(q.transpose(1, 2) @ k, -1)
    o = (v @ a.transpose(1, 2)).reshape(n, c // 2, h, w)
    return s["gamma"] * F.conv2d(o, s["out"]) + x


def sagan(tensors, data):
    s = Scope(tensors, "G")
    h = dense(s, data["z"]).reshape(-1, 64, 4, 4)
    h = res_block_up(s, res_block_up(s, h))
    h = res_block_up(s, self_attention(s, h))
    fake = torch.tanh(conv(s, F.relu(batchnorm(s, h)), pad=1))

    def judge(x):
        s = Scope(tensors, "D")
        h = res_block_down(s, x, first=True, sn=True)
        h = res_block_down(s, self_attention(s, h), sn=True)
        h = res_block(s, h, sn=True)
        return dense(s, F.relu(h).sum((2, 3)), sn=True)

    return {"D": F.relu(1 - judge(data["x"])).mean() + F.relu(1 + judge(fake)).mean(), "G": -judge(fake).mean()}


def lstm(s, x):
    s = s.inner("lstm")
    units = s["U"].shape[0]
    h = c = torch.zeros(x.shape[0], units, dtype=x.dtype)
    outputs = []
    for t in range(x.shape[1]):
        i, f, g, o = (x[:, t] @ s["W"] + h @ s["U"] + s["b"]).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.stack(outputs, 1)


def sequences(tensors, data):
    s = Scope(tensors, "G")
    h = lstm(s, data["z"])
    rows = s.inner("row_dense")
    fake = torch.tanh(h @ rows["W"] + rows["b"])

    def judge(x):
        s = Scope(tensors, "D")
        return dense(s, lstm(s, x)[:, -1])

    return {"D": F.softplus(-judge(data["x"])).mean() + F.softplus(judge(fake)).mean(),
            "G": F.softplus(-judge(fake)).mean()}
