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
 * ONE TURN.  The ITERATION cell is set, and the ROUNDS function called if there
 * are `repeats`. For each turn index i of `schedule` whose period the iteration
 * meets, in order, and as often as the repeats around it say:
 *   1. each data record group that the turn's function reads is drawn afresh;
 *      a group bound to a built-in source calls that source function instead;
 *   2. the KEY cell is set to {seed, draw}, `draw` being the number of turns
 *      of the schedule since the start of training, played or not (it never
 *      repeats in one run); with `repeats` an iteration counts as
 *      AGON_TURNS_OF_ITERATION of them, and has that many at most;
 *   3. fn(frame). Player steps, parameters, moments and states are updated in
 *      place by the function itself; OBJECTIVE cells hold the values of what was played.
 * After the last turn of an iteration the AVERAGE function is called, if there is one.
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
 * own AGON_ABI_VERSION. Any change to a struct or a list below raises it.
 *
 * THREADS. A function is called on a host thread. It hands kernels of more than
 * one task to `frame->launch`, and calls others itself. Kernels compute each
 * output element by the same sequence of operations however the grid is cut, so
 * results do not depend on the number of threads.
 *
 * Every thread that calls a function or a kernel flushes subnormal numbers to
 * zero, as operands and as results (x86: FTZ and DAZ of MXCSR): decayed moments
 * would otherwise slow a step by orders of magnitude, and threads that do not
 * agree would make results depend on who computed what. It has
 * AGON_STACK_BYTES of stack.
 *
 * DEVICES. A launch says how a kernel is run (`agon_launch`), the same on the
 * host, whose grid is a parallel loop, and on a device, whose grid has blocks of
 * threads. The frame's functions are those of the device that holds the arena.
 * A binary for other devices than the processor has a table for each kind of
 * them (`agon_model.devices`). Its functions are host code that only launches and
 * copies: the same calls with the same addresses every time, so that they can be
 * recorded once and replayed. The code of its kernels is in `images`; constants
 * that they read are put into the arena, once, by the runtime. All tables of a
 * binary have the same cells, fields, players and schedule; offsets, functions'
 * regions and the order of a cell's axes differ.
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

#define AGON_ABI_VERSION 11u

/* ENUMERATIONS ARE LISTS: each is made from KIND(NAME, Name, number, word), and
 * so are the tables of words of the runtime and of the compiler, which holds its
 * own enumerations to these lists. */
#define AGON_ENUMERATOR(PREFIX, NAME, NUMBER) PREFIX##NAME = NUMBER,
#define AGON_ONE_MORE(NAME, Name, NUMBER, WORD) +1

/* KIND(NAME, bytes, number, word) */
#define AGON_DTYPES(KIND)                                                                                              \
  KIND(F32, 4, 0, "f32")                                                                                               \
  KIND(F64, 8, 1, "f64")                                                                                               \
  KIND(I32, 4, 2, "i32") /* integer labels */                                                                          \
  KIND(I64, 8, 3, "i64") /* keys and step counters */

#define AGON_DTYPE(NAME, BYTES, NUMBER, WORD) AGON_ENUMERATOR(AGON_, NAME, NUMBER)
typedef enum agon_dtype { AGON_DTYPES(AGON_DTYPE) AGON_NUM_DTYPES = 0 AGON_DTYPES(AGON_ONE_MORE) } agon_dtype;

