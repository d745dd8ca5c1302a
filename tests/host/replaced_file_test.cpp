// Files that are replaced as a whole, and those that must not be.
#include "host/replaced_file.h"

#include <doctest/doctest.h>

#include <fstream>
#include <optional>

#include "host/mapped_file.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace rwkvk {
namespace {

void replace(const std::string& path, std::string_view contents) {
    ReplacedFile file(path);
    file.write(std::as_bytes(std::span(contents)));
    file.finish();
}

std::string contents_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator(file), {}};
}

TEST_CASE("a file that is being read is replaced under none of its names") {
    const test::TemporaryFolder folder;
    replace(folder / "model", "weights");
    std::filesystem::create_symlink("model", folder / "soft");
    std::filesystem::create_hard_link(folder / "model", folder / "hard");
    std::optional<MappedFile> reader(folder / "model");
    std::optional<MappedFile> another(folder / "hard");
    another.reset();
    for (const char* name : {"model", "soft", "hard", "./model"}) {
        INFO(name);
        CHECK(is_mapped(folder / name));
        test::check_contains(test::refusal_of([&] { ReplacedFile(folder / name); }, Code::bad_argument),
                             "a model is being read from this file: write to another one");
    }
    CHECK(contents_of(folder / "model") == "weights");
    CHECK(folder.names() == std::vector<std::string>{"hard", "model", "soft"});

    replace(folder / "other", "something");
    reader.reset();
    CHECK_FALSE(is_mapped(folder / "model"));
    replace(folder / "soft", "new weights");
    CHECK(contents_of(folder / "model") == "new weights");
    CHECK(contents_of(folder / "hard") == "weights");
}

TEST_CASE("what has no contents or does not exist is not being read") {
    const test::TemporaryFolder folder;
    replace(folder / "empty", "");
    const MappedFile reader(folder / "empty");
    CHECK_FALSE(is_mapped(folder / "empty"));
    CHECK_FALSE(is_mapped(folder / "none"));
}

}  // namespace
}  // namespace rwkvk
