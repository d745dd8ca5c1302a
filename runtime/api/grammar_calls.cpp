#include "runtime/api/grammar.h"
#include "runtime/grammar/matcher.h"

using namespace rwkvk;
using namespace rwkvk::api;

namespace rwkvk::api {

void constrain(text::Sampler& sampler, const rwkvk_grammar* grammar) {
    sampler.constrain(grammar ? std::make_unique<grammar::Matcher>(grammar->grammar) : nullptr);
}

rwkvk_grammar* kept_grammar(const rwkvk_tokenizer& tokenizer, const std::string& name,
                            const grammar::KeptGrammars::Make& make) {
    return new rwkvk_grammar{tokenizer.runtime, tokenizer.grammars.get(name, make, *tokenizer.tokenizer)};
}

}  // namespace rwkvk::api

namespace {

using Make = decltype(&grammar::make_gbnf_grammar);

rwkvk_status create(const rwkvk_tokenizer* tokenizer, const char* kind, Make make, const char* text,
                    rwkvk_grammar** grammar) {
    if (!tokenizer) return RWKVK_BAD_ARGUMENT;
    return guarded(*tokenizer->runtime, [&] {
        require(text, "text");
        require(grammar, "grammar");
        *grammar = kept_grammar(*tokenizer, concat(kind, text),
                                [&](auto vocabulary) { return make(text, std::move(vocabulary)); });
    });
}

}  // namespace

rwkvk_status rwkvk_grammar_gbnf(const rwkvk_tokenizer* tokenizer, const char* text, rwkvk_grammar** grammar) {
    return create(tokenizer, "gbnf ", grammar::make_gbnf_grammar, text, grammar);
}

rwkvk_status rwkvk_grammar_json_schema(const rwkvk_tokenizer* tokenizer, const char* schema,
                                       rwkvk_grammar** grammar) {
    return create(tokenizer, "schema ", grammar::make_json_grammar, schema, grammar);
}

void rwkvk_grammar_destroy(rwkvk_grammar* grammar) { delete grammar; }

rwkvk_status rwkvk_grammar_match(const rwkvk_grammar* grammar, const char* text, size_t bytes,
                                 int32_t* match) {
    if (!grammar) return RWKVK_BAD_ARGUMENT;
    return guarded(*grammar->runtime, [&] {
        if (bytes > 0) require(text, "text");
        require(match, "match");
        grammar::Matcher matcher(grammar->grammar);
        const bool is_read = matcher.read({text, bytes});
        *match = !is_read ? RWKVK_MATCH_NONE : matcher.may_end() ? RWKVK_MATCH_WHOLE : RWKVK_MATCH_PART;
    });
}

rwkvk_status rwkvk_sampler_grammar(rwkvk_sampler* sampler, const rwkvk_grammar* grammar) {
    if (!sampler) return RWKVK_BAD_ARGUMENT;
    return guarded(*sampler->runtime, [&] { constrain(sampler->sampler, grammar); });
}
