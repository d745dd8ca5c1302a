// Which files are mapped, by whatever name.
#include "host/mapped_file.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "host/error.h"
#include "host/replaced_file.h"
#include "tests/support/temporary_folder.h"

namespace rwkvk {
namespace {

TEST_CASE("a file is known as mapped by all of its names, until nobody maps it") {
    const test::TemporaryFolder folder;
    for (const char* name : {"model", "other"}) std::ofstream(folder / name) << "weights";
    test::link_by_name(folder / "model", folder / "soft");
    std::filesystem::create_hard_link(folder / "model", folder / "hard");
    std::optional<MappedFile> one(folder / "model"), another(folder / "hard");
    for (int readers = 2; readers >= 0; --readers) {
        CAPTURE(readers);
        for (const char* name : {"model", "soft", "hard", "./model"})
            CHECK(is_mapped(folder / name) == (readers > 0));
        (readers == 2 ? one : another).reset();
    }
    CHECK_FALSE(is_mapped(folder / "other"));
    CHECK_FALSE(is_mapped(folder / "none"));
}

TEST_CASE("nothing of an empty file is mapped") {
    const test::TemporaryFolder folder;
    std::ofstream(folder / "empty") << "";
    const MappedFile reader(folder / "empty");
    CHECK_FALSE(is_mapped(folder / "empty"));
}

TEST_CASE("names outside ASCII are UTF-8 on every system") {
    const test::TemporaryFolder folder;
    const std::string path = folder / "模型 ünï.gguf", text = "weights";
    for (int write = 0; write < 2; ++write) {
        ReplacedFile file(path);
        file.write(std::as_bytes(std::span(text)));
        file.finish();
    }
    CHECK(folder.names() == std::vector<std::string>{"模型 ünï.gguf"});
    const MappedFile reader(path);
    CHECK(std::ranges::equal(reader.bytes(), std::as_bytes(std::span(text))));
    CHECK(is_mapped(path));
}

TEST_CASE("what is no file is refused in words") {
    const test::TemporaryFolder folder;
    const auto refusal = [](const std::string& path) -> std::string {
        try {
            const MappedFile file(path);
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    };
    CHECK(refusal(folder / "") == folder / "" + ": not a regular file");
    CHECK(refusal(folder / "none").starts_with(folder / "none" + ": cannot open: "));
}

}  // namespace
}  // namespace rwkvk
