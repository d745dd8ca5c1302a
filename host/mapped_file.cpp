#include "host/mapped_file.h"

#include <mutex>
#include <set>

namespace rwkvk {
namespace {

/// The files that are mapped now.
struct Register {
    std::mutex mutex;
    std::multiset<FileIdentity> files;
};

Register& mapped_now() {
    static auto& list = *new Register;  // outlives whatever is mapped until the end
    return list;
}

}  // namespace

MappedFile::MappedFile(const std::string& path) : path_(path) {
    map();
    if (!data_) return;
    const std::lock_guard lock(mapped_now().mutex);
    mapped_now().files.insert(identity_);
}

MappedFile::~MappedFile() {
    if (!data_) return;
    unmap();
    const std::lock_guard lock(mapped_now().mutex);
    mapped_now().files.erase(mapped_now().files.find(identity_));
}

bool is_mapped(const std::string& path) {
    const std::optional<FileIdentity> identity = identity_of(path);
    if (!identity) return false;
    const std::lock_guard lock(mapped_now().mutex);
    return mapped_now().files.contains(*identity);
}

}  // namespace rwkvk
