#include "runtime/grammar/matcher.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "host/error.h"
#include "runtime/grammar/trie_walk.h"

namespace rwkvk::grammar {
namespace {

constexpr size_t most_idle_frames = 1024, most_idle_threads = 4096;

}  // namespace

Matcher::Matcher(std::shared_ptr<const Grammar> grammar) : grammar_(std::move(grammar)) {
    begin(text::ReplyStart::verbatim);
}

void Matcher::begin(text::ReplyStart start) {
    pool_.clear();
    threads_.clear();
    Threads threads(grammar_->automaton(), pool_, threads_);
    threads.begin();
    threads.reach(grammar_->start(start), 0);
    may_end_ = threads.ended();
}

bool Matcher::read(std::string_view bytes) {
    std::vector<Thread> list = threads_;
    Threads threads(grammar_->automaton(), pool_, list);
    bool ended = may_end_;
    size_t first = 0;
    for (const char byte : bytes) {
        const size_t last = list.size();
        threads.begin();
        threads.read(first, last, static_cast<uint8_t>(byte));
        ended = threads.ended();
        first = last;
        if (list.size() == last && !ended) return false;
        if (first < most_idle_threads) continue;
        list.erase(list.begin(), list.begin() + static_cast<ptrdiff_t>(first));
        first = 0;
    }
    threads_.assign(list.begin() + static_cast<ptrdiff_t>(first), list.end());
    may_end_ = ended;
    if (pool_.size() > most_idle_frames) collect();
    return true;
}

/// Forgets stacks that no thread has.
void Matcher::collect() {
    StackPool live;
    for (Thread& thread : threads_) {
        std::vector<Automaton::State> frames;
        for (uint32_t at = thread.stack; at != 0; at = pool_.top(at).below)
            frames.push_back(pool_.top(at).state);
        thread.stack = 0;
        for (; !frames.empty(); frames.pop_back()) thread.stack = live.push(thread.stack, frames.back());
    }
    pool_ = std::move(live);
}

TokenBits Matcher::allowed() const {
    const TokenTrie& trie = grammar_->vocabulary();
    TokenBits bits(words_of(trie.vocabulary()));
    size_t work = 0;
    const auto add = [&](const FrameMask& mask) {
        check_mask_work(work += mask.work);
        mask.add_to(bits);
    };
    for (const Thread& thread : threads_) {
        auto mask = grammar_->masks().of(thread.state);
        add(*mask);
        for (uint32_t stack = thread.stack; stack != 0 && !mask->exits.empty();
             stack = pool_.top(stack).below) {
            mask = grammar_->masks().behind(*mask, pool_.top(stack).state);
            add(*mask);
        }
    }
    if (may_end_ && trie.end_of_text() >= 0) set_bit(bits, static_cast<text::Token>(trie.end_of_text()));
    return bits;
}

void Matcher::ban(std::span<float> logits) const {
    const TokenBits bits = allowed();
    constexpr float never = -std::numeric_limits<float>::infinity();
    bool is_any = false;
    for (size_t first = 0; first < logits.size(); first += 64) {
        const uint64_t word = first / 64 < bits.size() ? bits[first / 64] : 0;
        is_any = is_any || word != 0;
        if (word == ~uint64_t{0}) continue;
        const size_t count = std::min<size_t>(64, logits.size() - first);
        for (size_t i = 0; i < count; ++i) logits[first + i] = word >> i & 1 ? logits[first + i] : never;
    }
    if (is_any) return;
    throw Error(Code::bad_argument,
                may_end_ ? "grammar: the text must end here, and the vocabulary has no token that ends texts"
                         : "grammar: the vocabulary has no token that the text could go on with");
}

void Matcher::accept(text::Token id) {
    if (may_end_ && id == grammar_->vocabulary().end_of_text()) {
        threads_.clear();
        return;
    }
    const std::string_view bytes = grammar_->vocabulary().bytes_of(id);
    if (bytes.empty() || !read(bytes)) {
        throw Error(Code::bad_argument,
                    concat("grammar: token ", id, " ", quote(bytes), " is not what the text may go on with"));
    }
}

}  // namespace rwkvk::grammar
