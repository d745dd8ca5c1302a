// rwkvk_grammar.h: careless callers, and answers that follow a grammar, the same on the CPU and on a device,
// by the sampler, by rwkvk_generate, in chats and in an engine.
#include <doctest/doctest.h>

#include <rwkvk_engine.hpp>
#include <rwkvk_generate.hpp>
#include <rwkvk_grammar.hpp>
#include <rwkvk_receipt.hpp>

#include "tests/support/border_handles.h"
#include "tests/support/temporary_folder.h"

namespace {

using rwkvk::Context, rwkvk::Grammar, rwkvk::Token;
using Tokens = std::vector<Token>;

const std::string word = "root ::= [ab]{8} | [cd]{8}";

TEST_CASE("NULL for every pointer, and texts that are no grammars") {
    rwkvk::test::Handles h;
    const rwkvk_tokenizer* const tokenizer = h.tokenizer.handle();
    rwkvk_grammar* grammar = nullptr;
    for (const auto create : {rwkvk_grammar_gbnf, rwkvk_grammar_json_schema}) {
        CHECK(create(nullptr, "true", &grammar) == RWKVK_BAD_ARGUMENT);
        CHECK(create(tokenizer, nullptr, &grammar) == RWKVK_BAD_ARGUMENT);
        CHECK(create(tokenizer, "true", nullptr) == RWKVK_BAD_ARGUMENT);
        CHECK(create(tokenizer, "", &grammar) == RWKVK_BAD_ARGUMENT);
        CHECK(create(tokenizer, "{\xff", &grammar) == RWKVK_BAD_ARGUMENT);
        CHECK(grammar == nullptr);
    }
    CHECK(rwkvk_grammar_gbnf(tokenizer, "root ::= x", &grammar) == RWKVK_BAD_ARGUMENT);
    CHECK(h.last_error() == "grammar, line 1, column 10: the rule 'x' is used but not defined");
    REQUIRE(rwkvk_grammar_gbnf(tokenizer, word.c_str(), &grammar) == RWKVK_OK);
    int32_t match = 0;
    CHECK(rwkvk_grammar_match(nullptr, "a", 1, &match) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_grammar_match(grammar, nullptr, 1, &match) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_grammar_match(grammar, "a", 1, nullptr) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_grammar_match(grammar, nullptr, 0, &match) == RWKVK_OK);
    CHECK(match == RWKVK_MATCH_PART);
    CHECK(rwkvk_sampler_grammar(nullptr, grammar) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_sampler_grammar(h.sampler, nullptr) == RWKVK_OK);
    CHECK(rwkvk_chat_grammar(nullptr, grammar) == RWKVK_BAD_ARGUMENT);
    CHECK(rwkvk_chat_grammar(h.chat, nullptr) == RWKVK_OK);
    CHECK(rwkvk_sampler_grammar(h.sampler, grammar) == RWKVK_OK);
    rwkvk_grammar_destroy(grammar);  // the sampler keeps what it needs
    const std::vector<float> logits(256);
    Token token = 0;
    CHECK(rwkvk_sampler_sample(h.sampler, logits.data(), logits.size(), &token) == RWKVK_OK);
    CHECK((token >= 'a' && token <= 'd'));
    rwkvk_grammar_destroy(nullptr);
}

TEST_CASE("what a text is to a grammar") {
    const rwkvk::Runtime runtime;
    const auto schema = Grammar::json_schema(runtime.tokenizer(), R"({"type": "integer", "maximum": 10})");
    CHECK(schema.match("-12") == RWKVK_MATCH_WHOLE);
    CHECK(schema.match("-") == RWKVK_MATCH_PART);
    CHECK(schema.match("11") == RWKVK_MATCH_NONE);
}

/// 8 letters, one by one.
Tokens drawn(const rwkvk::Runtime& runtime, Context& context, const Grammar& grammar, bool generate) {
    rwkvk_sampler_params params = rwkvk::sampler_params();
    params.seed = 5;
    rwkvk::Sampler sampler(runtime, params);
    grammar.constrain(sampler);
    context.reset(0);
    std::vector<float> logits = context.eval(0, {72, 105});
    Tokens tokens;
    const auto take = [&](Token token) {
        tokens.push_back(token);
        return true;
    };
    if (generate) {
        rwkvk::generate(context, 0, logits, sampler, {}, 8, take);
    } else {
        while (tokens.size() < 8) {
            take(sampler.sample(logits));
            logits = context.eval(0, {tokens.back()});
        }
    }
    // These models know no token that ends a text.
    CHECK_THROWS_AS(sampler.sample(logits), rwkvk::Error);
    sampler.forget();
    CHECK(sampler.sample(logits) >= 'a');
    return tokens;
}

TEST_CASE("the same tokens on the CPU and on a device") {
    const rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(rwkvk::test::model_file);
    const Grammar grammar = Grammar::gbnf(runtime.tokenizer(), word);
    rwkvk_context_params params = rwkvk::test::on_cpu();
    Context cpu(model, params);
    const Tokens expected = drawn(runtime, cpu, grammar, false);
    CHECK(grammar.match(std::string(expected.begin(), expected.end())) == RWKVK_MATCH_WHOLE);
    CHECK(drawn(runtime, cpu, grammar, true) == expected);
    if (runtime.devices().empty()) return;
    params.device = "0";
    Context device(model, params);
    CHECK(drawn(runtime, device, grammar, false) == expected);
    CHECK(drawn(runtime, device, grammar, true) == expected);
}

TEST_CASE("every answer of a chat, but none with a receipt") {
    const rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(rwkvk::test::model_file);
    const rwkvk::Tokenizer tokenizer = runtime.tokenizer();
    Context context(model, rwkvk::test::on_cpu());
    rwkvk_chat_params params = rwkvk::chat_params();
    params.max_tokens = 9;
    rwkvk::Chat chat(context, tokenizer, params);
    const Grammar grammar = Grammar::gbnf(tokenizer, "root ::= [ab]{9}[ab]*");
    grammar.constrain(chat);
    const auto answer = [&](bool again) {
        std::string text;
        const auto take = [&](int32_t, std::string_view piece) {
            text += piece;
            return true;
        };
        again ? chat.regenerate(take) : chat.say("Hi", take);
        return text;
    };
    for (const bool again : {false, false, true}) {
        const std::string text = answer(again);
        CHECK(text.size() >= 8);  // and perhaps a blank before
        CHECK(text.find_first_not_of("ab") == std::string::npos);
    }
    const rwkvk::Receipt receipt(context);
    params.receipt = receipt.handle();
    rwkvk::Chat recorded(context, tokenizer, params);
    CHECK_THROWS_WITH(
        grammar.constrain(recorded),
        "the chat has a receipt, which holds no grammars: leave out the grammar or the receipt");
}

TEST_CASE("requests of an engine, and those that are forked off one") {
    const rwkvk::Runtime runtime;
    const rwkvk::Model model = runtime.load(rwkvk::test::model_file);
    const rwkvk::Tokenizer tokenizer = runtime.tokenizer();
    rwkvk_context_params on = rwkvk::test::on_cpu();
    rwkvk_engine_params params = rwkvk::engine_params();
    params.context = &on;
    params.own_thread = 0;
    rwkvk::Engine engine(model, tokenizer, params);
    const Grammar letters = Grammar::gbnf(tokenizer, "root ::= [ab]{5} [cd]{50}");
    const auto submit = [&](int32_t start, std::string& text) {
        rwkvk::Sampler sampler(runtime);
        letters.constrain(sampler);
        rwkvk_engine_request request = rwkvk::engine_request();
        const Tokens prompt = {72, 105};
        request.tokens = prompt.data();
        request.token_count = prompt.size();
        request.reply_start = start;
        request.sampler = sampler.handle();
        request.max_tokens = 12;
        return engine.submit(request, [&text](const rwkvk_engine_event& event) {
            if (event.kind == RWKVK_EVENT_PIECE) text.append(event.text, event.text_bytes);
        });
    };
    std::string verbatim, behind_tag, forked;
    const uint64_t first = submit(RWKVK_REPLY_VERBATIM, verbatim);
    submit(RWKVK_REPLY_CLOSE_TAG, behind_tag);
    while (verbatim.size() < 3) engine.step();
    const std::string before = verbatim;
    engine.fork(first, 9, [&](const rwkvk_engine_event& event) {
        if (event.kind == RWKVK_EVENT_PIECE) forked.append(event.text, event.text_bytes);
    });
    while (engine.step()) {
    }
    CHECK(verbatim.size() == 12);
    CHECK(letters.match(verbatim) == RWKVK_MATCH_PART);
    CHECK(behind_tag.size() >= 9);  // without its '>' and blanks
    CHECK(letters.match(behind_tag) == RWKVK_MATCH_PART);
    CHECK((before + forked).size() == 12);
    CHECK(letters.match(before + forked) == RWKVK_MATCH_PART);
}

}  // namespace
