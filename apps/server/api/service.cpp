#include "service.h"

#include <algorithm>

#include "api_error.h"
#include "path_pattern.h"

namespace rwkvk::server {

namespace {

void send_error(http::Responder& client, const ApiError& error) {
    std::vector<http::Header> headers;
    if (error.status == 503 || error.status == 409) headers.push_back({"Retry-After", "1"});
    // Clients try again what may go better; these never do.
    if (error.status == 501 || error.code == "conversation_changed")
        headers.push_back({"x-should-retry", "false"});
    client.send(error.status, "application/json", to_text(to_json(error)), std::move(headers));
}

}  // namespace

Service::Service(ServiceOptions options)
    : options_(std::move(options)),
      access_(options_.access),
      keeper_(std::make_shared<Keeper>(options_.store)) {
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

void Service::handle(http::Request request, std::shared_ptr<http::Responder> client) {
    {
        const std::lock_guard lock(mutex_);
        calls_.push_back({std::move(request), std::move(client), nullptr, {}});
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
        send_error(*call.client, error);
    };
    try {
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

/// HEAD is GET whose body is left out by who sends it.
const Service::Route& Service::route_of(const http::Request& request) {
    const std::string method = request.method == "HEAD" ? "GET" : request.method;
    const Route* other = nullptr;
    for (const Route& route : routes()) {
        if (!match_path(route.path, request.path)) continue;
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
