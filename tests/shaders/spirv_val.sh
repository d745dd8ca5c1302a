#!/usr/bin/env bash
# Every embedded module is valid SPIR-V: for Vulkan 1.0, those with subgroup operations or integer dot products for 1.1.
# usage: spirv_val.sh SPIRV_VAL FOLDER
set -eu
count=0
for module in "$2"/*.spv; do
    case $module in
        *.plain.spv) continue ;;
        *subgroup* | *_dot.* | *_dot_*) environment=vulkan1.1 ;;
        *) environment=vulkan1.0 ;;
    esac
    "$1" --target-env $environment "$module"
    count=$((count + 1))
done
echo "$count modules are valid"
[ "$count" -ge 20 ]
