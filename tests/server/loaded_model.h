#pragma once
// What a server is loaded with, and what it refuses.

#include <doctest/doctest.h>

#include "api/api_error.h"
#include "tests/server/make_loaded.h"

namespace rwkvk::server {

/// What it refuses with.
template <typename Body>
ApiError refusal_of(const Body& body) {
    try {
        body();
    } catch (const ApiError& error) {
        return error;
    }
    FAIL_CHECK("was accepted");
    return bad_request("");
}

}  // namespace rwkvk::server
