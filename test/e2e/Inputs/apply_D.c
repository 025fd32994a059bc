/* Writes what D makes of records: apply_D COUNT < numbers > numbers */
#include "D.h"
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  char error[256];
  size_t count = argc > 1 ? (size_t)atoll(argv[1]) : 0;
  D_network *d = D_create(NULL, 1, error, sizeof error);
  float *x = malloc(sizeof(float) * count * D_in_x_elements), *out = malloc(sizeof(float) * count * D_out_elements);
  if (!d || fread(x, sizeof(float), count * D_in_x_elements, stdin) != count * D_in_x_elements)
    return 1;
  if (D_run(d, (int64_t)count, x, out) != 0)
    return 2;
  fwrite(out, sizeof(float), count * D_out_elements, stdout);
  D_free(d);
  free(x);
  free(out);
  return 0;
}
