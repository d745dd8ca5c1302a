#pragma once
// Flags of llama.cpp's programs, which people have in their fingers.

#include <string_view>

namespace rwkvk::app {

struct ForeignFlag {
    enum class Value { none, one, on_off };  // on_off: perhaps one of on, off, auto and their like

    /// Separated by spaces; "--dry-*" stands for all that begin so.
    std::string_view names;
    Value value;
    /// The flag here that means the same, for the commands that have it.
    std::string_view same = {};
    /// What to do instead, where going on without the flag would be something else than was asked for.
    std::string_view advice = {};
    /// The command that does this here.
    std::string_view command = {};
};

/// Null for a flag that llama.cpp has not either.
const ForeignFlag* find_foreign_flag(std::string_view name);

}  // namespace rwkvk::app
