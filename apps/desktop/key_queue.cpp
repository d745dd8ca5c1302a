#include "key_queue.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

namespace rwkvk::desktop {

bool KeyQueue::acts(const Typed& typed) {
    if (typed.character || typed.action == GLFW_RELEASE) return false;
    if (typed.key >= GLFW_KEY_LEFT_SHIFT && typed.key <= GLFW_KEY_RIGHT_SUPER) return false;
    return typed.key > GLFW_KEY_WORLD_2 || (typed.mods & (GLFW_MOD_CONTROL | GLFW_MOD_SUPER));
}

}  // namespace rwkvk::desktop
