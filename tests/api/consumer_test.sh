#!/usr/bin/env bash
# Builds C and C++ programs on the library as its users do: installed static and shared, through CMake and pkg-config, and as a
# folder of their tree; then one under ThreadSanitizer with two contexts in two threads.
# usage: consumer_test.sh BUILD_FOLDER SOURCE_FOLDER MODEL
set -eu
build=$1 source=$2 model=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# 256 single bytes as a vocabulary; the model has a few ids more, which stand for nothing.
for ((i = 0; i < 256; ++i)); do printf '%d b%s%sx%02x%s 1\n' "$i" "'" '\' "$i" "'"; done >"$folder/bytes.txt"

same() { # WHAT OUTPUT
    [[ -n $2 && $2 == "$expected" ]] && return
    printf 'FAILED: %s: "%s" is not "%s"\n' "$1" "$2" "$expected"
    exit 1
}
run_both() { # WHAT FOLDER
    same "$1, C" "$("$2/consumer_c" "$model")"
    same "$1, C++" "$("$2/consumer_cpp" "$model")"
}
configure() { cmake -G Ninja -DCMAKE_BUILD_TYPE=Release "$@" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }; }
compile() { cmake --build "$1" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }; }

launcher=
command -v ccache >/dev/null && launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache

expected=$("$build/rwkvk" generate -m "$model" -p Hi -n 8 --top-p 1 --seed 0 -dev cpu --json --vocab "$folder/bytes.txt" 2>/dev/null |
    sed -n '/"ids"/,/]/p' | tr -dc '0-9\n' | sed '/^$/d; s/^/ /' | tr -d '\n')

DESTDIR='' cmake --install "$build" --prefix "$folder/static" >/dev/null
configure -S "$source/tests/api/consumer" -B "$folder/found" -DCMAKE_PREFIX_PATH="$folder/static"
compile "$folder/found"
run_both 'find_package' "$folder/found"

mkdir "$folder/pc"
flags=$(PKG_CONFIG_PATH=$(dirname "$(find "$folder/static" -name rwkvk.pc)") pkg-config --cflags --libs rwkvk)
# shellcheck disable=SC2086
cc -std=c11 -Wall -Wextra -Werror "$source/tests/api/consumer/consumer.c" $flags -o "$folder/pc/consumer_c"
# shellcheck disable=SC2086
c++ -std=c++17 -Wall -Wextra -Werror "$source/tests/api/consumer/consumer.cpp" $flags -o "$folder/pc/consumer_cpp"
run_both 'pkg-config' "$folder/pc"

configure -S "$source/tests/api/consumer" -B "$folder/tree" -DRWKVK_SOURCE="$source" -DBUILD_SHARED_LIBS=ON \
    -DCMAKE_CXX_FLAGS="-fsanitize=thread -g" -DCMAKE_C_FLAGS="-fsanitize=thread -g" ${launcher:+"$launcher"}
compile "$folder/tree"
export TSAN_OPTIONS=exitcode=66
run_both 'add_subdirectory, shared, ThreadSanitizer' "$folder/tree"
visible=$(nm -D --defined-only -C "$folder"/tree/rwkvk/runtime/api/librwkvk.so | awk '{print $3}' | grep -v '^rwkvk_' || true)
[[ -z $visible ]] || { printf 'FAILED: visible besides the border:\n%s\n' "$visible"; exit 1; }
echo "consumers agree: $expected"
