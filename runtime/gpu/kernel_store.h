#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/cache_folder.h"
#include "host/vk/kernel.h"
#include "runtime/catalogue/select.h"

namespace rwkvk::vk {
class Device;
}

namespace rwkvk::gpu {

/// A device's pipelines, made on first use and kept. Every module is held to the tables before it is used.
class KernelStore {
  public:
    struct Options {
        bool statistics = false;
        std::string cache_folder = rwkvk::cache_folder();  // empty: nothing is kept
    };
    explicit KernelStore(vk::Device& device);
    KernelStore(vk::Device& device, Options options);
    ~KernelStore();
    KernelStore(const KernelStore&) = delete;
    KernelStore& operator=(const KernelStore&) = delete;

    /// Thread-safe: different kernels are made side by side, and one that another thread is making is waited
    /// for. Errors: as vk::Kernel; a kernel that failed is tried again by the next call.
    const vk::Kernel& get(const KernelChoice& choice, WeightFormat format);
    /// How many have been made.
    size_t size() const;
    vk::Device& device() const { return device_; }
    /// As device_key.
    uint64_t key() const { return key_; }

    /// Of a file that belongs to this device in the cache, which may have to be made; empty: nothing is kept.
    std::string cache_path(const std::string& kind, const std::string& name) const;
    /// Of its compiled pipelines.
    std::string pipeline_path() const;

    /// Takes what the driver compiled in earlier runs from the cache, and has new kernels added to it
    /// by `store_pipelines` and at the end. Call it before the first `get`. A cache that cannot be read or
    /// written costs time only.
    void keep_pipelines();
    /// Writes the cache where kernels were made since it was read or written.
    void store_pipelines();

    /// For tests: what stands in for the module of this name from now on.
    void replace_module(const std::string& name, std::vector<uint32_t> words);

  private:
    struct Entry {
        std::mutex mutex;
        std::unique_ptr<vk::Kernel> kernel;
    };
    using Key = std::pair<std::string, std::vector<uint32_t>>;  // module and constants
    Entry& entry(const Key& key);
    std::unique_ptr<vk::Kernel> make(const KernelChoice& choice, const std::string& name);

    vk::Device& device_;
    const Options options_;
    const uint64_t key_;
    mutable std::mutex mutex_;  // of the map, not of what is in it
    std::map<Key, Entry> kernels_;
    std::map<std::string, std::vector<uint32_t>> replaced_;
    std::string pipeline_path_;  // empty: nothing is kept
    uint64_t stored_hash_ = 0;
    std::atomic<bool> unstored_ = false;
};

/// Compares a module with the op's row: bindings, read-only flags, push-constant size. Asserts on a mismatch:
/// the tables and the shaders of one build belong together.
void check_module(const KernelInfo& kernel, const vk::Reflection& reflection);

}  // namespace rwkvk::gpu
