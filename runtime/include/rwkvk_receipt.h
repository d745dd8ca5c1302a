/* rwkvk_receipt.h: what was computed, so that anyone can compute it again, on any device. A part of the stable border;
 * what rwkvk.h says of handles, errors, parameters and threads holds here too. Calls on a receipt are serialised with those
 * on its context.
 *
 * A receipt says which model, ids, sampling and random numbers gave which answers. Its answers can be drawn again, on
 * any device, without a vocabulary. Points are states: 0 is what the context's sequences begin with. */
#ifndef RWKVK_RECEIPT_H
#define RWKVK_RECEIPT_H

#include "rwkvk.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An empty receipt of what will be computed on this context; a chat with it in its params writes itself down. `path`:
 * where rwkvk_receipt_save writes, which is tried now; NULL: nowhere. Reads all weights the first time.
 * Errors: RWKVK_BAD_ARGUMENT (a path to a file that a model is being read from); RWKVK_IO. */
RWKVK_API rwkvk_status rwkvk_receipt_create(rwkvk_context *context, const char *path, rwkvk_receipt **receipt);
/** A receipt that was saved. Errors: RWKVK_IO; RWKVK_BAD_FILE (damaged, no receipt); RWKVK_UNSUPPORTED (of a newer
 * version). */
RWKVK_API rwkvk_status rwkvk_receipt_open(rwkvk_runtime *runtime, const char *path, rwkvk_receipt **receipt);
RWKVK_API void rwkvk_receipt_destroy(rwkvk_receipt *receipt);

/** An answer is about to be drawn: from the state `from`, behind these ids, by what the sampler now is. `point` may be
 * NULL; it is set to the state behind the ids, which later answers may go on from.
 * Errors: RWKVK_BAD_ARGUMENT (no such point, nothing that was fed, a receipt that was opened), RWKVK_BAD_TOKEN,
 * RWKVK_UNSUPPORTED (a full receipt, of 32768 answers). */
RWKVK_API rwkvk_status rwkvk_receipt_begin_answer(rwkvk_receipt *receipt, uint32_t from, const rwkvk_token *fed,
                                                  size_t count, const rwkvk_sampler *sampler, uint32_t *point);
/** These ids were drawn, one after the other, each fed to the slot before the next one; the last one too, but not
 * where it `ended` the answer. Errors: RWKVK_BAD_ARGUMENT without an answer that has begun; RWKVK_BAD_TOKEN. */
RWKVK_API rwkvk_status rwkvk_receipt_end_answer(rwkvk_receipt *receipt, uint32_t slot, const rwkvk_token *drawn,
                                                size_t count, int32_t ended);

/** To the path of rwkvk_receipt_create: the whole file, or what was there stays. Errors: RWKVK_BAD_ARGUMENT without a
 * path; RWKVK_IO. */
RWKVK_API rwkvk_status rwkvk_receipt_save(rwkvk_receipt *receipt);
/** The same as text, JSON (docs/FORMATS.md); valid until the next call on the receipt. */
RWKVK_API rwkvk_status rwkvk_receipt_text(rwkvk_receipt *receipt, const char **text, size_t *bytes);

typedef struct rwkvk_receipt_info {
    uint32_t size;
    uint32_t numerics_version;
    uint32_t answers, adapters;
    uint64_t drawn; /* tokens of all answers */
    char model_name[256];
    char model_fingerprint[17], last_fingerprint[17]; /* hex; of the last answer: its ids and the state behind them */
} rwkvk_receipt_info;

/** `info->size` is set by the caller. */
RWKVK_API rwkvk_status rwkvk_receipt_info_get(const rwkvk_receipt *receipt, rwkvk_receipt_info *info);
/** Of an opened receipt where the model's file lies: as it says, or in or below the receipt's folder; where none is there, as it
 * says; "" for a model that came from no file. Borrowed from the receipt. */
RWKVK_API const char *rwkvk_receipt_model_path(const rwkvk_receipt *receipt);
/** The type in which its matrices were stored when it was loaded; "": the file's. Borrowed. */
RWKVK_API const char *rwkvk_receipt_weights(const rwkvk_receipt *receipt);
/** An adapter that is to be blended in; its path likewise. Errors: RWKVK_BAD_ARGUMENT past the last. */
RWKVK_API rwkvk_status rwkvk_receipt_adapter(const rwkvk_receipt *receipt, uint32_t index, rwkvk_adapter *adapter);

enum {
    RWKVK_DIFFERS_NOWHERE = 0,
    RWKVK_DIFFERS_NUMERICS = 1,    /* rwkvk_numerics_version: another program is needed */
    RWKVK_DIFFERS_MODEL = 2,       /* its fingerprint, adapters included */
    RWKVK_DIFFERS_STATE = 3,       /* a state file that sequences begin with */
    RWKVK_DIFFERS_TOKEN = 4,       /* of an answer */
    RWKVK_DIFFERS_FINGERPRINT = 5  /* of an answer whose tokens are equal */
};

typedef struct rwkvk_replay_result {
    uint32_t size;
    int32_t differs;
    uint32_t answer;             /* in which, counted from 1; 0: in none */
    rwkvk_token expected, found; /* in the receipt, here; where tokens differ */
    uint64_t token;              /* of the answer, counted from 1; where tokens differ */
    char explanation[512];       /* one line for a person; "" where nothing differs */
} rwkvk_replay_result;

/** Computes the receipt again, up to the first difference, which is no error. All slots of the context begin anew, with
 * the model's own state; slot 0 is used. State files are looked for as the model's is. `progress` may be NULL.
 * Errors: RWKVK_BAD_FILE for what no model can have computed; RWKVK_CANCELLED; RWKVK_IO for a state file that is not
 * there; as rwkvk_feed and rwkvk_state_load_initial. */
RWKVK_API rwkvk_status rwkvk_receipt_replay(rwkvk_receipt *receipt, rwkvk_context *context, rwkvk_progress_fn progress,
                                            void *user, rwkvk_replay_result *result);

#ifdef __cplusplus
}
#endif

#endif
