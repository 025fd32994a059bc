"""usage: torch_ops.py THREADS

PyTorch's side of layers.py: a line of JSON describes an operation, the answer is the median of the seconds that one
call takes, in each memory format, or why it fails. Its CPU convolutions are oneDNN's."""
import ctypes
import json
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "workloads"))
from child import protocol


def convolution(torch, job, layout):
    """A call of one of the three operations of a convolution."""
    x = torch.randn(job["x"]).to(memory_format=layout)
    w = torch.randn(job["w"]).to(memory_format=layout)
    dy = torch.randn(job["y"]).to(memory_format=layout)
    stride, pad, dilation, output_pad = job["stride"], job["pad"], job["dilation"], job["output_pad"]
    if job["op"] == "forward":
        if job["transposed"]:
            function = torch.nn.functional.conv_transpose2d
            call = lambda: function(x, w, None, stride, pad, output_pad, 1, dilation)
        else:
            call = lambda: torch.nn.functional.conv2d(x, w, None, stride, pad, dilation)
        if list(call().shape) != job["y"]:
            raise ValueError(f"expected {job['y']}, got {list(call().shape)}")
        return call
    mask = [job["op"] == "input", job["op"] == "filter", False]
    return lambda: torch.ops.aten.convolution_backward(dy, x, w, None, [stride] * 2, [pad] * 2, [dilation] * 2,
                                                       job["transposed"], [output_pad] * 2, 1, mask)


def batchnorm(torch, job, layout):
    x, dy = (torch.randn(job["x"]).to(memory_format=layout) for _ in range(2))
    channels = job["x"][1]
    gamma, beta, mean, var = torch.ones(channels), torch.zeros(channels), torch.zeros(channels), torch.ones(channels)

    def forward():
        return torch.native_batch_norm(x, gamma, beta, mean, var, True, 0.1, 1e-5)

    def both():
        _, kept_mean, kept_scale = forward()
        torch.ops.aten.native_batch_norm_backward(dy, x, gamma, mean, var, kept_mean, kept_scale, True, 1e-5,
                                                  [True] * 3)

    return forward if job["op"] == "forward" else both


def adam(torch, job, layout):
    parameters = [torch.nn.Parameter(0.02 * torch.randn(shape)) for shape in job["shapes"]]
    for p in parameters:
        p.grad = 0.02 * torch.randn(p.shape)
    return torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999), fused=True).step


KINDS = {"convolution": convolution, "batchnorm": batchnorm, "adam": adam}


def median(call, seconds):
    for _ in range(3):
        call()
    times, end = [], time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def keep_memory():
    """Has the allocator keep what is freed: else each result of 32 MiB or more costs fresh pages, which would hide the
    operation. M_MMAP_MAX and M_TRIM_THRESHOLD of glibc; elsewhere nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(-4, 0)
        mallopt(-1, 2 ** 31 - 1)


def main():
    channel = protocol()
    keep_memory()
    import torch

    torch.set_num_threads(int(sys.argv[1]))
    torch.manual_seed(0)

    def answer(**fields):
        channel.write(json.dumps(fields) + "\n")
        channel.flush()

    answer(version=f"PyTorch {torch.__version__} (oneDNN)")
    layouts = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
    for line in sys.stdin:
        job = json.loads(line)
        try:
            with torch.no_grad():
                chosen = ["contiguous"] if job["kind"] == "adam" else list(layouts)
                answer(**{name: median(KINDS[job["kind"]](torch, job, layouts[name]), job["seconds"])
                          for name in chosen})
        except Exception as error:
            answer(reason=f"fails: {(str(error).splitlines() or [type(error).__name__])[0]}")


if __name__ == "__main__":
    main()
