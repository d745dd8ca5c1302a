#!/usr/bin/env bash
# Which template a chat chooses, what `info` says of it, and templates of one's own.
# usage: templates_test.sh PROGRAM DATA_FOLDER
set -u
program=$1 data=$2 failures=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# expect STATUS PATTERN ARGUMENTS...: of stdout and stderr together
expect() {
    local status=$1 pattern=$2 output rc
    shift 2
    output=$("$program" "$@" 2>&1 <<<'Hi')
    rc=$?
    if [[ $rc -ne $status ]] || ! grep -qaE -- "$pattern" <<<"$output"; then
        printf 'FAILED: rwkvk %s\n  expected status %s and /%s/, found %s:\n%s\n' "$*" "$status" "$pattern" "$rc" "$output"
        failures=$((failures + 1))
    fi
}
talk() { expect "$1" "$2" chat -m "$folder/m.gguf" -dev cpu -t 1 -n 4 "${@:3}"; }

"$program" synth "$folder/m.gguf" --size 1x64x257 --type f32 2>/dev/null || failures=$((failures + 1))
declares() { # TEMPLATE: a model whose file declares it
    "$program" quantize "$folder/m.gguf" "$folder/d.gguf" --type keep --override-kv "tokenizer.chat_template=str:$1" 2>/dev/null ||
        failures=$((failures + 1))
}

# The file's template decides; it is not run, what stands in it tells.
for pair in "{{ '✿' }}=bot" '### User=tools' '<|im_start|>=chatml' 'rwkv-world=world' 'x Assistant: <think=g1'; do
    declares "${pair%=*}"
    expect 0 "^template: .*\"by\":\"file\".*\"declared_is_known\":true,\"name\":\"${pair##*=}\"" info -m "$folder/d.gguf"
done
declares $'[INST] {{ x }}\nsecond line'
expect 0 "\"declared\":\"'\[INST\] \{\{ x \}\}'\",\"declared_is_known\":false,\"name\":\"plain\"" info -m "$folder/d.gguf"
expect 0 "declares a chat template that is not known here: '\[INST\] \{\{ x \}\}'; plain is taken" \
    chat -m "$folder/d.gguf" -dev cpu -t 1 -n 4
warnings=$("$program" chat -m "$folder/d.gguf" -dev cpu -t 1 -n 4 <<<$'one\ntwo' 2>&1 >/dev/null | grep -c 'not known here')
[[ $warnings == 1 ]] || { echo "FAILED: expected one warning, found $warnings"; failures=$((failures + 1)); }

# Beside a model that is called as Hugging Face's programs call it.
cp "$data/v7.0/model-fp32.pth" "$folder/model.pth"
cp "$data/v7.0/model-fp32.pth" "$folder/other.pth"
echo "{{ '✿' }}" >"$folder/chat_template.jinja"
expect 0 '^template: .*"by":"file".*"name":"bot"' info -m "$folder/model.pth"
expect 0 '^template: .*"declared":null' info -m "$folder/other.pth"
rm "$folder/chat_template.jinja"
echo '{"added": [1, {}], "chat_template": "### User"}' >"$folder/tokenizer_config.json"
expect 0 '^template: .*"by":"file".*"name":"tools"' info -m "$folder/model.pth"
echo '{"chat_template"' >"$folder/tokenizer_config.json"
expect 0 '^template: .*"declared":null' info -m "$folder/model.pth"

# What info says of the vocabulary, the end of text and sampling.
expect 0 "^tokenizer: .*\"entries\":257,\"from\":\"the model's file\",\"kind\":\"world\"" info -m "$folder/m.gguf"
expect 0 '^tokenizer: .*"end_of_text":0' info -m "$folder/m.gguf"
expect 0 '^tokenizer: null' info --synthetic v7:1x64x300:f32
expect 0 '^tokenizer: .*"from":"256 bytes","kind":"bytes"' info --synthetic v7:1x64x256:f32
expect 1 'nowhere.txt' info --synthetic v7:1x64x256:f32 --vocab "$folder/nowhere.txt"
expect 0 '^sampling: .*"by":"template".*"temperature":1,"top_k":0,"top_p":0.3,' info -m "$folder/m.gguf"
expect 0 '"by": "file"' info --json

# By name, from a file, with role words of one's own.
for name in world g1 bot tools chatml raven plain; do talk 0 '' --template "$name"; done
talk 0 '' --template bot --think fast
talk 2 "chat template bot: expected thinking 'none', 'fast' or 'on', found 'lot'" --template bot --think lot
talk 2 'expected world, g1, bot, tools, chatml, raven, plain or a file, found .nope. and no such file' --template nope
cat >"$folder/own" <<'EOF'
# of one's own
system = "<{text}>\n"
user = "Q: {text}\n"
answer = "A: {text}\n"
EOF
talk 0 '' --template "$folder/own" --sys 'Be brief.'
talk 2 'own: expected thinking .none.|chat template .*own' --template "$folder/own" --think on
echo 'stop = ""' >>"$folder/own"
talk 2 'own, line 5: an empty stop string' --template "$folder/own"
talk 1 "$folder: cannot be read" --template "$folder"
talk 2 'zero: expected a chat template' --template /dev/zero
talk 2 'at most 16384 bytes' --template <(head -c 20000 /dev/zero | tr '\0' '#')
echo "{% for m in messages %}<|im_start|>{{ m.role }}{% endfor %}" >"$folder/known.jinja"
echo "{% for m in messages %}[INST] {{ m.content }}{% endfor %}" >"$folder/other.jinja"
talk 0 '' --chat-template-file "$folder/known.jinja"
talk 2 'other.jinja: a Jinja template that is not known here' --chat-template-file "$folder/other.jinja"
talk 0 '' --roles 'Bob "B",Alice\'
in_roles() { "$program" chat -m "$folder/m.gguf" -dev cpu -t 1 -n 40 --seed 1 --roles "$1" 2>/dev/null <<<'Hi'; }
[[ $(in_roles 'Bob, Alice ' | sha256sum) == "$(in_roles Bob,Alice | sha256sum)" ]] || { echo 'FAILED: blanks around roles'; failures=$((failures + 1)); }
talk 2 'expected USER,BOT' --roles 'Bob, '
talk 2 "expected USER,BOT, found 'Bob'" --roles Bob
talk 2 'expected USER,BOT' --roles ,Bob
talk 2 'expected USER,BOT' --roles A,B,C
talk 2 'excludes' --roles A,B --template world

echo "$failures failures"
exit $((failures > 0))
