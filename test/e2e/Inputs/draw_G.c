/* Writes what G makes of the noise that `sample --seed SEED` draws: draw_G COUNT SEED [WEIGHTS] > numbers */
#include "G.h"
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  char error[256];
  int64_t count = atoll(argv[1]);
  G_network *g = G_create(argc > 3 ? argv[3] : NULL, 2, error, sizeof error);
  if (!g) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  float *z = malloc(sizeof(float) * (size_t)count * G_in_z_elements);
  float *out = malloc(sizeof(float) * (size_t)count * G_out_elements);
  int code = G_draw(g, atoll(argv[2]), count, z);
  if (code == 0)
    code = G_run(g, count, z, out);
  if (code != 0)
    fprintf(stderr, "%s\n", G_error(g));
  else
    fwrite(out, sizeof(float), (size_t)count * G_out_elements, stdout);
  G_free(g);
  free(z);
  free(out);
  return code;
}
