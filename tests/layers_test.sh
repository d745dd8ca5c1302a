#!/usr/bin/env bash
# Holds the includes to the layers of docs/ARCHITECTURE.md, and files to a length that can be read.
# usage: layers_test.sh PROJECT_FOLDER
set -u
cd "$1" || exit 1
failures=0

# allow FOLDER PATTERN: what files below FOLDER may include of the project, as a regular expression
allow() {
    local folder=$1 pattern=$2 found
    found=$(grep -rnE '^#include "' "$folder" --include=*.cpp --include=*.h --include=*.inl | grep -vE "#include \"($pattern)" || true)
    if [[ -n $found ]]; then
        printf 'not allowed in %s:\n%s\n' "$folder" "$found"
        failures=$((failures + 1))
    fi
}
own='runtime/catalogue/|runtime/graph/|shaders/(params|exact_math)\.h|host/[a-z_0-9]+\.h'
allow host 'host/'
allow shaders 'shaders/|params\.h'
allow runtime/catalogue 'runtime/catalogue/|shaders/params\.h|host/(vk/facts|[a-z_0-9]+)\.h'
allow runtime/graph "$own"
allow runtime/arch "runtime/arch/|$own"
allow runtime/cpu "runtime/cpu/|$own"
allow runtime/gpu "runtime/gpu/|host/vk/|shaders/|$own"
allow runtime/load 'runtime/load/|runtime/text/(utf8|vocabulary|sampler)\.h|host/[a-z_0-9]+\.h'
allow runtime/grammar 'runtime/grammar/|runtime/load/json(_token)?\.h|runtime/text/(chat_template|constraint|json_text|think_splitter|tokenizer|utf8)\.h|host/[a-z_0-9]+\.h'
allow runtime/text 'runtime/text/|shaders/exact_math\.h|host/[a-z_0-9]+\.h'
model='runtime/(model|arch|catalogue|graph|load|text)/|host/[a-z_0-9]+\.h'
allow runtime/model "$model"
allow runtime/session "runtime/session/|$model"
allow runtime/engine "runtime/(engine|session)/|$model"
allow runtime/write "runtime/write/|$model"
allow runtime/synthetic "runtime/synthetic/|runtime/write/|$model"
allow runtime/check 'runtime/|host/|shaders/'
allow runtime/api 'runtime/|host/'
allow apps '[a-z_]+\.h|http/server\.h|api/service\.h|page/page\.h|files\.def|talk/[a-z_]+\.h'
allow apps/server/http '[a-z_]+\.h'
allow apps/server/talk '[a-z_]+\.h'

vulkan=$(grep -rnE '#include [<"]vulkan' host runtime apps shaders | grep -v '^host/vk/' || true)
if [[ -n $vulkan ]]; then
    printf 'vulkan.h belongs to host/vk only:\n%s\n' "$vulkan"
    failures=$((failures + 1))
fi
boost=$(grep -rnE '#include [<"]boost' host runtime apps shaders | grep -v '^apps/server/http/' || true)
if [[ -n $boost ]]; then
    printf 'Boost belongs to apps/server/http only:\n%s\n' "$boost"
    failures=$((failures + 1))
fi
while read -r lines file; do
    [[ $file == total || $lines -le 500 ]] && continue
    echo "$file has $lines lines; split it"
    failures=$((failures + 1))
done < <(find host runtime apps shaders tests -name '*.cpp' -o -name '*.h' -o -name '*.comp' -o -name '*.glsl' -o -name '*.inl' | xargs wc -l)
echo "$failures failures"
exit $((failures > 0))
