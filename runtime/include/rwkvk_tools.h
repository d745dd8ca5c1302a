/* rwkvk_tools.h: what the tools of the project need besides rwkvk.h. UNSTABLE: it may change with every version. */
#ifndef RWKVK_TOOLS_H
#define RWKVK_TOOLS_H

#include "rwkvk.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Threads that a number of 0 stands for: see rwkvk_context_params. */
RWKVK_API uint32_t rwkvk_tools_processors(void);

/** Called for every property: `json` is its value as JSON. */
typedef void (*rwkvk_property_fn)(void *user, const char *group, const char *name, const char *json);

/** What a driver reports besides rwkvk_device_info, for people who look for reasons: the groups "float_controls",
 * "integer_dot" and "cooperative_matrix" where the device has them, and "memory", the types and heaps that buffers are
 * put in. Opens the device, unless it has no memory of its own; "memory" is missing then. Errors: RWKVK_NO_DEVICE. */
RWKVK_API rwkvk_status rwkvk_tools_device_properties(rwkvk_runtime *runtime, uint32_t index, rwkvk_property_fn sink,
                                                     void *user);

/** A model of random weights: "v7:SIZE:TYPE" with an official size (0.1b, …), or "v7:LAYERSxWIDTH[xVOCABULARY]:TYPE"; v4,
 * v5.0, v5.1, v5.2, v6, v7a, rwkv6qwen2 and arwkv7 likewise.
 * Errors: RWKVK_BAD_ARGUMENT. */
RWKVK_API rwkvk_status rwkvk_tools_synthetic(rwkvk_runtime *runtime, const char *spec, uint64_t seed, rwkvk_model **model);

/** Writes such a model as GGUF. `vocabulary` is NULL or a file in the World format. Errors: RWKVK_BAD_ARGUMENT,
 * RWKVK_IO, RWKVK_CANCELLED. */
RWKVK_API rwkvk_status rwkvk_tools_synth(rwkvk_runtime *runtime, const char *path, const char *spec, uint64_t seed,
                                         const char *vocabulary, rwkvk_progress_fn progress, void *user);

typedef struct rwkvk_quantize_params {
    uint32_t size;
    const char *type;           /* "Q4_K_M", …: llama.cpp's names, in any case; NULL or "keep": each as it is */
    const char *head_type;      /* NULL: q6_k where `type` is smaller, else `type` */
    const char *embedding_type; /* NULL: `type` */
    const char *vocabulary;     /* a file in the World format; NULL: as rwkvk_tokenizer_of_model finds it, if it does */
    const char *title;          /* general.name; NULL: what the model's file says */
    const char *const *overrides; /* metadata, each "KEY=TYPE:VALUE", TYPE int, float, bool or str; NULL */
    size_t override_count;
    uint32_t threads;           /* as rwkvk_context_params */
    rwkvk_progress_fn progress; /* may be NULL */
    void *progress_user;
    uint32_t pure;              /* not 0: all matrices, the head too, in the same type */
} rwkvk_quantize_params;

RWKVK_API void rwkvk_quantize_params_default(rwkvk_quantize_params *params, uint32_t size);

/** Writes a model as GGUF (docs/FORMATS.md). What keeps its type keeps its bits. The file takes its name only when it
 * is whole; the same model and parameters give the same bytes. Errors: RWKVK_BAD_ARGUMENT for an unknown type, a
 * vocabulary that does not fit, a value that the type cannot hold, and a path to a file that a model is being read from,
 * as in all calls that write files; RWKVK_IO; RWKVK_CANCELLED. */
RWKVK_API rwkvk_status rwkvk_tools_quantize(const rwkvk_model *model, const char *path,
                                            const rwkvk_quantize_params *params);

/** Called for every tensor of the file, in order of names. `rows` is 1 for vectors, and 0 for tensors that the model
 * does not use. */
typedef void (*rwkvk_tensor_fn)(void *user, const char *name, uint32_t rows, uint32_t columns, const char *type,
                                uint64_t bytes);
RWKVK_API rwkvk_status rwkvk_tools_tensors(const rwkvk_model *model, rwkvk_tensor_fn sink, void *user);

/** Called for every step: of "body" or "head", its op, its name, the names of what it reads, separated by spaces. */
typedef void (*rwkvk_step_fn)(void *user, const char *program, const char *op, const char *name, const char *reads);
RWKVK_API rwkvk_status rwkvk_tools_program(const rwkvk_model *model, rwkvk_step_fn sink, void *user);

