"""Random networks: 3 to 8 primitives and layers of the library, one after the
other, on inputs of random shapes, ending in one number.

Kinks are few: what has one is multiplied so that its derivative goes on, or is
left to finite differences with steps too short to meet it."""

import inspect
import math

SMOOTH = ["tanh(h)", "sigmoid(h)", "softplus(h)", "elu(h)", "gelu(h)", "silu(h)", "mish(h)", "erf(h)", "sin(h)",
          "cos(h) * h", "exp(0.3 * tanh(h))", "log(1 + h^2)", "sqrt(1 + h^2)", "0.3 * h^2", "rsqrt(1 + h^2)",
          "h / (1 + norm(h)^2)", "log(sigmoid(2 * h))", "log(1 - sigmoid(2 * h))", "(1 + h^2)^0.7", "square(tanh(h))",
          "h / (2 + sin(h))", "-h * exp(-h^2)"]
KINKED = ["relu(h) * h", "abs(h) * h", "leaky_relu(h, slope = 0.2)", "max(h, 0.3 * h) * h", "selu(h)",
          "select(h > 0, sin(h), h)", "(if h > 0 then h + h^2 else h)", "max(h, 0.2)", "clamp(h, -1.5, 1.5)",
          "float(h > 0) * h^2", "where(abs(h) >= 0.5, h, 0.5 * h)"]


class Network:
    """What has been written of a network: its lines, and the shape of the value `h` after them."""

    def __init__(self, source, name, batch):
        self.source, self.name, self.batch = source, name, batch
        spatial = source.choice([0, 1, 2, 2, 2, 3])
        longest = {0: 9, 1: 9, 2: 6, 3: 3}[spatial]
        # How many numbers a sample has at most, anywhere; most networks are small.
        most, channels = source.choice([(160, 5), (160, 5), (160, 5), (1200, 20)])
        self.input = [source.randint(1, channels)] + [source.randint(1, longest) for _ in range(spatial)]
        self.shape = list(self.input)
        self.parameters, self.lines, self.steps, self.earlier = [], [], [], []
        self.let(f"x * {self.parameter(self.shape)} + {self.parameter(self.shape[-1:])}", self.shape)
        count = source.randint(3, 8)
        tries = 0
        while len(self.steps) < count and tries < 300:
            tries += 1
            step = source.choice(STEPS)
            before = (list(self.shape), len(self.lines), len(self.parameters))
            self.earlier.append((f"h{len(self.steps)}", list(self.shape)))
            self.lines.append(f"let h{len(self.steps)} = h")
            if step(self) is False or math.prod(self.shape) > most:
                self.shape = before[0]
                del self.lines[before[1]:], self.parameters[before[2]:]
                self.earlier.pop()
            else:
                self.steps.append(step.__name__)
        self.penalty = source.random() < 0.5

    # What the steps use.

    def pick(self, *choices):
        return self.source.choice(choices)

    def let(self, expression, shape):
        self.lines.append(f"{'' if self.lines else 'let '}h = {expression}")
        self.shape = [int(extent) for extent in shape]

    def parameter(self, shape, scale=0.7):
        """Declares a parameter; its name. Its scale keeps what it multiplies near 1."""
        self.parameters.append(f"param p{len(self.parameters)}: {list(shape)} ~ normal(0, {scale:.3g})")
        return f"p{len(self.parameters) - 1}"

    def axis(self):
        """An axis, counted from the front or from the back."""
        axis = self.source.randrange(len(self.shape))
        return axis, self.pick(axis, axis - len(self.shape))

    def written(self, values):
        """One number for all axes where that is the same."""
        if len(set(values)) == 1 and self.pick(True, False):
            return values[0]
        return list(values)

    @property
    def spatial(self):
        return self.shape[1:]

    def text(self):
        body = "\n".join("  " + line for line in self.parameters + self.lines)
        return (f"network {self.name}(x: {self.input}, u: [4], y: class(3)) -> [] {{\n{body}\n"
                f"  return mean(sin(h + 0.3) + 0.5 * h^2)\n}}\n")

    def objective(self):
        penalty = f" + 0.3 * E[sum(grad({self.name}_y, {self.name}_x)^2)]" if self.penalty else ""
        return (f"  noise {self.name}_x: {self.input} ~ normal(0, 1)\n"
                f"  let {self.name}_y = {self.name}({self.name}_x, u, y)\n"
                f"  player {self.name} minimizes E[{self.name}_y]{penalty} with sgd(lr = 0.1)\n")


# The steps. Each writes lines and sets the shape, or returns False where it does not apply.

