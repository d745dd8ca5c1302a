/* rwkvk: RWKV language models on any Vulkan GPU and on the CPU, with the same bits on every device.
 *
 * The stable border of the library: plain C, opaque handles, no global state. A first program:
 *
 *     rwkvk_runtime *runtime;
 *     rwkvk_runtime_create(NULL, &runtime);
 *     rwkvk_model *model;
 *     if (rwkvk_model_load(runtime, "model.gguf", NULL, &model) != RWKVK_OK) puts(rwkvk_last_error(runtime));
 *     rwkvk_context *context;
 *     rwkvk_context_create(model, NULL, &context);
 *
 * Handles. What *_create, *_load and *_open give is freed by the *_destroy of its kind, in any order; each keeps
 * what it needs alive. Destroying NULL does nothing.
 *
 * Errors. Functions that can fail return a status; out parameters are written only on RWKVK_OK. The reason, one
 * line for a person, is rwkvk_last_error() of the runtime. No exception crosses this border.
 *
 * Parameters. *_params structs begin with their size, so that a program works with a later library: fill them with
 * their *_params_default(&params, sizeof params), then change what you want. NULL means all defaults. A size that no
 * version of a struct has is refused: RWKVK_BAD_ARGUMENT.
 *
 * Threads. A runtime, a model and a tokenizer are shared freely between threads. Calls on one context, and on the
 * samplers, streams and chats that a thread uses with it, are serialised by the caller; different contexts may run
 * at the same time. Exceptions to this are said at the function. Every function that computes sets the float mode
 * it needs, in which callbacks are called too, and restores the caller's.
 *
 * fork(). Contexts and chats work in the process that made them: in a child their calls return RWKVK_BAD_ARGUMENT, a
 * runtime that has looked at devices knows none but the CPU, and destroying either is safe. Models and tokenizers are
 * good in both; a child makes its own contexts. Fork while no call of the library is running.
 *
 * Strings are UTF-8. Text of tokens is bytes, which need not be valid UTF-8. */
#ifndef RWKVK_H
#define RWKVK_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#if defined(RWKVK_BUILDING_SHARED)
#define RWKVK_API __declspec(dllexport)
#elif defined(RWKVK_USING_SHARED)
#define RWKVK_API __declspec(dllimport)
#else
#define RWKVK_API
#endif
#else
#define RWKVK_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Library ---------------------------------------------------------------------------------------- */

/** Version of the library, "0.1.0". Never NULL, never freed. */
RWKVK_API const char *rwkvk_version(void);

/** Version of the rules that define every bit of a result; equal versions give equal results. */
RWKVK_API uint32_t rwkvk_numerics_version(void);

typedef int32_t rwkvk_status;
enum {
    RWKVK_OK = 0,
    RWKVK_BAD_ARGUMENT = 1,  /* a value the caller passed */
    RWKVK_BAD_FILE = 2,      /* a file that is damaged, foreign or truncated */
    RWKVK_UNSUPPORTED = 3,   /* well-formed, but not something this library runs */
    RWKVK_BAD_SHAPE = 4,     /* a tensor that does not fit the model */
    RWKVK_BAD_TOKEN = 5,     /* a token id outside the vocabulary */
    RWKVK_BAD_TEXT = 6,      /* text that the vocabulary cannot encode */
    RWKVK_NOT_EXACT = 7,     /* the device failed its self-test */
    RWKVK_NO_DEVICE = 8,     /* no such Vulkan device, or no Vulkan */
    RWKVK_DEVICE_LOST = 9,   /* the driver gave up; make a new context, states that were saved go on */
    RWKVK_OUT_OF_MEMORY = 10,
    RWKVK_IO = 11,           /* the operating system refused to read or write */
    RWKVK_NOT_FINITE = 12,   /* the model produced NaN or infinity */
    RWKVK_CANCELLED = 13,    /* a callback or rwkvk_context_interrupt() asked to stop */
    RWKVK_INTERNAL = 14,     /* a fault of this library */
    RWKVK_BUSY = 15          /* as much waits as may: try again later */
};

/** "ok", "bad argument", … Never NULL, also for unknown values. */
RWKVK_API const char *rwkvk_status_name(rwkvk_status status);

