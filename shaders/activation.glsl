// The activations of params.h; x is settled, the result is not yet. Drivers inline every call, so the four that
// are made of exponentials share theirs: sigmoid, silu = c sigmoid, and the decays exp(-exp(x)) and
// exp(-e^(-1/2) sigmoid).
float activate(uint activation, float x) {
    if (activation == ACT_NONE) return x;
    if (activation == ACT_RELU2) return x > 0.0 ? x * x : 0.0;
    if (activation == ACT_TANH) return exact_tanh(x);
    if (activation == ACT_DECAY6) return exact_exp(settle(-exact_exp(x)));
    float c = x < -40.0 ? -40.0 : x;
    float logistic = exact_logistic(c);
    if (activation == ACT_SILU) return settle(c * logistic);
    float sigmoid = settle(logistic);
    if (activation == ACT_SIGMOID) return sigmoid;
    return exact_exp(settle(-0.60653066 * sigmoid));
}
