#pragma once

#include <memory>

#include "runtime/api/handles.h"
#include "runtime/grammar/grammar.h"
#include "runtime/include/rwkvk_grammar.h"
#include "runtime/text/sampler.h"

struct rwkvk_grammar {
    rwkvk::api::RuntimePointer runtime;
    std::shared_ptr<const rwkvk::grammar::Grammar> grammar;
};

namespace rwkvk::api {

/// Made, or kept by that name. Errors: as those of make.
rwkvk_grammar* kept_grammar(const rwkvk_tokenizer& tokenizer, const std::string& name,
                            const grammar::KeptGrammars::Make& make);

/// From the beginning; null: not any more.
void constrain(text::Sampler& sampler, const rwkvk_grammar* grammar);

}  // namespace rwkvk::api