typedef uint32_t rwkvk_token;

typedef struct rwkvk_runtime rwkvk_runtime;
typedef struct rwkvk_model rwkvk_model;
typedef struct rwkvk_tokenizer rwkvk_tokenizer;
typedef struct rwkvk_context rwkvk_context;
typedef struct rwkvk_sampler rwkvk_sampler;
typedef struct rwkvk_stream rwkvk_stream;
typedef struct rwkvk_chat rwkvk_chat;
typedef struct rwkvk_receipt rwkvk_receipt;
typedef struct rwkvk_device rwkvk_device;

/** How much of a long task is done, from 0 to 1, in rising order, from the calling thread. Return 0 to cancel. */
typedef int32_t (*rwkvk_progress_fn)(void *user, double fraction);

/* ---- Runtime: logging and devices --------------------------------------------------------------------- */

enum { RWKVK_LOG_DEBUG = 0, RWKVK_LOG_INFO = 1, RWKVK_LOG_WARNING = 2, RWKVK_LOG_ERROR = 3 };

/** One line without its end. Called from the thread whose call into the library is the cause. */
typedef void (*rwkvk_log_fn)(void *user, int32_t level, const char *line);

typedef struct rwkvk_runtime_params {
    uint32_t size;
    rwkvk_log_fn log; /* NULL: silence */
    void *log_user;
    const char *cache_folder; /* for compiled kernels and self-tests; NULL: $XDG_CACHE_HOME/rwkvk, ~/.cache/rwkvk (Windows:
                               * %LOCALAPPDATA%/rwkvk/cache); "": nothing is kept, each context tests its device anew */
} rwkvk_runtime_params;

RWKVK_API void rwkvk_runtime_params_default(rwkvk_runtime_params *params, uint32_t size);

/** Never touches Vulkan: that happens when devices are listed or a context is made. The environment variables
 * RWKVK_CAPS (hides facts of devices), RWKVK_CPU (the instruction set of the CPU backend) and RWKVK_VALIDATION
 * (switches the validation layer on) are obeyed. */
RWKVK_API rwkvk_status rwkvk_runtime_create(const rwkvk_runtime_params *params, rwkvk_runtime **runtime);
RWKVK_API void rwkvk_runtime_destroy(rwkvk_runtime *runtime);

/** Why the calling thread's last failed call on this runtime, or on anything made with it, failed. "" when none has.
 * Valid until that thread's next failure. */
RWKVK_API const char *rwkvk_last_error(const rwkvk_runtime *runtime);

enum { RWKVK_DEVICE_OTHER = 0, RWKVK_DEVICE_INTEGRATED = 1, RWKVK_DEVICE_DISCRETE = 2, RWKVK_DEVICE_SOFTWARE = 3 };

typedef struct rwkvk_device_info {
    uint32_t size;
    uint32_t index; /* what a context's `device` may name it by */
    char name[256], vendor[64], driver[256];
    char uuid[33];        /* hex */
    char api_version[16]; /* of Vulkan, "1.3.255" */
    char facts[256];      /* what chooses its kernels, and that for matrices: "subgroup 32, timeline; linear_subgroup at
                           * 32 lanes" */
    int32_t type;
    uint32_t max_invocations, shared_bytes;
    uint64_t memory_bytes, max_binding_bytes;
} rwkvk_device_info;

/** How many Vulkan devices there are, each counted once. None, or no Vulkan, is no error: 0, and the reason is logged
 * as information. The CPU is always there besides, by the name "cpu". */
RWKVK_API rwkvk_status rwkvk_runtime_device_count(rwkvk_runtime *runtime, uint32_t *count);

/** `info->size` is set by the caller. Errors: RWKVK_NO_DEVICE. */
RWKVK_API rwkvk_status rwkvk_runtime_device_info(rwkvk_runtime *runtime, uint32_t index, rwkvk_device_info *info);

/** Messages of the Vulkan validation layer so far, 0 when it is off; each is logged as an error too. */
RWKVK_API uint64_t rwkvk_runtime_validation_messages(const rwkvk_runtime *runtime);

