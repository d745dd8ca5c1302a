#include "serve.h"

#include "pooling_flag.h"

namespace rwkvk::app {

#ifndef RWKVK_HAVE_SERVER
void serve(ServeFlags) {
    throw usage_error("this rwkvk was built without its server: install libboost-dev and build it again");
}
#endif

void add_serve(CLI::App& app) {
    CLI::App* command = app.add_subcommand("serve", "Answer over HTTP, as OpenAI's API has it");
    auto flags = std::make_shared<ServeFlags>();
    add_common(*command, flags->common);
    add_gpu_layers(*command, flags->common);
    command->add_option("--host", flags->host,
                        "Address to listen on, or unix:PATH, or fd:3 for a socket that listens already");
    command->add_option("--port", flags->port, "0: any that is free");
    command->add_option(
        "--api-key", flags->keys,
        "Clients must send it; may be given more than once. Other users of this computer see it: "
        "better a file, or RWKVK_ARG_API_KEY");
    command->add_option("--api-key-file", flags->key_file, "Lines KEY or KEY NAME; # begins a comment");
    command->add_option("--allowed-hosts", flags->allowed_hosts, "Names that clients know this computer by")
        ->delimiter(',');
    command
        ->add_option("--cors-origins", flags->origins,
                     "Origins whose pages may ask, as https://example.org; *: all")
        ->delimiter(',');
    command->add_flag("--insecure", flags->insecure, "Listen to other computers without a key");
    command->add_flag("--no-webui", flags->no_webui, "Serve programs only, no page at /");
    command
        ->add_option("-a,--alias", flags->names, "What clients know the model by; else the name of its file")
        ->delimiter(',');
    command->add_option("--parallel", flags->parallel, "Answers at once")->check(CLI::Range(1u, 1024u));
    command->add_option("--queue", flags->queue, "Requests that wait, at most");
    command
        ->add_option("--max-tokens,--predict", flags->max_tokens, "Of an answer, whatever a client asks for")
        ->check(CLI::PositiveNumber);
    command->add_option("--max-body", flags->body_megabytes, "Megabytes of a request")
        ->check(CLI::Range(1u, 1024u));
    command->add_option("--cache-ram", flags->cache_megabytes,
                        "Megabytes for states of prompts that were read");
    command->add_option("--store", flags->store,
                        "Where conversations are kept: a folder, redis://HOST:PORT/DATABASE or "
                        "redis+unix:PATH (password: RWKVK_STORE_PASSWORD); else they end with the program");
    command
        ->add_option("--conversation-ttl", flags->conversation_days,
                     "Days that a conversation is kept for after its last turn")
        ->check(CLI::Range(1u, 36500u));
    command->add_option("--state-store", flags->state_store,
                        "Where states of conversations are kept for other servers to go on from, if not "
                        "beside --store; none: they read the text");
    command
        ->add_option("--state-ttl", flags->state_hours, "Hours that a state is kept for after its last use")
        ->check(CLI::Range(1u, 876000u));
    command
        ->add_option("--store-bytes", flags->store_bytes,
                     "Of states in a folder, at most, as 16GB; those unused for longest go first")
        ->transform(CLI::AsSizeValue(true));
    command->add_option("--threads-http", flags->threads, "Threads that read requests")
        ->check(CLI::Range(1u, 64u));
    command->add_option("--template", flags->format,
                        "How conversations are written; else what fits the model");
    command
        ->add_option("--tool-format", flags->tool_form,
                     "How tools are told of: list, a line of JSON, or markdown; else as the template does")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, int32_t>{{"list", RWKVK_TOOLS_LIST}, {"markdown", RWKVK_TOOLS_MARKDOWN}}));
    add_thinking(*command, "--thinking", flags->thinking, ", where a request says nothing");
    add_sampling_params(*command, flags->sampling);
    command->get_option("--seed")->description("Of sampling where a request says none, else a random one");
    command->add_flag("--slots,!--no-slots", flags->slots, "Tell at GET /slots which are busy");
    command->add_flag("--ollama,!--no-ollama", flags->ollama, "Answer as Ollama does too, below /api");
    add_pooling(*command, flags->pooling);
    command->footer(
        "Sampling is as a request says, else as these flags do, else as the model's file recommends.");
    command->callback([flags, command] {
        if (command->count("--seed") > 0) flags->seed = flags->common.seed;
        serve(*flags);
    });
}

}  // namespace rwkvk::app
