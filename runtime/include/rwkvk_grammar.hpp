// rwkvk_grammar.hpp: rwkvk_grammar.h with owners and exceptions, as rwkvk.hpp is rwkvk.h.
#ifndef RWKVK_GRAMMAR_HPP
#define RWKVK_GRAMMAR_HPP

#include "rwkvk.hpp"
#include "rwkvk_grammar.h"

namespace rwkvk {
inline namespace v1 {

namespace detail {
template <>
struct Deleter<rwkvk_grammar> {
    void operator()(rwkvk_grammar* p) const { rwkvk_grammar_destroy(p); }
};
}  // namespace detail

/// What an answer may be.
class Grammar {
  public:
    static Grammar gbnf(const Tokenizer& tokenizer, const std::string& text) {
        return {tokenizer, rwkvk_grammar_gbnf, text, "grammar"};
    }
    static Grammar json_schema(const Tokenizer& tokenizer, const std::string& schema) {
        return {tokenizer, rwkvk_grammar_json_schema, schema, "JSON schema"};
    }
    /// RWKVK_MATCH_*.
    int32_t match(std::string_view text) const {
        int32_t match = 0;
        detail::check(runtime_, rwkvk_grammar_match(handle_.get(), text.data(), text.size(), &match));
        return match;
    }
    /// Of what is drawn from now on.
    void constrain(Sampler& sampler) const {
        detail::check(runtime_, rwkvk_sampler_grammar(sampler.handle(), handle_.get()));
    }
    void constrain(Chat& chat) const {
        detail::check(runtime_, rwkvk_chat_grammar(chat.handle(), handle_.get()));
    }
    rwkvk_grammar* handle() const { return handle_.get(); }
    /// Takes it over; for what else makes grammars.
    Grammar(detail::RuntimePointer runtime, rwkvk_grammar* handle)
        : runtime_(std::move(runtime)), handle_(handle) {}

  private:
    using Create = rwkvk_status (*)(const rwkvk_tokenizer*, const char*, rwkvk_grammar**);
    Grammar(const Tokenizer& tokenizer, Create create, const std::string& text, const char* name)
        : runtime_(tokenizer.runtime()) {
        rwkvk_grammar* handle = nullptr;
        detail::check(runtime_, create(tokenizer.handle(), detail::c_string(text, name), &handle));
        handle_.reset(handle);
    }

    detail::RuntimePointer runtime_;
    detail::Owner<rwkvk_grammar> handle_;
};

}  // namespace v1
}  // namespace rwkvk
#endif
