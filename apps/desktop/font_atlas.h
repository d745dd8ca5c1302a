#pragma once
// Draws the characters that are needed, on a thread of its own: a font for Chinese takes longer than a frame.

#include <imgui.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "font_image.h"
#include "fonts.h"

namespace rwkvk::desktop {

struct FontRequest {
    std::vector<uint16_t> ranges;
    bool han;  // the text's font has the common Chinese and Japanese characters too
    float pixels;
};

/// Two fonts, text and small text, and their image.
struct Fonts {
    std::unique_ptr<ImFontAtlas> atlas;
    std::shared_ptr<const FontImage> image;
};

/// Of what other threads have, building one touches only Dear ImGui's count of allocations, which nobody
/// reads.
class FontAtlas {
  public:
    explicit FontAtlas(FontFiles files) : files_(std::move(files)) {}

    /// At once.
    Fonts build(const FontRequest& request);
    /// On another thread; nothing while one is being built.
    bool start(FontRequest request);
    /// What was started, once it is done; else nothing.
    Fonts take();
    bool building() const { return building_.valid(); }

  private:
    void add_font(ImFontAtlas& atlas, float pixels, const ImWchar* cjk_ranges);

    FontFiles files_;
    std::string text_bytes_, cjk_bytes_;
    FontRequest request_;
    ImVector<ImWchar> han_ranges_;
    std::future<Fonts> building_;
};

}  // namespace rwkvk::desktop
