#pragma once
// A frame that waits to be shown, without what belongs to Dear ImGui's next one.

#include <memory>
#include <vector>

#include "font_image.h"
#include "gpu_device.h"

namespace rwkvk::desktop {

struct Picture {
    struct Part {
        VkRect2D scissor;
        uint32_t indices, first_index;
        int32_t first_vertex;
    };
    std::vector<ImDrawVert> vertices;
    std::vector<ImDrawIdx> indices;
    std::vector<Part> parts;
    int width = 0, height = 0;
    ImVec4 background{};
    bool model_works = false;                // on the device that draws
    std::shared_ptr<const FontImage> fonts;  // from this one on; NULL: as before
};

Picture picture_of(const ImDrawData& data);

}  // namespace rwkvk::desktop