/* ---- Models -------------------------------------------------------------------------------------------- */

/** A file that changes a model's matrices: LoRA, PiSSA, DiSHA (Bone, MiSS), whole tensors; .pth, .safetensors, GGUF, or the
 * folder of one as PEFT writes it. */
typedef struct rwkvk_adapter {
    const char *path;
    float scale; /* alpha / rank, where neither the file nor one beside it holds alpha; else 1 for what was trained */
} rwkvk_adapter;

typedef struct rwkvk_model_params {
    uint32_t size;
    const rwkvk_adapter *adapters; /* blended in, in this order; NULL */
    size_t adapter_count;
    const char *weights; /* type in which matrices are stored, adapters and all: "q8_0", "Q4_K_M", … (docs/FORMATS.md), in
                          * any case; NULL: the file's */
} rwkvk_model_params;

RWKVK_API void rwkvk_model_params_default(rwkvk_model_params *params, uint32_t size);

/** Opens a model file: official .pth; .safetensors and PyTorch's .bin with the names of the .pth, Hugging Face,
 * flash-linear-attention, rwkv-rs or web-rwkv, in parts too (any part or their index opens all); GGUF; rwkv.cpp .bin.
 * `path` may be a folder with one model in it. Files are mapped, not read; they must
 * not change while the model lives. Matrices that adapters change are float32; results are the same bits on every
 * device all the same. With `weights` the model is the one that the file would be which `rwkvk quantize` makes of that
 * type: the same results, fingerprint and memory. A matrix is converted whenever it is read, as when a context is made;
 * a value that the type cannot hold is RWKVK_BAD_ARGUMENT then.
 * Errors: RWKVK_IO, RWKVK_BAD_FILE, RWKVK_UNSUPPORTED; RWKVK_BAD_SHAPE, also for an adapter of another model;
 * RWKVK_BAD_ARGUMENT for a folder with several models or none, or an unknown type, with a list. */
RWKVK_API rwkvk_status rwkvk_model_load(rwkvk_runtime *runtime, const char *path, const rwkvk_model_params *params,
                                        rwkvk_model **model);
/** The same of a file that lies in memory, for models that are part of a program or of its archives: `bytes` bytes that
 * must not change while the model or a context of it lives. `name` stands for the file's. */
RWKVK_API rwkvk_status rwkvk_model_load_memory(rwkvk_runtime *runtime, const void *data, size_t bytes, const char *name,
                                               const rwkvk_model_params *params, rwkvk_model **model);
RWKVK_API void rwkvk_model_destroy(rwkvk_model *model);

typedef struct rwkvk_model_info {
    uint32_t size;
    char name[256];   /* of the file, without its folder */
    char version[8];  /* of RWKV: "7.0" */
    char format[16];  /* "pth", "safetensors", "gguf", "rwkv.cpp", "synthetic" */
    uint32_t layers, width, heads, head_size, ffn, vocabulary;
    uint64_t parameters, weight_bytes;
    uint64_t state_elements; /* floats of one sequence's state */
} rwkvk_model_info;

/** `info->size` is set by the caller. */
RWKVK_API rwkvk_status rwkvk_model_info_get(const rwkvk_model *model, rwkvk_model_info *info);

/** 16 hex digits over names, shapes and stored bits of the tensors that are used, and a NUL. Reads all weights at the
 * first call. */
RWKVK_API rwkvk_status rwkvk_model_fingerprint(const rwkvk_model *model, char hex[17]);

/* ---- Tokenizers ---------------------------------------------------------------------------------------- */

/** The model's own: from its file; bytes for a vocabulary of 256; else from a vocabulary file, looked for in the
 * model's folder and then in $XDG_DATA_HOME/rwkvk or ~/.local/share/rwkvk, on Windows %LOCALAPPDATA%/rwkvk (where
 * scripts/get-vocab puts the official ones). By rows: 65536: rwkv_vocab_v20230424.txt or .json; 50277 or 50304:
 * 20B_tokenizer.json. In the model's folder then also tokenizer.json, vocab.json, vocab.txt, and *_vocab.txt if only
 * one fits. Files that cannot be read, or have more ids than the model rows, are passed over.
 * Errors: RWKVK_BAD_ARGUMENT saying how to get the file, when there is none. */
