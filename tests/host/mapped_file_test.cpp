// Which files are mapped, by whatever name.
#include "host/mapped_file.h"

#include <doctest/doctest.h>

#include <fstream>
#include <optional>

#include "tests/support/temporary_folder.h"

namespace rwkvk {
namespace {

TEST_CASE("a file is known as mapped by all of its names, until nobody maps it") {
    const test::TemporaryFolder folder;
    for (const char* name : {"model", "other"}) std::ofstream(folder / name) << "weights";
    std::filesystem::create_symlink("model", folder / "soft");
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

}  // namespace
}  // namespace rwkvk
