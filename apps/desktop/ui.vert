#version 450
// Corners of Dear ImGui's triangles, in pixels of the window.
layout(location = 0) in vec2 position;
layout(location = 1) in vec2 texel;
layout(location = 2) in vec4 color;
layout(push_constant) uniform Window {
    vec2 scale, offset;
} window;
layout(location = 0) out vec4 out_color;
layout(location = 1) out vec2 out_texel;

void main() {
    out_color = color;
    out_texel = texel;
    gl_Position = vec4(position * window.scale + window.offset, 0.0, 1.0);
}
