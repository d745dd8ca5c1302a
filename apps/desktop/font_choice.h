#pragma once
// The fonts of a window: those for the characters that its conversations need, in its size.

#include <memory>
#include <string>

#include "font_atlas.h"
#include "session.h"

namespace rwkvk::desktop {

class FontChoice {
  public:
    /// Dear ImGui has a context with `atlas`.
    FontChoice(std::unique_ptr<ImFontAtlas> atlas, float scale);

    /// Looks at what is shown and typed. True when other fonts are in use from now on.
    bool update(const Session& session, const std::string& typed, float scale);
    /// Whether others are being made.
    bool building() const { return maker_.building(); }
    /// Of fonts that no picture has had yet; else NULL.
    std::shared_ptr<const FontImage> take_image() { return std::exchange(image_, nullptr); }

  private:
    void note_characters(const Session& session, const std::string& typed);
    void use(Fonts fonts);

    GlyphSet glyphs_;
    bool due_ = false;
    float scale_;
    size_t seen_bytes_ = 0;
    std::unique_ptr<ImFontAtlas> atlas_;
    std::shared_ptr<const FontImage> image_;
    FontAtlas maker_;
};

}  // namespace rwkvk::desktop
