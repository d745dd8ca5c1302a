// What a driver compiled, between runs: a file is believed whole or not at all.
#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "host/cache_folder.h"
#include "host/hash.h"
#include "host/vk/pipeline_file.h"
#include "tests/support/temporary_folder.h"

namespace rwkvk::vk {
namespace {

constexpr uint64_t key = 0x1234567890abcdefull;

DeviceFacts some_device() {
    DeviceFacts facts;
    facts.vendor_id = 0x10de;
    facts.device_id = 77;
    for (uint8_t i = 0; i < 16; ++i) facts.pipeline_cache_uuid[i] = i * 3;
    return facts;
}

/// Data as a driver gives them: the header that Vulkan fixes, then bytes without a meaning to us.
std::vector<std::byte> driver_data(const DeviceFacts& facts, size_t payload = 1000) {
    const uint32_t header[] = {32, 1, facts.vendor_id, facts.device_id};
    std::vector<std::byte> data(32 + payload);
    std::memcpy(data.data(), header, sizeof header);
    std::memcpy(data.data() + 16, facts.pipeline_cache_uuid.data(), 16);
    for (size_t i = 32; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 7);
    return data;
}

std::vector<std::byte> contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> chars{std::istreambuf_iterator<char>(file), {}};
    const auto bytes = std::as_bytes(std::span(chars));
    return {bytes.begin(), bytes.end()};
}

void store(const std::string& path, std::span<const std::byte> bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

TEST_CASE("what was written is read, and only under its key and for its driver") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "below/pipelines/file";
    const DeviceFacts facts = some_device();
    CHECK(read_pipelines(path, key, facts).empty());
    REQUIRE(write_pipelines(path, key, driver_data(facts)));
    CHECK(read_pipelines(path, key, facts) == driver_data(facts));
    CHECK(read_pipelines(path, key + 1, facts).empty());
    DeviceFacts other = facts;
    other.device_id += 1;
    CHECK(read_pipelines(path, key, other).empty());
    other = facts;
    other.pipeline_cache_uuid[15] ^= 1;
    CHECK(read_pipelines(path, key, other).empty());
    other = facts;
    other.vendor_id = 0x1002;
    CHECK(read_pipelines(path, key, other).empty());
    REQUIRE(write_pipelines(path, key, driver_data(facts, 33)));
    CHECK(read_pipelines(path, key, facts) == driver_data(facts, 33));
}

TEST_CASE("a file that is cut, longer, or differs in any bit is ignored") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "file";
    const DeviceFacts facts = some_device();
    REQUIRE(write_pipelines(path, key, driver_data(facts, 50)));
    const std::vector<std::byte> whole = contents(path);
    for (size_t length = 0; length < whole.size(); ++length) {
        INFO("length ", length);
        store(path, std::span(whole).first(length));
        CHECK(read_pipelines(path, key, facts).empty());
    }
    for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
        INFO("bit ", bit);
        std::vector<std::byte> damaged = whole;
        damaged[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
        store(path, damaged);
        CHECK(read_pipelines(path, key, facts).empty());
    }
    std::vector<std::byte> longer = whole;
    longer.push_back(std::byte{0});
    store(path, longer);
    CHECK(read_pipelines(path, key, facts).empty());
    store(path, whole);
    CHECK_FALSE(read_pipelines(path, key, facts).empty());
}

TEST_CASE("a file that claims to be huge, and a header that does, are ignored") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "file";
    const DeviceFacts facts = some_device();
    REQUIRE(write_pipelines(path, key, driver_data(facts)));
    std::filesystem::resize_file(path, most_pipeline_bytes + 100);  // a hole, which takes no room
    CHECK(read_pipelines(path, key, facts).empty());
    std::vector<std::byte> data = driver_data(facts);
    const uint32_t length = 0xffffffff;
    std::memcpy(data.data(), &length, sizeof length);
    CHECK_FALSE(pipelines_fit(data, facts));
    REQUIRE(write_pipelines(path, key, data));
    CHECK(read_pipelines(path, key, facts).empty());
    CHECK_FALSE(pipelines_fit(std::span(data).first(32), facts));
    CHECK_FALSE(write_pipelines(path, key, std::vector<std::byte>(most_pipeline_bytes + 1)));
}

TEST_CASE("a folder that cannot be made or written, and no folder, are no errors") {
    const test::TemporaryFolder folder;
    store(folder / "file", {});
    const DeviceFacts facts = some_device();
    CHECK_FALSE(write_pipelines(folder / "file/pipelines/name", key, driver_data(facts)));
    CHECK(read_pipelines(folder / "file/pipelines/name", key, facts).empty());
    CHECK_FALSE(write_pipelines("", key, driver_data(facts)));
    CHECK(read_pipelines("", key, facts).empty());
    std::filesystem::create_directory(folder / "directory");
    CHECK_FALSE(write_pipelines(folder / "directory", key, driver_data(facts)));
    CHECK(read_pipelines(folder / "directory", key, facts).empty());
}

TEST_CASE("old files go when there are many") {
    const test::TemporaryFolder folder;
    const DeviceFacts facts = some_device();
    for (int i = 0; i < 30; ++i) {
        const std::string path = folder / std::to_string(i);
        REQUIRE(write_pipelines(path, key, driver_data(facts)));
        std::filesystem::last_write_time(
            path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(100 - i));
    }
    REQUIRE(write_pipelines(folder / "last", key, driver_data(facts)));
    size_t left = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder / ".")) ++left;
    CHECK(left == 16);
    CHECK(std::filesystem::exists(folder / "last"));
    CHECK(std::filesystem::exists(folder / "29"));
    CHECK_FALSE(std::filesystem::exists(folder / "0"));
}

TEST_CASE("the cache folder follows the environment") {
    ::setenv("XDG_CACHE_HOME", "/somewhere/cache", 1);
    ::setenv("HOME", "/home/someone", 1);
    CHECK(cache_folder() == "/somewhere/cache/rwkvk");
    ::setenv("XDG_CACHE_HOME", "relative", 1);
    CHECK(cache_folder() == "/home/someone/.cache/rwkvk");
    ::unsetenv("XDG_CACHE_HOME");
    CHECK(cache_folder() == "/home/someone/.cache/rwkvk");
    ::setenv("HOME", "relative", 1);
    CHECK(cache_folder().empty());
    CHECK(data_folder().empty());
    ::unsetenv("HOME");
    CHECK(cache_folder().empty());
}

TEST_CASE("hashes are XXH3-64") {
    CHECK(hex_of(hash_of({})) == "2d06800538d394c2");  // xxHash's own test vector for no bytes, seed 0
    CHECK(hex_of(0xab) == "00000000000000ab");
}

}  // namespace
}  // namespace rwkvk::vk
