// One product of a dispatch (params.h, runtime/catalogue/product_place.h), and what is made of totals. Before: `addend`.
#ifndef THEN_MIX
#include "activation.glsl"
#endif

struct Product {
    uint in_width, outs;
    uint activation, adds;
    uint x, matrix, addend, y;  // in units of 16 bytes
};

Product product_at(ProductPlace place) {
    return Product(place.in_kinds & 0xffffffu, place.addend_outs >> 16, (place.in_kinds >> 24) & 15u, place.in_kinds >> 28,
                   (place.x_y & 0xffffu) * 16u, place.matrix, (place.addend_outs & 0xffffu) * 16u, (place.x_y >> 16) * 16u);
}

/// Output n of a total; rows are added after it. What is normed has no activation.
float output_of(Product product, float total, uint n) {
    float value = settle(total);
    if (product.adds == ADD_BIAS) value = settle(value + addend[product.addend * 4u + n]);
#ifndef THEN_MIX
    value = settle(activate(product.activation, value));
#endif
    return value;
}
