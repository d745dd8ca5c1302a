#version 450
// Chooses a token of edited logits and makes it the next thing to be run. docs/NUMERICS.md, "Sampling", 5 to 7. One workgroup per row.
//
// Every stage that cuts, and the draw itself, is one question: at which token, in an order, does a running sum of weights, or the
// number of tokens, reach a target? It is answered by bins of an order's words, 8 bits at a time, until few tokens are left in the
// bin that the sum ends in; those are compared with one another. All sums are of integers: nothing hangs on who adds first.
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "wide.glsl"
#include "philox.glsl"
#include "rising.glsl"

READ(0, uint, rising);
WRITE(1, Draw, draws);
WRITE(2, uint, ids);
WRITE(3, uvec2, shifts);
WRITE(4, uvec4, sequences);
WRITE(5, uvec4, drawn);  // token or NONE, whether a logit is bad, sum of the weights that were left
PARAMS(DrawParams);

const int WEIGHT_BITS = 40, SHARE_BITS = 32, SURPRISE_BITS = 24;
const uint BINS = 256u, TOGETHER = 16u, WINDOW_BITS = 8u, WINDOWS = 12u;
const uint FEW = 256u;
const uint TAIL = 8u;  // bins of a unit, as many as e^-8 is far from 1: behind them stand most tokens, which rarely matter

const uint MIN_P = 0u, TYPICAL = 1u, TOP_P = 2u, TOP_K = 3u, LAST = 4u, STAGES = 5u;
const uint RWKV_ORDER[STAGES] = uint[STAGES](MIN_P, TYPICAL, TOP_P, TOP_K, LAST);
const uint LLAMA_ORDER[STAGES] = uint[STAGES](TOP_K, TYPICAL, TOP_P, MIN_P, LAST);

// What is left: tokens that are not behind `cut` in the order of their logits, nor behind `typical_cut` in that of typical sampling,
// whose exponents are those of its own stage. Both are uvec3(0) at first: nothing is behind that.
shared uvec3 cut, typical_cut;
shared float highest, typical_highest, typical_scale;
shared uint mean_surprise;

shared uint counts[BINS], lows[BINS], highs[BINS];
shared uint counts_together[BINS / TOGETHER];
shared uvec2 sums_together[BINS / TOGETHER];
shared uint sums[3];
shared uvec3 path, chosen;       // words of the bin that the sum ends in; the token that it ends at
shared uvec2 left;               // sum of weights before the draw itself
shared uvec2 target, ahead;      // sum of weights to be reached; that of the bins before the path
shared uint count_ahead, state;  // SEARCHING, ...
shared bool tail_together;       // all behind TAIL are one bin
shared uvec3 few_words[FEW];
shared uvec2 few_weights[FEW];
shared uint few, best;

const uint SEARCHING = 0u, IN_TAIL = 1u, FEW_LEFT = 2u, NOT_REACHED = 3u;

uint row() { return gl_WorkGroupID.y; }
uint lane() { return gl_LocalInvocationID.x; }
uint lanes() { return gl_WorkGroupSize.x; }
uint rising_at(uint id) { return rising[row() * p.width + id]; }

float inverse_temperature() {
    float hottest = 1.15292150e18f;  // 2^60
    float temperature = draws[row()].temperature;
    return exact_reciprocal(settle(temperature < hottest ? temperature : hottest));
}

// The bound keeps infinities away, and changes neither a weight nor a surprise: temperatures end at 2^60.
float exponent_of(uint word, float from, float scale) {
    float difference = settle(float_of(word) - from);
    return settle((difference > -1.0e20f ? difference : -1.0e20f) * scale);
}
uvec2 weight_of(uint word, float scale) {
    return fixed_point(exact_exp(exponent_of(word, highest, scale)), WEIGHT_BITS);
}
uint surprise_of(uint word, float from, float scale) {
    float surprise = -exponent_of(word, from, scale);
    return fixed_point(settle(surprise < 64.0f ? surprise : 64.0f), SURPRISE_BITS).x;
}

bool in_front(uvec3 a, uvec3 b) { return a.x > b.x || (a.x == b.x && (a.y > b.y || (a.y == b.y && a.z > b.z))); }

// Words whose lexicographic order, falling, is that of the tokens. The first only makes bins of equal width.
uvec3 order_words(uint id, uint word, float scale) { return uvec3(~surprise_of(word, highest, scale), word, ~id); }
uvec3 typical_words(uint id, uint word, float from, float scale) {
    uint surprise = surprise_of(word, from, scale);
    return uvec3(~(surprise > mean_surprise ? surprise - mean_surprise : mean_surprise - surprise), word, ~id);
}

