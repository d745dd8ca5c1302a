#include "runtime/api/runtime.h"

#include <atomic>
#include <map>
#include <new>

#include "host/cache_folder.h"
#include "host/home_process.h"
#include "host/mapped_file.h"
#include "host/processors.h"
#include "runtime/api/handles.h"
#include "runtime/model/fingerprint.h"

namespace rwkvk::api {
namespace {

uint64_t next_number() {
    static std::atomic<uint64_t> last = 0;
    return ++last;
}

/// By runtime. They end with their thread: the system gives ids of threads that ended to new ones.
std::map<uint64_t, std::string>& errors_of_this_thread() {
    thread_local std::map<uint64_t, std::string> errors;
    return errors;
}

/// Drivers stay loaded, whichever runtime asked for them. Errors: Code::no_device in a child of the process
/// that first did.
void require_home_of_vulkan() {
    static const HomeProcess first;
    if (first.is_this()) return;
    throw Error(Code::no_device,
                "Vulkan: this process was forked after Vulkan had been used, which drivers do not stand; use "
                "the CPU, or begin to use Vulkan after the fork");
}

}  // namespace

Runtime::Runtime(LogSink sink, std::string cache_folder)
    : sink_(std::move(sink)), cache_folder_(std::move(cache_folder)), number_(next_number()) {}

std::shared_ptr<vk::Instance> Runtime::instance() {
    std::scoped_lock lock(mutex_);
    require_home_of_vulkan();
    if (!instance_) instance_ = vk::Instance::create();
    return instance_;
}

uint64_t Runtime::validation_messages() const {
    std::scoped_lock lock(mutex_);
    return instance_ ? instance_->validation_messages() : 0;
}

const char* Runtime::last_error() const {
    const auto& errors = errors_of_this_thread();
    const auto found = errors.find(number_);
    return found == errors.end() ? "" : found->second.c_str();
}

void Runtime::set_last_error(const char* reason) noexcept {
    try {
        errors_of_this_thread()[number_] = reason;
    } catch (...) {  // no memory for the message: the status says it
    }
}

rwkvk_status status_of(Code code) {
    switch (code) {
        case Code::bad_argument:
            return RWKVK_BAD_ARGUMENT;
        case Code::bad_file:
            return RWKVK_BAD_FILE;
        case Code::unsupported:
            return RWKVK_UNSUPPORTED;
        case Code::bad_shape:
            return RWKVK_BAD_SHAPE;
        case Code::bad_token:
            return RWKVK_BAD_TOKEN;
        case Code::bad_text:
            return RWKVK_BAD_TEXT;
        case Code::not_exact:
            return RWKVK_NOT_EXACT;
        case Code::no_device:
            return RWKVK_NO_DEVICE;
        case Code::device_lost:
            return RWKVK_DEVICE_LOST;
        case Code::out_of_memory:
            return RWKVK_OUT_OF_MEMORY;
        case Code::io:
            return RWKVK_IO;
        case Code::not_finite:
            return RWKVK_NOT_FINITE;
        case Code::cancelled:
            return RWKVK_CANCELLED;
        case Code::busy:
            return RWKVK_BUSY;
    }
    return RWKVK_INTERNAL;
}

rwkvk_status handle_exception(Runtime& runtime) noexcept {
    try {
        throw;
    } catch (const Error& error) {
        runtime.set_last_error(error.what());
        return status_of(error.code());
    } catch (const std::bad_alloc&) {
        runtime.set_last_error("out of memory; close other programs or use a smaller model");
        return RWKVK_OUT_OF_MEMORY;
    } catch (const std::exception& error) {
        runtime.set_last_error(error.what());
    } catch (...) {
        runtime.set_last_error("an exception of an unknown kind");
    }
    return RWKVK_INTERNAL;
}

uint32_t accept_threads(uint32_t threads) {
    const uint32_t processors = usable_processors();
    if (threads > processors) {
        log(LogLevel::warning,
            concat(thread_count(threads), " are more than the processors that this process may use (",
                   processors, "), and slower: leave their number at 0"));
    }
    return threads;
}

void require(const void* pointer, const char* name) {
    if (!pointer) throw Error(Code::bad_argument, concat(name, " is NULL"));
}

void require_output(const char* path) {
    require(path, "path");
    if (is_mapped(path))
        throw Error(Code::bad_argument,
                    concat(path, ": a model is being read from this file: write to another one"));
}

namespace {

LogSink make_sink(const rwkvk_runtime_params& params) {
    if (!params.log) return {};
    return [log = params.log, user = params.log_user](LogLevel level, const std::string& message) {
        log(user, static_cast<int32_t>(level), message.c_str());
    };
}

}  // namespace
}  // namespace rwkvk::api

using namespace rwkvk;
using namespace rwkvk::api;

static_assert(static_cast<int32_t>(LogLevel::debug) == RWKVK_LOG_DEBUG &&
              static_cast<int32_t>(LogLevel::error) == RWKVK_LOG_ERROR);

const char* rwkvk_version(void) { return RWKVK_VERSION; }

uint32_t rwkvk_numerics_version(void) { return numerics_version; }

const char* rwkvk_status_name(rwkvk_status status) {
    constexpr const char* names[] = {"ok",         "bad argument", "bad file",       "unsupported",
                                     "bad shape",  "bad token",    "bad text",       "not exact",
                                     "no device",  "device lost",  "out of memory",  "io",
                                     "not finite", "cancelled",    "internal error", "busy"};
    return status >= 0 && status <= RWKVK_BUSY ? names[status] : "unknown status";
}

void rwkvk_runtime_params_default(rwkvk_runtime_params* params, uint32_t size) {
    set_defaults({.size = size, .log = nullptr, .log_user = nullptr, .cache_folder = nullptr}, params, size);
}

rwkvk_status rwkvk_runtime_create(const rwkvk_runtime_params* params, rwkvk_runtime** runtime) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    try {
        const rwkvk_runtime_params all = complete(params, rwkvk_runtime_params_default);
        *runtime = new rwkvk_runtime{
            std::make_shared<Runtime>(make_sink(all), all.cache_folder ? all.cache_folder : cache_folder())};
        return RWKVK_OK;
    } catch (const Error&) {
        return RWKVK_BAD_ARGUMENT;  // the only error: a struct of size 0
    } catch (...) {
        return RWKVK_OUT_OF_MEMORY;
    }
}

void rwkvk_runtime_destroy(rwkvk_runtime* runtime) { delete runtime; }

const char* rwkvk_last_error(const rwkvk_runtime* runtime) {
    return runtime ? runtime->runtime->last_error() : "";
}

uint64_t rwkvk_runtime_validation_messages(const rwkvk_runtime* runtime) {
    return runtime ? runtime->runtime->validation_messages() : 0;
}
