#pragma once
// The window and its loop: events, frames, fonts.

#include <memory>
#include <string>

#include "font_atlas.h"
#include "input.h"
#include "key_queue.h"
#include "painter.h"
#include "pause_meter.h"
#include "view.h"

namespace rwkvk::desktop {

class Window {
  public:
    explicit Window(const Runtime& runtime);
    ~Window();
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    /// May be called from every thread: the loop looks at the session again.
    static void wake();

    /// That draws it.
    DrawingDevice device() { return painter_->device(); }

    /// Until the window is closed.
    void run(Session& session, const std::string& state_log);

  private:
    void set_callbacks();
    void type(const Typed& typed);
    void command(const Typed& pressed);
    void wait();
    void frame(Session& session);
    void keep_device(Session& session);
    void show(const Palette& palette);
    void note_characters(const Session& session);
    void choose_fonts(const Session& session);
    void use_fonts(Fonts fonts);
    float scale(const Session& session) const;
    Doing doing(const Session& session) const;

    GLFWwindow* window_ = nullptr;
    std::unique_ptr<Input> input_;
    std::vector<std::string> dropped_;
    KeyQueue keys_;
    ViewState state_;
    PauseMeter meter_;
    int frames_due_ = 3;  // before the loop may sleep

    GlyphSet glyphs_;
    bool fonts_due_ = false;
    float font_scale_ = 1;
    size_t seen_bytes_ = 0;
    std::unique_ptr<ImFontAtlas> atlas_;
    std::shared_ptr<const FontImage> font_image_;  // of the atlas, until it is shown
    std::unique_ptr<Painter> painter_;
    std::unique_ptr<FontAtlas> fonts_;
};

}  // namespace rwkvk::desktop