RWKVK_API rwkvk_status rwkvk_tokenizer_of_model(const rwkvk_model *model, rwkvk_tokenizer **tokenizer);

/** A vocabulary file for this model; NULL: as rwkvk_tokenizer_of_model.
 * Errors: as rwkvk_tokenizer_open; RWKVK_BAD_ARGUMENT when it has more ids than the model rows. */
RWKVK_API rwkvk_status rwkvk_tokenizer_open_for_model(const rwkvk_model *model, const char *path,
                                                      rwkvk_tokenizer **tokenizer);

/** A vocabulary file, told apart by its contents: lines in the RWKV World format, a tokenizer.json of byte-level BPE
 * (20B_tokenizer.json, Qwen2), or a JSON object of ids, {"1": "text", "2": [255]}; NULL: ids are bytes.
 * Errors: RWKVK_IO, RWKVK_BAD_FILE; RWKVK_UNSUPPORTED for other kinds of tokenizer.json. */
RWKVK_API rwkvk_status rwkvk_tokenizer_open(rwkvk_runtime *runtime, const char *path, rwkvk_tokenizer **tokenizer);
RWKVK_API void rwkvk_tokenizer_destroy(rwkvk_tokenizer *tokenizer);

/** Writes at most `capacity` ids and sets `count` to how many there are: call with capacity 0 to learn it. BPE brings
 * the text to Unicode's normal form C first, which can make it longer: there may be more ids than bytes.
 * Errors: RWKVK_BAD_TEXT when the vocabulary does not cover a byte. */
RWKVK_API rwkvk_status rwkvk_tokenize(const rwkvk_tokenizer *tokenizer, const char *text, size_t bytes,
                                      rwkvk_token *tokens, size_t capacity, size_t *count);

/** The bytes of one id, borrowed from the tokenizer, without a NUL; none for ids without text. */
RWKVK_API const char *rwkvk_token_text(const rwkvk_tokenizer *tokenizer, rwkvk_token token, size_t *bytes);

/** The id that ends a text, or -1. */
RWKVK_API int64_t rwkvk_tokenizer_end_of_text(const rwkvk_tokenizer *tokenizer);
/** One more than the largest id that has a meaning; a model may have further rows, which stand for nothing. */
RWKVK_API uint32_t rwkvk_tokenizer_vocabulary(const rwkvk_tokenizer *tokenizer);
/** How it works: "world", "bpe", "characters" or "bytes"; and where it comes from: a path, "the model's file" or
 * "256 bytes". Borrowed from the tokenizer. */
RWKVK_API const char *rwkvk_tokenizer_kind(const rwkvk_tokenizer *tokenizer);
RWKVK_API const char *rwkvk_tokenizer_source(const rwkvk_tokenizer *tokenizer);

/* ---- Contexts: a model on a device, with states ---------------------------------------------------------- */

enum { RWKVK_MATH_EXACT = 0 }; /* the same bits on every device */

typedef struct rwkvk_context_params {
    uint32_t size;
    const char *device; /* index, part of a name, UUID, "cpu"; NULL or "": the best GPU, else the CPU. "0:20": the
                         * last 20 layers and the head there, the others on the CPU; "cpu:4,0:20,1:8": in this order */
    int32_t math;
    uint32_t slots;    /* sequences with a state of their own; 1 */
    uint32_t max_rows; /* tokens computed together; 128 */
    uint32_t threads;  /* of the CPU; 0: one for each processor that the affinity mask and the CPU quotas of control
                        * groups (cgroups) leave to this process. More of them are slower, and logged as a warning */
    rwkvk_progress_fn progress; /* of taking the weights over; may be NULL */
    void *progress_user;
    uint64_t device_weight_bytes; /* at most, on a device; others are read from the host's memory. 0: what fits */
    const rwkvk_device *own_device; /* a Vulkan device of the program's (rwkvk_device.h) in place of `device`; NULL */
} rwkvk_context_params;

RWKVK_API void rwkvk_context_params_default(rwkvk_context_params *params, uint32_t size);

