/* Agon: the contract between compiled models and the runtime.
 *
 * The compiler emits one object file that defines `agon_model_v1` (the only
 * exported symbol); the runtime library reads it and plays the game. Nothing
 * else is shared between the two, and this header depends on nothing.
 *
 * THE PICTURE. All memory that a model ever touches is one block, the arena,
 * allocated once by the runtime (64-byte aligned, zero-filled,
 * `agon_model.arena_bytes` long). Its layout is fixed at compile time:
 *
 *   | cells (named: parameters, moments, inputs, losses, ...) | temporaries |
 *
 * A *cell* is a named tensor at a fixed offset, row-major and dense, its axes
 * in an order of its own (`agon_cell.order`). The runtime fills input cells (data,
 * keys, hyperparameters), calls a *function*, and reads output cells. A function
 * takes the frame and nothing else: every address in it is `arena + constant`.
 *
 * ONE TURN.  for each turn index i of `schedule`, in order:
 *   1. each data record group that the turn's function reads is drawn afresh;
 *      a group bound to a built-in source calls that source function instead;
 *   2. the KEY cell is set to {seed, draw}, `draw` being the number of turns
 *      played since the start of training (it never repeats in one run);
 *   3. fn(frame). Player steps, parameters, moments and states are updated in
 *      place by the function itself; OBJECTIVE cells hold the players' values.
 *
 * EVALUATION. What `E[...]` means over a data set, its mean over all records,
 * is computed in rounds, so that an E may stand within another:
 *   1. each EXPECTATIONS function of the round is called for one minibatch after
 *      the other, until all records of the groups that it reads have been seen;
 *   2. each EXPECTED cell that it wrote has an EXPECTATION or a LARGEST cell of
 *      its name, which is set to the mean or the maximum over these records;
 *   3. after the last round the EVALUATE functions are called once.
 *
 * PROCESSORS. A portable binary holds the game once for every level of
 * processor, each with its own table: kernels differ, and with them the layout
 * of temporaries. The runtime chooses once, at start.
 *
 * VERSIONS. The runtime refuses a model whose `abi_version` differs from its
 * own AGON_ABI_VERSION. Any change to a struct below raises it.
 *
 * THREADS. A function hands parallel loops to `frame->parallel_for`. Kernels
 * compute each output element by the same sequence of operations however the
 * range is cut, so results do not depend on the number of threads.
 *
 * PROFILES. Functions are straight lines of *regions*: kernels, and copies. The
 * table says of each what it is, where in the model's file it comes from and
 * how much work it is. A turn exists twice: `fn`, which knows nothing of
 * profiles, and `marked`, which computes the same and reports to
 * `frame->mark` before each region and after the last.
 *
 * FAILURES. With the same marks the runtime finds which region of a turn first
 * made a number that is not finite: the table says which real numbers a region
 * reads and writes, and which of its operations may do so.
 */
#ifndef AGON_RUNTIME_ABI_AGON_ABI_H
#define AGON_RUNTIME_ABI_AGON_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AGON_ABI_VERSION 4u

typedef enum agon_dtype {
  AGON_F32 = 0,
  AGON_F64 = 1,
  AGON_I32 = 2, /* integer labels */
  AGON_I64 = 3  /* keys and step counters */
} agon_dtype;

