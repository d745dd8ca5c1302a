// The activations of params.h; x is settled, the result is not yet.
float activate(uint activation, float x) {
    if (activation == ACT_TANH) return exact_tanh(x);
    if (activation == ACT_SIGMOID) return exact_sigmoid(x);
    if (activation == ACT_RELU2) return x > 0.0 ? x * x : 0.0;
    if (activation == ACT_DECAY7) return exact_exp(settle(-0.60653066 * exact_sigmoid(x)));
    return x;
}
