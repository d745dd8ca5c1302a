#include "font_choice.h"

#include <cstdlib>

namespace rwkvk::desktop {
namespace {

constexpr float font_pixels = 19;

std::string language() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        if (const char* value = std::getenv(name); value && *value) return value;
    }
    return "";
}

}  // namespace

FontChoice::FontChoice(std::unique_ptr<ImFontAtlas> atlas, float scale)
    : scale_(scale), atlas_(std::move(atlas)), maker_(find_fonts(font_folders(), language())) {
    use(maker_.build({glyphs_.ranges(), false, font_pixels * scale}));
}

void FontChoice::note_characters(const Session& session, const std::string& typed) {
    const auto& messages = session.current().messages;
    size_t bytes = typed.size() + session.library().all().size();
    for (const Message& message : messages) bytes += message.text.size() + message.reasoning.size();
    if (bytes == seen_bytes_) return;
    seen_bytes_ = bytes;
    due_ = glyphs_.add(typed) || due_;
    for (const Message& message : messages)
        due_ = glyphs_.add(message.text) | glyphs_.add(message.reasoning) || due_;
    for (const Conversation& one : session.library().all()) due_ = glyphs_.add(one.name()) || due_;
}

bool FontChoice::update(const Session& session, const std::string& typed, float scale) {
    note_characters(session, typed);
    Fonts fonts = maker_.take();
    const bool changed = fonts.atlas != nullptr;
    if (changed) use(std::move(fonts));
    if ((!due_ && scale == scale_) || building()) return changed;
    due_ = false;
    scale_ = scale;
    maker_.start({glyphs_.ranges(), glyphs_.has_han(), font_pixels * scale});
    return changed;
}

void FontChoice::use(Fonts fonts) {
    image_ = std::move(fonts.image);
    ImGui::GetIO().Fonts = fonts.atlas.get();
    atlas_ = std::move(fonts.atlas);
}

}  // namespace rwkvk::desktop
