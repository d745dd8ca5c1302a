#include "font_atlas.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "folders.h"

namespace rwkvk::desktop {
namespace {

constexpr float small_font = 0.82f;

std::string bytes_of(const std::filesystem::path& path) {
    try {
        return path.empty() ? std::string() : read_whole(path);
    } catch (const std::exception&) {  // as if it were not there
        return {};
    }
}

}  // namespace

std::unique_ptr<ImFontAtlas> FontAtlas::build(const FontRequest& request) {
    if (text_bytes_.empty()) text_bytes_ = bytes_of(files_.text);
    // Tens of megabytes that most people never need.
    const bool cjk = std::any_of(request.ranges.begin(), request.ranges.end(),
                                 [](uint16_t c) { return c >= 0x2E80 && c < 0xFFFD; });
    if (cjk && cjk_bytes_.empty()) cjk_bytes_ = bytes_of(files_.cjk);
    request_ = request;
    cjk_ranges_.clear();
    auto atlas = std::make_unique<ImFontAtlas>();
    ImFontGlyphRangesBuilder builder;
    builder.AddRanges(request_.ranges.data());
    if (request.han) {
        builder.AddRanges(atlas->GetGlyphRangesChineseSimplifiedCommon());
        builder.AddRanges(atlas->GetGlyphRangesJapanese());
    }
    builder.BuildRanges(&cjk_ranges_);
    add_font(*atlas, request.pixels);
    add_font(*atlas, request.pixels * small_font);
    unsigned char* pixels = nullptr;
    int width = 0, height = 0;
    atlas->GetTexDataAsRGBA32(&pixels, &width, &height);
    return atlas;
}

void FontAtlas::add_font(ImFontAtlas& atlas, float pixels) {
    ImFontConfig config;
    config.FontDataOwnedByAtlas = false;
    config.OversampleH = 2;
    if (text_bytes_.empty()) {
        config.SizePixels = std::max(13.0f, std::floor(pixels / 13) * 13);  // a font of whole pixels
        atlas.AddFontDefault(&config);
    } else {
        atlas.AddFontFromMemoryTTF(text_bytes_.data(), static_cast<int>(text_bytes_.size()), pixels, &config,
                                   request_.ranges.data());
    }
    if (cjk_bytes_.empty()) return;
    config.MergeMode = true;
    config.OversampleH = 1;
    config.FontNo = files_.cjk_face;
    atlas.AddFontFromMemoryTTF(cjk_bytes_.data(), static_cast<int>(cjk_bytes_.size()), pixels, &config,
                               cjk_ranges_.Data);
}

bool FontAtlas::start(FontRequest request) {
    if (building()) return false;
    building_ =
        std::async(std::launch::async, [this, request = std::move(request)] { return build(request); });
    return true;
}

std::unique_ptr<ImFontAtlas> FontAtlas::take() {
    if (!building() || building_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
        return nullptr;
    return building_.get();
}

}  // namespace rwkvk::desktop
