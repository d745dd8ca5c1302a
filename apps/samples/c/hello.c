/* Answers a question. usage: hello MODEL QUESTION */
#include <rwkvk_engine.h>
#include <stdio.h>

static void on_event(void *user, const rwkvk_engine_event *event) {
    fwrite(event->text, 1, event->text_bytes, stdout);
    if (event->kind != RWKVK_EVENT_DONE) return;
    printf("%s\n", event->message); /* empty, unless it failed */
    *(rwkvk_status *)user = event->status;
}

int main(int argc, char **argv) {
    rwkvk_runtime *runtime = NULL;
    rwkvk_model *model = NULL;
    rwkvk_tokenizer *tokenizer = NULL;
    rwkvk_engine *engine = NULL;
    rwkvk_prompt *prompt = NULL;
    rwkvk_engine_request request;
    rwkvk_engine_request_default(&request, sizeof request);
    rwkvk_status end = RWKVK_OK;
    request.event = on_event;
    request.user = &end;
    if (argc != 3 || rwkvk_runtime_create(NULL, &runtime) != RWKVK_OK) return 2;
    const rwkvk_message question = {.role = "user", .text = argv[2]};
    int32_t more = 1;
    rwkvk_status status = rwkvk_model_load(runtime, argv[1], NULL, &model);
    if (!status) status = rwkvk_tokenizer_of_model(model, &tokenizer);
    if (!status) status = rwkvk_engine_create(model, tokenizer, NULL, &engine);
    if (!status) status = rwkvk_prompt_create(model, tokenizer, NULL, &question, 1, &prompt);
    request.prompt = prompt;
    if (!status) status = rwkvk_engine_submit(engine, &request, NULL);
    while (!status && more) status = rwkvk_engine_step(engine, 0, &more);
    if (status) fprintf(stderr, "%s\n", rwkvk_last_error(runtime));
    rwkvk_engine_destroy(engine);
    rwkvk_prompt_destroy(prompt);
    rwkvk_tokenizer_destroy(tokenizer);
    rwkvk_model_destroy(model);
    rwkvk_runtime_destroy(runtime);
    return status ? status : end;
}
