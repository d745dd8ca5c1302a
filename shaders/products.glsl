// What kernels of products have in common: which product of the dispatch a workgroup works for, and what is made of
// totals. Before: common.glsl.
READ(2, float, addend);
#ifdef THEN_MIX
PARAMS(ProductMixParams);
COHERENT(3, float, y);
#else
PARAMS(ProductParams);
WRITE(3, float, y);
#endif

#include "product.glsl"

Product product;
uint workgroup;  // its number among those of the product

/// By kernels whose workgroups make so many outputs each.
void choose_product(uint outs_each) {
    product = product_at(p.product[0]);
    workgroup = gl_WorkGroupID.x;
    if (p.products == 1u) product.outs = p.outs;
#ifndef THEN_MIX
    [[unroll]] for (uint n = 1u; n < PRODUCTS; ++n) {
        uint before = (product.outs + outs_each - 1u) / outs_each;
        if (n < p.products && workgroup >= before) {
            product = product_at(p.product[n]);
            workgroup -= before;
        }
    }
#endif
}

/// Stores output n of the product.
void store_total(float total, uint row, uint n) {
    float value = output_of(product, total, n);
    uint at = row * (p.products == 1u ? p.y_width : product.outs) + n;
    if (product.adds == ADD_ROWS) value = settle(value + addend[product.addend * 4u + at]);
    y[product.y * 4u + at] = value;
}

/// The last that a workgroup does.
#ifdef THEN_MIX
#include "then_mix.glsl"
#else
void go_on() {}
#endif
