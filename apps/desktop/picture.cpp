#include "picture.h"

#include <algorithm>

namespace rwkvk::desktop {
namespace {

/// What of the window a command may draw to; false for nothing.
bool scissor_of(const ImDrawCmd& command, const ImDrawData& data, VkRect2D& scissor) {
    const float right = data.DisplaySize.x, bottom = data.DisplaySize.y;
    const float x0 = std::clamp(command.ClipRect.x, 0.0f, right),
                y0 = std::clamp(command.ClipRect.y, 0.0f, bottom);
    const float x1 = std::clamp(command.ClipRect.z, 0.0f, right),
                y1 = std::clamp(command.ClipRect.w, 0.0f, bottom);
    if (x1 <= x0 || y1 <= y0) return false;
    scissor.offset = {static_cast<int32_t>(x0), static_cast<int32_t>(y0)};
    scissor.extent = {static_cast<uint32_t>(x1 - x0), static_cast<uint32_t>(y1 - y0)};
    return true;
}

void add(Picture& picture, const ImDrawList& list, const ImDrawData& data) {
    const auto first_vertex = static_cast<uint32_t>(picture.vertices.size());
    const auto first_index = static_cast<uint32_t>(picture.indices.size());
    picture.vertices.insert(picture.vertices.end(), list.VtxBuffer.begin(), list.VtxBuffer.end());
    picture.indices.insert(picture.indices.end(), list.IdxBuffer.begin(), list.IdxBuffer.end());
    for (const ImDrawCmd& command : list.CmdBuffer) {
        VkRect2D scissor;
        if (!scissor_of(command, data, scissor)) continue;
        picture.parts.push_back({scissor, command.ElemCount, first_index + command.IdxOffset,
                                 static_cast<int32_t>(first_vertex + command.VtxOffset)});
    }
}

}  // namespace

Picture picture_of(const ImDrawData& data) {
    Picture picture;
    picture.width = static_cast<int>(data.DisplaySize.x);
    picture.height = static_cast<int>(data.DisplaySize.y);
    picture.vertices.reserve(static_cast<size_t>(data.TotalVtxCount));
    picture.indices.reserve(static_cast<size_t>(data.TotalIdxCount));
    for (int i = 0; i < data.CmdListsCount; ++i) add(picture, *data.CmdLists[i], data);
    return picture;
}

}  // namespace rwkvk::desktop
