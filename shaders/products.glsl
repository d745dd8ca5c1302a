// What kernels of products have in common: which product of the dispatch a workgroup works for, and what is made of
// totals. Before: common.glsl.
#include "activation.glsl"

READ(2, float, addend);
#ifdef THEN_MIX
PARAMS(ProductMixParams);
COHERENT(3, float, y);
#else
PARAMS(ProductParams);
WRITE(3, float, y);
#endif

ProductPlace product;
uint workgroup;  // its number among those of the product

void choose_product() {
    product = p.product[0];
    workgroup = gl_WorkGroupID.x;
#ifndef THEN_MIX
    [[unroll]] for (uint n = 1u; n < PRODUCTS; ++n) {
        uint before = p.product[n - 1u].kind & 0xffffu;
        if (n < p.products && gl_WorkGroupID.x >= before) {
            product = p.product[n];
            workgroup = gl_WorkGroupID.x - before;
        }
    }
#endif
}

/// Stores output n of the product.
void store_total(float total, uint row, uint n) {
    uint kind = product.kind >> 24u;
    float value = settle(total);
    if (kind == ADD_BIAS) value = settle(value + addend[product.addend * 4u + n]);
    value = settle(activate((product.kind >> 16u) & 0xffu, value));
    uint at = row * (p.products == 1u ? p.y_width : product.outs) + n;
    if (kind == ADD_ROWS) value = settle(value + addend[product.addend * 4u + at]);
    y[product.y * 4u + at] = value;
}

/// The last that a workgroup does.
#ifdef THEN_MIX
#include "then_mix.glsl"
#else
void go_on() {}
#endif
