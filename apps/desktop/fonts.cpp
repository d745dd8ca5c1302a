#include "fonts.h"

#include <cstdlib>
#include <iterator>
#include <map>

namespace rwkvk::desktop {
namespace {

namespace fs = std::filesystem;

// The best first.
constexpr const char* text_fonts[] = {
    "Inter-Regular.ttf",  "NotoSans-Regular.ttf", "SourceSans3-Regular.ttf", "OpenSans-Regular.ttf",
    "Roboto-Regular.ttf", "Ubuntu-R.ttf",         "Cantarell-VF.otf",        "LiberationSans-Regular.ttf",
    "DejaVuSans.ttf",     "FreeSans.ttf"};
constexpr const char* cjk_fonts[] = {"NotoSansCJK-Regular.ttc",
                                     "NotoSansCJK-VF.ttc",
                                     "NotoSansCJKsc-Regular.otf",
                                     "NotoSansSC-Regular.otf",
                                     "SourceHanSansSC-Regular.otf",
                                     "SourceHanSans-Regular.ttc",
                                     "wqy-microhei.ttc",
                                     "wqy-zenhei.ttc",
                                     "DroidSansFallbackFull.ttf",
                                     "DroidSansFallback.ttf"};

std::map<std::string, fs::path> files_below(const std::vector<fs::path>& folders) {
    std::map<std::string, fs::path> files;
    for (const fs::path& folder : folders) {
        std::error_code failure;
        for (fs::recursive_directory_iterator
                 i(folder, fs::directory_options::skip_permission_denied, failure),
             end;
             !failure && i != end; i.increment(failure)) {
            files.emplace(i->path().filename().string(), i->path());
        }
    }
    return files;
}

template <size_t N>
fs::path first_of(const char* const (&names)[N], const std::map<std::string, fs::path>& files) {
    for (const char* name : names) {
        if (const auto found = files.find(name); found != files.end()) return found->second;
    }
    return {};
}

/// The order of the faces in Noto's collection: Japanese, Korean, simplified Chinese, traditional.
int face_of(const fs::path& file, const std::string& language) {
    if (!file.filename().string().starts_with("NotoSansCJK-")) return 0;
    if (language.starts_with("ja")) return 0;
    if (language.starts_with("ko")) return 1;
    return language.starts_with("zh_TW") || language.starts_with("zh_HK") ? 3 : 2;
}

/// The character at `i`, which is moved beyond it; U+FFFD for bytes that are none.
uint32_t next_character(std::string_view text, size_t& i) {
    const auto byte = static_cast<unsigned char>(text[i++]);
    const int more = byte < 0x80 ? 0 : byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : -1;
    if (more < 0 || i + static_cast<size_t>(more) > text.size()) return 0xFFFD;
    uint32_t character = more == 0 ? byte : byte & (0x3Fu >> more);
    for (int k = 0; k < more; ++k)
        character = character << 6 | (static_cast<unsigned char>(text[i++]) & 0x3F);
    return character;
}

bool is_han(uint32_t character) { return character >= 0x3400 && character <= 0x9FFF; }
bool is_cjk(uint32_t character) {
    return (character >= 0x2E80 && character <= 0x9FFF) || (character >= 0xF900 && character <= 0xFAFF) ||
           (character >= 0xFF00 && character <= 0xFFEF);
}

/// Big-endian, of `bytes` bytes; 0 beyond the end.
uint32_t number_at(std::string_view font, size_t at, size_t bytes) {
    if (at > font.size() || bytes > font.size() - at) return 0;
    uint32_t number = 0;
    for (size_t i = 0; i < bytes; ++i) number = number << 8 | static_cast<unsigned char>(font[at + i]);
    return number;
}

/// Where a table of OpenType begins; 0 without one.
size_t table_at(std::string_view font, size_t directory, std::string_view name) {
    const uint32_t tables = number_at(font, directory + 4, 2);
    for (uint32_t i = 0; i < tables; ++i) {
        const size_t entry = directory + 12 + 16 * size_t{i};
        if (entry + 16 <= font.size() && font.substr(entry, 4) == name) return number_at(font, entry + 8, 4);
    }
    return 0;
}

}  // namespace

float line_height(std::string_view font, int face) {
    const bool collection = font.starts_with("ttcf");
    const size_t directory = collection ? number_at(font, 12 + 4 * static_cast<size_t>(face), 4) : 0;
    const size_t head = table_at(font, directory, "head"), hhea = table_at(font, directory, "hhea");
    if (head == 0 || hhea == 0) return 1;
    const auto ascent = static_cast<int16_t>(number_at(font, hhea + 4, 2));
    const auto descent = static_cast<int16_t>(number_at(font, hhea + 6, 2));
    const uint32_t em = number_at(font, head + 18, 2);
    return em > 0 && ascent > descent ? static_cast<float>(ascent - descent) / static_cast<float>(em) : 1;
}

std::vector<fs::path> font_folders() {
    std::vector<fs::path> folders;
    if (const char* home = std::getenv("HOME")) {
        folders.push_back(fs::path(home) / ".local/share/fonts");
        folders.push_back(fs::path(home) / ".fonts");
    }
    folders.insert(folders.end(), {"/usr/local/share/fonts", "/usr/share/fonts"});
    return folders;
}

FontFiles find_fonts(const std::vector<fs::path>& folders, const std::string& language) {
    const std::map<std::string, fs::path> files = files_below(folders);
    FontFiles found{.text = first_of(text_fonts, files), .cjk = first_of(cjk_fonts, files)};
    found.cjk_face = face_of(found.cjk, language);
    return found;
}

GlyphSet::GlyphSet() {
    add_block(0x20, 0x7E);
    add_block(0xA0, 0x24F);     // Latin
    add_block(0x370, 0x52F);    // Greek, Cyrillic
    add_block(0x2010, 0x2044);  // punctuation
    add_block(0x20A0, 0x20BF);  // currencies
    add_block(0x2190, 0x21FF);  // arrows
    add_block(0x2200, 0x22FF);  // mathematics
    add_block(0x25A0, 0x25FF);  // shapes
    add_block(0xFFFD, 0xFFFD);
}

void GlyphSet::add_block(uint32_t first, uint32_t last) {
    for (uint32_t character = first; character <= last; ++character) seen_[character] = true;
}

bool GlyphSet::add(std::string_view text) {
    bool changed = false;
    for (size_t i = 0; i < text.size();) {
        const uint32_t character = next_character(text, i);
        if (character < 0x20 || character >= seen_.size() || seen_[character]) continue;
        changed = seen_[character] = true;
        han_ = han_ || is_han(character);
        if (!is_cjk(character)) continue;
        add_block(0x3000, 0x30FF);  // punctuation, kana
        add_block(0xFF00, 0xFFEF);  // full width
    }
    return changed;
}

std::vector<uint16_t> GlyphSet::ranges() const {
    std::vector<uint16_t> ranges;
    for (size_t i = 0; i < seen_.size(); ++i) {
        if (!seen_[i]) continue;
        const size_t first = i;
        while (i + 1 < seen_.size() && seen_[i + 1]) ++i;
        ranges.push_back(static_cast<uint16_t>(first));
        ranges.push_back(static_cast<uint16_t>(i));
    }
    ranges.push_back(0);
    return ranges;
}

}  // namespace rwkvk::desktop
