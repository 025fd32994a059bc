# RUN: %python %s %t
# UNSUPPORTED: sanitized
# A library that has sanitizers can only be used by a program that has them.
"""Libraries of networks and inputs that are called as words of C, functions, macros and headers of the C library are:
one program includes and uses all of them. Labels that are no classes are refused, with their places."""

import array
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
sys.dont_write_bytecode = True
from arrays import read_npy
from support import compile_model, run

(scratch,) = sys.argv[1:]
shutil.rmtree(scratch, ignore_errors=True)
os.makedirs(scratch)
os.chdir(scratch)

with open("words.agon", "w", encoding="utf-8") as file:
    file.write("""const batch = 8
network puts(double: [1], double_: [2], out: [1], errno: [1]) -> [2] =
  concat(concat(double, double_), concat(out, errno)) |> dense(2)
network exp(stdin: [2], I: class(3)) -> [1] = concat(stdin, one_hot(I)) |> dense(1)
network math(seed: [2]) -> [1] = seed |> dense(1)
network timer(batch: [2]) -> [1] = batch |> dense(1)
network agon(int: [2]) -> [1] = int |> dense(1)
game main {
  data (x: [2], c: class(3))
  noise double: [1] ~ normal(0, 1)
  noise double_: [2] ~ normal(0, 1)
  noise out: [1] ~ normal(0, 1)
  noise errno: [1] ~ uniform(0, 1)
  let fake = puts(double, double_, out, errno)
  player D(exp, math, timer, agon)
    minimizes E[softplus(-exp(x, c))] + E[softplus(math(fake) + timer(fake) + agon(fake))] with sgd(lr = 0.1)
  player puts minimizes E[softplus(-math(fake) - timer(fake) - agon(fake))] with sgd(lr = 0.1)
  play { D; puts }
}
""")
with open("x.csv", "w", encoding="utf-8") as file:
    file.writelines(f"{i},{-i},{i % 3}\n" for i in range(10))
binary = compile_model("words.agon", "words")
run([binary, "train", "--steps", "2", "--data", "x,c=x.csv", "--out", "run", "--quiet", "--force"])
run([binary, "sample", "--from", "run", "-n", "20", "--seed", "3", "-o", "sampled.npy", "--force"])
networks = {"puts": "puts", "exp": "exp", "math": "math_", "timer": "timer_", "agon": "agon_"}
for network in networks:
    run(["agonc", "words.agon", "--emit=lib", "--network", network, "--weights", "run", "-o", f"libx{network}.so"])
run(["agonc", "words.agon", "--emit=lib", "-o", "libxmain.so"])

headers = ["complex", "ctype", "errno", "math", "pthread", "signal", "stdio", "stdlib", "string", "time", "unistd"]
with open("words.c", "w", encoding="utf-8") as file:
    file.write("".join(f"#include <{name}.h>\n" for name in headers))
    file.write("".join(f'#include "{name}.h"\n' for name in ["agon", *networks.values()]))
    file.write("""
static float a[20], b[40], c[20], d[20], made[40] = {7};

/* The labels are refused, with this text, and nothing is computed. */
static int isRefused(exp_network *network, const int32_t *labels, const char *text) {
  made[0] = 7;
  return exp_run(network, 20, b, labels, made) == 65 && strcmp(exp_error(network), text) == 0 && made[0] == 7;
}

int main(void) {
  puts_network *g = puts_create(NULL, 1, NULL, 0);
  if (puts_draw(g, 3, 20, a, b, c, d) != 0 || puts_run(g, 20, a, b, c, d, made) != 0)
    return 1;
  fwrite(made, sizeof made, 1, stdout);
  puts_free(g);
  exp_network *e = exp_create(NULL, 1, NULL, 0);
  int32_t labels[20] = {0, 1, 2};
  if (exp_run(e, 20, b, labels, made) != 0)
    return 2;
  labels[17] = 3;
  if (!isRefused(e, labels, "in_I: sample 17 is 3, expected a class from 0 to 2"))
    return 3;
  labels[11] = -1;
  if (!isRefused(e, labels, "in_I: sample 11 is -1, expected a class from 0 to 2"))
    return 4;
  exp_free(e);
  math__network *m = math__create(NULL, 1, NULL, 0);
  timer__network *t = timer__create(NULL, 1, NULL, 0);
  agon__network *n = agon__create(NULL, 1, NULL, 0);
  agon_game *game = agon_open(0, 1, NULL, 0);
  int code = math__run(m, 20, b, made) || timer__run(t, 20, b, made) || agon__run(n, 20, b, made) ||
             agon_step(game, 0) != 64;
  math__free(m);
  timer__free(t);
  agon__free(n);
  agon_close(game);
  return code ? 5 : puts_in_double__elements - puts_in_double_elements - 1;
}
""")
libraries = [f"libx{name}.so" for name in [*networks, "main"]]
for compiler in (["cc", "-std=c99", "-D_GNU_SOURCE", "-I."], ["c++", "-x", "c++", "-I."]):
    run([*compiler, "-Wall", "-Wextra", "-Werror", "words.c", "-x", "none", "-o", "words_c", *libraries,
         f"-Wl,-rpath,{os.getcwd()}", "-lm"])
    result = subprocess.run(["./words_c"], capture_output=True, check=False)
    assert result.returncode == 0, result
    assert result.stdout == array.array("f", read_npy("sampled.npy")[1]).tobytes()
print("every name can be used")
