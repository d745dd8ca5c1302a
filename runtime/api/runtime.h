#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "host/error.h"
#include "host/float_mode.h"
#include "host/log.h"
#include "host/vk/device.h"
#include "runtime/include/rwkvk.h"

namespace rwkvk::api {

/// What all handles share: where messages go, why calls failed, the Vulkan instance. Thread-safe.
class Runtime {
  public:
    Runtime(LogSink sink, std::string cache_folder);

    const LogSink& sink() const { return sink_; }
    const std::string& cache_folder() const { return cache_folder_; }  // empty: nothing is kept

    /// Made at the first use that succeeds. Errors: Code::no_device, also in a child of its process.
    std::shared_ptr<vk::Instance> instance();
    uint64_t validation_messages() const;

    /// The reason of this thread's last failure.
    const char* last_error() const;
    void set_last_error(const char* reason) noexcept;

  private:
    const LogSink sink_;
    const std::string cache_folder_;
    const uint64_t number_;  // no other runtime of the process has it
    mutable std::mutex mutex_;
    std::shared_ptr<vk::Instance> instance_;
};

rwkvk_status status_of(Code code);

/// The status of the exception that is being handled; its message goes to the runtime.
rwkvk_status handle_exception(Runtime& runtime) noexcept;

/// Runs the body of a call with the runtime's log, in the float mode that everything is computed in.
template <typename Body>
rwkvk_status guarded(Runtime& runtime, const Body& body) noexcept {
    const LogScope scope(&runtime.sink());
    const FloatModeScope mode;
    try {
        body();
        return RWKVK_OK;
    } catch (...) {
        return handle_exception(runtime);
    }
}

}  // namespace rwkvk::api
