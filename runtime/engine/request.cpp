#include "runtime/engine/request.h"

#include <set>

namespace rwkvk::engine {
namespace {

constexpr size_t between_kept = 64;   // tokens that make it worth to keep a state nobody asked for
constexpr size_t long_prompt = 2048;  // of every so many tokens a state is kept

}  // namespace

void require_servable(const Request& request, const Model& model) {
    const uint32_t vocabulary = model.programs().vocabulary;
    if (request.prompt.empty()) throw Error(Code::bad_argument, "a prompt has at least 1 token");
    for (size_t i = 0; i < request.prompt.size(); ++i) {
        if (request.prompt[i] < vocabulary) continue;
        throw Error(Code::bad_token, concat("token ", i, " of the prompt has id ", request.prompt[i],
                                            "; the vocabulary has ids 0 to ", vocabulary - 1));
    }
    if (request.hidden != Want::nothing && (request.limit > 0 || request.scores_prompt)) {
        throw Error(Code::bad_argument,
                    concat("hidden vectors are told in place of an answer and of scores: max_tokens is ",
                           request.limit, ", expected 0"));
    }
    for (const size_t length : request.keep) {
        if (length > 0 && length <= request.prompt.size()) continue;
        throw Error(Code::bad_argument, concat("a state is to be kept behind ", length,
                                               " tokens; the prompt has ", request.prompt.size()));
    }
    if (request.from) require_size(*request.from, model);
}

void require_size(const SavedState& state, const Model& model) {
    const size_t expected = model.state_bytes() / sizeof(float);
    if (state.values.size() == expected) return;
    throw Error(Code::bad_shape, concat("the state to go on from has ", state.values.size(),
                                        " elements, expected ", expected));
}

std::vector<size_t> cuts_of(const Request& request, size_t prompt_tokens, size_t fed, size_t known) {
    if (request.hidden != Want::nothing) return {};
    std::set<size_t> cuts(request.keep.begin(), request.keep.end());
    if (cuts.empty()) cuts.insert(prompt_tokens);
    for (size_t at = long_prompt; at + between_kept < prompt_tokens; at += long_prompt) cuts.insert(at);
    if (known >= fed + between_kept && known <= prompt_tokens) cuts.insert(known);  // where ways part
    cuts.erase(cuts.begin(), cuts.upper_bound(fed));
    return {cuts.begin(), cuts.end()};
}

}  // namespace rwkvk::engine