bool is_left(uint id, uint word, float scale) {
    if (word == BANNED || in_front(cut, uvec3(0u, word, ~id))) return false;
    return typical_cut == uvec3(0u) || !in_front(typical_cut, typical_words(id, word, typical_highest, typical_scale));
}

uint window(uvec3 words, uint level) {
    return (words[level / 4u] >> (24u - WINDOW_BITS * (level % 4u))) & (BINS - 1u);
}
// The bits of so many windows. No loop: lavapipe ends loops after 65,535 turns, all those of an invocation together.
uvec3 windows(uint levels) {
    uvec3 bits = WINDOW_BITS * uvec3(min(levels, 4u), clamp(levels, 4u, 8u) - 4u, max(levels, 8u) - 8u);
    return uvec3(bits.x == 0u ? 0u : 0xffffffffu << (32u - bits.x), bits.y == 0u ? 0u : 0xffffffffu << (32u - bits.y),
                 bits.z == 0u ? 0u : 0xffffffffu << (32u - bits.z));
}
bool on_path(uvec3 words, uvec3 windows) { return ((words ^ path) & windows) == uvec3(0u); }

void add_to_bin(uint bin, uvec2 weight, uint count) {
    uint before = atomicAdd(lows[bin], weight.x);
    atomicAdd(highs[bin], weight.y + uint(before + weight.x < before));
    atomicAdd(counts[bin], count);
}

// The share of the whole that has to be reached, rounded up: sums are integers.
uvec2 share_of(uvec2 whole, float share) {
    uvec3 product = wide_product(whole, fixed_point(settle(share), SHARE_BITS).x);
    return wide_sum(product.yz, uvec2(uint(product.x != 0u), 0u));
}

uvec2 target_of(uint stage, uvec2 whole) {
    if (stage == TYPICAL) return share_of(whole, draws[row()].typical);
    if (stage == TOP_P) return share_of(whole, draws[row()].top_p);
    uvec4 random = philox(uvec4(draws[row()].draws_low, draws[row()].draws_high, 0u, 0u),
                          uvec2(draws[row()].seed_low, draws[row()].seed_high));
    return wide_sum(upper_product(whole, random.xy), uvec2(1u, 0u));
}

bool reaches(uint first, uvec2 sum, uint count) {
    return first != 0u ? count_ahead + count >= first : !wide_less(wide_sum(ahead, sum), target);
}

void add_up_bins() {
    for (uint i = lane(); i < BINS / TOGETHER; i += lanes()) {
        uvec2 sum = uvec2(0u);
        uint count = 0u;
        for (uint bin = i * TOGETHER; bin < (i + 1u) * TOGETHER; ++bin) {
            sum = wide_sum(sum, uvec2(lows[bin], highs[bin]));
            count += counts[bin];
        }
        sums_together[i] = sum;
        counts_together[i] = count;
    }
    barrier();
}

// Whether the target is reached in what comes next, of so many tokens; if not, it is left behind.
bool ends_in(uint first, uvec2 sum, uint count) {
    if (count != 0u && reaches(first, sum, count)) return true;
    ahead = wide_sum(ahead, sum);
    count_ahead += count;
    return false;
}

// By one lane: which bin the sum ends in.
void go_on_in_bins(uint stage, uint first, uint level) {
    if (level == 0u) {
        ahead = uvec2(0u);
        count_ahead = 0u;
    }
    if (level == 0u && first == 0u) {
        uvec2 whole = uvec2(0u);
        for (uint i = 0u; i < BINS / TOGETHER; ++i) whole = wide_sum(whole, sums_together[i]);
        target = target_of(stage, whole);
        left = whole;
    }
    uint some = 0u;
    while (some < BINS / TOGETHER && !ends_in(first, sums_together[some], counts_together[some])) ++some;
    state = NOT_REACHED;
    for (uint bin = some * TOGETHER; bin < BINS; ++bin) {
        if (!ends_in(first, uvec2(lows[bin], highs[bin]), counts[bin])) continue;
        if (tail_together && bin == TAIL) {
            state = IN_TAIL;
            break;
        }
        path[level / 4u] |= (BINS - 1u - bin) << (24u - WINDOW_BITS * (level % 4u));
        state = counts[bin] <= FEW ? FEW_LEFT : SEARCHING;
        break;
    }
}

uvec3 words_for(uint stage, uint id, uint word, float scale) {
    return stage == TYPICAL ? typical_words(id, word, highest, scale) : order_words(id, word, scale);
}

