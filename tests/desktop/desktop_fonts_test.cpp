// Which fonts are taken, and which of their characters.
#include <doctest/doctest.h>

#include <fstream>

#include "fonts.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace rwkvk::desktop;

void touch(const std::filesystem::path& path) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "font";
}

bool holds(const std::vector<uint16_t>& ranges, uint32_t character) {
    for (size_t i = 0; i + 1 < ranges.size(); i += 2) {
        if (character >= ranges[i] && character <= ranges[i + 1]) return true;
    }
    return false;
}

TEST_CASE("the best font below any folder is taken, in the shapes of the language") {
    const rwkvk::test::TemporaryFolder folder;
    touch(folder.path() / "a/DejaVuSans.ttf");
    touch(folder.path() / "b/c/NotoSans-Regular.ttf");
    touch(folder.path() / "b/NotoSansCJK-Regular.ttc");
    const std::vector<std::filesystem::path> folders = {folder.path() / "none", folder.path() / "a",
                                                        folder.path() / "b"};
    const FontFiles found = find_fonts(folders, "en_US.UTF-8");
    CHECK(found.text.filename() == "NotoSans-Regular.ttf");
    CHECK(found.cjk.filename() == "NotoSansCJK-Regular.ttc");
    CHECK(found.cjk_face == 2);
    CHECK(find_fonts(folders, "ja_JP.UTF-8").cjk_face == 0);
    CHECK(find_fonts(folders, "ko_KR.UTF-8").cjk_face == 1);
    CHECK(find_fonts(folders, "zh_TW.UTF-8").cjk_face == 3);
    const FontFiles none = find_fonts({folder.path() / "none"}, "");
    CHECK(none.text.empty());
    CHECK(none.cjk.empty());
}

TEST_CASE("characters that come are noted once, with what may be expected beside them") {
    GlyphSet set;
    CHECK(set.has('A'));
    CHECK(!set.add("plain text, äöü, Привет"));
    CHECK(!set.has_han());
    CHECK(set.add("こ"));
    CHECK(set.has(0x30C4));  // another kana
    CHECK(!set.has_han());
    CHECK(set.add("你好"));
    CHECK(set.has_han());
    CHECK(!set.add("好你"));
    CHECK(set.add("안"));
    CHECK(holds(set.ranges(), 0xC548));
    CHECK(!holds(set.ranges(), 0xC549));
    CHECK(set.ranges().back() == 0);
    CHECK(set.ranges().size() % 2 == 1);
}

TEST_CASE("bytes that are no text, and characters beyond the font's reach, are passed over") {
    GlyphSet set;
    CHECK(!set.add("\xff\xfe\x80 \xe4\xbd"));
    CHECK(!set.add("🙂"));
}

TEST_CASE("sizes of lines come from the font's tables") {
    std::string font(12 + 2 * 16, '\0');
    const auto put = [&](size_t at, uint32_t value, size_t bytes) {
        if (font.size() < at + bytes) font.resize(at + bytes);
        for (size_t i = 0; i < bytes; ++i)
            font[at + i] = static_cast<char>(value >> 8 * (bytes - 1 - i) & 255);
    };
    put(4, 2, 2);
    font.replace(12, 4, "head");
    put(12 + 8, 44, 4);
    font.replace(28, 4, "hhea");
    put(28 + 8, 64, 4);
    put(44 + 18, 1000, 2);
    put(64 + 4, 1160, 2);
    put(64 + 6, 0x10000 - 288, 2);
    CHECK(line_height(font, 0) == doctest::Approx(1.448));
    CHECK(line_height(font.substr(0, 40), 0) == 1);
    CHECK(line_height("", 0) == 1);
    CHECK(line_height("ttcf", 3) == 1);
}

}  // namespace
