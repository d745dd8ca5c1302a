#include "input_queue.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

namespace rwkvk::desktop {

bool InputQueue::acts(const InputEvent& event) {
    if (event.kind == InputEvent::Kind::button) return true;
    if (event.kind != InputEvent::Kind::key || event.action == GLFW_RELEASE) return false;
    if (event.key >= GLFW_KEY_LEFT_SHIFT && event.key <= GLFW_KEY_RIGHT_SUPER) return false;
    return event.key > GLFW_KEY_WORLD_2 || (event.mods & (GLFW_MOD_CONTROL | GLFW_MOD_SUPER));
}

}  // namespace rwkvk::desktop
