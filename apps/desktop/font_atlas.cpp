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

/// Which the atlas then has no more.
std::shared_ptr<const FontImage> image_of(ImFontAtlas& atlas) {
    unsigned char* pixels = nullptr;
    int width = 0, height = 0;
    atlas.GetTexDataAsAlpha8(&pixels, &width, &height);
    auto image = std::make_shared<FontImage>();
    image->width = static_cast<uint32_t>(width);
    image->height = static_cast<uint32_t>(height);
    image->pixels.assign(pixels, pixels + size_t{image->width} * image->height);
    atlas.ClearTexData();
    return image;
}

}  // namespace

Fonts FontAtlas::build(const FontRequest& request) {
    if (text_bytes_.empty()) text_bytes_ = bytes_of(files_.text);
    // Tens of megabytes that most people never need.
    const bool cjk = std::any_of(request.ranges.begin(), request.ranges.end(),
                                 [](uint16_t c) { return c >= 0x2E80 && c < 0xFFFD; });
    if (cjk && cjk_bytes_.empty()) cjk_bytes_ = bytes_of(files_.cjk);
    request_ = request;
    han_ranges_.clear();
    auto atlas = std::make_unique<ImFontAtlas>();
    ImFontGlyphRangesBuilder builder;
    builder.AddRanges(request_.ranges.data());
    if (request.han) {
        builder.AddRanges(atlas->GetGlyphRangesChineseSimplifiedCommon());
        builder.AddRanges(atlas->GetGlyphRangesJapanese());
    }
    builder.BuildRanges(&han_ranges_);
    add_font(*atlas, request.pixels, han_ranges_.Data);
    add_font(*atlas, request.pixels * small_font, request_.ranges.data());
    std::shared_ptr<const FontImage> image = image_of(*atlas);
    return {std::move(atlas), std::move(image)};
}

void FontAtlas::add_font(ImFontAtlas& atlas, float pixels, const ImWchar* cjk_ranges) {
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
    // Characters as large as the other font's, whose lines may be lower.
    const float same_em = line_height(cjk_bytes_, files_.cjk_face) / line_height(text_bytes_, 0);
    atlas.AddFontFromMemoryTTF(cjk_bytes_.data(), static_cast<int>(cjk_bytes_.size()),
                               std::round(pixels * same_em), &config, cjk_ranges);
}

bool FontAtlas::start(FontRequest request) {
    if (building()) return false;
    building_ =
        std::async(std::launch::async, [this, request = std::move(request)] { return build(request); });
    return true;
}

Fonts FontAtlas::take() {
    if (!building() || building_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return {};
    return building_.get();
}

}  // namespace rwkvk::desktop
