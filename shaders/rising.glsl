// Floats as words that rise with them, and the word of what may not be drawn. A logit is finite and not -0.
const uint BANNED = 0u;

uint rising_of(float x) {
    uint word = floatBitsToUint(x);
    return (word & 0x80000000u) != 0u ? ~word : word | 0x80000000u;
}

float float_of(uint rising) {
    return uintBitsToFloat((rising & 0x80000000u) != 0u ? rising & 0x7fffffffu : ~rising);
}
