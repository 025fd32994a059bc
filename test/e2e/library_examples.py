# RUN: %python %s %root %t
"""Every example of the library reference is a program that compiles, and the
reference is what the library's comments make."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from library_programs import programs

root, scratch = sys.argv[1:3]
only = sys.argv[3] if len(sys.argv) > 3 else ""
os.makedirs(scratch, exist_ok=True)
phase = os.environ.get("AGON_PHASE", "diff")


def compiles(job):
    name, _, lines = job
    path = os.path.join(scratch, name + ".agon")
    with open(path, "w", encoding="utf-8") as file:
        file.write("const batch = 8\n" + "\n".join(lines) + "\n")
    result = subprocess.run(["agonc", path, f"--emit={phase}", "-o", path + ".out"], capture_output=True, text=True)
    return None if result.returncode == 0 else f"{path}\n{result.stderr}"


jobs = [job for job in programs() if only in job[0]]
with ThreadPoolExecutor(os.cpu_count()) as pool:
    failures = [message for message in pool.map(compiles, jobs) if message]
if failures:
    sys.exit("\n".join(failures) + f"\n{len(failures)} of {len(jobs)} examples do not compile")
if not only:
    assert len(jobs) >= 200, f"only {len(jobs)} examples"
    subprocess.run([sys.executable, os.path.join(root, "scripts", "library_reference.py"), "--check"], check=True)
print(len(jobs), "examples compile")
