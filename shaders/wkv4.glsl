// The RWKV-4 recurrence. Per sequence, channel and token, with the largest exponent so far p:
//   q = max(p, u + k);  y = (e^(p-q) a + e^(u+k-q) v) / (e^(p-q) b + e^(u+k-q))
//   q = max(p + w, k);  a = e^(p+w-q) a + e^(k-q) v;  b = e^(p+w-q) b + e^(k-q);  p = q

struct Channel {
    float a, b, top;  // the state
};

/// The result, and the state after the token.
float advance(inout Channel s, float u, float w, float k, float v) {
    float here = settle(u + k);
    float q = s.top > here ? s.top : here;
    float past = exact_exp(settle(s.top - q)), now = exact_exp(settle(here - q));
    float sum = settle(past * s.a + now * v);
    float y = settle(sum * exact_bounded_reciprocal(settle(past * s.b + now)));

    float decayed = settle(s.top + w);
    q = decayed > k ? decayed : k;
    past = exact_exp(settle(decayed - q));
    now = exact_exp(settle(k - q));
    s.a = settle(past * s.a + now * v);
    s.b = settle(past * s.b + now);
    s.top = q;
    return y;
}
