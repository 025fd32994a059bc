/* Agon: the contract between the library of an exported network and the runtime.
 *
 * agonc writes a C file for each such library, which holds this header's text, a
 * table of what the network consists of, and functions with the network's name that
 * call those below. Users see NAME.h only.
 */
#ifndef AGON_RUNTIME_ABI_AGON_NETWORK_H
#define AGON_RUNTIME_ABI_AGON_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct agon_model; /* agon_abi.h */

/* A parameter or state. */
typedef struct agon_network_weight {
  const char *cell;
  const char *tensor; /* what a run's checkpoint calls it */
  const void *data;   /* its elements, in the order of its shape; null: they are read from a file */
} agon_network_weight;

/* What goes in or comes out. */
typedef struct agon_network_port {
  const char *cell;
  const char *name; /* what users call it */
  int64_t classes;  /* labels: from 0 to classes - 1; 0: numbers */
} agon_network_port;

/* A network's function is the model's one of kind SAMPLE; the cells are named as in the model. */
typedef struct agon_network_table {
  const struct agon_model *model;
  const char *name;
  uint32_t num_inputs, num_outputs, num_weights;
  const agon_network_port *inputs;
  const agon_network_port *outputs;
  const agon_network_weight *weights;
} agon_network_table;

/* Functions that return an int return 0 or a code of docs/running.md, and then agon_network_error has a text. */
void *agon_network_create(const agon_network_table *network, const char *weights, int threads, char *error,
                          size_t error_size);
void agon_network_free(void *handle);
int agon_network_run(void *handle, int64_t batch, const void *const *inputs, void *const *outputs);
int agon_network_draw(void *handle, int64_t seed, int64_t batch, void *const *inputs);
int agon_network_seed(void *handle, int64_t seed);
const char *agon_network_error(const void *handle);

#ifdef __cplusplus
}
#endif
#endif
