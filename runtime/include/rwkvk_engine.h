/* rwkvk_engine.h: many requests served together, on a thread of the library or inside the caller's own loop. A part of
 * the stable border; what rwkvk.h says of handles, errors, parameters and threads holds here too.
 *
 *     rwkvk_engine_create(model, tokenizer, NULL, &engine);
 *     rwkvk_message messages[] = {{.role = "user", .text = "Who are you?"}};
 *     rwkvk_prompt_create(model, tokenizer, NULL, messages, 1, &prompt);
 *     rwkvk_engine_request request;
 *     rwkvk_engine_request_default(&request, sizeof request);
 *     request.prompt = prompt;
 *     request.event = on_event;
 *     rwkvk_engine_submit(engine, &request, NULL);
 *     ... once in every frame: rwkvk_engine_step(engine, 2000, NULL);
 *
 * What a request gives depends on nothing but itself: the same tokens alone, among others, after a part of its prompt
 * was found in the cache, and after its device was lost. */
#ifndef RWKVK_ENGINE_H
#define RWKVK_ENGINE_H

#include "rwkvk.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Prompts: conversations as tokens ------------------------------------------------------------------- */

typedef struct rwkvk_prompt rwkvk_prompt;

/** A call of a tool in an answer. */
typedef struct rwkvk_tool_call {
    const char *name;
    const char *arguments; /* a JSON object */
} rwkvk_tool_call;

typedef struct rwkvk_message {
    const char *role; /* "system" (or "developer"), "user", "assistant", "tool" */
    const char *text; /* UTF-8 */
    const rwkvk_tool_call *calls; /* behind the text of an assistant's; NULL */
    size_t call_count;
} rwkvk_message;

/** What a model may call; rwkvk_calls.h has what else there is to it. */
typedef struct rwkvk_tool {
    const char *name, *description;
    const char *parameters; /* a JSON schema; NULL: {} */
    int32_t strict; /* 1: rwkvk_grammar_calls refuses a schema that it does not support; 0: any object will do then */
} rwkvk_tool;

enum {
    RWKVK_TOOLS_OF_TEMPLATE = 0,
    RWKVK_TOOLS_LIST = 1,    /* a line of JSON; a call is a fenced object */
    RWKVK_TOOLS_MARKDOWN = 2 /* a heading for each, and for each call */
};

typedef struct rwkvk_prompt_params {
    uint32_t size;
    const char *template_name; /* as in rwkvk_chat_params */
    const char *template_text; /* likewise */
    int32_t thinking;          /* RWKVK_THINK_*, for templates that know it */
    const rwkvk_tool *tools;   /* for templates that know them, or have one beside them that does; NULL */
    size_t tool_count;
    int32_t continues; /* 1: the messages come after a snapshot: without what conversations begin with; 0 */
    int32_t answered;  /* 1: it ends behind its last message, an assistant's, for a snapshot to be taken there; 0 */
    int32_t begun;     /* 1: its last message, an assistant's, is how the answer begins, which goes on from there; 0 */
    int32_t tool_form; /* RWKVK_TOOLS_*, how tools are told of; RWKVK_TOOLS_OF_TEMPLATE */
} rwkvk_prompt_params;

RWKVK_API void rwkvk_prompt_params_default(rwkvk_prompt_params *params, uint32_t size);

/** A conversation as the model's template writes it, up to where the answer begins; its last message is a user's or a
 * tool's, where it is not `answered` or `begun`. What looks like a special token in a message is text. Belongs to no context.
 * Errors: RWKVK_BAD_ARGUMENT; RWKVK_BAD_TEXT for a message that is not UTF-8. */
RWKVK_API rwkvk_status rwkvk_prompt_create(const rwkvk_model *model, const rwkvk_tokenizer *tokenizer,
                                           const rwkvk_prompt_params *params, const rwkvk_message *messages,
                                           size_t count, rwkvk_prompt **prompt);
RWKVK_API void rwkvk_prompt_destroy(rwkvk_prompt *prompt);

/** Borrowed from the prompt. */
RWKVK_API const rwkvk_token *rwkvk_prompt_tokens(const rwkvk_prompt *prompt, size_t *count);
RWKVK_API const char *rwkvk_prompt_text(const rwkvk_prompt *prompt, size_t *bytes);
/** How the answer is drawn: as the model's file recommends, else as the template does; the seed stays. */
RWKVK_API rwkvk_status rwkvk_prompt_sampling(const rwkvk_prompt *prompt, rwkvk_sampler_params *params);