typedef enum agon_cell_kind {
  AGON_CELL_PARAMETER = 0,  /* trained; in checkpoints; "G.dense_0.W" */
  AGON_CELL_STATE = 1,      /* non-trained memory; in checkpoints; "D.batchnorm_0.mean" */
  AGON_CELL_MOMENT = 2,     /* optimiser memory; in checkpoints; "optimizer.D.adam.m.D.dense_0.W" */
  AGON_CELL_STEP = 3,       /* i64 []: updates a player has made; in checkpoints; "step.D" */
  AGON_CELL_KEY = 4,        /* i64 [2]: {seed, draw}; "key" (one per model) */
  AGON_CELL_DATA = 5,       /* one minibatch [batch, ...] of a data field; its name */
  AGON_CELL_DATA_MEAN = 6,  /* per-element mean over the data set, read by init only; "mean.x" */
  AGON_CELL_HYPER = 7,      /* f64 []: NaN = use the model's expression, else the override; "D.lr" */
  AGON_CELL_OBJECTIVE = 8,  /* real []: a player's objective at its last turn; "D" */
  AGON_CELL_METRIC = 9,     /* real []; the metric's name */
  AGON_CELL_SAMPLE = 10,    /* a generator's output [batch, ...]; the network's name */
  AGON_CELL_GRADIENT = 11,  /* d objective / d parameter; "gradient.D.D.dense_0.W" */
  AGON_CELL_DIRECTION = 12, /* a direction in parameter space; "direction.D.D.dense_0.W" */
  AGON_CELL_CURVATURE = 13, /* d <gradient, direction> / d parameter; "curvature.D.D.dense_0.W" */
  AGON_CELL_BASE = 14,      /* f64 builds: where OBJECTIVE and GRADIENT functions compute what stop_gradient stops;
                               "base.D.D.dense_0.W" */
  AGON_CELL_EXPECTED = 15,  /* real [batch]: what an E[...] is the mean of, sample by sample; "evaluate.0" */
  AGON_CELL_EXPECTATION = 16, /* real []: its mean over the data set; the same name */
  AGON_CELL_LARGEST = 17,   /* real []: its greatest value over the data set; the same name */
  AGON_CELL_REQUIREMENT = 18 /* f64 [1 + n]: 1 where a demand of an optimiser on its arguments is broken, else 0;
                               then the values for the n `{}` of its name, the text to tell:
                               "sgd of player D requires `lr >= 0`, got D.lr = {}" */
} agon_cell_kind;

/* A named tensor in the arena. `shape` has `rank` entries; rank 0 is one
 * number. DATA, SAMPLE cells have the batch as their first axis. */
typedef struct agon_cell {
  const char *name;
  uint32_t kind;  /* agon_cell_kind */
  uint32_t dtype; /* agon_dtype */
  uint32_t rank;
  int32_t owner; /* player index for PARAMETER/STATE/MOMENT/STEP/HYPER/OBJECTIVE/GRADIENT..., else -1 */
  const int64_t *shape;
  uint64_t offset; /* bytes from the arena's start, a multiple of 64 */
  /* `rank` entries: stored axis i is axis order[i] of `shape`; null: stored as
   * `shape` says. Checkpoints and people see every cell as `shape` says. Only
   * PARAMETER, STATE, MOMENT, GRADIENT, DIRECTION, CURVATURE and BASE cells have
   * an order. */
  const uint32_t *order;
} agon_cell;

/* Calls kernel(args, begin, end) so that the ranges partition [0, n). Returns
 * when all are done. Must be callable with n = 0. */
typedef void (*agon_kernel)(void *const *args, int64_t begin, int64_t end);
typedef void (*agon_parallel_for_fn)(void *pool, agon_kernel kernel, void *const *args, int64_t n);

/* Called before region number `region` of the running function begins, and
 * with the number of regions when the last is done. */
typedef void (*agon_mark_fn)(void *profiler, uint32_t region);

typedef struct agon_frame {
  void *arena;
  agon_parallel_for_fn parallel_for;
  void *pool;
  agon_mark_fn mark; /* read by `marked` functions only, where it is not null */
  void *profiler;    /* handed to `mark` */
} agon_frame;

