# REQUIRES: ptxas
# RUN: %python %s %root %ptxas %t.cubin
"""ptxas takes the kernels of the emulator's tests: what runs here would run on a device."""

import glob
import os
import subprocess
import sys

root, ptxas, output = sys.argv[1:]
kernels = glob.glob(os.path.join(root, "test", "gpu", "*", "*.ll"))
assert len(kernels) >= 6, kernels
for path in kernels:
    ptx = subprocess.run(["llc", "-mcpu=sm_80", "-mattr=+ptx76", path, "-o", "-"], capture_output=True, check=True)
    assembled = subprocess.run([ptxas, "-arch=sm_80", "-o", output, "-"], input=ptx.stdout, capture_output=True)
    assert assembled.returncode == 0, (path, assembled.returncode, assembled.stderr.decode())