/* What a cell holds, and its name. */
#define AGON_CELL_KINDS(KIND)                                                                                          \
  KIND(PARAMETER, Parameter, 0, "parameter") /* trained; in checkpoints; "G.dense_0.W" */                              \
  KIND(STATE, State, 1, "state")             /* non-trained memory; in checkpoints; "D.batchnorm_0.mean" */            \
  KIND(MOMENT, Moment, 2, "moment")          /* optimiser memory; in checkpoints; "optimizer.D.adam.m.D.dense_0.W" */  \
  KIND(STEP, Step, 3, "step")                /* i64 []: updates a player has made; in checkpoints; "step.D" */         \
  KIND(KEY, Key, 4, "key")                   /* i64 [2]: {seed, draw}; "key" (one per model) */                        \
  KIND(DATA, Data, 5, "data")                /* one minibatch [batch, ...] of a data field; its name */                \
  KIND(DATA_MEAN, DataMean, 6, "data_mean")  /* per-element mean over the data set, read by init only; "mean.x" */     \
  KIND(HYPER, Hyper, 7, "hyper")             /* f64 []: NaN = use the model's expression, else the override; "D.lr" */ \
  KIND(OBJECTIVE, Objective, 8, "objective") /* real []: a player's objective at its last turn, NaN before the first;  \
                                  in a checkpoint's metadata; "D". After those of all players, in their order, those   \
                                  of their further moves: "D.penalty" */                                               \
  KIND(METRIC, Metric, 9, "metric")          /* real []; the metric's name */                                          \
  KIND(SAMPLE, Sample, 10, "sample")         /* a generator's output [batch, ...]; the network's name */               \
  KIND(GRADIENT, Gradient, 11, "gradient")   /* d objective / d parameter; "gradient.D.D.dense_0.W" */                 \
  KIND(DIRECTION, Direction, 12, "direction") /* a direction in parameter space; "direction.D.D.dense_0.W" */          \
  KIND(CURVATURE, Curvature, 13, "curvature") /* d <gradients, directions> / d parameter; "curvature.D.D.dense_0.W".   \
                              What passes through stopped numbers is left out: apart, "curvature.stopped:D.D..." */    \
  KIND(BASE, Base, 14, "base") /* where OBJECTIVE, GRADIENT functions compute what is stopped; "base.D.D.dense_0.W" */ \
  KIND(EXPECTED, Expected, 15, "expected")          /* real [batch]: what an E[...] is the mean of, sample by sample;  \
                                                       "evaluate.0" */                                                 \
  KIND(EXPECTATION, Expectation, 16, "expectation") /* real []: its mean over the data set; the same name */           \
  KIND(LARGEST, Largest, 17, "largest")             /* real []: its greatest value over the data set; the same name */ \
  KIND(REQUIREMENT, Requirement, 18, "requirement") /* f64 [1 + n]: 1 where a demand of an optimiser on its            \
                                  arguments is broken, else 0; then the values for the n `{}` of its name, the text to \
                                  tell: "sgd of player D requires `lr >= 0`, got D.lr = {}" */                         \
  KIND(ITERATION, Iteration, 19, "iteration") /* i64 []: the number of the iteration, 1 in the first; "iteration" */   \
  KIND(ROUNDS, Rounds, 20, "rounds")          /* f64 []: how often turns are repeated in the iteration; "rounds.0" */  \
  KIND(SLOPE, Slope, 21, "slope") /* []: the sum over the minibatch of the absolute derivatives of a player's          \
                                  objective by the outputs of the network that it plays against, or of its own that    \
                                  judges others; -1: neither */                                                        \
  KIND(SEPARATION, Separation, 22, "separation") /* []: by how many standard deviations the mean outputs of the        \
                                  player's network for real and for generated samples are apart; -1: it judges none */ \
  KIND(LATENT, Latent, 23, "latent") /* a noise variable [batch, ...] that a generator takes; the network and the      \
                                        variable: "latent.G.z" */

#define AGON_CELL_KIND(NAME, Name, NUMBER, WORD) AGON_ENUMERATOR(AGON_CELL_, NAME, NUMBER)
typedef enum agon_cell_kind {
  AGON_CELL_KINDS(AGON_CELL_KIND) AGON_NUM_CELL_KINDS = 0 AGON_CELL_KINDS(AGON_ONE_MORE)
} agon_cell_kind;

/* A named tensor in the arena. `shape` has `rank` entries; rank 0 is one
 * number. DATA, SAMPLE, LATENT cells have the batch as their first axis. */
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

/* The most that a kernel may keep on the stack of a host thread (packed operands
 * take 2.5 MB; what passes between the regions of CHUNKS up to 8 MiB more), and
 * the stack of a thread that calls functions or kernels. */
#define AGON_KERNEL_STACK_BYTES (12u << 20)
#define AGON_STACK_BYTES (16u << 20)

/* Where memory lies. */
#define AGON_SPACES(KIND)                                                                                              \
  KIND(HOST, Host, 0, "host")       /* addresses are the host's */                                                     \
  KIND(DEVICE, Device, 1, "device") /* the host must not follow them */

#define AGON_SPACE(NAME, Name, NUMBER, WORD) AGON_ENUMERATOR(AGON_SPACE_, NAME, NUMBER)
typedef enum agon_space { AGON_SPACES(AGON_SPACE) AGON_NUM_SPACES = 0 AGON_SPACES(AGON_ONE_MORE) } agon_space;

/* The tasks [begin, end) of a kernel's grid, on the calling thread. */
typedef void (*agon_kernel)(void *const *args, int64_t begin, int64_t end);

/* How a kernel is run. A kernel of a device takes an address for each of `args`,
 * which are these addresses (not, as in CUDA, where they are held), and after them
 * that of the workspace, if there is one: zeros before the first launch of all, of which
 * each kernel leaves the first 4 KB as it finds them. */
