#include "service.h"

#include <algorithm>

#include "error_words.h"
#include "page/page.h"
#include "path_pattern.h"

namespace rwkvk::server {

namespace {

void send_error(http::Responder& client, const std::string& path, const ApiError& error) {
    std::vector<http::Header> headers;
    if (error.status == 503 || error.status == 409) headers.push_back({"Retry-After", "1"});
    // Clients try again what may go better; these never do.
    if (error.status == 501 || error.code == "conversation_changed")
        headers.push_back({"x-should-retry", "false"});
    client.send(error.status, "application/json", to_text(error_at(path, error)), std::move(headers));
}

/// What asks so often that lines of it would hide the others.
bool is_a_probe(const std::string& path) {
    return path == "/livez" || path == "/metrics" || path.ends_with("/health");
}

}  // namespace

Service::Service(ServiceOptions options)
    : options_(std::move(options)),
      access_(options_.access),
      keeper_(std::make_shared<Keeper>(counted_store(options_.store, store_counts_))),
      states_(std::make_shared<TurnStates>(options_.states, store_counts_)) {
    for (uint32_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { run(); });
}

Service::~Service() {
    {
        const std::lock_guard lock(mutex_);
        leaving_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    keeper_->finish();
    states_->finish();  // while the engine is there
}

void Service::use(std::shared_ptr<Loaded> loaded) {
    const std::lock_guard lock(mutex_);
    loaded_ = std::move(loaded);
}

void Service::drain() {
    const std::lock_guard lock(mutex_);
    draining_ = true;
}

/// Errors: ApiError while there is none, or none for new requests any more.
std::shared_ptr<Loaded> Service::loaded() const {
    const std::lock_guard lock(mutex_);
    if (draining_) throw unavailable("draining", "the server is being stopped");
    if (!loaded_) throw unavailable("loading", "the model is being loaded: try again soon");
    return loaded_;
}

std::optional<http::Refusal> Service::judge(const http::Head& head) {
    std::optional<http::Refusal> refused = access_.judge(head);
    if (refused) {
        metrics_->count_error(refused->status);
        RequestLine(head, true).write(refused->status);
    }
    return refused;
}

void Service::handle(http::Request request, std::shared_ptr<http::Responder> client) {
    const auto line = std::make_shared<RequestLine>(request, !is_a_probe(request.path));
    client = watched(std::move(client), access_.headers_for(request), line);
    if (access_.is_preflight(request)) return client->send(204, "text/plain", "");
    {
        const std::lock_guard lock(mutex_);
        calls_.push_back({std::move(request), std::move(client), line});
    }
    changed_.notify_one();
}

void Service::run() {
    for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return leaving_ || !calls_.empty(); });
        if (leaving_) return;
        Call call = std::move(calls_.front());
        calls_.pop_front();
        lock.unlock();
        serve(call);
    }
}

void Service::serve(Call& call) {
    const auto refuse = [&](const ApiError& error) {
        metrics_->count_error(error.status);
        send_error(*call.client, call.request.path, error);
    };
    try {
        if (const PageFile* const file = asked_page_file(call.request))
            return send_page_file(*file, call.request, *call.client);
        const Route& route = route_of(call.request);
        call.ids = match_path(route.path, call.request.path).value();
        if (route.needs_model) call.loaded = loaded();
        (this->*route.serve)(call);
    } catch (const ApiError& error) {
        refuse(error);
    } catch (const Error& error) {
        refuse(to_api_error(error.status(), error.what()));
    } catch (const std::exception& error) {
        refuse(ApiError(500, "server_error", error.what()));
    }
}

/// The page is there for everybody at /, not only for who accepts HTML: one address, one answer, for caches
/// and for people. It needs no model, so that it can say that one is being loaded.
const PageFile* Service::asked_page_file(const http::Request& request) const {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    return options_.access.page && reads ? page_file(request.path) : nullptr;
}

/// HEAD is GET whose body is left out by who sends it.
const Service::Route& Service::route_of(const http::Request& request) const {
    const std::string method = request.method == "HEAD" ? "GET" : request.method;
    const Route* other = nullptr;
    for (const Route& route : routes()) {
        if (!match_path(route.path, request.path)) continue;
        if (route.path.starts_with("/api/") && !options_.speaks_ollama) continue;
        if (route.method == method) return route;
        other = &route;
    }
    if (other) {
        throw ApiError(405, "invalid_request_error",
                       request.path + ": expected " + other->method + ", found " + request.method);
    }
    throw ApiError(404, "not_found_error", "there is nothing at " + request.path, "not_found");
}

}  // namespace rwkvk::server
