#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "host/error.h"
#include "host/vk/spirv.h"
#include "tests/host/vk/vk_test_kernel.h"

using namespace rwkvk;
using namespace rwkvk::vk;

namespace {

std::vector<uint32_t> kernel_words() { return {std::begin(scale_kernel), std::end(scale_kernel)}; }

Code refusal(const std::vector<uint32_t>& words) {
    try {
        reflect(words);
    } catch (const Error& error) {
        INFO(error.what());
        CHECK(std::string(error.what()).find('\n') == std::string::npos);
        return error.code();
    }
    FAIL("accepted");
    return Code::io;
}

bool contains(const std::vector<uint32_t>& words, uint32_t word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// Replaces the only place where `from` occurs.
std::vector<uint32_t> replaced(std::vector<uint32_t> words, std::vector<uint32_t> from,
                               std::vector<uint32_t> to) {
    const auto at = std::search(words.begin(), words.end(), from.begin(), from.end());
    REQUIRE(at != words.end());
    std::copy(to.begin(), to.end(), at);
    return words;
}

std::string validator() {
    const char* named = std::getenv("RWKVK_SPIRV_VAL");
    return named ? named : "spirv-val";
}

int validate(const std::vector<uint32_t>& words) {
    static const auto unique = std::random_device{}();
    const auto path = std::filesystem::temp_directory_path() / concat("rwkvk_spirv_test_", unique, ".spv");
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(words.data()), static_cast<std::streamsize>(words.size() * 4));
    const int status =
        std::system(concat(validator(), " --target-env vulkan1.1 '", path.string(), "'").c_str());
    std::filesystem::remove(path);
    return status;
}

}  // namespace

TEST_CASE("reflection finds what a kernel declares") {
    const Reflection found = reflect(kernel_words());
    REQUIRE(found.bindings.size() == 2);
    CHECK(found.bindings[0].binding == 0);
    CHECK(found.bindings[0].readonly);
    CHECK_FALSE(found.bindings[0].writeonly);
    CHECK(found.bindings[1].binding == 1);
    CHECK_FALSE(found.bindings[1].readonly);
    CHECK(found.push_bytes == 8);
    CHECK(found.specialisation_ids == std::vector<uint32_t>{0, 3});
    CHECK(found.local_size == std::array<uint32_t, 3>{1, 1, 1});
    CHECK(found.local_size_ids == std::array<int64_t, 3>{0, -1, -1});
    CHECK(found.capabilities == std::vector<uint32_t>{1, 4466});
    CHECK(found.keeps_signed_zero);
    CHECK(found.float_arithmetic == 2);
    CHECK(found.decorated == 1);
}

TEST_CASE("round-to-even is declared once, and nothing else changes") {
    const auto once = with_round_to_even(kernel_words());
    CHECK(contains(once, 4467));
    CHECK(contains(once, 4462));
    CHECK(once.size() ==
          kernel_words().size() + 2 + 4);  // a capability and a mode; the extension is there already
    CHECK(with_round_to_even(once) == once);
    const Reflection found = reflect(once);
    CHECK(found.keeps_signed_zero);
    CHECK(found.bindings.size() == 2);
}

TEST_CASE("the signed-zero mode goes with its capability and extension") {
    const auto without = without_signed_zero_mode(kernel_words());
    CHECK_FALSE(reflect(without).keeps_signed_zero);
    CHECK(reflect(without).capabilities == std::vector<uint32_t>{1});
    CHECK(without.size() == kernel_words().size() - 2 - 4 - 7);
    CHECK(without_signed_zero_mode(without) == without);
    // The extension stays for another mode, and comes back with one.
    const auto other = without_signed_zero_mode(with_round_to_even(kernel_words()));
    CHECK(other.size() == kernel_words().size());
    CHECK(with_round_to_even(without).size() == kernel_words().size());
}

TEST_CASE("adapted modules are valid SPIR-V") {
    if (std::system((validator() + " --version > /dev/null 2>&1").c_str()) != 0) {
        MESSAGE("skipped: no spirv-val");
        return;
    }
    CHECK(validate(kernel_words()) == 0);
    CHECK(validate(with_round_to_even(kernel_words())) == 0);
    CHECK(validate(without_signed_zero_mode(kernel_words())) == 0);
    CHECK(validate(with_round_to_even(without_signed_zero_mode(kernel_words()))) == 0);
    CHECK(validate(without_signed_zero_mode(with_round_to_even(kernel_words()))) == 0);
}

TEST_CASE("what is no compute module is refused") {
    CHECK(refusal({}) == Code::bad_file);
    CHECK(refusal({0x07230203, 0x10300, 0, 1}) == Code::bad_file);        // half a header
    CHECK(refusal({0x03022307, 0x10300, 0, 1, 0}) == Code::bad_file);     // the other byte order
    CHECK(refusal({0x07230203, 0x10300, 0, 1, 0}) == Code::bad_file);     // no entry point
    CHECK(refusal({0x07230203, 0x10300, 0, 1, 0, 0}) == Code::bad_file);  // an instruction of no words
    const auto words = kernel_words();
    CHECK(refusal(replaced(words, {15u | 6u << 16, 5}, {15u | 6u << 16, 4})) ==
          Code::bad_file);                                                            // a fragment shader
    CHECK(refusal(replaced(words, {0x24, 34, 0}, {0x24, 34, 1})) == Code::bad_file);  // descriptor set 1
}

TEST_CASE("a buffer may be declared twice where it is only read") {
    auto words = replaced(kernel_words(), {49, 33, 1}, {49, 33, 0});  // what is written also gets binding 0
    CHECK(refusal(words) == Code::bad_file);
    const std::vector<uint32_t> block = {5u << 16 | 72, 47, 0, 35};
    const auto at = std::search(words.begin(), words.end(), block.begin(), block.end());
    words.insert(at, {4u << 16 | 72, 47, 0, 24});  // its member becomes NonWritable
    const Reflection found = reflect(words);
    REQUIRE(found.bindings.size() == 1);
    CHECK(found.bindings[0].binding == 0);
    CHECK(found.bindings[0].readonly);
}

TEST_CASE("a truncated module is refused, wherever it is cut") {
    const auto words = kernel_words();
    for (size_t length = 0; length < words.size(); ++length) {
        INFO("length ", length);
        CHECK(refusal({words.begin(), words.begin() + static_cast<std::ptrdiff_t>(length)}) ==
              Code::bad_file);
    }
}

TEST_CASE("damaged words are refused or reflected, never worse") {
    for (uint32_t seed = 0; seed < 3000; ++seed) {
        INFO("seed ", seed);
        std::mt19937 random(seed);
        auto words = kernel_words();
        for (int change = 0; change < 3; ++change) words[random() % words.size()] = random() >> random() % 32;
        try {
            reflect(words);
            reflect(with_round_to_even(words));
            reflect(without_signed_zero_mode(words));
        } catch (const Error& error) {
            CHECK(error.code() == Code::bad_file);
        }
    }
}