typedef struct agon_launch {
  agon_kernel kernel; /* HOST; null: the function calls its kernel itself (a grid of 1) */
  int64_t grid;       /* tasks that need not know of each other: blocks of a device */
  uint32_t block;     /* threads of a task; HOST: 1 */
  uint32_t space;     /* agon_space of the arguments */
  uint64_t scratch;   /* bytes for each task alone: of a host thread's stack, of a block's shared memory */
  uint64_t workspace; /* bytes in `space` for all tasks together, while they run; HOST: 0 */
  const char *symbol; /* DEVICE: the kernel's name in the images; HOST: null */
  uint32_t arguments; /* how many `args` there are */
} agon_launch;

/* Runs all tasks of the launch, after those before it. In HOST space it calls
 * launch->kernel so that the ranges partition [0, grid) and returns when all are
 * done. */
typedef void (*agon_launch_fn)(void *device, const agon_launch *launch, void *const *args);
/* Copies bytes within the device's memory, after the launches before it. */
typedef void (*agon_copy_fn)(void *device, void *to, const void *from, uint64_t bytes);

/* Called before region number `region` of the running function begins, and
 * with the number of regions when the last is done. */
typedef void (*agon_mark_fn)(void *profiler, uint32_t region);

typedef struct agon_frame {
  void *arena;
  agon_launch_fn launch;
  agon_copy_fn copy; /* for copies that are not in HOST space, which functions make themselves */
  void *device;      /* handed to `launch` and `copy` */
  agon_mark_fn mark; /* read by `marked` functions only, where it is not null */
  void *profiler;    /* handed to `mark` */
} agon_frame;

/* What a function is for: the cells that it reads -> those that it writes. */
#define AGON_FUNCTION_KINDS(KIND)                                                                                      \
  KIND(INIT, Init, 0, "init") /* key, data means, what is loaded -> all other parameters, states (moments and steps    \
                                 start at zero unless written here) */                                                 \
  KIND(TURN, Turn, 1, "turn") /* one turn of the schedule */                                                           \
  KIND(METRICS, Metrics, 2, "metrics")       /* -> every METRIC cell, in the sampling specialisation */                \
  KIND(SOURCE, Source, 3, "source")          /* key -> DATA cells of one record group, from its built-in source */     \
  KIND(SAMPLE, Sample, 4, "sample")          /* key (, LATENT, DATA cells) -> SAMPLE cell of one network */            \
  KIND(OBJECTIVE, Objective, 5, "objective") /* f64 builds: -> one OBJECTIVE cell, nothing updated */                  \
  KIND(GRADIENT, Gradient, 6, "gradient")    /* f64 builds: -> one OBJECTIVE cell, the GRADIENT cells of its owner */  \
  KIND(CURVATURE, Curvature, 7, "curvature") /* f64 builds: directions -> CURVATURE cells of all players' own          \
                                                objectives; draws as GRADIENT */                                       \
  KIND(EVALUATE, Evaluate, 8, "evaluate") /* EXPECTATION, LARGEST cells -> OBJECTIVE or METRIC cells over a data set,  \
                                             in the sampling specialisation; no updates */                             \
  KIND(EXPECTATIONS, Expectations, 9, "expectations") /* -> EXPECTED cells of one minibatch. Round 0 comes before all  \
                                  others, and a round reads only EXPECTATION and LARGEST cells of rounds before it.    \
                                  All EXPECTED cells that one function writes depend on the same record groups: those  \
                                  whose DATA cells it reads */                                                         \
  KIND(CHECK, Check, 10, "check")    /* HYPER (, STEP) cells of one player or average -> its REQUIREMENT cells at its  \
                                        next step */                                                                   \
  KIND(ROUNDS, Rounds, 11, "rounds") /* ITERATION -> every ROUNDS cell */                                              \
  KIND(AVERAGE, Average, 12, "average") /* parameters, states, moments -> those of averages, after an iteration's      \
                                           turns (at most one) */                                                      \
  KIND(SLOPES, Slopes, 13, "slopes")    /* -> every SLOPE and SEPARATION cell; no updates (at most one) */             \
  KIND(LATENTS, Latents, 14,                                                                                           \
       "latents") /* key -> the LATENT cells of one generator, as its SAMPLE function takes them */

#define AGON_FUNCTION_KIND(NAME, Name, NUMBER, WORD) AGON_ENUMERATOR(AGON_FN_, NAME, NUMBER)
typedef enum agon_function_kind {
  AGON_FUNCTION_KINDS(AGON_FUNCTION_KIND) AGON_NUM_FUNCTION_KINDS = 0 AGON_FUNCTION_KINDS(AGON_ONE_MORE)
} agon_function_kind;