/** Called for every tensor of a sequence's state, in the order of rwkvk_state_get: its shape, of which `count` sizes are
 * valid, and the value of every element before the first token. */
typedef void (*rwkvk_state_tensor_fn)(void *user, const char *name, const uint32_t *shape, uint32_t count, float initial);
RWKVK_API rwkvk_status rwkvk_tools_state_tensors(const rwkvk_model *model, rwkvk_state_tensor_fn sink, void *user);

/** What a chat on this model takes when nothing else is asked for. */
typedef struct rwkvk_chat_defaults {
    uint32_t size;
    int32_t template_by_file; /* 1: the template that the model comes with decided, else name, version and vocabulary */
    int32_t template_unknown; /* 1: the file declares one that is not known here */
    int32_t sampling_by_file; /* 1: the file recommends it, else the template */
    char template_name[32];
    char declared[96];        /* the first line of the template in the file, as messages show it; empty: none */
    rwkvk_sampler_params sampling;
} rwkvk_chat_defaults;
RWKVK_API rwkvk_status rwkvk_tools_chat_defaults(const rwkvk_model *model, rwkvk_chat_defaults *defaults);

/* ---- Fingerprints and .npy ------------------------------------------------------------------------------- */

typedef struct rwkvk_hasher rwkvk_hasher;
/** XXH3-64, seed 0, over all bytes added. */
RWKVK_API rwkvk_status rwkvk_hasher_create(rwkvk_hasher **hasher);
RWKVK_API void rwkvk_hasher_destroy(rwkvk_hasher *hasher);
RWKVK_API void rwkvk_hasher_add(rwkvk_hasher *hasher, const void *data, size_t bytes);
/** 16 hex digits and a NUL, of what was added so far. */
RWKVK_API void rwkvk_hasher_hex(const rwkvk_hasher *hasher, char hex[17]);

typedef struct rwkvk_npy rwkvk_npy;
/** A float32 .npy array [rows, columns]. The file takes its name only when it is whole. Errors: RWKVK_IO. */
RWKVK_API rwkvk_status rwkvk_npy_create(rwkvk_runtime *runtime, const char *path, uint64_t rows, uint64_t columns,
                                        rwkvk_npy **npy);
RWKVK_API rwkvk_status rwkvk_npy_write(rwkvk_npy *npy, const float *row, size_t count);
RWKVK_API rwkvk_status rwkvk_npy_finish(rwkvk_npy *npy);
RWKVK_API void rwkvk_npy_destroy(rwkvk_npy *npy);

/* ---- verify ----------------------------------------------------------------------------------------------- */

typedef struct rwkvk_verify_params {
    uint32_t size;
    const char *device;    /* as rwkvk_context_params; not the CPU */
    uint32_t tokens;       /* length of the prompts; 85 */
    const uint32_t *chunks; /* sizes of the pieces that they are fed in, 0: whole; NULL: 1, 7, 16, 0 */
    size_t chunk_count;
    uint32_t sequences;    /* of the batch; 5 */
    uint32_t threads; /* as rwkvk_context_params */
    uint64_t seed;
} rwkvk_verify_params;

RWKVK_API void rwkvk_verify_params_default(rwkvk_verify_params *params, uint32_t size);

typedef struct rwkvk_verify_op {
    const char *op, *where; /* of the largest difference */
    uint64_t steps, values, differing;
    double worst;
} rwkvk_verify_op;

typedef struct rwkvk_verify_run {
    const char *name; /* "pieces of 7, 5 sequences" */
    uint64_t values, differing;
} rwkvk_verify_run;

typedef struct rwkvk_verify_summary {
    uint32_t size;
    char device[256];
    char fingerprint[17], fingerprint_cpu[17];
    uint64_t dispatches; /* on the device, step by step */
    int32_t equal;
    char matrix_kernel[128]; /* which kernel multiplied matrices, and why: "linear_subgroup at 32 lanes" */
} rwkvk_verify_summary;

typedef struct rwkvk_verify_sink {
    void *user;
    void (*op)(void *user, const rwkvk_verify_op *row);
    void (*run)(void *user, const rwkvk_verify_run *row);
} rwkvk_verify_sink;

/** The CPU reference and the device step by step, then whole programs in pieces and batches. A device that fails its
 * self-test is compared all the same. Errors: as rwkvk_context_create and rwkvk_feed. */
