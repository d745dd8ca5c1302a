// Which tokens may come next: the masks, against every token's bytes read one by one.
#include "runtime/grammar/matcher.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>
#include <thread>

#include "runtime/grammar/kept_grammars.h"
#include "runtime/text/sampler.h"
#include "tests/grammar/grammars.h"
#include "tests/support/reference_folder.h"
#include "tests/support/refusal.h"

namespace rwkvk {
namespace {

using grammar::Grammar;
using grammar::Matcher;
using grammar::TokenBits;
using grammar::TokenTrie;
using test::check_contains;
using test::gbnf;
using test::refusal_of;
using test::schema;
using text::Token;

bool has(const TokenBits& bits, Token token) { return bits[token / 64] >> (token % 64) & 1; }

/// By the definition of a mask.
bool may_come(const Matcher& matcher, const TokenTrie& vocabulary, Token token) {
    if (token == vocabulary.end_of_text()) return matcher.may_end();
    const std::string_view bytes = vocabulary.bytes_of(token);
    return !bytes.empty() && Matcher(matcher).read(bytes);
}

/// Goes along random texts that the grammar lets through, mask by mask. Some tokens are made likely, or few
/// texts would be interesting.
size_t check_masks(const std::shared_ptr<const Grammar>& grammar, const TokenTrie& vocabulary, uint32_t seed,
                   size_t most_tokens) {
    std::mt19937 random(seed);
    Matcher matcher(grammar);
    size_t masks = 0;
    for (; masks < most_tokens; ++masks) {
        const TokenBits bits = matcher.allowed();
        std::vector<Token> allowed;
        size_t wrong = 0;
        for (Token token = 0; token < vocabulary.vocabulary(); ++token) {
            if (has(bits, token) != may_come(matcher, vocabulary, token)) ++wrong;
            if (has(bits, token)) allowed.push_back(token);
        }
        REQUIRE(wrong == 0);
        REQUIRE(!allowed.empty());
        const Token next = allowed[random() % allowed.size()];
        matcher.accept(next);
        if (next == vocabulary.end_of_text()) break;
    }
    return masks;
}

const char* const grammars[] = {
    "root ::= \"a\"",
    "root ::= (\"a\" | \"ab\" | \"abc\")* \"!\"",
    "root ::= [a-c]{3,9} root?",
    "root ::= .* \"xy\" .*",
    "root ::= \"(\" root \")\" root | \"a\"?",
    "root ::= e (\"+\" e)*\ne ::= \"(\" ws root ws \")\" | [0-9]+ | [a-z]+\nws ::= [ \\n]*",
    "root ::= p | q\np ::= \"a\" p \"1\" | \"b\"\nq ::= \"a\" q \"2\" | \"b\"",
    "root ::= (a | b | c)* d\na ::= \"a\"*\nb ::= \"a\" \"b\"?\nc ::= \"\"\nd ::= \"\" | \"a\"",
    "root ::= [\\u4e00-\\u9fff]+ | [\\u00e0-\\u00ff] root | [\\U0001f600-\\U0001f64f]{2}",
    "root ::= line{1,5}\nline ::= [^\\n]* \"\\n\"",
    "root ::= \"\\\"\" ([^\"\\\\] | \"\\\\\" [\"nu])* \"\\\"\" (\",\" root)?",
};

const char* const schemas[] = {
    "true",
    "{\"type\": \"string\", \"maxLength\": 7}",
    "{\"type\": \"array\", \"items\": {\"type\": \"integer\", \"minimum\": -20, \"maximum\": 300}, "
    "\"minItems\": 1, \"maxItems\": 4}",
    "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\"}, \"ab\": {\"$ref\": \"#\"}, "
    "\"c\": {\"enum\": [1, \"x\", null]}}, \"required\": [\"c\"]}",
    "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"boolean\"}}, \"additionalProperties\": "
    "{\"type\": \"number\"}}",
    "{\"type\": \"string\", \"pattern\": \"^(ab|a*\\\"){1,4}$\"}",
    "{\"type\": \"string\", \"format\": \"date-time\"}",
    "{\"anyOf\": [{\"type\": \"null\"}, {\"type\": \"array\", \"prefixItems\": [{\"const\": \"a\"}, "
    "{\"type\": \"boolean\"}], \"items\": {\"$ref\": \"#\"}}]}",
};

TEST_CASE("a mask holds just the tokens whose bytes can be read") {
    size_t masks = 0;
    const TokenTrie& vocabulary = *test::small_vocabulary();
    for (uint32_t seed = 0; seed < 40; ++seed) {
        for (const char* const text : grammars) {
            INFO(text, ", seed ", seed);
            masks += check_masks(gbnf(text), vocabulary, seed, 60);
        }
        for (const char* const text : schemas) {
            INFO(text, ", seed ", seed);
            masks += check_masks(schema(text), vocabulary, seed, 60);
        }
    }
    CHECK(masks > 5000);
}

std::shared_ptr<const TokenTrie> world() {
    const auto file = test::reference("golden/tokenizer/rwkv_vocab_v20230424.txt");
    if (!file) return nullptr;
    return std::make_shared<const TokenTrie>(*text::load_world_tokenizer(file->string()));
}

TEST_CASE("the same with the World vocabulary") {
    const auto vocabulary = world();
    if (!vocabulary) return;
    CHECK(vocabulary->nodes().size() - 1 == 116079);  // and the root
    size_t masks = 0;
    for (const char* const text : grammars) {
        INFO(text);
        masks += check_masks(grammar::make_gbnf_grammar(text, vocabulary), *vocabulary, 7, 12);
    }
    for (const char* const text : schemas) {
        INFO(text);
        masks += check_masks(grammar::make_json_grammar(text, vocabulary), *vocabulary, 7, 12);
    }
    CHECK(masks > 50);
}

TEST_CASE("copies of a matcher go on by themselves, on several threads") {
    const auto grammar = schema("true");
    Matcher matcher(grammar);
    REQUIRE(matcher.read("{\"a\": ["));
    std::vector<TokenBits> found(4);
    {
        std::vector<std::jthread> threads;
        for (size_t i = 0; i < found.size(); ++i) {
            threads.emplace_back([&found, i, own = matcher.copy()] {
                own->accept('1' + 1);
                own->accept(',' + 1);
                found[i] = dynamic_cast<const Matcher&>(*own).allowed();
            });
        }
    }
    for (const TokenBits& bits : found) CHECK(bits == found[0]);
    CHECK(matcher.allowed() != found[0]);
    REQUIRE(matcher.read("1,"));
    CHECK(matcher.allowed() == found[0]);
}

TEST_CASE("a sampler draws what the grammar lets through, and nothing else at its end") {
    const auto vocabulary = test::small_vocabulary();
    text::Sampler sampler({.seed = 3});
    sampler.constrain(std::make_unique<Matcher>(gbnf("root ::= [ab]{3}")));
    const std::vector<float> logits(vocabulary->vocabulary() + 7);  // and rows without a meaning
    std::string text;
    for (Token token = 1; token != 0 && text.size() < 10;) {
        token = sampler.sample(logits);
        sampler.accept(token);
        text += vocabulary->bytes_of(token);
    }
    CHECK(text.size() == 3);
    CHECK(sampler.sample(logits) == 0);  // again and again
    text::Sampler copied = sampler;
    sampler.forget_accepted();
    CHECK(sampler.sample(logits) != 0);
    CHECK(copied.sample(logits) == 0);
    check_contains(refusal_of([&] { copied.accept('a' + 1); }, Code::bad_argument),
                   "'a' is not what the text may go on with");
    copied.ban(0);
    refusal_of([&] { copied.sample(logits); }, Code::bad_argument);
    copied.constrain(nullptr);
    CHECK(copied.sample(logits) != 0);
}

TEST_CASE("grammars that were made are kept") {
    grammar::KeptGrammars kept;
    const auto tokenizer = test::small_tokenizer();
    const auto get = [&](const std::string& name, const std::string& text) {
        const auto make = [&](auto vocabulary) { return grammar::make_gbnf_grammar(text, vocabulary); };
        return kept.get(name, make, *tokenizer);
    };
    const auto first = get("a", "root ::= \"a\"");
    CHECK(get("a", "never read") == first);
    CHECK(get("b", "root ::= \"a\"") != first);
    refusal_of([&] { get("wrong", "root"); }, Code::bad_argument);
    refusal_of([&] { get("wrong", "root"); }, Code::bad_argument);
    for (int i = 0; i < 64; ++i) get(concat(i), "root ::= \"x\"");
    CHECK(get("a", "root ::= \"a\"") != first);
}

TEST_CASE("without a token that ends texts the end is an error") {
    const auto bytes = std::make_shared<const TokenTrie>(*text::make_byte_tokenizer());
    Matcher matcher(grammar::make_gbnf_grammar("root ::= \"a\"", bytes));
    std::vector<float> logits(256);
    matcher.ban(logits);
    CHECK(logits['a'] == 0);
    CHECK(std::isinf(logits['b']));
    matcher.accept('a');
    check_contains(refusal_of([&] { matcher.ban(logits); }, Code::bad_argument), "no token that ends texts");
}

TEST_CASE("a grammar that takes too long for a mask is an error") {
    const auto vocabulary = world();
    if (!vocabulary) return;
    std::string text = "root ::= r0";
    for (int i = 1; i < 100; ++i) text += concat(" | r", i);
    for (int i = 0; i < 100; ++i) text += concat("\nr", i, " ::= .* \"", i, "\"");
    const Matcher matcher(grammar::make_gbnf_grammar(text, vocabulary));
    check_contains(refusal_of([&] { matcher.allowed(); }, Code::bad_argument), "takes too long");
}

}  // namespace
}  // namespace rwkvk