/* ---- Snapshots: states in host memory, of a model but of no context ---------------------------------------- */

typedef struct rwkvk_snapshot rwkvk_snapshot;

/** Whether the file is a state and not a model: 1 or 0, also for what cannot be read. */
RWKVK_API int32_t rwkvk_is_snapshot(const char *path);
/** One of rwkvk_state_save, rwkvk_chat_save or rwkvk_snapshot_write, or any other that rwkvk_state_load_initial takes.
 * Errors: as there. */
RWKVK_API rwkvk_status rwkvk_snapshot_read(const rwkvk_model *model, const char *path, rwkvk_snapshot **snapshot);
/** As rwkvk_state_save. Errors: as there. */
RWKVK_API rwkvk_status rwkvk_snapshot_write(const rwkvk_snapshot *snapshot, const char *path);
/** Another owner of the same. */
RWKVK_API rwkvk_snapshot *rwkvk_snapshot_share(const rwkvk_snapshot *snapshot);
RWKVK_API void rwkvk_snapshot_destroy(rwkvk_snapshot *snapshot);
/** How many tokens made it; 0 for a tuned one. */
RWKVK_API uint64_t rwkvk_snapshot_position(const rwkvk_snapshot *snapshot);
/** As rwkvk_state_get; borrowed from the snapshot. */
RWKVK_API const float *rwkvk_snapshot_values(const rwkvk_snapshot *snapshot, size_t *count);
/** The tokens that made it, where they are known: an engine's are, where what it went on from was nothing or had them.
 * Borrowed from the snapshot. NULL, 0: they are not. */
RWKVK_API const rwkvk_token *rwkvk_snapshot_tokens(const rwkvk_snapshot *snapshot, size_t *count);
/** The bytes of a state file, with the tokens where they are known, which rwkvk_snapshot_write leaves out. Writes them
 * if there are at most `capacity` and sets `count` to how many there are: some KB more than the values and tokens have.
 * Errors: RWKVK_NOT_FINITE for a state that could not be read back. */
RWKVK_API rwkvk_status rwkvk_snapshot_encode(const rwkvk_snapshot *snapshot, void *bytes, size_t capacity, size_t *count);
/** Of such bytes, which need not come from anybody who is trusted; they are not needed after the call. Errors:
 * RWKVK_BAD_FILE for what is damaged, or of another model; RWKVK_UNSUPPORTED, RWKVK_BAD_SHAPE, RWKVK_NOT_FINITE. */
RWKVK_API rwkvk_status rwkvk_snapshot_decode(const rwkvk_model *model, const void *bytes, size_t count,
                                             rwkvk_snapshot **snapshot);

/* ---- Engines ---------------------------------------------------------------------------------------------- */

typedef struct rwkvk_engine rwkvk_engine;

typedef struct rwkvk_engine_params {
    uint32_t size;
    const rwkvk_context_params *context; /* of the context that the engine makes, and makes anew when its device is
                                          * lost; NULL: the defaults, but 8 slots: as many requests are served at once */
    uint32_t queue;       /* requests that wait at most; 0: as many as there are; 64 */
    uint32_t step_us;     /* that a step which reads prompts takes, about, where nobody says a time; 50000 */
    uint64_t cache_bytes; /* of host memory for states that later prompts go on from; 1 GiB */
    int32_t own_thread;   /* 1: requests are served on a thread of the engine; 0: by rwkvk_engine_step */
} rwkvk_engine_params;

RWKVK_API void rwkvk_engine_params_default(rwkvk_engine_params *params, uint32_t size);

/** Takes the model's weights over to a device. Errors: as rwkvk_context_create. */
RWKVK_API rwkvk_status rwkvk_engine_create(rwkvk_model *model, const rwkvk_tokenizer *tokenizer,
                                           const rwkvk_engine_params *params, rwkvk_engine **engine);
/** Requests that are not done are told that they are cancelled, from this call. Not from where events are told. */
RWKVK_API void rwkvk_engine_destroy(rwkvk_engine *engine);

/** As rwkvk_context_device. */
RWKVK_API const char *rwkvk_engine_device(const rwkvk_engine *engine);

