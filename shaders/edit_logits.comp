#version 450
// What sampling makes of logits before it looks at their order: biases, penalties, bans. docs/NUMERICS.md, "Sampling", 1 to 4.
// The token that was drawn last becomes part of the text here, since the counts of all fade with it.
#extension GL_GOOGLE_include_directive : require
#include "elements.glsl"
#include "rising.glsl"

READ(0, uint, logits);  // bits of floats
READ(1, uint, biases);  // the same; -infinity stands for a ban
WRITE(2, float, counts);  // faded; negative where the token is not part of the text
WRITE(3, Draw, draws);
WRITE(4, uint, rising);
PARAMS(ElementParams);
shared uint highest;

const uint EXPONENT = 0x7f800000u, MINUS_INFINITY = 0xff800000u;
const float LARGEST = 3.40282347e38f;

float count_now(float count, uint row, uint id) {
    uint last = draws[row].last;
    if (last == NONE) return count;
    if (count >= 0.0f) count = settle(count * settle(draws[row].decay));
    return id == last ? settle((count >= 0.0f ? count : 0.0f) + 1.0f) : count;
}

float charged(float logit, float count, uint row) {
    float repeat = draws[row].repeat;
    if (repeat != 1.0f) {
        float y = logit * (logit > 0.0f ? exact_reciprocal(repeat) : repeat);
        logit = settle(y > LARGEST ? LARGEST : y < -LARGEST ? -LARGEST : y);
    }
    return settle(logit - settle(settle(draws[row].presence) + settle(count * settle(draws[row].frequency))));
}

uint edited(uint row, uint id) {
    uint at = row * p.width + id;
    float logit = settle(uintBitsToFloat(logits[at]));
    bool banned = biases[at] == MINUS_INFINITY;
    if (!banned) logit = settle(logit + uintBitsToFloat(biases[at]));
    if (draws[row].penalties != 0u) {
        float count = count_now(counts[at], row, id);
        counts[at] = count;
        if (count >= 0.0f) logit = charged(logit, count, row);
    }
    return banned ? BANNED : rising_of(logit);
}

void main() {
    uint row = element_row(), id = element_column(), lane = gl_LocalInvocationID.x;
    if (lane == 0u) highest = BANNED;
    barrier();
    if (id < p.width) {
        bool finite = (logits[row * p.width + id] & EXPONENT) != EXPONENT;
        if (!finite) atomicOr(draws[row].bad, 1u);
        uint word = edited(row, id);
        rising[row * p.width + id] = finite ? word : BANNED;
        atomicMax(highest, finite ? word : BANNED);
    }
    barrier();
    if (lane == 0u && highest != BANNED) atomicMax(draws[row].highest, highest);
}
