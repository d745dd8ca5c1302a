/* A C program as anybody's: loads a model, feeds a prompt, chooses tokens, says what it got, and has it confirmed.
 * usage: consumer MODEL */
#include <rwkvk_generate.h>
#include <rwkvk_receipt.h>
#include <stdio.h>
#include <stdlib.h>

static void check(const rwkvk_runtime *runtime, rwkvk_status status) {
    if (status == RWKVK_OK) return;
    fprintf(stderr, "%s: %s\n", rwkvk_status_name(status), rwkvk_last_error(runtime));
    exit(1);
}

struct drawn {
    rwkvk_token ids[8];
    size_t count;
};

static int32_t take(void *user, rwkvk_token token) {
    struct drawn *drawn = user;
    drawn->ids[drawn->count++] = token;
    printf(" %u", token);
    return 1;
}

int main(int argc, char **argv) {
    rwkvk_runtime *runtime = NULL;
    if (argc != 2 || rwkvk_runtime_create(NULL, &runtime) != RWKVK_OK) return 2;
    rwkvk_model *model = NULL;
    if (rwkvk_model_load(runtime, "no such file", NULL, &model) != RWKVK_IO) return 3;
    check(runtime, rwkvk_model_load(runtime, argv[1], NULL, &model));
    rwkvk_model_info info;
    info.size = sizeof info;
    check(runtime, rwkvk_model_info_get(model, &info));

    rwkvk_context_params params;
    rwkvk_context_params_default(&params, sizeof params);
    params.device = "cpu";
    params.threads = 1;
    rwkvk_context *context = NULL;
    check(runtime, rwkvk_context_create(model, &params, &context));
    rwkvk_sampler *sampler = NULL;
    check(runtime, rwkvk_sampler_create(runtime, NULL, &sampler));

    float *logits = malloc(info.vocabulary * sizeof *logits);
    if (!logits) return 4;
    const rwkvk_token prompt[] = {72, 105};
    rwkvk_receipt *receipt = NULL;
    check(runtime, rwkvk_receipt_create(context, NULL, &receipt));
    check(runtime, rwkvk_receipt_begin_answer(receipt, 0, prompt, 2, sampler, NULL));
    check(runtime, rwkvk_eval(context, 0, prompt, 2, logits));
    struct drawn drawn = {{0}, 0};
    check(runtime, rwkvk_generate(context, 0, logits, sampler, NULL, 0, 8, take, &drawn));
    printf("\n");
    check(runtime, rwkvk_receipt_end_answer(receipt, 0, drawn.ids, drawn.count, 0));
    rwkvk_replay_result result;
    result.size = sizeof result;
    check(runtime, rwkvk_receipt_replay(receipt, context, NULL, NULL, &result));
    if (result.differs != RWKVK_DIFFERS_NOWHERE) return 5;
    free(logits);
    rwkvk_runtime_destroy(runtime); /* in any order */
    rwkvk_model_destroy(model);
    rwkvk_sampler_destroy(sampler);
    rwkvk_receipt_destroy(receipt);
    rwkvk_context_destroy(context);
    return 0;
}