/** Takes the weights over to the device. In exact mode a device that this user has not used before is tested first,
 * which takes seconds.
 * Errors: RWKVK_NO_DEVICE, RWKVK_NOT_EXACT, RWKVK_OUT_OF_MEMORY, RWKVK_CANCELLED, RWKVK_NOT_FINITE, RWKVK_BAD_FILE. */
RWKVK_API rwkvk_status rwkvk_context_create(rwkvk_model *model, const rwkvk_context_params *params,
                                            rwkvk_context **context);
RWKVK_API void rwkvk_context_destroy(rwkvk_context *context);

/** "cpu (8 threads, avx512)" or the device's name. Lives as long as the context. */
RWKVK_API const char *rwkvk_context_device(const rwkvk_context *context);
/** Bytes of device memory in use; 0 on the CPU. */
RWKVK_API uint64_t rwkvk_context_device_bytes(const rwkvk_context *context);

enum { RWKVK_WANT_NOTHING = 0, RWKVK_WANT_LAST = 1, RWKVK_WANT_ALL = 2, RWKVK_WANT_HIDDEN = 4 };

/** Tokens for one slot. A slot appears at most once per call. */
typedef struct rwkvk_feed_item {
    uint32_t slot;
    int32_t want; /* which tokens' logits; | RWKVK_WANT_HIDDEN: the normed hidden vectors that logits are made of */
    const rwkvk_token *tokens;
    size_t count;
    /* NULL, or [count][width] vectors: a token with the id UINT32_MAX takes its vector instead of the embedding. */
    const float *vectors;
} rwkvk_feed_item;

/** Logits, [vocabulary], or a hidden vector, [width], valid during the call: of which item, of which of its tokens. */
typedef void (*rwkvk_logits_fn)(void *user, size_t item, size_t position, const float *logits, size_t count);

/** Feeds tokens and advances the slots' states, at most `chunk` tokens of a sequence at a time (0: as many as fit).
 * Neither the chunk nor what is fed together changes a bit. Blocks until it is done.
 * Errors: RWKVK_BAD_TOKEN and RWKVK_BAD_ARGUMENT before anything is run; RWKVK_CANCELLED, RWKVK_DEVICE_LOST,
 * RWKVK_OUT_OF_MEMORY, RWKVK_NOT_FINITE: the slots' states are then undefined; set, copy or reset them. */
RWKVK_API rwkvk_status rwkvk_feed(rwkvk_context *context, const rwkvk_feed_item *items, size_t count, uint32_t chunk,
                                  rwkvk_logits_fn sink, void *user);

/** One sequence; `logits` is NULL or [vocabulary] floats for those of the last token.
 * Errors: as rwkvk_feed; RWKVK_BAD_ARGUMENT for the logits of no tokens. */
RWKVK_API rwkvk_status rwkvk_eval(rwkvk_context *context, uint32_t slot, const rwkvk_token *tokens, size_t count,
                                  float *logits);

/** How many of the tokens that a call feeds have been run. */
typedef void (*rwkvk_feed_progress_fn)(void *user, size_t done, size_t total);

/** From now on told by every call that feeds tokens on this context, a chat's turn and each token of its answer
 * included: with 0 before the first run, and after each run of at most max_rows tokens, from the calling thread. Of this
 * context it may only call rwkvk_context_interrupt. NULL, and destroying the context: nobody is told, as at first. */
RWKVK_API rwkvk_status rwkvk_context_on_progress(rwkvk_context *context, rwkvk_feed_progress_fn progress, void *user);

/** Makes the feed or chat call that runs on this context stop soon; without one it does nothing. May be called from
 * any thread and from a signal handler. */
RWKVK_API void rwkvk_context_interrupt(rwkvk_context *context);

/* States. A state is state_elements floats: per layer the tensors of the version's state table, one after the other
 * (docs/NUMERICS.md). Errors: RWKVK_BAD_ARGUMENT for a slot that does not exist. */

/** Back to the state that a sequence begins with: the empty one, the one that the model's file holds, or that of
 * rwkvk_state_load_initial. */
