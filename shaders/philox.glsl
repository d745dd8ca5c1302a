// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
uvec4 philox(uvec4 counter, uvec2 key) {
    for (uint round = 0u; round < 10u; ++round) {
        uvec2 first = wide_product(0xd2511f53u, counter.x), second = wide_product(0xcd9e8d57u, counter.z);
        counter = uvec4(second.y ^ counter.y ^ key.x, second.x, first.y ^ counter.w ^ key.y, first.x);
        key += uvec2(0x9e3779b9u, 0xbb67ae85u);
    }
    return counter;
}