def smooth(n):
    n.let(n.pick(*SMOOTH), n.shape)


def kinked(n):
    n.let(n.pick(*KINKED), n.shape)


def affine(n):
    shape = [extent if n.pick(True, False) else 1 for extent in n.shape][n.source.randrange(len(n.shape)):]
    n.let(f"h * {n.parameter(shape, 1)} + {n.parameter(n.shape[-1:], 0.3)}", n.shape)


def convolve(n):
    if not n.spatial:
        return False
    groups = n.pick(*[g for g in (1, 1, 2, 3) if n.shape[0] % g == 0])
    outputs = groups * n.source.randint(1, 3)
    kernel = [n.source.randint(1, 3) for _ in n.spatial]
    stride = [n.source.randint(1, 2) for _ in n.spatial]
    dilation = [n.pick(1, 1, 2) for _ in n.spatial]
    pads = [(n.source.randint(0, 2), n.source.randint(0, 2)) for _ in n.spatial]
    if n.pick(True, False):
        pads = [(low, low) for low, _ in pads]
    positions = [low + s + high - d * (k - 1) - 1 for s, k, d, (low, high) in zip(n.spatial, kernel, dilation, pads)]
    if min(positions) < 0:
        return False
    pad = n.written([low for low, _ in pads]) if all(low == high for low, high in pads) else pads
    options = f"stride = {n.written(stride)}, pad = {pad}, dilation = {n.written(dilation)}, groups = {groups}"
    shape = [outputs] + [p // s + 1 for p, s in zip(positions, stride)]
    if n.pick(True, False):
        weight = n.pick("", "", ", weight = weight_norm", ", weight = equalized", ", bias = false")
        n.let(f"h |> conv({outputs}, {n.written(kernel)}, {options}{weight})", shape)
    else:
        inputs = n.shape[0] // groups
        W = n.parameter([outputs, inputs] + kernel, (inputs * math.prod(kernel)) ** -0.5)
        if n.pick(True, False, False):
            W = f"({W} * mean(tanh(h0)))"  # A hypernetwork's filter.
        n.let(f"convolve(h, {W}, {options})", shape)


def deconvolve(n):
    if not n.spatial:
        return False
    groups = n.pick(*[g for g in (1, 1, 2, 3) if n.shape[0] % g == 0])
    outputs = groups * n.source.randint(1, 2)
    kernel = [n.source.randint(1, 3) for _ in n.spatial]
    stride = [n.source.randint(1, 2) for _ in n.spatial]
    pad = [n.source.randint(0, 1) for _ in n.spatial]
    extra = [n.source.randrange(s) for s in stride]
    positions = [(s - 1) * t - 2 * p + k + o for s, k, t, p, o in zip(n.spatial, kernel, stride, pad, extra)]
    if min(positions) <= 0 or any(s * t + k - t <= 2 * p for s, t, k, p in zip(n.spatial, stride, kernel, pad)):
        return False
    options = f"stride = {n.written(stride)}, pad = {n.written(pad)}, output_pad = {n.written(extra)}"
    n.let(f"h |> deconv({outputs}, {n.written(kernel)}, {options}, groups = {groups})", [outputs] + positions)


def windows(n):
    """unfold and fold, with something in between."""
    axis = n.source.randrange(len(n.shape))
    extent = n.shape[axis]
    size, stride, dilation = n.source.randint(1, min(3, extent)), n.source.randint(1, 2), n.source.randint(1, 2)
    if dilation * (size - 1) + 1 > extent:
        return False
    positions = (extent - dilation * (size - 1) - 1) // stride + 1
    options = f"stride = {stride}, dilation = {dilation}"
    unfolded = f"unfold(h, {n.pick(axis, axis - len(n.shape))}, {size}, {options})"
    shape = n.shape[:axis] + [positions] + n.shape[axis + 1:]
    ending = n.source.randrange(3)
    if ending == 0:
        n.let(f"mean({unfolded} * {n.parameter([size], 1)}, axis = -1)", shape)
    elif ending == 1:
        n.let(f"fold({unfolded} * {n.parameter([size], 1)}, {axis}, {extent}, {options})", n.shape)
    else:
        n.let(unfolded, shape + [size])


def pool(n):
    if not n.spatial:
        return False
    kernel = [n.source.randint(1, 3) for _ in n.spatial]
    stride = n.pick(kernel, [n.source.randint(1, 2) for _ in n.spatial])
    pad = [n.source.randint(0, k // 2) for k in kernel]
    positions = [(s + 2 * p - k) // t + 1 for s, k, t, p in zip(n.spatial, kernel, stride, pad)]
    if min(positions) <= 0 or max(kernel + stride) == 1:
        return False
    stride = "" if stride == kernel else f", stride = {n.written(stride)}"
    n.let(f"h |> {n.pick('maxpool', 'avgpool')}({n.written(kernel)}{stride}, pad = {n.written(pad)})",
          n.shape[:1] + positions)


def resize(n):
    if not n.spatial:
        return False
    mode = n.pick("nearest", "bilinear")
    if n.pick(True, False):
        factor = n.source.randint(2, 3)
        n.let(f"h |> upsample({factor}, mode = {mode})", n.shape[:1] + [s * factor for s in n.spatial])
    else:
        sizes = [n.source.randint(1, 6) for _ in n.spatial]
        n.let(f"h |> resize({n.written(sizes)}, mode = {mode})", n.shape[:1] + sizes)


def margin(n):
    if n.pick(True, False):
        low, high = ([n.source.randint(0, 2) for _ in n.shape] for _ in range(2))
        n.let(f"pad(h, {low}, {high}, value = {n.pick(0, 1, -0.5)})",
              [l + s + r for l, s, r in zip(low, n.shape, high)])
        return None
    if not n.spatial:
        return False
    width = [(n.source.randint(0, min(2, s - 1)), n.source.randint(0, min(2, s - 1))) for s in n.spatial]
    n.let(f"h |> {n.pick('reflection_pad', 'replication_pad')}({width})",
          n.shape[:1] + [low + s + high for s, (low, high) in zip(n.spatial, width)])


def fir(n):
    if not n.spatial:
        return False
    taps = n.pick("[1, 3, 3, 1]", "[1, 2, 1]", "[1, 1]")
    kind = n.pick("filter", "upsample", "downsample")
    if kind == "downsample" and any(s % 2 for s in n.spatial):
        return False
    scale = {"filter": 1, "upsample": 2, "downsample": 0.5}[kind]
    n.let(f"h |> fir_{kind}(taps = {taps})", n.shape[:1] + [s * scale for s in n.spatial])


def shuffle(n):
    area = 2 ** len(n.spatial)
    if not n.spatial:
        return False
    if n.shape[0] % area == 0:
        n.let("h |> pixelshuffle(2)", [n.shape[0] // area] + [2 * s for s in n.spatial])
    elif all(s % 2 == 0 for s in n.spatial):
        n.let("h |> pixelunshuffle(2)", [n.shape[0] * area] + [s // 2 for s in n.spatial])
    else:
        return False


def normalise(n):
    """With an eps that keeps the third derivative of few elements tame."""
    groups = n.pick(*[g for g in (1, 2, 3) if n.shape[0] % g == 0])
    # A parameter of its own before each: a norm forgets scales and shifts.
    n.let(f"h * {n.parameter(n.shape, 1)}", n.shape)
    norms = ["film(u)"]
    size, pixels = math.prod(n.shape), math.prod(n.spatial)
    # A norm of one element is refused.
    for norm, count in (("batchnorm(eps = 0.1)", n.batch * pixels),
                        ("batchnorm(eps = 0.1, affine = false)", n.batch * pixels),
                        ("conditional_batchnorm(y, eps = 0.1)", n.batch * pixels), ("layernorm(eps = 0.1)", size),
                        ("instancenorm(eps = 0.1, affine = true)", pixels), ("adain(u, eps = 0.1)", pixels),
                        (f"groupnorm({groups}, eps = 0.1)", size // groups), ("pixelnorm(eps = 0.1)", n.shape[0]),
                        ("rownorm(eps = 0.1)", n.shape[-1])):
        norms += [norm] if count > 1 else []
    norm = n.pick(*norms)
    n.let(f"h |> {norm}", n.shape)


def indexed(n, extent, classes):
    """`extent` labels below `classes`: the same for all samples, or each sample's own."""
    if extent <= 4 and n.pick(True, False):
        return f"label({classes} * u[0:{extent}] - 0.5, {classes})"
    return f"label({n.pick('iota', '3 * iota', f'{classes} - iota')}({extent}) - {n.pick(0, 1)}, {classes})"


def gather(n):
    axis, written = n.axis()
    count = n.source.randint(1, 5)
    if n.pick(False, False, True):
        n.let(f"gather(h, label(float(y), {n.shape[axis]}), axis = {written})", n.shape[:axis] + n.shape[axis + 1:])
        return False if not n.shape else None
    n.let(f"gather(h, {indexed(n, count, n.shape[axis])}, axis = {written})",
          n.shape[:axis] + [count] + n.shape[axis + 1:])


def scatter(n):
    axis, written = n.axis()
    places = n.source.randint(1, 6)
    n.let(f"scatter_add(h, {indexed(n, n.shape[axis], places)}, {places}, axis = {axis})",
          n.shape[:axis] + [places] + n.shape[axis + 1:])


def running(n):
    axis, written = n.axis()
    n.let(n.pick(f"cumsum(h, axis = {written})", f"cumsum(h, axis = {written}, reverse = true)",
                 f"cumsum(tanh(h)) * {n.parameter([1], 0.5)}", f"reverse(h, axis = {written})", "reverse(h, axis = 0)",
                 "reverse(cumsum(reverse(h, axis = -1)), axis = -1)"), n.shape)


def rows(n):
    """What sorts the last axis."""
    if not 2 <= n.shape[-1] <= 6:
        return False
    expression, last = n.pick(("sort(h)", None), ("cumprod(1 + 0.3 * tanh(h))", None), ("h * topk_mask(h, 1)", None),
                              ("topk(h, 1)", 1),
                              ("h + expand_dims(0.1 * argmax(h), -1)", None))
    n.let(expression, n.shape[:-1] + [last or n.shape[-1]])


def soften(n):
    axis, written = n.axis()
    if min(n.shape[axis], n.shape[-1]) == 1:
        return False
    n.let(n.pick(f"softmax(h, axis = {written})", f"log_softmax(h, axis = {written})", "softmax(2 * h) * h",
                 "log(softmax(h))", "h - logsumexp(h)"), n.shape)


def reduce(n):
    if len(n.shape) < 2:
        return False
    axis, written = n.axis()
    kind = n.pick("sum", "mean", "max", "min", "norm", "variance")
    if kind == "variance" and n.shape[axis] == 1:
        return False
    if kind in ("sum", "mean", "max", "min") and n.pick(True, False):
        n.let(f"h - 0.5 * {kind}(h, axis = {written}, keep = true)", n.shape)
        return None
    inner = f"{kind}(h, axis = {written})"
    if kind == "norm":
        inner = f"sqrt(0.1 + sum(h^2, axis = {written}))"
    n.let(inner, n.shape[:axis] + n.shape[axis + 1:])


def contract(n):
    last = n.shape[-1]
    units = n.source.randint(1, 5)
    if len(n.shape) == 1:
        if n.pick(True, False):
            n.let(f"h |> {n.pick(f'dense({units})', f'maxout({units}, pieces = 2)', f'gated({units})')}", [units])
        else:
            n.let("h |> highway(act = tanh)", n.shape)
    elif n.pick(True, False, False):
        n.let(f"(h @ transpose(h, {list(range(len(n.shape) - 2)) + [len(n.shape) - 1, len(n.shape) - 2]})) "
              f"* {1 / last:.3g}", n.shape[:-1] + [n.shape[-2]])
    elif len(n.shape) == 3 and n.pick(True, False):
        n.let(f"h @ {n.parameter([n.shape[0], last, units], last ** -0.5)}", n.shape[:-1] + [units])
    else:
        n.let(f"h @ {n.parameter([last, units], last ** -0.5)}", n.shape[:-1] + [units])


def attention(n):
    pool = 1 if 1 in n.spatial else 2
    if n.pick(True, False) and n.spatial and math.prod(s // pool for s in n.spatial) > 1:
        n.let(f"{n.parameter([], 1)} * (h |> self_attention) + tanh(h)", n.shape)
    elif len(n.shape) == 2 and n.shape[0] > 1:
        n.let("attend(h, tanh(h), sin(h), causal = true)", n.shape)
    else:
        return False


def recurrent(n):
    if len(n.shape) != 2 or n.shape[0] > 4:
        return False
    units = n.source.randint(1, 3)
    if n.pick(True, False):
        n.let(f"h |> {n.pick('lstm', 'gru')}({units}, backward = {n.pick('true', 'false')})", [n.shape[0], units])
    else:
        n.let(f"h |> {n.pick('lstm', 'gru')}({units}, sequences = false)", [units])


def cut(n):
    axis = n.source.randrange(len(n.shape))
    if n.shape[axis] < 2:
        return False
    first = n.source.randrange(n.shape[axis])
    last = n.source.randint(first + 1, n.shape[axis])
    if axis == 0 and len(n.shape) > 1 and n.pick(True, False):
        n.let(f"h[{first}]", n.shape[1:])
    elif n.pick(True, False):
        n.let(f"h[{':, ' * axis}{first}:{last}]", n.shape[:axis] + [last - first] + n.shape[axis + 1:])
    else:
        n.let(f"slice(h, {n.pick(axis, axis - len(n.shape))}, {first}, {last})",
              n.shape[:axis] + [last - first] + n.shape[axis + 1:])


def arrange(n):
    order = list(range(len(n.shape)))
    n.source.shuffle(order)
    kind = n.source.randrange(4)
    if kind == 0:
        n.let(f"transpose(h, {order})", [n.shape[axis] for axis in order])
    elif kind == 1:
        n.let("flatten(h)", [math.prod(n.shape)])
    elif kind == 2:
        total = math.prod(n.shape)
        divisors = [d for d in range(1, total + 1) if total % d == 0]
        first = n.pick(*divisors)
        second = n.pick(*[d for d in divisors if total // first % d == 0])
        n.let(f"reshape(h, [{first}, {second}, -1])", [first, second, total // first // second])
    else:
        n.let(f"broadcast(h, {[2] + n.shape}) * {n.parameter([2] + [1] * len(n.shape), 1)}", [2] + n.shape)


def join(n):
    axis, written = n.axis()
    name, shape = n.pick(*n.earlier)
    if len(shape) == len(n.shape) and shape[:axis] + shape[axis + 1:] == n.shape[:axis] + n.shape[axis + 1:]:
        if shape == n.shape and n.pick(True, False):
            n.let(f"stack(h, {name}, axis = {axis})", n.shape[:axis] + [2] + n.shape[axis:])
        else:
            n.let(f"concat(h, {name}, axis = {written})",
                  n.shape[:axis] + [n.shape[axis] + shape[axis]] + n.shape[axis + 1:])
    else:
        n.let(f"concat(h, tanh(h), h^2, axis = {written})",
              n.shape[:axis] + [3 * n.shape[axis]] + n.shape[axis + 1:])


def skip(n):
    """A binary operation with an earlier value, or with its mean where the shapes are unlike."""
    name, shape = n.pick(*n.earlier)
    long, short = (n.shape, shape) if len(n.shape) >= len(shape) else (shape, n.shape)
    padded = [1] * (len(long) - len(short)) + short
    fits = all(a == b or a == 1 or b == 1 for a, b in zip(long, padded))
    other = name if fits else f"mean({name})"
    result = [max(a, b) for a, b in zip(long, padded)] if fits else n.shape
    n.let(n.pick(f"h + tanh({other})", f"h * {other}", f"h / (1 + {other}^2)", f"h - 0.5 * {other}",
                 f"max(h, {other}) * h", f"(if h > {other} then h * {other} else {other}^2)",
                 f"sin(h) * cos({other})"), result)


def across(n):
    """What looks across the minibatch."""
    kind = n.source.randrange(4)
    if kind == 0:
        n.let("h - 0.5 * batch_mean(h^2)", n.shape)
    elif kind == 1 and n.batch > 1:
        n.let("h |> minibatch_stddev(group = batch)", [n.shape[0] + 1] + n.shape[1:])
    elif kind == 2:
        n.let("h + mean(sin(samples(h)), axis = 0)", n.shape)
    else:
        n.let("per_sample(cumsum(samples(h), axis = 0))", n.shape)


def random_draw(n):
    n.let(n.pick("h |> dropout(0.3)", "h |> channel_dropout(0.4)" if n.spatial else "h |> gaussian_noise(0.3)",
                 "reparameterise(h, tanh(h))", "h * (1 + u[0])",
                 "gumbel_softmax(h, tau = 2)" if n.shape[-1] > 1 else "h * u[1]"), n.shape)


def augment(n):
    if not n.spatial or n.shape[-1] == 1 or max(n.spatial) < 4:
        return False
    n.let(f"h |> {n.pick('random_flip', 'random_translation', 'random_cutout', 'diff_augment', 'random_contrast')}",
          n.shape)


def warp(n):
    if len(n.shape) != 3:
        return False
    n.let("h |> affine_sample([1, 0.3 * u[0], -0.2, 1.1], [u[1], 0.4])", n.shape)


def block(n):
    if len(n.shape) != 3 or math.prod(n.shape) > 48:
        return False
    channels = n.source.randint(1, 3)
    least = math.prod(n.shape[1:]) * min(n.shape[0], channels)
    norm = n.pick("layernorm", "identity") if least > 1 else "identity"
    n.let(f"h |> res_block({channels}, norm = {norm}, act = {n.pick('gelu', 'tanh')})",
          [channels] + n.spatial)


STEPS = [step for step in list(globals().values())
         if inspect.isfunction(step) and list(inspect.signature(step).parameters) == ["n"]]
STEPS += 3 * [convolve] + 2 * [deconvolve] + [contract, smooth]
