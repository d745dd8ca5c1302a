#pragma once
// The system's fonts, and which of their characters are needed.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rwkvk::desktop {

struct FontFiles {
    std::filesystem::path text;  // empty: none was found
    std::filesystem::path cjk;   // Chinese, Japanese and Korean; likewise
    int cjk_face = 0;            // of the file
};

/// Where fonts lie on this system.
std::vector<std::filesystem::path> font_folders();
/// The best that is below the folders. `language` ("ja_JP.UTF-8") chooses among the shapes of a character.
FontFiles find_fonts(const std::vector<std::filesystem::path>& folders, const std::string& language);

/// Ascent and descent of a font together, of which sizes of fonts are multiples, in ems; 1 for what cannot be
/// read.
float line_height(std::string_view font, int face);

/// The characters that have been seen, and those that may be expected beside them.
class GlyphSet {
  public:
    GlyphSet();
    /// True when there was a new one.
    bool add(std::string_view text);
    bool has_han() const { return han_; }
    bool has(uint32_t character) const { return character < seen_.size() && seen_[character]; }
    /// First and last of each range, and a 0 at the end.
    std::vector<uint16_t> ranges() const;

  private:
    void add_block(uint32_t first, uint32_t last);

    // Dear ImGui, as it is packaged, knows no characters beyond these.
    std::vector<bool> seen_ = std::vector<bool>(0x10000);
    bool han_ = false;
};

}  // namespace rwkvk::desktop
