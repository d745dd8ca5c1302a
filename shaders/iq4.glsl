// The non-linear 4-bit values of IQ4_NL and IQ4_XS, plus 128, four to a word.
uint iq4_value(uint n) {
    uint low = (n & 4u) == 0u ? 0x3f2d1801u : 0x766a5d4fu;
    uint high = (n & 4u) == 0u ? 0xa6998d81u : 0xf1d9c5b5u;
    return (((n & 8u) == 0u ? low : high) >> ((n & 3u) * 8u)) & 0xffu;
}
uint iq4_values(uint four) {
    return iq4_value(four) | iq4_value(four >> 8) << 8 | iq4_value(four >> 16) << 16 | iq4_value(four >> 24) << 24;
}
