#pragma once

#include <charconv>
#include <string>

namespace rwkvk::app {

/// The shortest decimal number that reads back as the same float.
inline std::string shortest(float value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

}  // namespace rwkvk::app