RWKVK_API rwkvk_status rwkvk_state_reset(rwkvk_context *context, uint32_t slot);
/** Copies on the device. */
RWKVK_API rwkvk_status rwkvk_state_copy(rwkvk_context *context, uint32_t from, uint32_t to);
/** Errors: RWKVK_BAD_SHAPE unless `count` is state_elements. */
RWKVK_API rwkvk_status rwkvk_state_get(rwkvk_context *context, uint32_t slot, float *values, size_t count);
RWKVK_API rwkvk_status rwkvk_state_set(rwkvk_context *context, uint32_t slot, const float *values, size_t count);
/** A safetensors file bound to the model. `position`: how many tokens made the state. Reads all weights the
 * first time. Errors: RWKVK_BAD_ARGUMENT (a path to a file that a model is being read from); RWKVK_IO;
 * RWKVK_NOT_FINITE (a state with NaN or infinity). */
RWKVK_API rwkvk_status rwkvk_state_save(rwkvk_context *context, uint32_t slot, const char *path, uint64_t position);
/** Errors: RWKVK_IO; RWKVK_BAD_FILE (damaged, not a state, of another model); RWKVK_BAD_SHAPE; RWKVK_NOT_FINITE;
 * RWKVK_UNSUPPORTED (of a newer version); nothing is changed. */
RWKVK_API rwkvk_status rwkvk_state_load(rwkvk_context *context, uint32_t slot, const char *path, uint64_t *position);
/** From now on every sequence of this context begins with the state in the file: a tuned one (.pth, or .safetensors as
 * web-rwkv converts it), that of a model file which holds one, or one of rwkvk_state_save. NULL: the model's own again.
 * Resets all slots; chats that exist begin with it when they are reset.
 * Errors: RWKVK_IO; RWKVK_BAD_FILE (damaged, no state); RWKVK_BAD_SHAPE (of another model); RWKVK_UNSUPPORTED (the
 * version of the model has none); nothing is changed. */
RWKVK_API rwkvk_status rwkvk_state_load_initial(rwkvk_context *context, const char *path);

/* ---- Sampling ------------------------------------------------------------------------------------------ */

enum {
    RWKVK_ORDER_RWKV = 0,  /* temperature after truncation, as the official code does */
    RWKVK_ORDER_LLAMA = 1  /* temperature first, as llama.cpp and OpenAI-like services do */
};

/** Stages and their arithmetic: docs/NUMERICS.md, "Sampling". */
typedef struct rwkvk_sampler_params {
    uint32_t size;
    int32_t order;     /* RWKVK_ORDER_* */
    uint64_t seed;
    float temperature; /* 0: always the most probable token */
    float top_p;       /* keep the most probable tokens up to the one that reaches this sum; 1: all */
    uint32_t top_k;    /* keep at most so many; 0: all */
    float min_p;       /* keep those at least so probable relative to the most probable one; 0: all */
    float typical;     /* keep the most typical tokens up to this sum; 1: all */
    float presence, frequency, decay; /* penalties, as the official chat's alpha_*; 0, 0, 0.996 */
    float repeat;      /* divides positive and multiplies negative logits of tokens that occurred; 1: off */
} rwkvk_sampler_params;

RWKVK_API void rwkvk_sampler_params_default(rwkvk_sampler_params *params, uint32_t size);
/** Sets the stages to what the model's file recommends (GGUF: general.sampling.*), those it does not name to off; the
 * seed stays. Without a recommendation nothing is changed. */
RWKVK_API rwkvk_status rwkvk_model_sampling(const rwkvk_model *model, rwkvk_sampler_params *params);

/** Draws the same tokens for the same logits and seed on every machine. Errors: RWKVK_BAD_ARGUMENT. */
RWKVK_API rwkvk_status rwkvk_sampler_create(rwkvk_runtime *runtime, const rwkvk_sampler_params *params,
                                            rwkvk_sampler **sampler);
RWKVK_API void rwkvk_sampler_destroy(rwkvk_sampler *sampler);

/** Added to the token's logit from now on; minus infinity bans it. */
RWKVK_API rwkvk_status rwkvk_sampler_bias(rwkvk_sampler *sampler, rwkvk_token token, float bias);

