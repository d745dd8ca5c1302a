// Kept states are found by their tokens, like in a plain list of them, and those of least use make room.
#include "runtime/engine/state_cache.h"

#include <doctest/doctest.h>

#include <map>

namespace rwkvk::engine {
namespace {

constexpr size_t state_floats = 100;

KeptState state_of(float value, bool logits = false) {
    return {std::vector<float>(state_floats, value),
            logits ? std::vector<float>(10, value) : std::vector<float>()};
}

/// Pseudorandom, by a rule of its own.
struct Numbers {
    uint64_t state;
    uint32_t below(uint32_t bound) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<uint32_t>(state >> 33) % bound;
    }
};

TEST_CASE("the deepest state on the way is found, and how far others went") {
    StateCache cache(1 << 20);
    const std::vector<Token> abcd = {1, 2, 3, 4}, ab = {1, 2}, abx = {1, 2, 9, 9, 9};
    CHECK(!cache.find("", abcd).kept);
    cache.keep("", ab, state_of(2));
    cache.keep("", abcd, state_of(4));
    StateCache::Found found = cache.find("", std::vector<Token>{1, 2, 3, 4, 5});
    CHECK(found.tokens == 4);
    CHECK(found.kept->state[0] == 4);
    CHECK(found.known == 4);
    found = cache.find("", abx);
    CHECK(found.tokens == 2);
    CHECK(found.kept->state[0] == 2);
    CHECK(found.known == 2);
    found = cache.find("", std::vector<Token>{1, 2, 3, 7});
    CHECK(found.tokens == 2);
    CHECK(found.known == 3);
    CHECK(cache.holds("", ab));
    CHECK(!cache.holds("", std::vector<Token>{1, 2, 3}));
}

TEST_CASE("a state without logits is of no use to who has nothing more to feed") {
    StateCache cache(1 << 20);
    const std::vector<Token> all = {5, 6, 7}, first = {5};
    cache.keep("", first, state_of(1));
    cache.keep("", all, state_of(3));
    CHECK(cache.find("", all).tokens == 1);
    cache.keep("", all, state_of(3, /*logits*/ true));
    CHECK(cache.find("", all).tokens == 3);
    CHECK(cache.states() == 2);
}

TEST_CASE("no domain sees the states of another") {
    StateCache cache(1 << 20);
    const std::vector<Token> tokens = {1, 2, 3};
    cache.keep("one", tokens, state_of(1, true));
    CHECK(!cache.find("other", tokens).kept);
    CHECK(cache.find("other", tokens).known == 0);
    CHECK(cache.find("one", tokens).kept);
}

TEST_CASE("what saves little and was long not used goes first; what does not fit at all is not kept") {
    StateCache cache(4 * state_floats * sizeof(float) + 200);
    std::vector<Token> shared(20, 1);
    cache.keep("", shared, state_of(0));
    std::vector<std::vector<Token>> turns;
    for (Token t = 2; t < 5; ++t) {
        turns.push_back(shared);
        turns.back().push_back(t);
        cache.keep("", turns.back(), state_of(static_cast<float>(t)));
    }
    CHECK(cache.states() == 4);
    for (int i = 0; i < 3; ++i) cache.find("", std::vector<Token>{shared.begin(), shared.end()});
    std::vector<Token> other(20, 8);
    cache.keep("", other, state_of(8));
    CHECK(cache.states() == 4);
    CHECK(cache.holds("", shared));  // 20 tokens; its children save 1 each
    CHECK(cache.holds("", other));
    CHECK(!cache.holds("", turns[0]));
    StateCache small(100);
    small.keep("", shared, state_of(1));
    CHECK(small.states() == 0);
    CHECK(small.bytes() == 0);
}

TEST_CASE("it finds what a list of all states finds, whatever is kept and forgotten") {
    Numbers random{7};
    for (const uint64_t capacity : {uint64_t{1} << 30, uint64_t{8000}, uint64_t{2000}}) {
        StateCache cache(capacity);
        std::map<std::vector<Token>, float> kept;  // all that ever was
        for (int i = 0; i < 3000; ++i) {
            std::vector<Token> tokens(1 + random.below(12));
            for (Token& token : tokens) token = random.below(3);
            const std::string domain(1, static_cast<char>('a' + random.below(2)));
            std::vector<Token> key = tokens;
            key.push_back(1000 + static_cast<Token>(domain[0]));
            if (random.below(2) == 0) {
                kept[key] = static_cast<float>(i);
                cache.keep(domain, tokens, state_of(static_cast<float>(i)));
            }
            tokens.push_back(random.below(3));
            const StateCache::Found found = cache.find(domain, tokens);
            CHECK(cache.bytes() <= capacity);
            size_t deepest = 0;
            for (size_t length = 1; length < tokens.size(); ++length) {
                key.assign(tokens.begin(), tokens.begin() + static_cast<ptrdiff_t>(length));
                const bool holds = cache.holds(domain, key);
                if (holds) deepest = length;
                key.push_back(1000 + static_cast<Token>(domain[0]));
                if (holds) CHECK(kept.count(key) == 1);
                if (capacity > 1000000) CHECK(holds == (kept.count(key) == 1));
            }
            CHECK(found.tokens == deepest);
            CHECK(found.known >= deepest);
            if (deepest == 0) continue;
            key.assign(tokens.begin(), tokens.begin() + static_cast<ptrdiff_t>(deepest));
            key.push_back(1000 + static_cast<Token>(domain[0]));
            CHECK(found.kept->state[0] == kept[key]);
        }
        // Emptied, nothing is left of the tokens either.
        CHECK((cache.states() > 0) == (cache.bytes() > 0));
    }
}

TEST_CASE("a long chain of states comes and goes") {
    StateCache cache(uint64_t{1} << 30);
    std::vector<Token> tokens;
    for (Token i = 0; i < 20000; ++i) {
        tokens.push_back(i);
        if (i % 10 == 0) cache.keep("", tokens, {{1.0f}, {}});
    }
    CHECK(cache.states() == 2000);
    CHECK(cache.find("", tokens).tokens == 19991);
}

}  // namespace
}  // namespace rwkvk::engine
