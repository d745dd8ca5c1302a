#pragma once
// Files that several processes change.

#include <optional>
#include <string>

namespace rwkvk::server {

/// A file that one holder has at a time, among threads and processes; a few words can be left in it.
class LockedFile {
  public:
    /// Waits for it; makes it where there is none. Errors: StoreError.
    explicit LockedFile(std::string path);
    ~LockedFile();
    LockedFile(const LockedFile&) = delete;
    LockedFile& operator=(const LockedFile&) = delete;

    std::string words() const;
    void set_words(const std::string& words);
    /// While it is held; who waits for it makes a new one.
    void remove();

  private:
    bool is_still_there() const;

    const std::string path_;
    int file_ = -1;
};

// Errors: StoreError, naming the file.
/// None where there is no such file.
std::optional<std::string> read_stored_file(const std::string& path, size_t most_bytes);
/// Whole or not at all, also after a power failure.
void replace_stored_file(const std::string& path, const std::string& text);
void make_folder(const std::string& path);

}  // namespace rwkvk::server
