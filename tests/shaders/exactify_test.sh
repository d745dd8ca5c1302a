#!/usr/bin/env bash
# The build step takes what exact kernels may do and refuses, by name, what they may not.
# usage: exactify_test.sh EXACTIFY GLSLANG
set -eu
exactify=$1 glslang=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Statements on floats a, b, mat2 m, int i and uint u, all in a buffer.
run() {
    cat >"$folder/x.comp" <<EOF
#version 450
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
layout(local_size_x = 1) in;
shared float16_t h;
layout(std430, binding = 0) buffer Values { float a; float b; mat2 m; int i; uint u; };
void main() { $1 }
EOF
    "$glslang" --quiet -V --target-env vulkan1.1 -o "$folder/x.spv" "$folder/x.comp"
    "$exactify" "$folder/x.spv" "$folder/y.spv" "$folder/y.inc" 2>"$folder/message"
}

for allowed in 'a = a * b + 1.0;' 'a = floor(b - a);' 'a = float(i); i = int(b);' 'u = floatBitsToUint(a) & 255u;' \
    'a = a < b ? a : -b;' 'h = float16_t(i);' 'h = float16_t(-1.0);'; do
    run "$allowed" || { echo "refused: $allowed: $(cat "$folder/message")" >&2; exit 1; }
done
for forbidden in 'a = a / b;' 'a = sqrt(b);' 'a = fma(a, b, a);' 'a = min(a, b);' 'a = dot(vec2(a), vec2(b));' \
    'm = m * m;' 'm = m * a;' 'm = transpose(m);' 'a = modf(a, b);' 'int e; a = frexp(b, e); i = e;' \
    'u = packHalf2x16(vec2(a, b));' 'a = unpackHalf2x16(u).x;' 'a = float(double(a) * b);' 'a = mod(a, b);' \
    'h = float16_t(a);' 'a = float(h);' 'h = h + h;' 'h = -h;' 'h = h < h ? h : abs(h);'; do
    if run "$forbidden"; then
        echo "not refused: $forbidden" >&2
        exit 1
    fi
    grep -q 'not exact: ' "$folder/message" || { cat "$folder/message" >&2; exit 1; }
done
