"""How PyTorch's work is timed, and in which precision it multiplies."""
import child
import torch


def device_seconds(call):
    """By the device's own clock: events before the first and behind the last of what the call begins."""
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    call()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) * 1e-3


def clock_of(device):
    return device_seconds if device == "cuda" else child.host_seconds


def multiply_in(precision):
    """Contractions of f32 tensors and convolutions, on devices: in f32 or tf32."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
