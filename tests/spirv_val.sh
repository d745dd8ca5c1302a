#!/usr/bin/env bash
# Every embedded module is valid SPIR-V for Vulkan 1.1. usage: spirv_val.sh SPIRV_VAL FOLDER
set -eu
count=0
for module in "$2"/*.spv; do
    case $module in *.plain.spv) continue ;; esac
    "$1" --target-env vulkan1.1 "$module"
    count=$((count + 1))
done
echo "$count modules are valid"
[ "$count" -ge 20 ]
