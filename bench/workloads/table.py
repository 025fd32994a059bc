"""What is measured: one entry a workload. The same names are in torch_games.GAMES and jax_games.GAMES."""
from dataclasses import dataclass, field


@dataclass
class Workload:
    title: str
    game: str  # its name on the Python sides
    model: str  # from the root of the repository
    batch: int
    flops: int  # of one iteration's contractions and convolutions, as `run.py --count` finds them in PyTorch
    data: dict = field(default_factory=dict)  # variable -> shape of one record of bytes
    convolutional: bool = True


IMAGE32, IMAGE64 = {"x": (3, 32, 32)}, {"x": (3, 64, 64)}
WORKLOADS = {
    "ring64": Workload("ring, 128-128, batch 64", "ring", "bench/models/ring.agon", 64, 25_722_880,
                       convolutional=False),
    "ring256": Workload("ring, 128-128, batch 256", "ring", "bench/models/ring.agon", 256, 102_891_520,
                        convolutional=False),
    "mnist_2014": Workload("MNIST 2014, batch 100", "mnist_2014", "bench/models/mnist_2014.agon", 100, 2_820_816_000,
                           {"x": (28, 28)}, convolutional=False),
    "wgan_gp": Workload("WGAN-GP toy, 3x512, batch 256", "wgan_gp", "examples/wgan_gp.agon", 256, 18_837_929_984,
                        convolutional=False),
    "dcgan64": Workload("DCGAN-64, batch 64", "dcgan64", "bench/models/dcgan64.agon", 64, 158_968_315_904, IMAGE64),
    "dcgan32": Workload("DCGAN-32, batch 64", "dcgan32", "bench/models/dcgan32.agon", 64, 26_937_917_440, IMAGE32),
    "wgan_gp_resnet32": Workload("WGAN-GP ResNet-32, batch 64", "wgan_gp_resnet32",
                                 "bench/models/wgan_gp_resnet32.agon", 64, 2_586_795_819_008, IMAGE32),
    "sngan32": Workload("SNGAN-32, batch 64", "sngan32", "bench/models/sngan32.agon", 64, 2_831_164_112_896, IMAGE32),
    "stylegan2_32": Workload("StyleGAN2-like 32, R1, batch 32", "stylegan2_32", "bench/models/stylegan2_32.agon", 32,
                             118_222_454_784, IMAGE32),
    "cyclegan64": Workload("CycleGAN-like 64, batch 1", "cyclegan64", "bench/models/cyclegan64.agon", 1, 17_888_182_272,
                           {"x": (3, 64, 64), "y": (3, 64, 64)}),
}
