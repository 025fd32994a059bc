/* Plays a game by hand: minibatches that the program makes, weights that it looks at, checkpoints. */
#include "agon.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static agon_game *game;

static void check(int code) {
  if (code == 0)
    return;
  fprintf(stderr, "%d: %s\n", code, agon_error(game));
  exit(1);
}

/* The call fails with this code and a text that holds `words`. */
static void refused(int code, int expected, const char *words) {
  if (code == expected && strstr(agon_error(game), words))
    return;
  fprintf(stderr, "expected %d and \"%s\", got %d: %s\n", expected, words, code, agon_error(game));
  exit(1);
}

static agon_game *begin(int64_t seed) {
  char error[256];
  game = agon_open(seed, 2, error, sizeof error);
  if (!game) {
    fprintf(stderr, "%s\n", error);
    exit(1);
  }
  return game;
}

/* A loop as of reinforcement learning: what the player does next decides what it is shown. The records are drawn around
 * twice the player's own number, and it learns to be their mean, 3 + w / 2 at its fixed point 6. */
static void follow(void) {
  float minibatch[64];
  int64_t shape[] = {64, 1}, one[1];
  double w = 0;
  int rank = 0;
  unsigned state = 1;
  begin(0);
  refused(agon_step(game, 1), 64, "needs data");
  for (int turn = 0; turn < 400; ++turn) {
    for (int i = 0; i < 64; ++i) {
      state = state * 1664525u + 1013904223u;
      minibatch[i] = (float)(3 + w / 2 + (double)(state >> 8) / (1 << 24) - 0.5);
    }
    check(agon_give(game, "x", minibatch, AGON_FLOAT32, 2, shape));
    check(agon_step(game, 1));
    check(agon_shape(game, "P.w", one, 1, &rank));
    check(agon_read(game, "P.w", &w, 1));
  }
  if (rank != 1 || one[0] != 1 || fabs(w - 6) > 0.1 || agon_iteration(game) != 400) {
    fprintf(stderr, "P.w is %g\n", w);
    exit(1);
  }
  double loss = 0;
  check(agon_number(game, "P", &loss));
  if (!(loss > 0 && loss < 0.2)) {
    fprintf(stderr, "the objective is %g\n", loss);
    exit(1);
  }
  minibatch[7] = (float)NAN;
  refused(agon_give(game, "x", minibatch, AGON_FLOAT32, 2, shape), 65, "record 7 holds nan");
  shape[1] = 2;
  refused(agon_give(game, "x", minibatch, AGON_FLOAT32, 2, shape), 65, "expects records of [1]");
  refused(agon_give(game, "y", minibatch, AGON_FLOAT32, 2, shape), 64, "there is no data field 'y'");
  refused(agon_number(game, "Q", &loss), 64, "no objective and no metric 'Q'; did you mean P? (known: P, distance)");
  refused(agon_read(game, "P.v", &w, 1), 64, "did you mean P.w?");
  refused(agon_set(game, "P.rate", 1), 64, "cannot set 'P.rate'");
  refused(agon_set(game, "P.lr", NAN), 64, "P.lr expects a finite number");
  refused(agon_step(game, -1), 64, "expected a number of iterations, got -1");
  w = 1e30;
  check(agon_write(game, "P.w", &w, 1));
  check(agon_set(game, "P.lr", 1e30));
  refused(agon_step(game, 3), 1, "not finite");
  refused(agon_save(game, "broken.safetensors"), 1, "broken.safetensors is not written");
  agon_close(game);
}

/* The same run as `train --seed 7 --steps 10 --data x=FILE --out run`: at once, in two parts, of its directory. */
static void train(const char *binding) {
  begin(7);
  check(agon_bind(game, binding));
  check(agon_step(game, 5));
  check(agon_save(game, "five.safetensors"));
  check(agon_step(game, 5));
  check(agon_save(game, "ten.safetensors"));
  refused(agon_bind(game, binding), 64, "before the game is begun");
  agon_close(game);
  begin(1);
  refused(agon_resume(game, "none.safetensors"), 66, "cannot open none.safetensors");
  refused(agon_resume(game, "."), 66, "cannot open ./checkpoint.safetensors");
  check(agon_resume(game, "five.safetensors"));
  check(agon_bind(game, binding));
  check(agon_step(game, 5));
  check(agon_save(game, "again.safetensors"));
  agon_close(game);
  begin(1);
  check(agon_resume(game, "run"));
  check(agon_save(game, "of_run.safetensors"));
  agon_close(game);
}

int main(int argc, char **argv) {
  if (argc > 1)
    train(argv[1]);
  follow();
  return 0;
}
