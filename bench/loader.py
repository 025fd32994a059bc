"""How fast records come from a folder of JPEG files: Agon against PyTorch's DataLoader with two workers, which decode,
cut and scale the same files with Pillow. `loader.py BUILD TAR` writes the folder from an archive of small pictures,
scaled to sizes between 192 and 320, and prints one row a round; PYTHON needs torch, numpy and pillow."""
import argparse
import glob
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

MODEL = """const batch = 64
network C(x: [3, 64, 64]) -> [1] = x |> flatten |> dense(1)
game loader {
  data x: [3, 64, 64] in (-1, 1)
  player C minimizes E[C(x)^2] with sgd(lr = 0)
}
"""
BATCH, EPOCHS, MANY = 64, 3, 50


def write_folder(archive, folder, count):
    """Real pictures in sizes that photographs have after a first cut, quality 90."""
    from PIL import Image
    with tarfile.open(archive) as pictures:
        members = [member for member in pictures.getmembers() if member.isfile()]
        for number in range(count):
            member = members[number * len(members) // count]
            picture = Image.open(io.BytesIO(pictures.extractfile(member).read())).convert("RGB")
            size = 192 + number * 37 % 129, 192 + number * 53 % 129
            picture.resize(size, Image.BICUBIC).save(os.path.join(folder, f"{number:05}.jpg"), quality=90)


def torch_epochs(folder):
    """Plays epochs of minibatches of f32 in -1 to 1, and prints the seconds of each."""
    import numpy
    import torch
    from PIL import Image, ImageOps

    class Pictures(torch.utils.data.Dataset):
        def __init__(self):
            self.files = sorted(glob.glob(os.path.join(folder, "*.jpg")))

        def __len__(self):
            return len(self.files)

        def __getitem__(self, i):
            picture = ImageOps.fit(Image.open(self.files[i]).convert("RGB"), (64, 64), Image.BICUBIC)
            return torch.from_numpy(numpy.asarray(picture).copy()).permute(2, 0, 1).float().div_(127.5).sub_(1)

    loader = torch.utils.data.DataLoader(Pictures(), BATCH, shuffle=True, num_workers=2, persistent_workers=True,
                                         drop_last=True)
    seconds = []
    for _ in range(EPOCHS):
        begin = time.perf_counter()
        for minibatch in loader:
            assert minibatch.shape == (BATCH, 3, 64, 64)
        seconds.append(time.perf_counter() - begin)
    print(json.dumps(seconds))


def timed(command):
    """Seconds, seconds of processors, and output of a process and all that it begins."""
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime
    begin, before = time.perf_counter(), used()
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return time.perf_counter() - begin, used() - before, output


def agon_run(binary, folder, epochs, count):
    return timed([binary, "train", "--quiet", "--force", "--out", binary + "-run", "--threads", "2", "--steps",
                  str(epochs * (count // BATCH)), "--data", f"x={folder}"])[:2]


def compare(binary, folder, count):
    """A row: seconds and processors' seconds of the first epoch, with all that comes before it, and of a later one."""
    _, idle, _ = timed([sys.executable, "-c", "import torch, numpy, PIL.Image, PIL.ImageOps"])
    first, firstCpu = agon_run(binary, folder, 1, count)
    _, torchCpu, output = timed([sys.executable, __file__, "--torch", folder])
    many, manyCpu = agon_run(binary, folder, 1 + MANY, count)
    epochs, torchCpu = json.loads(output), (torchCpu - idle) / EPOCHS
    torch, later, laterCpu = statistics.median(epochs), (many - first) / MANY, (manyCpu - firstCpu) / MANY
    allOfAgon = first + later * (EPOCHS - 1)
    return (f"{torch:.2f} ({torchCpu:.2f}) | {first:.2f} ({firstCpu:.2f}) | {later:.3f} ({laterCpu:.3f}) | "
            f"{torch / first:.2f} ({torchCpu / firstCpu:.2f}) | {torch / later:.0f} ({torchCpu / laterCpu:.0f}) | "
            f"{sum(epochs) / allOfAgon:.2f} | {10 * torch / (first + 9 * later):.1f}")


def main():
    if sys.argv[1:2] == ["--torch"]:
        return torch_epochs(sys.argv[2])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("archive")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, source, binary = (os.path.join(scratch, name) for name in ("pictures", "loader.agon", "loader"))
        os.mkdir(folder)
        write_folder(options.archive, folder, options.count)
        with open(source, "w") as file:
            file.write(MODEL)
        subprocess.run([os.path.join(options.build, "bin", "agonc"), source, "-o", binary], check=True)
        print(f"{options.count} files, {sum(map(os.path.getsize, glob.glob(folder + '/*'))) >> 20} MiB, "
              f"load before: {os.getloadavg()[0]:.1f}; seconds, in brackets those of processors")
        print("| round | DataLoader, an epoch | Agon, the first | a later one | ratio, first | later | "
              f"{EPOCHS} epochs | 10 epochs |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
        for number in range(options.rounds):
            print(f"| {number + 1} | {compare(binary, folder, options.count)} |", flush=True)


if __name__ == "__main__":
    main()
