#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace rwkvk {

/// Nothing unless all of the text is one decimal number that the type holds.
template <typename T>
std::optional<T> number_in(std::string_view text) {
    T number{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace rwkvk
