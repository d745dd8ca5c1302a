// Push constants and enumerations, read by glslang and by g++. Only 4-byte scalars, so that both layouts agree
// by construction; at most 128 bytes each. Every struct starts with `rows`, the token rows of the run.
#ifndef RWKVK_PARAMS_H
#define RWKVK_PARAMS_H

#ifdef __cplusplus
#include <cstdint>
namespace rwkvk::params {
using uint = std::uint32_t;
#define RWKVK_CONST inline constexpr uint
#else
#define RWKVK_CONST const uint
#endif

RWKVK_CONST NONE = 0xffffffffu;  // "no token", "no shift entry"

// Activations of `linear` and `activate`.
RWKVK_CONST ACT_NONE = 0u;
RWKVK_CONST ACT_TANH = 1u;
RWKVK_CONST ACT_SIGMOID = 2u;
RWKVK_CONST ACT_RELU2 = 3u;   // max(x, 0)^2
RWKVK_CONST ACT_DECAY7 = 4u;  // exp(-e^(-1/2) * sigmoid(x))
RWKVK_CONST ACT_SILU = 5u;    // x * sigmoid(x)
RWKVK_CONST ACT_DECAY6 = 6u;  // exp(-exp(x))

// What `linear` adds, from its slot for that.
RWKVK_CONST ADD_NOTHING = 0u;
RWKVK_CONST ADD_BIAS = 1u;  // [out], before the activation
RWKVK_CONST ADD_ROWS = 2u;  // [rows, out], after it
RWKVK_CONST ADD_KINDS = 3u;

// Summation units: a sum over K terms is made of groups of this many (docs/NUMERICS.md).
RWKVK_CONST UNIT_MATRIX = 32u;
RWKVK_CONST UNIT_VECTOR = 8u;

// Rows that are multiplied with matrices of blocks are rounded in groups (docs/NUMERICS.md). A rounded row is
// [groups][ROUND_GROUP] values, then [groups][ROUND_FACTS]: the sums of each half of a group, the sum of all of
// it, and the unit whose multiples they all are.
RWKVK_CONST ROUND_GROUP = 32u;
RWKVK_CONST ROUND_FACTS = 4u;
RWKVK_CONST CHAINS = 8u;  // of terms, one for a group in so many

struct EmbedParams {
    uint rows;
    uint width;
    uint first_id;      // the piece of the table that is bound holds ids first_id .. first_id + ids - 1
    uint ids;
    uint take_vectors;  // 1 in one piece of each run: it makes the rows without an id
};

struct NormParams {
    uint rows;
    uint groups;      // per row
    uint width;       // of a group
    float eps;
    float inv_width;  // 1 / width, rounded
};

struct ShiftMixParams {
    uint rows;
    uint width;
    uint planes;        // mixes made at once; 5 in shift_mix6
    uint plane_stride;  // floats between the planes of y
};

struct LinearParams {
    uint rows;
    uint in_width;
    uint out_width;   // of y, and of the whole matrix
    uint first_out;   // the piece of the matrix that is bound makes outputs first_out .. first_out + outs - 1
    uint outs;
    uint activation;
    uint addend;      // ADD_...
};

RWKVK_CONST PRODUCTS = 7u;  // of a dispatch, at most

// Where one product of a dispatch finds what it needs, from where the bindings begin: the matrix in units of 16 bytes,
// the others in units of 256 (runtime/catalogue/product_place.h).
struct ProductPlace {
    uint matrix;
    uint x_y;          // 16 bits each
    uint addend_outs;  // 16 bits each
    uint in_kinds;     // width of x (24 bits), activation (4), ADD_... (4)
};

// What kernels of products take: products that do not wait for one another share a dispatch.
struct ProductParams {
    uint rows;
    uint products;
    uint outs;     // of a single one
    uint y_width;  // of a single one: elements from row to row of y, outs or more
    ProductPlace product[PRODUCTS];
};

struct RoundParams {
    uint rows;
    uint groups;    // per row
    uint planes;    // of y
    uint numbers;   // of the planes of x that they are made of, 4 bits each
    uint x_stride;  // floats between the planes of x
    uint y_stride;
};

struct ActivateParams {
    uint rows;
    uint width;
    uint activation;
};

struct ElementParams {
    uint rows;
    uint width;
};

struct HeadParams {
    uint rows;
    uint heads;
    uint head_size;
};

struct Wkv7Params {
    uint rows;       // entries of the sequence table, those of length 0 included
    uint heads;
    uint head_size;
    uint width;      // heads * head_size
};

struct NormMixParams {
    uint rows;
    uint width;
    float eps;
    float inv_width;       // 1 / width, rounded
    uint planes;           // of y
    uint y_stride;         // floats between them
    uint rounded;          // planes that are rounded too
    uint numbers;          // which, 4 bits each
    uint rounded_stride;
    uint keep;             // 1: the result of the norm is stored too
};

struct TakeNormParams {
    uint rows;
    uint width;
    float eps;
    float inv_width;  // 1 / width, rounded
    uint rounded;     // 1: the result goes into a matrix of blocks
};

// One product, and a norm_mix of what it makes.
struct ProductMixParams {
    uint rows;
    uint products;  // 1
    uint outs;
    uint y_width;
    ProductPlace product[1];
    NormMixParams mix;
};

// The first norm_mix of a model, and the norm and the embedding before it.
struct EmbedMixParams {
    uint rows;        // 1
    float first_eps;  // of the norm before it, which is as wide
    NormMixParams mix;
};

// The parts of head4, head6 and head7 that models leave out.
RWKVK_CONST HEAD_LERP = 1u;   // v is mixed with that of the first layer; head7
RWKVK_CONST HEAD_NORM = 2u;   // head7
RWKVK_CONST HEAD_GATE = 4u;   // head6, head7
RWKVK_CONST HEAD_ROUND = 8u;  // the result goes into a matrix of blocks

struct Head4Params {
    uint rows;  // entries of the sequence table
    uint width;
    uint parts;
};

struct Head6Params {
    uint rows;          // entries of the sequence table
    uint heads;
    uint head_size;
    uint width;         // heads * head_size
    float eps;          // of the norm
    float inv_width;    // 1 / head_size, rounded
    uint parts;
    uint decay_stride;  // floats between the decays of two tokens: width, or 0 where all have the same
};

struct Head7Params {
    uint rows;        // entries of the sequence table
    uint heads;
    uint head_size;
    uint width;       // heads * head_size
    float eps;        // of the norm
    float inv_width;  // 1 / head_size, rounded
    uint parts;
};

// The products that a head7 makes itself.
RWKVK_CONST UP_DECAY = 0u;
RWKVK_CONST UP_RATE = 1u;
RWKVK_CONST UP_V_AMOUNT = 2u;
RWKVK_CONST UP_GATE = 3u;
RWKVK_CONST UPS = 4u;

struct Head7UpParams {
    uint rows;
    uint heads;
    uint head_size;
    uint width;
    float eps;
    float inv_width;
    uint parts;
    ProductPlace up[UPS];
};

struct RowMatrixParams {
    uint rows;
    uint in_width;
    uint width;
};

struct Wkv6Params {
    uint rows;          // entries of the sequence table, those of length 0 included
    uint heads;
    uint head_size;
    uint width;         // heads * head_size
    uint decay_stride;  // floats between the decays of two tokens: width, or 0 where all have the same
};

struct GlaParams {
    uint rows;       // entries of the sequence table, those of length 0 included
    uint heads;
    uint head_size;
    uint width;      // heads * head_size
    float scale;     // of y: head_size^(-1/2), rounded
};

struct RepeatParams {
    uint rows;
    uint width;      // of y; that of x is width / repeat
    uint head_size;
    uint repeat;     // every head of x stands so many times in y, one after the other
};

RWKVK_CONST DRAW_ENDS = 8u;

// How the tokens of a sequence are drawn (docs/NUMERICS.md, "Sampling"), and what draws change. Lies in a buffer.
struct Draw {
    float temperature;
    float top_p;
    float min_p;
    float typical;
    uint top_k;
    uint llama_order;  // 0: that of rwkv
    uint seed_low;
    uint seed_high;
    uint penalties;    // 0: none, and nothing is counted
    float presence;
    float frequency;
    float decay;
    float repeat;
    uint slot;
    uint ends;         // tokens that end the sequence
    uint end[DRAW_ENDS];
    uint draws_low;    // that were made
    uint draws_high;
    uint last;         // token that the next edit_logits takes into the text, or NONE
    uint over;         // 1: the sequence has ended
    uint entry;        // of shift states: what the next run reads; it writes the other one, entry ^ 1
    uint highest;      // edited logit of the next draw, as rising bits; 0 before it is edited
    uint bad;          // 1: a logit is not finite
    uint made;         // tokens since the beginning
};

struct DrawParams {
    uint rows;
    uint width;   // vocabulary
    uint places;  // of a row, for its last tokens
};

// The operations of `arithmetic`.
RWKVK_CONST ARITH_MUL_ADD = 0u;      // a * b + c
RWKVK_CONST ARITH_SUB_MUL = 1u;      // c - a * b
RWKVK_CONST ARITH_MUL = 2u;          // a * b
RWKVK_CONST ARITH_ADD = 3u;          // a + b
RWKVK_CONST ARITH_ADD_SUB = 4u;      // (a + b) - b
RWKVK_CONST ARITH_ADD_ADD = 5u;      // (a + b) + c
RWKVK_CONST ARITH_MUL_CONSTS = 6u;   // (a * 3) * 5
RWKVK_CONST ARITH_MUL_PAIRS = 7u;    // a * b + b * c
RWKVK_CONST ARITH_FROM_INT = 8u;     // float(int with a's bits), at most 2^24 in magnitude
RWKVK_CONST ARITH_FLOOR = 9u;
RWKVK_CONST ARITH_SETTLE = 10u;
RWKVK_CONST ARITH_EXP = 11u;         // the functions of exact_math.h, of settle(a)
RWKVK_CONST ARITH_TANH = 12u;
RWKVK_CONST ARITH_SIGMOID = 13u;
RWKVK_CONST ARITH_RECIPROCAL = 14u;
RWKVK_CONST ARITH_RSQRT = 15u;       // of |a|
RWKVK_CONST ARITH_OPERATIONS = 16u;

struct ArithmeticParams {
    uint rows;
    uint width;
    uint operation;
};

// x [rows, width * loads] of 16 bytes, y [rows, width].
struct ReadSumParams {
    uint rows;
    uint width;
    uint loads;
};

#undef RWKVK_CONST
#ifdef __cplusplus
}  // namespace rwkvk::params
#endif
#endif
