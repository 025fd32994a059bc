/* Plays a game whose records have two fields: from two files, and resumed after another play of records in memory. */
#include "agon.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static agon_game *game;

static void check(int code, int expected, const char *words) {
  if (code == expected && (code == 0 || strstr(agon_error(game), words)))
    return;
  fprintf(stderr, "expected %d, got %d: %s\n", expected, code, agon_error(game));
  exit(1);
}

static void begin(int64_t seed) {
  char error[256];
  game = agon_open(seed, 1, error, sizeof error);
  if (!game) {
    fprintf(stderr, "%s\n", error);
    exit(1);
  }
}

int main(void) {
  begin(0);
  float number = 0;
  int64_t shape[] = {1, 1};
  check(agon_bind(game, "x=points.npy"), 0, "");
  check(agon_step(game, 1), 64, "y needs data");
  check(agon_give(game, "y", &number, AGON_FLOAT32, 2, shape), 64, "y is of a record that is bound to a file");
  check(agon_bind(game, "x=points.npy"), 64, "bound twice");
  check(agon_bind(game, "y=others.npy"), 0, "");
  check(agon_step(game, 10), 0, "");
  check(agon_save(game, "ten_pairs.safetensors"), 0, "");
  check(agon_step(game, 30), 0, "");
  check(agon_save(game, "files.safetensors"), 0, "");
  agon_close(game);

  double records[2][1000];
  const char *const fields[] = {"x", "y"}, *const paths[] = {"points.npy", "others.npy"};
  begin(5);
  for (int i = 0; i < 2; ++i) {
    FILE *file = fopen(paths[i], "rb");
    if (!file || fseek(file, -(long)sizeof records[i], SEEK_END) || fread(records[i], sizeof records[i], 1, file) != 1)
      return 1;
    fclose(file);
    shape[0] = 1000;
    check(agon_give(game, fields[i], records[i], AGON_FLOAT64, 2, shape), 0, "");
  }
  check(agon_step(game, 3), 0, "");
  check(agon_resume(game, "ten_pairs.safetensors"), 0, "");
  check(agon_step(game, 30), 0, "");
  check(agon_save(game, "resumed.safetensors"), 0, "");
  agon_close(game);
  return 0;
}
