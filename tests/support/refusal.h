#pragma once
// What code says when it refuses something.

#include <doctest/doctest.h>

#include <string>

#include "host/error.h"

namespace rwkvk::test {

/// Runs `read`, which must throw an Error of this code, and returns its message.
template <typename Read>
std::string refusal_of(Read read, Code code) {
    try {
        read();
    } catch (const Error& error) {
        CHECK_MESSAGE(error.code() == code, error.what());
        return error.what();
    }
    FAIL_CHECK("was accepted");
    return "";
}

inline void check_contains(const std::string& message, const char* part) {
    INFO(message);
    CHECK(message.find(part) != message.npos);
}

}  // namespace rwkvk::test
