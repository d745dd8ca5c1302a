#version 450
// Sky, sun, hills, meadow. Lengths are in units of which the window is 720 high.
layout(push_constant) uniform Window {
    float width, horizon, unit;
} window;
layout(location = 0) out vec4 pixel;

vec3 rgb(float red, float green, float blue) { return vec3(red, green, blue) / 255.0; }

// How much of a pixel lies inside a circle; near its edge exactly, and without a root.
float inside(vec2 at, float radius) {
    return clamp((radius * radius - dot(at, at)) / (2.0 * radius) * window.unit + 0.5, 0.0, 1.0);
}

void main() {
    const vec2 at = gl_FragCoord.xy / window.unit;
    const vec2 sun = at - vec2(window.width - 130.0, 96.0);
    vec3 color = mix(rgb(122, 178, 222), rgb(233, 236, 218), at.y / window.horizon);
    const float glow = clamp(1.0 - dot(sun, sun) / 40000.0, 0.0, 1.0);
    color = mix(color, rgb(255, 240, 190), max(inside(sun, 36.0), 0.5 * glow * glow * glow));
    color = mix(color, rgb(158, 194, 164), inside(at - vec2(window.width * 0.2, window.horizon + 560.0), 640.0));
    color = mix(color, rgb(140, 186, 138), inside(at - vec2(window.width * 0.8, window.horizon + 470.0), 530.0));
    const vec3 meadow = mix(rgb(142, 186, 116), rgb(88, 140, 84), (at.y - window.horizon) / (720.0 - window.horizon));
    pixel = vec4(mix(color, meadow, step(window.horizon, at.y)), 1.0);
}
