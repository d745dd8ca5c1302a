#include "runtime/text/sampler.h"

namespace rwkvk::text {

void Philox::block(const uint32_t counter[4], uint32_t out[4]) const {
    constexpr int rounds = 10;
    constexpr uint64_t multiplier0 = 0xd2511f53u, multiplier1 = 0xcd9e8d57u;
    constexpr uint32_t key_step0 = 0x9e3779b9u, key_step1 = 0xbb67ae85u;
    uint32_t key0 = key[0], key1 = key[1];
    for (int i = 0; i < 4; ++i) out[i] = counter[i];
    for (int round = 0; round < rounds; ++round) {
        const uint64_t product0 = multiplier0 * out[0], product1 = multiplier1 * out[2];
        out[0] = static_cast<uint32_t>(product1 >> 32) ^ out[1] ^ key0;
        out[1] = static_cast<uint32_t>(product1);
        out[2] = static_cast<uint32_t>(product0 >> 32) ^ out[3] ^ key1;
        out[3] = static_cast<uint32_t>(product0);
        key0 += key_step0;
        key1 += key_step1;
    }
}

}  // namespace rwkvk::text
