// A grammar, a zero, and what chooses tokens: those that a mask holds are taken, others are not.

#include "tests/fuzz/grammar_walk.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    const size_t end = std::min(input.find('\0'), input.size());
    const auto grammar = test::gbnf(input.substr(0, end));
    walk(grammar, input.substr(end));
    const grammar::TokenTrie& vocabulary = grammar->vocabulary();
    grammar::Matcher matcher(grammar);
    for (const char choice : input.substr(end, 8)) {
        const grammar::TokenBits bits = matcher.allowed();
        for (text::Token token = 0; token < vocabulary.vocabulary(); ++token) {
            const std::string_view bytes = vocabulary.bytes_of(token);
            const bool comes = token == 0 ? matcher.may_end() : grammar::Matcher(matcher).read(bytes);
            RWKVK_ASSERT(comes == has(bits, token));
        }
        const auto next = static_cast<text::Token>(static_cast<uint8_t>(choice));
        if (next > 0 && has(bits, next)) matcher.accept(next);
    }
}
