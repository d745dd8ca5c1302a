#pragma once

#include "view.h"

namespace rwkvk::desktop {

/// Wrapped text, of which the mouse selects a part: a word by two clicks, all by three. `part` names it in
/// the selection; there may be other items on the right of `width`.
void selectable_text(View& view, size_t part, const std::string& text, float width);

}  // namespace rwkvk::desktop