enum {
    RWKVK_EVENT_STARTED = 0,  /* `done` of the prompt's `total` tokens were found in the cache */
    RWKVK_EVENT_PROGRESS = 1, /* `done` of them are read */
    RWKVK_EVENT_PIECE = 2,    /* a token of the answer, those of a text that stops it too, and the text that it makes certain */
    RWKVK_EVENT_DONE = 3,     /* the last; text that was held back comes with it */
    RWKVK_EVENT_SCORE = 4,    /* where it was wanted: what the model gave token `done` of the prompt's `total`, from 1 on */
    RWKVK_EVENT_HIDDEN = 5    /* likewise: the hidden vector of token `done` of the prompt's `total`, from 0 on */
};

enum { RWKVK_DONE_STOP = 0, RWKVK_DONE_LENGTH = 1, RWKVK_DONE_CANCELLED = 2, RWKVK_DONE_FAILED = 3 };

typedef struct rwkvk_token_score {
    rwkvk_token token;
    float log_probability; /* ln of its share in the softmax of the model's logits, which sampling has not edited */
} rwkvk_token_score;

typedef struct rwkvk_engine_event {
    uint32_t size;
    int32_t kind; /* RWKVK_EVENT_* */
    uint64_t request;
    size_t done, total;    /* STARTED, PROGRESS, SCORE, HIDDEN */
    rwkvk_token token;     /* PIECE, SCORE */
    const char *text;      /* PIECE, DONE: whole characters of the answer, without a NUL */
    size_t text_bytes;
    const char *reasoning; /* likewise, before the answer */
    size_t reasoning_bytes;
    /* DONE: */
    int32_t end;         /* RWKVK_DONE_* */
    rwkvk_status status; /* RWKVK_OK, or why it failed */
    const char *message; /* likewise, one line for a person; "" */
    uint64_t prompt_tokens, cached_tokens, answer_tokens;
    double queued_seconds, prompt_seconds, answer_seconds;
    const rwkvk_snapshot *snapshot; /* where the request wanted one, unless its device was lost just then */
    /* PIECE, where it was wanted, SCORE: */
    float log_probability;                 /* of the token; 0 where it was not wanted */
    const rwkvk_token_score *alternatives; /* the likeliest tokens there, in falling order, which may hold it too */
    size_t alternative_count;
    const float *hidden; /* HIDDEN: as RWKVK_WANT_HIDDEN gives it */
    size_t hidden_count; /* its elements: the width of the model */
    /* DONE, of a request that is told as a whole: */
    const rwkvk_token_score *answer; /* the tokens that PIECE would have told */
    size_t answer_count;
    const rwkvk_token_score *prompt_scores; /* what SCORE would have: from the prompt's second token on */
    size_t prompt_score_count;
} rwkvk_engine_event;

/** Called at the end of a step, on the engine's thread or that of rwkvk_engine_step: should return soon. May call
 * submit, fork, cancel, cached, keep and info of the engine. What the event points to is valid during the call. */
typedef void (*rwkvk_event_fn)(void *user, const rwkvk_engine_event *event);

enum {
    RWKVK_REPLY_VERBATIM = 0, /* all is answer, as it comes */
    RWKVK_REPLY_ANSWER = 1,   /* its leading blanks are dropped, and a <think> with which it begins opens reasoning */
    RWKVK_REPLY_OPEN_TAG = 2, /* the prompt ends in "<think": reasoning follows */
    RWKVK_REPLY_CLOSE_TAG = 3 /* the prompt ends in "</think": the answer follows */
};

typedef struct rwkvk_engine_request {
    uint32_t size;
    const rwkvk_prompt *prompt; /* a conversation, with what ends its answers and how they begin; or NULL, and */
    const rwkvk_token *tokens;  /* tokens to go on from */
    size_t token_count;
    const size_t *keep; /* with tokens: so many of the first are what later requests begin with, for the cache; NULL: all */
    size_t keep_count;
    int32_t reply_start; /* with tokens: RWKVK_REPLY_* */
    const rwkvk_sampler_params *sampling; /* NULL: the prompt's own, seed 0 */
    const rwkvk_sampler *sampler; /* in its place: copied as it is, with its biases and the tokens that it counted; NULL */
    uint32_t max_tokens;          /* of the answer; 0: the prompt is read, for the cache or a snapshot; 2048 */
    const rwkvk_token *ends;      /* tokens that end it, and are not part of it; NULL */
    size_t end_count;
    const char *const *stops; /* NUL-terminated texts that do; NULL */
    size_t stop_count;
    const char *owner;  /* owners are served alike, however many requests each has; NULL: "" */
    const char *domain; /* states in the cache are found by requests of the same domain only; NULL: "" */
    rwkvk_event_fn event;
    void *user;
    const rwkvk_snapshot *from; /* that the prompt goes on from; NULL: what sequences begin with */
    int32_t wants_snapshot;     /* 1: DONE brings one, of the tokens that were read: without the answer's last; 0 */
    int32_t wants_scores;        /* 1: tokens of the answer come with their log-probabilities; 0 */
    int32_t wants_prompt_scores; /* 1: those of the prompt too, all of which is read then; 0 */
    uint32_t alternatives;       /* to either, of so many likeliest tokens; 0 */
    int32_t wants_hidden; /* RWKVK_WANT_LAST or RWKVK_WANT_ALL: the hidden vector of the prompt's last token, or of each,
                           * all of which is read then; with max_tokens 0 only; 0 */
    int32_t wants_whole;  /* 1: neither STARTED, PROGRESS, PIECE nor SCORE is told: DONE brings all text, tokens and scores,
                           * without alternatives. For callers to whom a call for each token is dear; forks of it are told
                           * piece by piece; 0 */
} rwkvk_engine_request;

