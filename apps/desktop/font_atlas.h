#pragma once
// Draws the characters that are needed, on a thread of its own: a font for Chinese takes longer than a frame.

#include <imgui.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "fonts.h"

namespace rwkvk::desktop {

struct FontRequest {
    std::vector<uint16_t> ranges;
    bool han = false;  // the common Chinese and Japanese characters too
    float pixels = 17;
};

/// An atlas with two fonts: text, and small text.
class FontAtlas {
  public:
    explicit FontAtlas(FontFiles files) : files_(std::move(files)) {}

    /// At once.
    std::unique_ptr<ImFontAtlas> build(const FontRequest& request);
    /// On another thread; nothing while one is being built.
    bool start(FontRequest request);
    /// The one that was started, once it is done.
    std::unique_ptr<ImFontAtlas> take();
    bool building() const { return building_.valid(); }

  private:
    void add_font(ImFontAtlas& atlas, float pixels);

    FontFiles files_;
    std::string text_bytes_, cjk_bytes_;
    FontRequest request_;
    ImVector<ImWchar> cjk_ranges_;
    std::future<std::unique_ptr<ImFontAtlas>> building_;
};

}  // namespace rwkvk::desktop
