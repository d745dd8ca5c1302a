#pragma once

#include <functional>

#include "view.h"

namespace rwkvk::desktop {

ImFont* small_font();

/// Notes the middle of the last item, by which tests find it.
void mark(View& view, const std::string& name);

enum class Look { plain, primary, quiet };
/// `name` is what tests know it by; `width` 0: as wide as its label, negative: up to the right end.
bool button(View& view, const char* name, const char* label, Look look = Look::plain, float width = 0,
            bool enabled = true);
float button_width(const char* label);

/// A quiet button that copies, and says so for a while.
void copy_button(View& view, const char* name, const char* label, const std::function<std::string()>& text);

void muted_text(View& view, const char* text);
void wrapped_muted_text(View& view, const char* text);
void heading(View& view, const char* text);
void tooltip(const char* text);
/// The text, or as much of its beginning as is so wide.
std::string fitting(const std::string& text, float width);
/// "3.2 M".
std::string short_number(double number);

}  // namespace rwkvk::desktop
