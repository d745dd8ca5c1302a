// Any text to tokens of BPE and back.

#include "host/error.h"
#include "runtime/model/vocabulary_file.h"
#include "runtime/text/prompt.h"
#include "runtime/text/unicode.h"
#include "tests/fuzz/input.h"
#include "tests/support/bpe_vocabulary.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    static const auto gpt2 = parse_vocabulary(test::bpe_json(), "gpt2");
    static const auto qwen2 = parse_vocabulary(test::qwen2_json(), "qwen2");
    for (const auto& tokenizer : {gpt2.get(), qwen2.get()}) {
        const auto ids = tokenizer->encode(input);
        // Added tokens part the text before it is normalised; all pieces together may compose further.
        RWKVK_ASSERT(text::nfc(tokenizer->decode(std::span<const text::Token>(ids))) == text::nfc(input));
        const auto as_text = tokenizer->encode_as_text(input);
        RWKVK_ASSERT(text::nfc(tokenizer->decode(std::span<const text::Token>(as_text))) == text::nfc(input));
        RWKVK_ASSERT(text::Prompt(input).encode(*tokenizer) == ids);
        RWKVK_ASSERT(text::Prompt().add_message(input).encode(*tokenizer) == as_text);
    }
    RWKVK_ASSERT(text::nfc(text::nfc(input)) == text::nfc(input));
}