void fill_bins(uint stage, uint level, float scale) {
    for (uint bin = lane(); bin < BINS; bin += lanes()) counts[bin] = lows[bin] = highs[bin] = 0u;
    barrier();
    uvec3 before = windows(level);
    uvec2 tail = uvec2(0u);
    uint tail_count = 0u;
    for (uint id = lane(); id < p.width; id += lanes()) {
        uint word = rising_at(id);
        if (!is_left(id, word, scale)) continue;
        uvec3 words = words_for(stage, id, word, scale);
        if (!on_path(words, before)) continue;
        uint bin = BINS - 1u - window(words, level);
        uvec2 weight = weight_of(word, scale);
        if (tail_together && bin >= TAIL) {
            tail = wide_sum(tail, weight);
            ++tail_count;
        } else {
            add_to_bin(bin, weight, 1u);
        }
    }
    if (tail_count != 0u) add_to_bin(TAIL, tail, tail_count);
    barrier();
}

void gather(uint stage, uint levels, float scale) {
    uvec3 all = windows(levels);
    for (uint id = lane(); id < p.width; id += lanes()) {
        uint word = rising_at(id);
        if (!is_left(id, word, scale)) continue;
        uvec3 words = words_for(stage, id, word, scale);
        if (!on_path(words, all)) continue;
        uint at = atomicAdd(few, 1u);
        few_words[at] = words;
        few_weights[at] = weight_of(word, scale);
    }
    barrier();
}

// Of the few: the first at which the sum reaches the target.
void choose(uint first) {
    for (uint pass = 0u; pass < 2u; ++pass) {
        for (uint i = lane(); i < few; i += lanes()) {
            uvec2 sum = uvec2(0u);
            uint place = 0u;
            for (uint j = 0u; j < few; ++j) {
                if (in_front(few_words[i], few_words[j])) continue;
                sum = wide_sum(sum, few_weights[j]);
                ++place;
            }
            if (pass == 0u && reaches(first, sum, place)) atomicMin(best, place);
            if (pass == 1u && place == best) chosen = few_words[i];
        }
        barrier();
    }
}

// Sets `chosen` to the token at which the stage's sum, or the number of tokens if that is to be `first`, is reached; false where
// it never is.
bool find(uint stage, uint first, float scale) {
    if (lane() == 0u) {
        path = uvec3(0u);
        few = 0u;
        best = 0xffffffffu;
        state = SEARCHING;
        tail_together = true;
    }
    barrier();
    uint level = 0u;
    while (state <= IN_TAIL && level < WINDOWS) {
        fill_bins(stage, level, scale);
        add_up_bins();
        if (lane() == 0u) go_on_in_bins(stage, first, level);
        barrier();
        level += uint(state != IN_TAIL);
        if (lane() == 0u) tail_together = false;
        barrier();
    }
    bool reached = state != NOT_REACHED;
    barrier();  // the next search begins by changing it
    if (!reached) return false;
    gather(stage, level, scale);
    choose(first);
    return true;
}

// The highest and the lowest logit, as rising bits, of those left whose weights are no less than `least`.
uvec2 bounds(uvec2 least, float scale) {
    if (lane() == 0u) {
        sums[0] = 0u;
        sums[1] = 0xffffffffu;
    }
    barrier();
    for (uint id = lane(); id < p.width; id += lanes()) {
        uint word = rising_at(id);
        if (!is_left(id, word, scale) || wide_less(weight_of(word, scale), least)) continue;
        atomicMax(sums[0], word);
        atomicMin(sums[1], word);
    }
    barrier();
    return uvec2(sums[0], sums[1]);
}

void add_to_sums(uvec3 x) {
    uint before = atomicAdd(sums[0], x.x), carry = uint(before + x.x < before);
    before = atomicAdd(sums[1], x.y);
    uint second = uint(before + x.y < before);
    before = atomicAdd(sums[1], carry);
    atomicAdd(sums[2], x.z + second + uint(before + carry < before));
}

// floor(sum / whole), which is below 2^32.
uint quotient(uvec3 sum, uvec2 whole) {
    uint result = 0u;
    for (uint bit = 0x80000000u; bit != 0u; bit >>= 1) {
        if (!wide_less(sum, wide_product(whole, result | bit))) result |= bit;
    }
    return result;
}

void find_mean_surprise(float scale) {
    if (lane() < 3u) sums[lane()] = 0u;
    if (lane() == 0u) counts[0] = lows[0] = highs[0] = 0u;
    barrier();
    uvec2 whole = uvec2(0u);
    uvec3 sum = uvec3(0u);
    for (uint id = lane(); id < p.width; id += lanes()) {
        uint word = rising_at(id);
        if (!is_left(id, word, scale)) continue;
        uvec2 weight = weight_of(word, scale);
        whole = wide_sum(whole, weight);
        sum = wide_sum(sum, wide_product(weight, surprise_of(word, highest, scale)));
    }
    add_to_bin(0u, whole, 0u);
    add_to_sums(sum);
    barrier();
    if (lane() == 0u) mean_surprise = quotient(uvec3(sums[0], sums[1], sums[2]), uvec2(lows[0], highs[0]));
    barrier();
}