/* What leads a kernel. */
#define AGON_KERNEL_KINDS(KIND)                                                                                        \
  KIND(ELEMENTWISE, Elementwise, 0, "elementwise")                                                                     \
  KIND(REDUCTION, Reduction, 1, "reduction")                                                                           \
  KIND(CONTRACTION, Contraction, 2, "contraction")   /* matrix products and convolutions */                            \
  KIND(INSERT, Insert, 3, "insert")                  /* padding and concatenation */                                   \
  KIND(CHUNKS, Chunks, 5, "chunks")                  /* several of these, for some samples at a time */                \
  KIND(MODE_PRODUCT, ModeProduct, 6, "mode_product") /* small constant matrices along axes: transforms of tiles */

#define AGON_REGION_KIND(NAME, Name, NUMBER, WORD) AGON_ENUMERATOR(AGON_REGION_, NAME, NUMBER)
/* clang-format off */
typedef enum agon_region_kind {
  AGON_KERNEL_KINDS(AGON_REGION_KIND)
  AGON_REGION_COPY = 4 /* no kernel: bytes from one place of the arena to another */
} agon_region_kind;
/* clang-format on */

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
  const char *name;                 /* "D#2 gradient contraction [64, 8, 8, 128]": the network and which of its
                                       applications in this function, if any; what leads it; its largest result */
  const char *source;               /* "dcgan.agon:17:8", the place in the model's file; "" where it has none */
  const char *algorithm;            /* "outer 14x2, A packed by rows, B packed" */
  uint32_t kind;                    /* agon_region_kind */
  uint64_t flops;                   /* floating-point operations */
  uint64_t bytes;                   /* read and written, once each */
  const agon_launch *launch;        /* null: a COPY */
  uint32_t num_extents, num_makers; /* of TURN functions; 0 elsewhere */
  const agon_extent *extents;
  const agon_maker *makers; /* in the order of the computation */
} agon_region;

typedef struct agon_function {
  const char *name; /* "turn_D", "init", ... */
  uint32_t kind;    /* agon_function_kind */
  int32_t subject;  /* number of its OBJECTIVE cell among these, a player's for its own (OBJECTIVE, GRADIENT), player
                       (CHECK of one), record group (SOURCE), network (SAMPLE, LATENTS), round (EXPECTATIONS),
                       else -1 */
  void (*fn)(const agon_frame *frame);
  void (*marked)(const agon_frame *frame); /* TURN: the same, timed (see PROFILES); else null */
  uint32_t num_reads, num_writes;          /* cells, as indices into agon_model.cells */
  const uint32_t *reads;
  const uint32_t *writes;
  uint64_t flops;      /* floating-point operations of one call */
  uint64_t temp_bytes; /* temporaries of one call */
  uint32_t num_regions;
  const agon_region *regions; /* in the order in which they run */
} agon_function;

#define AGON_TURNS_OF_ITERATION 65536

