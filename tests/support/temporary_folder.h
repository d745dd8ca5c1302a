#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace rwkvk::test {

/// An empty folder of its own, removed with all its contents.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::random_device random;
        const auto name = [&] { return "rwkvk_test_" + std::to_string(random()); };
        do {
            path_ = (std::filesystem::temp_directory_path() / name()).string();
        } while (!std::filesystem::create_directory(path_));
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::filesystem::path path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

    /// Of what lies in it, sorted.
    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(path_)) {
            names.push_back(entry.path().filename().string());
        }
        std::ranges::sort(names);
        return names;
    }

  private:
    std::string path_;
};

/// Another name of a file: a symbolic link where libstdc++ makes them, else a hard one.
inline void link_by_name(const std::string& file, const std::string& name) {
#ifdef _WIN32
    std::filesystem::create_hard_link(file, name);
#else
    std::filesystem::create_symlink(file, name);
#endif
}

}  // namespace rwkvk::test
