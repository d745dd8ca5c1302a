#pragma once
// Tests against the reference data run only where that folder is given: RWKVK_SHARED=<folder>.

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace rwkvk::test {

/// The file or folder at `below` in the reference folder; nothing, and a note, where that is not given.
inline std::optional<std::filesystem::path> reference(const char* below) {
    const char* shared = std::getenv("RWKVK_SHARED");
    const auto path = std::filesystem::path(shared ? shared : "") / below;
    if (shared && std::filesystem::exists(path)) return path;
    MESSAGE("reference folder not given: skipped");
    return std::nullopt;
}

inline std::string contents_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace rwkvk::test