/** Chooses a token and counts it for the penalties.
 * Errors: RWKVK_NOT_FINITE for a logit that is no number; RWKVK_BAD_ARGUMENT when every token is banned. */
RWKVK_API rwkvk_status rwkvk_sampler_sample(rwkvk_sampler *sampler, const float *logits, size_t count,
                                            rwkvk_token *token);

/** Forgets the tokens counted for the penalties, as at the start of a reply. The stream of random numbers goes on. */
RWKVK_API rwkvk_status rwkvk_sampler_forget(rwkvk_sampler *sampler);

/* ---- Text out ------------------------------------------------------------------------------------------ */

/** Turns tokens into text that can be shown as it comes: never half a character, never a part of a stop string.
 * Invalid bytes become U+FFFD. `stops` are NUL-terminated. Errors: RWKVK_BAD_ARGUMENT for an empty stop string or
 * too many. */
RWKVK_API rwkvk_status rwkvk_stream_create(const rwkvk_tokenizer *tokenizer, const char *const *stops, size_t stop_count,
                                           rwkvk_stream **stream);
RWKVK_API void rwkvk_stream_destroy(rwkvk_stream *stream);
/** The text that the token makes certain, possibly none; valid until the next call on the stream. `stopped` is set to
 * 1 when a stop string is complete; nothing comes after it. */
RWKVK_API rwkvk_status rwkvk_stream_push(rwkvk_stream *stream, rwkvk_token token, const char **text, size_t *bytes,
                                         int32_t *stopped);
/** What was held back, when no more tokens come. */
RWKVK_API rwkvk_status rwkvk_stream_finish(rwkvk_stream *stream, const char **text, size_t *bytes);

/* ---- Chat ---------------------------------------------------------------------------------------------- */

/** Names of the prompt formats, in the order 0, 1, …; NULL past the last. */
RWKVK_API const char *rwkvk_chat_template_name(uint32_t index);

enum {
    RWKVK_THINK_NONE = 0,  /* no reasoning */
    RWKVK_THINK_FAST = 1,  /* an empty reasoning part */
    RWKVK_THINK_ON = 2,
    RWKVK_THINK_LITTLE = 3,
    RWKVK_THINK_LOT = 4
};

typedef struct rwkvk_chat_params {
    uint32_t size;
    const char *template_name; /* NULL: chosen from the template in the model's file, its name and vocabulary */
    const char *system;        /* NULL: none */
    int32_t thinking;          /* for templates that know it */
    uint32_t max_tokens;       /* of one answer; 2048 */
    uint64_t seed;             /* of the answers */
    uint64_t snapshot_bytes;   /* of host memory for states to go back to; the oldest are dropped; 1 GiB */
    const char *const *stops;  /* NUL-terminated strings that end an answer, besides the template's own; NULL */
    size_t stop_count;
    const char *template_text; /* a template of one's own, or Jinja that is known here
                                 * (docs/FORMATS.md), called template_name; NULL: a known one */
    rwkvk_receipt *receipt;    /* of this context (rwkvk_receipt.h): the answers are written down there; NULL */
} rwkvk_chat_params;

RWKVK_API void rwkvk_chat_params_default(rwkvk_chat_params *params, uint32_t size);

/** A conversation, or several branches of one, in slot 0 of a context. What looks like a special
 * token in a message is text; in the template's words it is the token. A model's file may declare a template that is
 * not known here: that is logged as a warning, and another one is taken.
 * Errors: RWKVK_BAD_ARGUMENT; those of rwkvk_feed for the opening text. */
RWKVK_API rwkvk_status rwkvk_chat_create(rwkvk_context *context, const rwkvk_tokenizer *tokenizer,
                                         const rwkvk_chat_params *params, rwkvk_chat **chat);
RWKVK_API void rwkvk_chat_destroy(rwkvk_chat *chat);

enum { RWKVK_PART_ANSWER = 0, RWKVK_PART_REASONING = 1 };

/** A piece of an answer, whole characters. Return 0 to stop the answer. */
typedef int32_t (*rwkvk_text_fn)(void *user, int32_t part, const char *text, size_t bytes);

