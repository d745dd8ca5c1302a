#include <csignal>
#include <filesystem>
#include <iostream>
#include <thread>

#include "api/service.h"
#include "serve.h"
#include "text_input.h"

namespace rwkvk::app {
namespace {

/// Of the signals that end the program: all threads leave them to whoever waits.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

void wait_for(const sigset_t& signals) {
    int signal = 0;
    sigwait(&signals, &signal);
}

std::vector<server::ApiKey> keys_of(const ServeFlags& flags) {
    std::vector<server::ApiKey> keys;
    if (!flags.key_file.empty()) keys = server::read_keys(read_text(flags.key_file), flags.key_file);
    for (const std::string& key : flags.keys) keys.push_back({key, ""});
    return keys;
}

std::shared_ptr<server::Store> open_store(const ServeFlags& flags) {
    try {
        return server::open_store(flags.store, {.ttl = int64_t{86400} * flags.conversation_days});
    } catch (const std::invalid_argument& error) {
        throw usage_error(error.what());
    }
}

/// Of states: beside the conversations, where others can reach those. Null: none.
std::shared_ptr<server::StateStore> open_states(const ServeFlags& flags) {
    const std::string& where = flags.state_store.empty() ? flags.store : flags.state_store;
    if (where.empty() || where == "none") return nullptr;
    try {
        return server::open_states(
            where, {.ttl = int64_t{3600} * flags.state_hours, .most_bytes = flags.store_bytes});
    } catch (const std::invalid_argument& error) {
        throw usage_error(error.what());
    }
}

server::ServiceOptions service_options(const ServeFlags& flags) {
    server::ServiceOptions options{
        .access = {.keys = keys_of(flags),
                   .allowed_hosts = flags.allowed_hosts,
                   .origins = flags.origins,
                   .loopback = http::is_local(flags.host),
                   .page = !flags.no_webui},
        .jobs = {.max_tokens = flags.max_tokens,
                 .thinking = flags.thinking,
                 .template_name = flags.format,
                 .tool_form = flags.tool_form,
                 .sampling = [flags](const rwkvk_sampler_params& all) { return flags.sampling.over(all); },
                 .seed = flags.seed},
        .build = concat("rwkvk ", rwkvk_version()),
        .tells_slots = flags.slots,
        .speaks_ollama = flags.ollama,
        .pooling = flags.pooling,
        .threads = flags.threads,
        .store = open_store(flags),
        .keeps_conversations = !flags.store.empty(),
        .states = open_states(flags)};
    if (!options.access.loopback && options.access.keys.empty() && !flags.insecure) {
        throw usage_error(concat("other computers could ask at ", flags.host,
                                 ": give --api-key-file, or --insecure to let everybody"));
    }
    return options;
}

std::string model_fingerprint(const Model& model, const Runtime& runtime) {
    char hex[17];
    runtime.check(rwkvk_model_fingerprint(model.handle(), hex));
    return hex;
}

std::vector<std::string> names_of(const ServeFlags& flags, const std::string& file) {
    if (!flags.names.empty()) return flags.names;
    return {std::filesystem::path(file).stem().string()};
}

std::shared_ptr<server::Loaded> load(const ServeFlags& flags) {
    Runtime runtime = open_runtime(flags.common);
    Model model = open_model(runtime, flags.common);
    Tokenizer tokenizer = open_tokenizer(model, flags.common);
    rwkvk_engine_params params = engine_params();
    params.own_thread = 1;
    params.queue = flags.queue;
    params.cache_bytes = flags.cache_megabytes * 1000000;
    Engine engine = open_engine(model, tokenizer, flags.common, {.slots = flags.parallel}, params);
    const std::string file = model.info().name;
    const std::string fingerprint =
        concat("b", rwkvk_numerics_version(), "-", model_fingerprint(model, runtime));
    const server::TemplateFacts knows = server::template_facts(model, tokenizer, flags.format);
    return std::make_shared<server::Loaded>(
        server::Loaded{std::move(runtime), std::move(model), std::move(tokenizer), std::move(engine),
                       names_of(flags, file), file, fingerprint, flags.parallel, knows});
}

std::string address_of(const ServeFlags& flags, uint16_t port) {
    if (flags.host.starts_with("unix:")) return flags.host;
    if (flags.host.starts_with("fd:")) return concat(flags.host, ", the socket of port ", port);
    const bool is_v6 = flags.host.find(':') != flags.host.npos;
    return concat("http://", is_v6 ? "[" : "", flags.host, is_v6 ? "]" : "", ":", port);
}

/// Loads while requests are told to wait; a model that cannot be loaded ends the program.
class Loading {
  public:
    Loading(const ServeFlags& flags, server::Service& service)
        : thread_([this, &flags, &service] {
              try {
                  auto loaded = load(flags);
                  std::cerr << "rwkvk: " << loaded->file << " on " << loaded->engine.device() << ", "
                            << loaded->slots << " answers at once\n";
                  service.use(std::move(loaded));
              } catch (...) {
                  failure_ = std::current_exception();
                  kill(getpid(), SIGTERM);
              }
          }) {}
    void finish() {
        thread_.join();
        if (failure_) std::rethrow_exception(failure_);
    }

  private:
    std::exception_ptr failure_;
    std::thread thread_;
};

}  // namespace

void serve(ServeFlags flags) {
    if (const std::string socket = http::passed_socket(); !socket.empty()) flags.host = socket;
    const sigset_t signals = block_signals();
    server::Service service(service_options(flags));
    http::Server http(
        {.host = flags.host, .port = flags.port, .max_body = flags.body_megabytes * 1000000},
        [&](http::Request request, std::shared_ptr<http::Responder> client) {
            service.handle(std::move(request), std::move(client));
        },
        [&](const http::Head& head) { return service.judge(head); });
    std::cout << "listening on " << address_of(flags, http.port()) << std::endl;
    std::thread io([&] { http.run(); });
    Loading loading(flags, service);
    wait_for(signals);
    service.drain();
    http.drain();
    // Who insists is not made to wait for answers.
    std::thread([signals] {
        wait_for(signals);
        std::_Exit(130);
    }).detach();
    io.join();
    loading.finish();
}

}  // namespace rwkvk::app
