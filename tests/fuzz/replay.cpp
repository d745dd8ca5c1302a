// Reads every file of the folder RWKVK_FUZZ_CORPUS once, and every beginning of the small ones.

#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/fuzz/check_input.h"
#include "tests/support/reference_folder.h"

using namespace rwkvk;

namespace {

constexpr size_t small_bytes = 4096;

/// A copy that ends where its allocation ends, so that a sanitizer sees one byte too many.
void check(std::string_view input) {
    const auto copy = std::make_unique<char[]>(input.size() + 1);
    std::memcpy(copy.get() + 1, input.data(), input.size());
    CHECK(fuzz::peak_of({copy.get() + 1, input.size()}) <= fuzz::allowed_bytes(input.size()));
}

TEST_CASE("the corpus is read within its bounds") {
    size_t files = 0;
    check("");
    for (const auto& entry : std::filesystem::directory_iterator(RWKVK_FUZZ_CORPUS)) {
        INFO(entry.path().filename().string());
        const std::string input = test::contents_of(entry.path());
        check(input);
        for (size_t size = 0; size < input.size() && input.size() <= small_bytes; ++size)
            check(std::string_view(input).substr(0, size));
        ++files;
    }
    CHECK(files > 0);
}

}  // namespace