bool cuts(uint stage) {
    if (stage == MIN_P) return fixed_point(settle(draws[row()].min_p), SHARE_BITS) != uvec2(0u);
    if (stage == TYPICAL) return draws[row()].typical < 1.0f;
    if (stage == TOP_P) return draws[row()].top_p < 1.0f;
    return draws[row()].top_k != 0u;
}

void cut_behind(uvec3 words) {
    if (lane() == 0u && in_front(words, cut)) cut = words;
    barrier();
}

void keep_min_p(float scale) {
    uvec2 least = fixed_point(settle(draws[row()].min_p), SHARE_BITS);
    least = uvec2(least.x << 8, (least.y << 8) | (least.x >> 24));  // in units of weights
    cut_behind(uvec3(0u, bounds(least, scale).y, 0u));
}

void keep_typical(float scale) {
    if (lane() == 0u) {
        typical_highest = highest;
        typical_scale = scale;
        typical_cut = chosen;
    }
    barrier();
    uint word = bounds(uvec2(0u), scale).x;
    if (lane() == 0u) highest = float_of(word);
    barrier();
}

void keep(uint stage, float scale) {
    if (stage == TYPICAL) keep_typical(scale);
    if (stage == TOP_P) cut_behind(uvec3(0u, chosen.y, 0u));  // those that tie with the last one stay
    if (stage == TOP_K) cut_behind(uvec3(0u, chosen.yz));
}

// The first token in order, in `chosen`.
void choose_first() {
    if (lane() == 0u) sums[0] = 0u;
    barrier();
    for (uint id = lane(); id < p.width; id += lanes()) {
        if (rising_at(id) == draws[row()].highest) atomicMax(sums[0], ~id);
    }
    barrier();
    if (lane() == 0u) {
        chosen.z = sums[0];
        left = fixed_point(1.0f, WEIGHT_BITS);
    }
}

// One that the stages leave, in `chosen`.
void choose_token() {
    bool llama = draws[row()].llama_order != 0u;
    float inverse = inverse_temperature();
    for (uint i = 0u; i < STAGES; ++i) {
        uint stage = llama ? LLAMA_ORDER[i] : RWKV_ORDER[i];
        if (stage != LAST && !cuts(stage)) continue;
        float scale = llama || stage == LAST ? inverse : 1.0f;
        if (stage == MIN_P) {
            keep_min_p(scale);
            continue;
        }
        if (stage == TYPICAL) find_mean_surprise(scale);
        if (find(stage, stage == TOP_K ? draws[row()].top_k : 0u, scale)) keep(stage, scale);
    }
}

bool ends(uint token) {
    for (uint i = 0u; i < draws[row()].ends; ++i) {
        if (draws[row()].end[i] == token) return true;
    }
    return false;
}

// By one lane: what the run that follows reads. A sequence that is over runs on as a row that belongs to none; it reads a shift
// entry as before, since without one a row takes the row above it, and there is none.
void hand_over(uint token, bool over) {
    ids[row()] = over ? 0u : token;
    uint entry = draws[row()].entry;
    shifts[row()] = uvec2(entry, over ? NONE : entry ^ 1u);
    sequences[row()] = over ? uvec4(0u) : uvec4(row(), 1u, draws[row()].slot, 0u);
    if (!over) draws[row()].entry = entry ^ 1u;
}

void main() {
    bool bad = draws[row()].bad != 0u, over = draws[row()].over != 0u || bad;
    bool greedy = settle(draws[row()].temperature) == 0.0f || settle(draws[row()].top_p) == 0.0f;
    if (!over) {
        if (lane() == 0u) {
            cut = typical_cut = uvec3(0u);
            highest = float_of(draws[row()].highest);
        }
        barrier();
        if (greedy) {
            choose_first();
        } else {
            choose_token();
        }
    }
    if (lane() != 0u) return;
    uint token = over ? NONE : ~chosen.z;
    drawn[row() * p.places + draws[row()].made % p.places] = uvec4(token, uint(bad), over ? uvec2(0u) : left);
    draws[row()].made += 1u;
    draws[row()].last = token;
    draws[row()].highest = BANNED;
    if (!over && !greedy) {
        uvec2 next = wide_sum(uvec2(draws[row()].draws_low, draws[row()].draws_high), uvec2(1u, 0u));
        draws[row()].draws_low = next.x;
        draws[row()].draws_high = next.y;
    }
    over = over || ends(token);
    draws[row()].over = uint(over);
    hand_over(token, over);
}