RWKVK_API void rwkvk_engine_request_default(rwkvk_engine_request *request, uint32_t size);

/* Submit, fork, cancel, cached, keep and info may be called from every thread. */

/** Nothing that the request points to is needed after the call. `id`, the request's number, may be NULL.
 * Errors: RWKVK_BAD_ARGUMENT, RWKVK_BAD_TOKEN; RWKVK_BUSY when as many wait as may. */
RWKVK_API rwkvk_status rwkvk_engine_submit(rwkvk_engine *engine, const rwkvk_engine_request *request, uint64_t *id);

/** A request of its own that goes on from where `of` is when the next step begins, with the random numbers of another
 * seed. One that is over by then makes it fail: RWKVK_DONE_FAILED. Errors: RWKVK_BUSY. */
RWKVK_API rwkvk_status rwkvk_engine_fork(rwkvk_engine *engine, uint64_t of, uint64_t seed, rwkvk_event_fn event,
                                         void *user, uint64_t *id);

/** Ends a request at the next step; it is told so. Nothing for one that is over. */
RWKVK_API void rwkvk_engine_cancel(rwkvk_engine *engine, uint64_t id);

/** Sets `cached` to how many of these first tokens a prompt of them, in this domain, would find in the cache. */
RWKVK_API rwkvk_status rwkvk_engine_cached(rwkvk_engine *engine, const char *domain, const rwkvk_token *tokens,
                                           size_t count, size_t *cached);
/** Puts a snapshot into the cache, as though its tokens had been read: prompts of the domain that begin with them go on
 * from it. That they made it is believed. Errors: RWKVK_BAD_ARGUMENT where its tokens are not known, or it is of
 * another model. */
RWKVK_API rwkvk_status rwkvk_engine_keep(rwkvk_engine *engine, const char *domain, const rwkvk_snapshot *snapshot);

/** Serves the requests for so many microseconds, as far as that can be foreseen from the steps before, but at least a
 * piece of a token: a quarter of a millisecond of a GPU, one of a software device, a product of the CPU. What ends in
 * the middle of a token, or of a prompt, is gone on with by the next step. 0: one token of every answer, and of prompts
 * what takes step_us. Kernels that a device has not run yet are compiled first, whatever that takes. From one thread at
 * a time.
 * `more`, which may be NULL, is set to whether there is anything left to do.
 * Errors: RWKVK_BAD_ARGUMENT for an engine with a thread of its own; what befalls a request is told by its events. */
RWKVK_API rwkvk_status rwkvk_engine_step(rwkvk_engine *engine, uint32_t budget_us, int32_t *more);

typedef struct rwkvk_engine_info {
    uint32_t size;
    uint32_t running, waiting;
    uint64_t kept_states, kept_bytes; /* of the cache */
    uint64_t steps, rows;             /* so far, as what follows */
    uint64_t prompt_tokens, cached_tokens, answer_tokens;
    uint64_t finished, failed;
    uint64_t rebuilds;     /* after a device was lost */
    uint64_t device_bytes; /* of device memory in use now; 0 on the CPU */
} rwkvk_engine_info;

/** As it was at the end of the last step. `info->size` is set by the caller. */
RWKVK_API rwkvk_status rwkvk_engine_info_get(const rwkvk_engine *engine, rwkvk_engine_info *info);

#ifdef __cplusplus
}
#endif
#endif
