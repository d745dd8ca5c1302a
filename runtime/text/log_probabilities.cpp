#include "runtime/text/log_probabilities.h"

#include <algorithm>

#include "runtime/text/exponents.h"
#include "shaders/exact_math.h"

namespace rwkvk::text {

LogProbabilities::LogProbabilities(std::span<const float> logits) : logits_(logits) {
    const ExponentScale scale{.highest = highest_of(logits)};
    std::vector<float> powers(logits.size());
    find_powers(logits, scale, powers);
    double sum = 0;  // one after the other: the order is part of the result
    for (const float power : powers) sum += power;
    log_sum_ = double{scale.highest} + double{exact::exact_log(static_cast<float>(sum))};
}

float LogProbabilities::of(Token token) const {
    return static_cast<float>(std::min(double{logits_[token]} - log_sum_, 0.0));
}

std::vector<TokenScore> LogProbabilities::highest(size_t count) const {
    const auto before = [&](Token a, Token b) {
        return logits_[a] != logits_[b] ? logits_[a] > logits_[b] : a < b;
    };
    std::vector<Token> best;  // a heap whose front is the first to go
    for (Token id = 0; id < logits_.size() && count > 0; ++id) {
        if (best.size() == count) {
            if (!before(id, best.front())) continue;
            std::ranges::pop_heap(best, before);
            best.pop_back();
        }
        best.push_back(id);
        std::ranges::push_heap(best, before);
    }
    std::ranges::sort_heap(best, before);
    std::vector<TokenScore> scores;
    for (const Token id : best) scores.push_back({id, of(id)});
    return scores;
}

}  // namespace rwkvk::text
