#version 450
// A colour, as far as the font covers it.
layout(set = 0, binding = 0) uniform sampler2D font;
layout(location = 0) in vec4 color;
layout(location = 1) in vec2 texel;
layout(location = 0) out vec4 pixel;

void main() { pixel = color * vec4(1.0, 1.0, 1.0, texture(font, texel).r); }