typedef enum agon_function_kind {
  AGON_FN_INIT = 0,      /* key, data means -> parameters, states (moments and steps start at zero
                            unless written here) */
  AGON_FN_TURN = 1,      /* one turn of the schedule */
  AGON_FN_METRICS = 2,   /* -> every METRIC cell, in the sampling specialisation */
  AGON_FN_SOURCE = 3,    /* key -> DATA cells of one record group, from its built-in source */
  AGON_FN_SAMPLE = 4,    /* key (, label DATA cells) -> SAMPLE cell of one network */
  AGON_FN_OBJECTIVE = 5, /* f64 builds: -> OBJECTIVE of one player, nothing updated */
  AGON_FN_GRADIENT = 6,  /* f64 builds: -> OBJECTIVE, GRADIENT cells of one player */
  AGON_FN_CURVATURE = 7, /* f64 builds: directions -> CURVATURE cells of one player */
  AGON_FN_EVALUATE = 8,  /* EXPECTATION, LARGEST cells -> OBJECTIVE or METRIC cells over a data set, in the sampling
                            specialisation; no updates */
  AGON_FN_EXPECTATIONS = 9, /* -> EXPECTED cells of one minibatch. Round 0 comes before all others, and a round reads
                              only EXPECTATION and LARGEST cells of rounds before it. All EXPECTED cells that one
                              function writes depend on the same record groups: those whose DATA cells it reads */
  AGON_FN_CHECK = 10     /* HYPER (, STEP) cells of one player -> its REQUIREMENT cells, as of its next step */
} agon_function_kind;

typedef enum agon_region_kind {
  AGON_REGION_ELEMENTWISE = 0,
  AGON_REGION_REDUCTION = 1,
  AGON_REGION_CONTRACTION = 2, /* matrix products and convolutions */
  AGON_REGION_INSERT = 3,      /* padding and concatenation */
  AGON_REGION_COPY = 4,        /* bytes from one place of the arena to another */
  AGON_REGION_CHUNKS = 5       /* several of these, for some samples at a time */
} agon_region_kind;

/* Real numbers in the arena that a region reads or writes. */
typedef struct agon_extent {
  uint64_t offset, bytes; /* from the arena's start */
  uint32_t dtype;         /* AGON_F32 or AGON_F64 */
  uint32_t written;       /* 1: written, 0: read */
} agon_extent;

/* How an operation makes what is not finite of what is. */
typedef enum agon_makes {
  AGON_MAKES_NAN = 1,     /* log(-1), sqrt(-1), 0 / 0 */
  AGON_MAKES_INF = 2,     /* exp(100), log(0) */
  AGON_MAKES_OVERFLOW = 4 /* products and sums of numbers that are large already, 1 / 0 */
} agon_makes;

/* An operation within a region that may do so. */
typedef struct agon_maker {
  const char *operation; /* "log" */
  const char *within;    /* "D#2", "the gradient of D#2"; "" outside of networks and gradients */
  const char *source;    /* "ring.agon:9:23"; "" where it has none */
  uint32_t makes;        /* of agon_makes */
} agon_maker;

/* One step of a function: a kernel with everything that was fused into it. */
typedef struct agon_region {
  const char *name;      /* "D#2 gradient contraction [64, 8, 8, 128]": the network and which of its
                            applications in this function, if any; what leads it; its largest result */
  const char *source;    /* "dcgan.agon:17:8", the place in the model's file; "" where it has none */
  const char *algorithm; /* "outer 14x2, A packed by rows, B packed" */
  uint32_t kind;         /* agon_region_kind */
  uint64_t flops;        /* floating-point operations */
  uint64_t bytes;        /* read and written, once each */
  int64_t tasks;         /* of its parallel loop; 1: it runs on the calling thread */
  uint32_t num_extents, num_makers; /* of TURN functions; 0 elsewhere */
  const agon_extent *extents;
  const agon_maker *makers; /* in the order of the computation */
} agon_region;