enum { RWKVK_END_STOP = 0, RWKVK_END_LENGTH = 1, RWKVK_END_INTERRUPTED = 2 };

typedef struct rwkvk_chat_reply {
    uint32_t size;
    int32_t end;              /* why the answer ended */
    uint32_t prompt_tokens;   /* of the user's turn */
    uint32_t tokens;          /* of the answer, reasoning included */
    double prompt_seconds, seconds;
} rwkvk_chat_reply;

/** The user's turn and the answer to it. However the answer ends, the conversation is consistent: it holds the answer
 * as far as it was shown, without its reasoning. Interrupted before the answer began, or on an error, it is as if
 * nothing had been said. `reply` may be NULL. Errors: RWKVK_BAD_ARGUMENT for an empty message, RWKVK_BAD_TEXT for one
 * that is not UTF-8; as rwkvk_feed and rwkvk_sampler_sample. */
RWKVK_API rwkvk_status rwkvk_chat_say(rwkvk_chat *chat, const char *text, rwkvk_text_fn sink, void *user,
                                      rwkvk_chat_reply *reply);
/** Another answer to the last turn, with the next random numbers. Errors: RWKVK_BAD_ARGUMENT without one. */
RWKVK_API rwkvk_status rwkvk_chat_regenerate(rwkvk_chat *chat, rwkvk_text_fn sink, void *user, rwkvk_chat_reply *reply);
/** How answers are drawn: at first as the model's file recommends, else as the template does. */
RWKVK_API rwkvk_status rwkvk_chat_sampling_get(const rwkvk_chat *chat, rwkvk_sampler_params *params);
/** Answers from now on are drawn so. The stream of random numbers goes on unless the seed is another; biases stay.
 * Errors: RWKVK_BAD_ARGUMENT; nothing is changed then. */
RWKVK_API rwkvk_status rwkvk_chat_sampling_set(rwkvk_chat *chat, const rwkvk_sampler_params *params);
/** Added to the token's logit in the answers from now on; minus infinity bans it. */
RWKVK_API rwkvk_status rwkvk_chat_bias(rwkvk_chat *chat, rwkvk_token token, float bias);
/** Takes the last turn and its answer back, by copying a state. Errors: RWKVK_BAD_ARGUMENT without one. */
RWKVK_API rwkvk_status rwkvk_chat_undo(rwkvk_chat *chat);
/** A new conversation; `system` NULL keeps the present one. */
RWKVK_API rwkvk_status rwkvk_chat_reset(rwkvk_chat *chat, const char *system);
/** A copy of this branch, which becomes the present one; its number is written to `branch`, which may be NULL. */
RWKVK_API rwkvk_status rwkvk_chat_fork(rwkvk_chat *chat, uint32_t *branch);
/** Goes to another branch. Errors: RWKVK_BAD_ARGUMENT when there is none of this number. */
RWKVK_API rwkvk_status rwkvk_chat_select(rwkvk_chat *chat, uint32_t branch);

typedef struct rwkvk_chat_info {
    uint32_t size;
    uint32_t branch, branches;
    uint32_t turns;      /* that can be taken back */
    uint64_t position;   /* tokens that made the state */
    uint64_t snapshot_bytes;
    char template_name[32];
} rwkvk_chat_info;

RWKVK_API rwkvk_status rwkvk_chat_info_get(const rwkvk_chat *chat, rwkvk_chat_info *info);

/** The state as rwkvk_state_save writes it, which any context of the model can go on from. Errors: as there. */
RWKVK_API rwkvk_status rwkvk_chat_save(rwkvk_chat *chat, const char *path);
/** This branch goes on from the file; turns before it cannot be taken back. Errors: as rwkvk_state_load; nothing is
 * changed then. */
RWKVK_API rwkvk_status rwkvk_chat_load(rwkvk_chat *chat, const char *path);

/** All tokens that made the state since the beginning or the last load; as rwkvk_tokenize for the sizes. Feeding them
 * gives the same state, to the bit. */
RWKVK_API rwkvk_status rwkvk_chat_tokens(const rwkvk_chat *chat, rwkvk_token *tokens, size_t capacity, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