/* One field of a data record: `data (x: [784] in (0, 1), y: class(10))` has two. */
typedef struct agon_field {
  const char *name;
  uint32_t cell;     /* its DATA cell */
  uint32_t group;    /* record group: fields of one group are paired by row */
  int64_t classes;   /* > 0: integer labels 0..classes-1; 0: real numbers */
  int32_t has_range; /* 1: bytes 0..255 of integer data are scaled to [low, high] */
  double low, high;
  int32_t mean_cell; /* DATA_MEAN cell to fill before init, or -1 */
  /* DEVICE: a kernel that is given the cell, as many bytes as it has elements, and 256 numbers of its dtype, and makes
   * each element the number that its byte counts. The runtime puts the numbers into the arena, `numbers` bytes from
   * its start. Null: the host fills the cell. */
  const agon_launch *expand;
  uint64_t numbers;
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

/* Turns of the schedule that are played as often as a cell says, one after the
 * other. Within them there may be others, which come later in the list. */
typedef struct agon_repeat {
  uint32_t first, length; /* turns of the schedule */
  uint32_t rounds;        /* its ROUNDS cell */
} agon_repeat;

typedef struct agon_network {
  const char *name;
  int32_t owner;         /* player index, or -1 */
  int32_t sample;        /* SAMPLE function of a generator, or of a network that takes records; or -1 */
  int32_t pair_field;    /* the data field that its output imitates (same shape; range and modes
                            for pictures), or -1 */
  const char *signature; /* "(z: [100]) -> [784]" */
} agon_network;

/* A network whose weights are read from a file before INIT is called, which
 * reads them and does not write them. */
typedef struct agon_load {
  uint32_t network;
  int32_t frozen;     /* 1: nothing of the network moves, states included */
  const char *path;   /* absolute: a safetensors file, or a run's directory */
  const char *name;   /* what the file calls the network: "C" for "C.dense_0.W" */
  const char *source; /* "gan.agon:9:3", the place in the model's file */
} agon_load;

/* A shadow of a network's weights, in PARAMETER and STATE cells "average.NAME." and
 * the rest of the network's cell: "average.G.dense_0.W" for "G.dense_0.W". METRICS
 * and SAMPLE functions, and EVALUATE functions of metrics, apply a network with the
 * weights of its first average. */
typedef struct agon_average {
  const char *name;
  uint32_t network;
  uint32_t step;         /* its STEP cell */
  const char *optimizer; /* as written */
} agon_average;

/* Numbers that kernels of a DEVICE read, which the runtime copies into the arena. */
typedef struct agon_constant {
  uint64_t offset, bytes; /* from the arena's start */
  const void *data;
} agon_constant;

/* Numbers of the model's `real` that lie side by side in the device's memory, less than 2^31 of them. */
typedef struct agon_run {
  uint64_t address;
  uint64_t count;
} agon_run;

/* What an image's bytes are. */
#define AGON_IMAGE_KINDS(KIND)                                                                                         \
  KIND(PTX, Ptx, 0, "ptx")       /* text with a null at its end, which the driver compiles for this device or newer */ \
  KIND(CUBIN, Cubin, 1, "cubin") /* code for devices of this architecture's generation */

#define AGON_IMAGE_KIND(NAME, Name, NUMBER, WORD) AGON_ENUMERATOR(AGON_IMAGE_, NAME, NUMBER)
typedef enum agon_image_kind {
  AGON_IMAGE_KINDS(AGON_IMAGE_KIND) AGON_NUM_IMAGE_KINDS = 0 AGON_IMAGE_KINDS(AGON_ONE_MORE)
} agon_image_kind;

/* The code of all kernels of a table, for one architecture. */
typedef struct agon_image {
  uint32_t kind;            /* agon_image_kind */
  const char *architecture; /* "sm_80", "sm_90a" */
  const void *data;
  uint64_t bytes;
} agon_image;

typedef struct agon_model {
  uint32_t abi_version;
  uint32_t real;           /* AGON_F32 or AGON_F64 */
  const char *name;        /* the game's name */
  const char *source;      /* the model file's name */
  const char *source_hash; /* hash of the elaborated model, for people; `config_json` tells what differs */
  const char *target;      /* "x86-64-v3", "native (znver5)", ... */
  /* Constants and options, for run.json; and `parts`: what the model consists of, each with its text and
   * digests of what training and the meaning of weights rest on (frontend/sema/Describe.h). */
  const char *config_json;
  int64_t batch;
  uint64_t arena_bytes, cell_bytes; /* cells come first */
  uint32_t num_cells, num_functions, num_fields, num_groups, num_players, num_networks, num_loads, num_averages;
  uint32_t num_schedule, num_repeats;
  const agon_cell *cells;
  const agon_function *functions;
  const agon_field *fields;
  const agon_group *groups;
  const agon_player *players;
  const agon_network *networks;
  const agon_load *loads; /* of each network at most one */
  const agon_average *averages;
  const uint32_t *schedule; /* one iteration: indices of TURN functions, repeats written out */
  const uint32_t *every;    /* of each its period n: it is played in iterations 1, 1 + n, 1 + 2 n, ... */
  const agon_repeat *repeats;
  uint32_t key_cell;
  /* CPU features the code needs, as for __builtin_cpu_supports, or null
   * terminated; the runtime checks them before the first call. */
  const char *const *cpu_features;
  /* The same game compiled for better processors, best first and null
   * terminated, or null. Only the table `agon_model_v1` has them; it is the one
   * that asks the least of the processor. */
  const struct agon_model *const *variants;
  /* The same game for devices other than the processor, null terminated, or null; of one kind of device the best
   * first. Only `agon_model_v1` has them. */
  const struct agon_model *const *devices;
  const char *device; /* whose memory and code: "cpu", "cuda" */
  uint32_t num_constants, num_images;
  const agon_constant *constants;
  const agon_image *images;
  /* DEVICE: a kernel (const agon_run *runs, int32_t *found) of a block for each run (its grid says 0), which sets
   * found[i] to 1 where numbers of runs[i] are not finite and else leaves it. HOST: null. */
  const agon_launch *not_finite;
} agon_model;

extern const agon_model agon_model_v1;

#ifdef __cplusplus
}
#endif
#endif /* AGON_RUNTIME_ABI_AGON_ABI_H */