typedef struct agon_function {
  const char *name; /* "turn_D", "init", ... */
  uint32_t kind;    /* agon_function_kind */
  int32_t subject;  /* player (OBJECTIVE, GRADIENT, CURVATURE, CHECK), record group (SOURCE), network (SAMPLE), round
                       (EXPECTATIONS), else -1 */
  void (*fn)(const agon_frame *frame);
  void (*marked)(const agon_frame *frame); /* TURN: the same, timed (see PROFILES); else null */
  uint32_t num_reads, num_writes; /* cells, as indices into agon_model.cells */
  const uint32_t *reads;
  const uint32_t *writes;
  uint64_t flops;      /* floating-point operations of one call */
  uint64_t temp_bytes; /* temporaries of one call */
  uint32_t num_regions;
  const agon_region *regions; /* in the order in which they run */
} agon_function;

/* One field of a data record: `data (x: [784] in (0, 1), y: class(10))` has two. */
typedef struct agon_field {
  const char *name;
  uint32_t cell;     /* its DATA cell */
  uint32_t group;    /* record group: fields of one group are paired by row */
  int64_t classes;   /* > 0: integer labels 0..classes-1; 0: real numbers */
  int32_t has_range; /* 1: bytes 0..255 of integer data are scaled to [low, high] */
  double low, high;
  int32_t mean_cell; /* DATA_MEAN cell to fill before init, or -1 */
} agon_field;

typedef struct agon_group {
  const char *name;        /* "x", or "x,y" */
  int32_t source;          /* index of its SOURCE function, or -1: --data is required */
  const char *source_text; /* "ring(modes = 8, radius = 2, std = 0.02)", or null */
  /* A mixture source tells where its modes are, so that coverage can be
   * counted: `num_modes` points of `mode_dim` numbers; a sample is high
   * quality within `mode_radius` of the nearest (3 standard deviations). */
  int64_t num_modes, mode_dim;
  const double *modes;
  double mode_radius;
} agon_group;

typedef struct agon_player {
  const char *name;
  int32_t maximizes;
  const char *optimizer; /* as written, for run.json and info */
  uint32_t objective;    /* its OBJECTIVE cell */
  uint32_t step;         /* its STEP cell */
} agon_player;

typedef struct agon_network {
  const char *name;
  int32_t owner;     /* player index, or -1 */
  int32_t sample;    /* SAMPLE function, or -1 when it is not a generator */
  int32_t pair_field; /* the data field that its output imitates (same shape; range and modes
                         for pictures), or -1 */
  const char *signature; /* "(z: [100]) -> [784]" */
} agon_network;

typedef struct agon_model {
  uint32_t abi_version;
  uint32_t real; /* AGON_F32 or AGON_F64 */
  const char *name;   /* the game's name */
  const char *source; /* the model file's name */
  const char *source_hash; /* hash of the elaborated model, for people; `config_json` tells what differs */
  const char *target; /* "x86-64-v3", "native (znver5)", ... */
  /* Constants and options, for run.json; and `parts`: what the model consists of, each with its text and
   * digests of what training and the meaning of weights rest on (frontend/sema/Describe.h). */
  const char *config_json;
  int64_t batch;
  uint64_t arena_bytes, cell_bytes; /* cells come first */
  uint32_t num_cells, num_functions, num_fields, num_groups, num_players, num_networks, num_schedule;
  const agon_cell *cells;
  const agon_function *functions;
  const agon_field *fields;
  const agon_group *groups;
  const agon_player *players;
  const agon_network *networks;
  const uint32_t *schedule; /* one iteration: indices of TURN functions, repeats written out */
  uint32_t key_cell;
  /* CPU features the code needs, as for __builtin_cpu_supports, or null
   * terminated; the runtime checks them before the first call. */
  const char *const *cpu_features;
  /* The same game compiled for better processors, best first and null
   * terminated, or null. Only the table `agon_model_v1` has them; it is the one
   * that asks the least of the processor. */
  const struct agon_model *const *variants;
} agon_model;

extern const agon_model agon_model_v1;

#ifdef __cplusplus
}
#endif
#endif /* AGON_RUNTIME_ABI_AGON_ABI_H */
