#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <vector>

#include "locked_file.h"
#include "state_store.h"
#include "store.h"

namespace rwkvk::server {
namespace {

/// s/<2>/<address>.safetensors, whose time of change is that of its last use.
class FolderStates final : public StateStore {
  public:
    FolderStates(const std::string& folder, StateStoreOptions options)
        : StateStore(std::move(options)), folder_(folder + "/s") {
        make_folder(folder);
        make_folder(folder_);
        replace_stored_file(folder_ + "/rwkvk-states",
                            "1\n");  // tells at the start whether it can be written
    }

    std::optional<std::string> get_state(const std::string& address) override {
        if (!is_state_address(address) || has_expired(address)) return std::nullopt;
        try {
            auto bytes = read_stored_file(path(address), most_state_bytes);
            if (bytes) touch(address);
            return bytes;
        } catch (const DamagedError&) {  // of more bytes than a state has
            erase_state(address);
            return std::nullopt;
        }
    }

    void put_state(const std::string& address, const std::string& bytes) override {
        if (!is_state_address(address)) return;
        if (has_expired(address)) erase_state(address);
        if (!touch(address)) {
            make_folder(folder_ + "/" + address.substr(0, 2));
            replace_stored_file(path(address), bytes);
            touch(address);
        }
        if (is_time_to_sweep(bytes.size())) sweep();
    }

    void erase_state(const std::string& address) override {
        std::error_code gone;
        if (is_state_address(address)) std::filesystem::remove(path(address), gone);
    }

  private:
    static constexpr int64_t swept_every = 600;           // seconds
    static constexpr uint64_t parts_between_sweeps = 16;  // of what may be there, written by this server

    struct File {
        std::filesystem::path path;
        int64_t used;
        uint64_t bytes;
    };

    std::string path(const std::string& address) const {
        return folder_ + "/" + address.substr(0, 2) + "/" + address + ".safetensors";
    }

    bool has_expired(const std::string& address) const {
        struct stat found {};
        return stat(path(address).c_str(), &found) == 0 && found.st_mtime + options_.ttl <= now();
    }

    /// Whether it is there.
    bool touch(const std::string& address) const {
        const timespec used{now(), 0};
        const timespec both[] = {used, used};
        return utimensat(AT_FDCWD, path(address).c_str(), both, 0) == 0;
    }

    bool is_time_to_sweep(uint64_t written) {
        const std::lock_guard lock(mutex_);
        written_ += written;
        if (now() < swept_ + swept_every && written_ < options_.most_bytes / parts_between_sweeps)
            return false;
        swept_ = now();
        written_ = 0;
        return true;
    }

    /// All files: what a server was writing when it died is among them.
    std::vector<File> files() const {
        std::vector<File> files;
        std::error_code error;
        std::filesystem::recursive_directory_iterator at(folder_, error), end;
        for (; !error && at != end; at.increment(error)) {
            struct stat found {};
            const bool is_file = stat(at->path().c_str(), &found) == 0 && S_ISREG(found.st_mode);
            if (is_file && at.depth() > 0)
                files.push_back({at->path(), found.st_mtime, static_cast<uint64_t>(found.st_size)});
        }
        return files;
    }

    /// Drops what has expired, and the longest unused ones while there are too many bytes.
    void sweep() const {
        std::vector<File> all = files();
        std::ranges::sort(all, {}, &File::used);
        uint64_t bytes = 0;
        for (const File& file : all) bytes += file.bytes;
        for (const File& file : all) {
            if (bytes <= options_.most_bytes && file.used + options_.ttl > now()) return;
            std::error_code gone;
            std::filesystem::remove(file.path, gone);
            bytes -= file.bytes;
        }
    }

    const std::string folder_;
    std::mutex mutex_;
    int64_t swept_ = 0;
    uint64_t written_ = 0;
};

}  // namespace

std::unique_ptr<StateStore> folder_states(const std::string& folder, StateStoreOptions options) {
    return std::make_unique<FolderStates>(folder, std::move(options));
}

}  // namespace rwkvk::server
