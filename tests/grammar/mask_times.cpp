// How long masks take: for docs/PERFORMANCE.md. usage: mask_times VOCABULARY, in the World syntax.

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "host/stopwatch.h"
#include "runtime/grammar/matcher.h"
#include "runtime/text/tokenizer.h"

using namespace rwkvk;
using grammar::Matcher;

namespace {

struct Case {
    const char* name;
    bool is_schema;
    const char* text;
};

const Case cases[] = {
    {"any JSON", true, "true"},
    {"an object of 5 members", true,
     R"({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}}, "at": {"type": "string", "format": "date-time"},
        "kind": {"enum": ["cat", "dog", "other"]}}, "required": ["name", "age", "tags", "at", "kind"]})"},
    {"strings of at most 100", true, R"({"type": "array", "items": {"type": "string", "maxLength": 100}})"},
    {"arithmetic in GBNF", false,
     "root ::= e (ws [-+*/] ws e)* \"\\n\"\ne ::= [0-9]+ | [a-z]+ | \"(\" ws e (ws [-+*/] ws e)* ws "
     "\")\"\nws ::= [ ]*"},
    {"lines in GBNF", false, "root ::= (\"- \" [^\\n]+ \"\\n\")+"},
};

struct Times {
    double first_ms = 0;               // the slowest mask of the first answer
    std::vector<double> microseconds;  // of all masks of later ones
};

/// Along random answers: masks, as a sampler asks for them.
Times measure(const std::shared_ptr<const grammar::Grammar>& made) {
    Times times;
    std::mt19937 random(1);
    std::vector<float> logits(65536);
    for (int answer = 0; answer < 40; ++answer) {
        Matcher matcher(made);
        for (int drawn = 0; drawn < 200 && matcher.may_go_on(); ++drawn) {
            std::ranges::fill(logits, 0.0f);
            const Stopwatch watch;
            matcher.ban(logits);
            const double seconds = watch.seconds();
            if (answer < 20) times.first_ms = std::max(times.first_ms, seconds * 1e3);
            std::vector<text::Token> allowed;
            for (text::Token token = 0; token < logits.size(); ++token) {
                if (logits[token] == 0) allowed.push_back(token);
            }
            const Stopwatch accepting;
            matcher.accept(allowed[random() % allowed.size()]);
            if (answer >= 20) times.microseconds.push_back((seconds + accepting.seconds()) * 1e6);
        }
    }
    std::ranges::sort(times.microseconds);
    return times;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return 2;
    const auto tokenizer = text::load_world_tokenizer(arguments[1]);
    Stopwatch watch;
    const auto trie = std::make_shared<const grammar::TokenTrie>(*tokenizer);
    std::printf("trie: %.1f ms, %zu nodes\n", watch.seconds() * 1e3, trie->nodes().size());
    for (const Case& one : cases) {
        const Stopwatch making;
        const auto made = one.is_schema ? grammar::make_json_grammar(one.text, trie)
                                        : grammar::make_gbnf_grammar(one.text, trie);
        const double made_ms = making.seconds() * 1e3;
        const Times times = measure(made);
        const auto at = [&](double part) {
            return times
                .microseconds[static_cast<size_t>(part * static_cast<double>(times.microseconds.size() - 1))];
        };
        std::printf(
            "%-24s %6zu states, made in %6.2f ms, first masks up to %6.2f ms, then %6.1f us, 99 %% %6.1f us, "
            "most %6.1f us\n",
            one.name, made->automaton().size(), made_ms, times.first_ms, at(0.5), at(0.99), at(1));
    }
}
