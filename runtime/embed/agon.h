/* Agon: training as a library.
 *
 * agonc MODEL.agon --emit=lib -o libmodel.so writes this header beside a library that plays the model's game as its
 * binary does: the same seed, data and settings give the same bits.
 *
 *   char error[512];
 *   agon_game *game = agon_open(0, 0, error, sizeof error);
 *   agon_bind(game, "x=mnist/train-images-idx3-ubyte");
 *   agon_step(game, 1000);
 *   agon_save(game, "checkpoint.safetensors");
 *   agon_close(game);
 *
 * Functions that return an int return 0, or a code of the binaries (1 the game failed, 64 wrong use, 65 bad data, 66 no
 * such file, 69 no memory, 70 a defect, 74 reading or writing failed); then agon_error has a line of text. The game
 * is initialised when it is first needed, so data and settings come before that.
 *
 * A game may be used from several threads, which take turns; agon_error is of the last call of any of them. Several
 * games may be played at once. The library prints nothing, catches no signals, and ends no program.
 */
#ifndef AGON_H
#define AGON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct agon_game agon_game;

/* Element types of arrays that are given. */
typedef enum agon_type { AGON_FLOAT32, AGON_FLOAT64, AGON_UINT8, AGON_INT32, AGON_INT64 } agon_type;

/* A game that is not begun yet. `threads`: 0 is all cores. Null if it cannot be had; then `error`, of `error_size`
 * characters, is a line of text. */
agon_game *agon_open(int64_t seed, int threads, char *error, size_t error_size);
void agon_close(agon_game *game);
/* The text of the last error. */
const char *agon_error(const agon_game *game);

/* Binds data of a file, "x=PATH", as --data does; before the game is begun, or after agon_resume. Files of other fields
 * of the same record follow by calls of their own, or come with it: "x,y=PATH". */
int agon_bind(agon_game *game, const char *binding);
/* Binds a field to records in memory, which are copied: an array of `rank` axes, the records along the first. Bytes of
 * a field with a range are scaled to it. At any time, again and again: a loop that makes its own minibatches
 * gives `batch` records before each step. Records are drawn in a seeded order, all of them before any again; fields of
 * one record need equally many by the next step. */
int agon_give(agon_game *game, const char *field, const void *data, agon_type type, int rank, const int64_t *shape);
/* Sets a hyperparameter, "D.lr", from the next iteration on, as --set does. */
int agon_set(agon_game *game, const char *name, double value);

/* Plays so many iterations. 1: a number is no longer finite. */
int agon_step(agon_game *game, int64_t iterations);
/* Iterations played. */
int64_t agon_iteration(const agon_game *game);
/* The minibatch's size. */
int64_t agon_batch(const agon_game *game);

/* A player's objective at its last turn ("D", "D.penalty"; NaN before the first), or a metric, computed now. */
int agon_number(agon_game *game, const char *name, double *value);

/* The shape of a parameter or state ("G.dense_0.W"), at most `most` entries of it; `rank` becomes how many it has. */
int agon_shape(agon_game *game, const char *name, int64_t *shape, int most, int *rank);
/* Its elements, of which there are `count`; and new ones. */
int agon_read(agon_game *game, const char *name, double *values, int64_t count);
int agon_write(agon_game *game, const char *name, const double *values, int64_t count);

/* The first `count` samples of a generator (null: the first one) under a seed, as `sample` draws them: `numbers` is how
 * many `values` has room for. */
int agon_sample(agon_game *game, const char *network, int64_t seed, int64_t count, double *values, int64_t numbers);
/* What a network makes of `count` records, as `apply` does. */
int agon_apply(agon_game *game, const char *network, const double *records, int64_t count, double *values,
               int64_t numbers);

/* Writes a checkpoint, the same as the binary's, unless a number is not finite (1); goes on from one, of this model, or
 * from the last one of a run's directory. */
int agon_save(agon_game *game, const char *path);
int agon_resume(agon_game *game, const char *path);

/* Names, one a line: "field x [784]", "network G (z: [100]) -> [784]", "objective D", "metric realness", "parameter
 * G.dense_0.W [100, 1200]", "state ...", "setting D.lr". */
const char *agon_names(agon_game *game);

#ifdef __cplusplus
}
#endif
#endif /* AGON_H */
