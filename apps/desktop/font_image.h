#pragma once

#include <cstdint>
#include <vector>

namespace rwkvk::desktop {

/// Characters as they are drawn, a byte a pixel.
struct FontImage {
    uint32_t width = 0, height = 0;
    std::vector<unsigned char> pixels;
};

}  // namespace rwkvk::desktop
