// rwkvk_calls.hpp: rwkvk_calls.h with owners and exceptions, as rwkvk.hpp is rwkvk.h.
#ifndef RWKVK_CALLS_HPP
#define RWKVK_CALLS_HPP

#include "rwkvk_calls.h"
#include "rwkvk_engine.hpp"
#include "rwkvk_grammar.hpp"

namespace rwkvk {
inline namespace v1 {

namespace detail {
template <>
struct Deleter<rwkvk_call_reader> {
    void operator()(rwkvk_call_reader* p) const { rwkvk_call_reader_destroy(p); }
};
}  // namespace detail

inline rwkvk_call_rules call_rules() {
    rwkvk_call_rules rules;
    rwkvk_call_rules_default(&rules, sizeof rules);
    return rules;
}

/// Of answers to a prompt with tools.
inline Grammar call_grammar(const Tokenizer& tokenizer, const Prompt& prompt,
                            const rwkvk_call_rules& rules = call_rules()) {
    rwkvk_grammar* handle = nullptr;
    detail::check(tokenizer.runtime(),
                  rwkvk_grammar_calls(tokenizer.handle(), prompt.handle(), &rules, &handle));
    return {tokenizer.runtime(), handle};
}

/// Finds the calls of an answer while it comes.
class CallReader {
  public:
    struct Read {
        std::string text;
        std::vector<ToolCall> calls;
    };
    explicit CallReader(const Runtime& runtime) : runtime_(runtime.shared()) {
        rwkvk_call_reader* handle = nullptr;
        detail::check(runtime_, rwkvk_call_reader_create(runtime_.get(), &handle));
        handle_.reset(handle);
    }
    Read take(std::string_view more) { return read(more, 0); }
    /// When there is no more.
    Read finish() { return read({}, 1); }

  private:
    Read read(std::string_view more, int32_t is_last) {
        rwkvk_read_calls found{};
        found.size = sizeof found;
        detail::check(runtime_,
                      rwkvk_call_reader_take(handle_.get(), more.data(), more.size(), is_last, &found));
        Read result{{found.text, found.text_bytes}, {}};
        for (size_t i = 0; i < found.call_count; ++i)
            result.calls.push_back({found.calls[i].name, found.calls[i].arguments});
        return result;
    }

    detail::RuntimePointer runtime_;
    detail::Owner<rwkvk_call_reader> handle_;
};

}  // namespace v1
}  // namespace rwkvk
#endif
