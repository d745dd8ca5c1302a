#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>

namespace rwkvk {

/// A new file under a name that may be taken: written to a temporary file beside it, which takes the name
/// only when everything is on the disk. A full disk or a crash leaves what was there.
class ReplacedFile {
  public:
    /// Errors of all members: Code::io with the system's reason; here also for what is not a regular file.
    explicit ReplacedFile(const std::string& path);
    /// Removes the temporary file unless it has been finished.
    ~ReplacedFile();
    ReplacedFile(const ReplacedFile&) = delete;
    ReplacedFile& operator=(const ReplacedFile&) = delete;

    void write(std::span<const std::byte> bytes);
    void finish();

  private:
    [[noreturn]] void fail(const char* what) const;  // errno says why
    [[noreturn]] void fail(const char* what, std::error_code reason) const;

    std::filesystem::path target_, temporary_;
    int fd_ = -1;
};

}  // namespace rwkvk
