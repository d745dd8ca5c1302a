#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace rwkvk {

/// Of text in UTF-8, as paths are given and told everywhere: from char alone, paths on Windows are made in
/// the encoding of the locale. The other way std::filesystem::path::string() gives UTF-8, as libstdc++ has
/// it.
inline std::filesystem::path to_path(std::string_view utf8) {
    return std::u8string(utf8.begin(), utf8.end());
}

}  // namespace rwkvk
