#pragma once
// How the session looks. Every view_*.cpp draws a part of the window; widgets.cpp has what they share.

#include <imgui.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "session.h"
#include "theme.h"

namespace rwkvk::desktop {

enum class Panel { none, settings, verify };

/// What a key asks for, beside those that widgets take.
struct Commands {
    bool send = false, stop = false, start_new = false, regenerate = false, settings = false, rename = false,
         copy = false;
};

/// Of the messages' text, in bytes.
struct Selection {
    size_t part = SIZE_MAX;   // two a message: its text, its reasoning
    size_t from = 0, to = 0;  // either may come first

    /// What it has of a part, the first end first.
    std::pair<size_t, size_t> range_in(size_t of_part, size_t bytes) const {
        if (of_part != part) return {0, 0};
        return {std::min({from, to, bytes}), std::min(std::max(from, to), bytes)};
    }
};

/// What only the window knows: what is typed, scrolled, unfolded.
struct ViewState {
    Panel panel = Panel::none;
    Commands commands;

    std::string composer;
    std::optional<std::string> new_composer;  // in place of what is typed
    bool composer_active = false, focus_composer = true;
    bool composer_awaits_focus = false;  // which Dear ImGui gives it with the next frame

    std::string conversation;         // that the rest belongs to
    bool follow = true;               // the end of the answer stays in sight
    std::map<size_t, bool> unfolded;  // reasoning, by message
    struct Height {
        size_t bytes = 0;
        float width = 0, height = 0;
    };
    std::map<size_t, Height> heights;  // of messages, so that those out of sight are not laid out

    Selection selection;

    std::string renamed;  // the id of the conversation whose title is typed; ""
    std::string title;
    bool focus_title = false;
    std::string system, model_path;
    std::string copied;  // what was copied last, for its button
    double copied_at = 0;

    std::vector<std::filesystem::path> states;  // saved ones, while they are offered

    uint64_t memory = 0;  // of the process
    double memory_due = 0;

    std::map<std::string, ImVec2> marks;  // the middle of each widget, for tests
};

struct View {
    Session& session;
    ViewState& state;
    const Palette& palette;
    float scale;  // pixels of a unit

    float px(float units) const { return units * scale; }
};

void draw(View view, float width, float height);
void draw_sidebar(View& view);
/// Its row becomes a field.
void begin_rename(ViewState& state, const Conversation& conversation);
void draw_chat(View& view);
void draw_messages(View& view, float height);
/// "" when nothing is selected.
std::string selected_text(const View& view);
void draw_settings(View& view);
void draw_verify(View& view);

}  // namespace rwkvk::desktop