RWKVK_API rwkvk_status rwkvk_tools_verify(rwkvk_model *model, const rwkvk_verify_params *params,
                                          const rwkvk_verify_sink *sink, rwkvk_verify_summary *summary);

/* ---- kernels ---------------------------------------------------------------------------------------------- */

typedef struct rwkvk_statistic {
    const char *name, *value;
} rwkvk_statistic;

typedef struct rwkvk_kernel_row {
    const char *kernel, *constants; /* "linear_narrow.f16", "32,1,1" */
    const char *failure;            /* "" when the pipeline was made */
    const rwkvk_statistic *statistics;
    size_t statistic_count;
} rwkvk_kernel_row;

typedef void (*rwkvk_kernel_fn)(void *user, const rwkvk_kernel_row *row);

/** Creates every pipeline that the device can have; with `model`, those of its weight types. Runs nothing.
 * `device_name` receives the name, cut to `capacity`. Errors: RWKVK_NO_DEVICE. */
RWKVK_API rwkvk_status rwkvk_tools_kernels(rwkvk_runtime *runtime, const char *device, const rwkvk_model *model,
                                           rwkvk_kernel_fn sink, void *user, char *device_name, size_t capacity);

/* ---- bench ------------------------------------------------------------------------------------------------ */

typedef struct rwkvk_bench_params {
    uint32_t size;
    uint32_t prompt, generate; /* tokens; 0: not measured; 512, 128 */
    const uint32_t *batches;   /* sequences that generate together; NULL: 1 */
    size_t batch_count;
    uint32_t repeats; /* after one run that is not counted; 5 */
    int32_t per_op;   /* 1: also the time of each op */
} rwkvk_bench_params;

RWKVK_API void rwkvk_bench_params_default(rwkvk_bench_params *params, uint32_t size);

/** The slots and max_rows that a context for these tests needs. */
RWKVK_API void rwkvk_bench_needs(const rwkvk_bench_params *params, uint32_t *slots, uint32_t *max_rows);

typedef struct rwkvk_bench_row {
    const char *test;                  /* "pp512", "tg128", "tg128@b8"; "gen128": tokens also drawn; "eng128": by an engine */
    double tokens_per_second, spread;  /* median, and half of the range between the quartiles */
    double bytes_per_token, gb_per_second;
    double runs_per_token; /* of the whole model */
} rwkvk_bench_row;

typedef struct rwkvk_bench_op {
    const char *test, *op; /* "linear 3072x768" */
    double calls_per_token, us_per_token, share, gb_per_second;
} rwkvk_bench_op;

typedef struct rwkvk_bench_sink {
    void *user;
    void (*row)(void *user, const rwkvk_bench_row *row);
    void (*op)(void *user, const rwkvk_bench_op *op);
} rwkvk_bench_sink;

typedef struct rwkvk_bench_summary {
    uint32_t size;
    char device[256], driver[256];
    int32_t on_host;               /* device memory is this process's own: the CPU, software devices */
    uint32_t dispatches_per_token; /* 0 on the CPU */
    uint32_t barriers_per_token;   /* likewise: phases that wait for one another */
    uint64_t peak_device_bytes;
} rwkvk_bench_summary;

/** Speed of a context. Errors: as rwkvk_feed. */
RWKVK_API rwkvk_status rwkvk_tools_bench(rwkvk_context *context, const rwkvk_bench_params *params,
                                         const rwkvk_bench_sink *sink, rwkvk_bench_summary *summary);

/** What bounds every speed. Medians, of reading the best run; of the CPU the memory alone, the others 0. */
typedef struct rwkvk_probe {
    uint32_t size;
    char device[256];
    double read_bytes;   /* per second, from the device's memory */
    double phase;        /* seconds of a dispatch of one workgroup that waits for the one before it */
    double wide_phase;   /* the same, of 1024 workgroups */
    double dispatch;     /* seconds of a dispatch of one workgroup that waits for nothing */
    double round_trip;   /* seconds from submitting one dispatch until the host knows that it has ended */
    double upload_bytes; /* per second, from the host's memory */
} rwkvk_probe;

/** Measures a device, or the CPU with so many threads. Errors: RWKVK_NO_DEVICE, RWKVK_OUT_OF_MEMORY,
 * RWKVK_NOT_EXACT when the device did not compute what it was told to. */
RWKVK_API rwkvk_status rwkvk_tools_probe(rwkvk_runtime *runtime, const char *device, uint32_t threads,
                                         rwkvk_probe *probe);

#ifdef __cplusplus
}
#endif

#endif
