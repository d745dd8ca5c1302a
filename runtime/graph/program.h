#pragma once
// An immutable list of ops over named tensors; either backend runs it. Activations are [rows, width] where
// rows is chosen when the program is laid out, so the program itself knows only widths.

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/catalogue/catalogue.h"

namespace rwkvk {

enum class TensorKind {
    activation,  // lives from the step that writes it to the last that reads it
    carried,     // an activation that outlives the run: what another program or the host reads
    table,       // per row, written by the host before a run; 4-byte elements
    vector,      // small weights, float32, the same for all rows
    matrix,      // a weight matrix in its stored format
    state,       // per sequence slot, the only thing that lives from run to run
};

struct Tensor {
    std::string name;  // "blocks.3.att.k"
    TensorKind kind;
    uint32_t width;       // elements per row; of a vector or a state entry: all of them
    uint32_t planes = 1;  // copies of [rows, width] that one step writes together
    uint32_t index = 0;   // of a vector, matrix or state: in the program's list of those
};

/// A tensor, or one plane of it, as an argument of a step.
struct Operand {
    uint32_t tensor;
    uint32_t plane = 0;
};

struct Step {
    Op op;
    std::string name;  // that of what it writes
    std::vector<Operand> operands;
    Params params;            // rows left 0
    std::vector<Step> parts;  // of a fused step: the steps that it stands for (fused.h)
};

/// A matrix the program needs, [out, in]: the tensor with this official name, or some of its rows.
struct MatrixRequest {
    std::string name;
    uint32_t out, in;
    uint32_t first, all;  // rows first .. first + out - 1 of the tensor's `all`
};

/// What the host makes of a vector before it is used, by the functions of exact_math.h.
enum class VectorChange {
    none,
    one_minus,      // 1 - x
    minus_exp,      // -e^x
    exp,            // e^x
    exp_minus_exp,  // e^(-e^x)
};

/// Small weights laid one after the other, each of `width` elements.
struct VectorRequest {
    std::vector<std::string> names;
    uint32_t width;
    VectorChange change = VectorChange::none;
    uint32_t repeat = 1;  // every element stands so many times, one after the other; `width` counts them all

    bool operator==(const VectorRequest&) const = default;
};

/// A state tensor: a vector, or a square matrix per head. On the device a matrix is always [key][value], so
/// that neighbouring lanes read neighbours.
struct StateRequest {
    std::string name;          // "blocks.3.att_kv"
    uint32_t width;            // elements of one entry
    uint32_t entries;          // per slot: 2 for what is read and written by different rows of a run
    uint32_t heads = 0;        // of a state of matrices
    bool value_first = false;  // whether the canonical matrix (specification of the version) is [value][key]
    float initial = 0.0f;      // of every element, before the first token

    std::vector<uint32_t> shape() const;  // canonical
    uint32_t head_size() const;           // of a state with heads: its matrices are square
};

struct Program {
    std::string name;
    std::vector<Tensor> tensors;
    std::vector<Step> steps;
    std::vector<MatrixRequest> matrices;
    std::vector<VectorRequest> vectors;
    std::vector<StateRequest> states;
};

/// The tables of every program, by name.
namespace tables {
inline constexpr const char* ids = "ids";              // [rows] token id, NONE where a vector is given
inline constexpr const char* vectors = "vectors";      // [rows, width] float
inline constexpr const char* shifts = "shifts";        // [rows, 2] shift entry read, written; NONE inside
inline constexpr const char* sequences = "sequences";  // [rows, 4] first row, length, slot, 0; length 0: none
inline constexpr const char* numbers = "numbers";      // [rows] rows of the body that the head runs on
}  // namespace tables

/// The tensor with this name, or -1.
int64_t find_tensor(const Program& program, const std::string& name);

/// Builds a program step by step. Every method that computes returns the tensor it writes.
class Builder {
  public:
    explicit Builder(std::string name) { program_.name = std::move(name); }

    Operand table(const char* name, uint32_t width);
    Operand vector(std::vector<std::string> names, uint32_t width, VectorChange change = VectorChange::none);
    Operand vector(const std::string& name, uint32_t width, VectorChange change = VectorChange::none) {
        return vector(std::vector{name}, width, change);
    }
    /// A vector of `width` elements from one of width / repeat, each of which stands `repeat` times.
    Operand repeated_vector(const std::string& name, uint32_t width, uint32_t repeat, VectorChange change);
    Operand matrix(const std::string& name, uint32_t out, uint32_t in);
    /// Part `part` of a tensor of `parts` matrices [out, in], one below the other.
    Operand matrix_part(const std::string& name, uint32_t part, uint32_t parts, uint32_t out, uint32_t in);
    Operand state(const std::string& name, uint32_t width, uint32_t entries, float initial = 0.0f);
    enum class HeadOrder { key_value, value_key };
    /// A matrix per head, whose canonical layout is given.
    Operand head_state(const std::string& name, uint32_t heads, uint32_t head_size, HeadOrder canonical);
    Operand carried(const std::string& name, uint32_t width);
    /// A tensor of any kind that no step of this program writes.
    Operand slot(const std::string& name, TensorKind kind, uint32_t width, uint32_t planes = 1);

    Operand embed(const std::string& name, Operand ids, Operand vectors, Operand table);
    /// Rows without an id stay as they are.
    Operand embed_add(const std::string& name, Operand ids, Operand x, Operand table);
    Operand norm(const std::string& name, Operand x, Operand weight, Operand bias, uint32_t groups,
                 float eps);
    /// Without a mean or a bias, over the whole row.
    Operand rms_norm(const std::string& name, Operand x, Operand weight, float eps);
    /// Returns plane 0; plane c is {tensor, c}.
    Operand shift_mix(const std::string& name, Operand x, Operand entries, Operand mixes, Operand shift);
    /// The mixes of RWKV-6: mixes[c] + added[c] in place of mixes[c], in the order w, k, v, r, g. After a
    /// shift_mix of the same rows, which stores the last one.
    Operand shift_mix6(const std::string& name, Operand x, Operand entries, Operand mixes,
                       const std::array<Operand, 5>& added, Operand shift);
    Operand linear(const std::string& name, Operand x, Operand matrix, uint32_t activation = ACT_NONE);
    Operand activate(const std::string& name, Operand x, Operand bias, uint32_t activation);
    Operand lerp(const std::string& name, Operand from, Operand to, Operand amount);
    Operand mul(const std::string& name, Operand a, Operand b);
    /// a (1 - b)
    Operand mul_rest(const std::string& name, Operand a, Operand b);
    Operand add(const std::string& name, Operand a, Operand b);
    /// Every head stands `repeat` times, one after the other.
    Operand repeat_heads(const std::string& name, Operand x, uint32_t head_size, uint32_t repeat);
    Operand l2norm(const std::string& name, Operand x, Operand scale, uint32_t heads);
    Operand key_mix(const std::string& name, Operand key, Operand rate, Operand k_a);
    struct Wkv6Inputs {
        Operand sequences, r, decay, k, v, bonus, state;
    };
    /// The decay is an activation, or a vector for all tokens.
    Operand wkv6(const std::string& name, const Wkv6Inputs& inputs, uint32_t heads);
    struct GlaInputs {
        Operand sequences, r, w, k, v, state;
    };
    Operand gla(const std::string& name, const GlaInputs& inputs, uint32_t heads);
    struct Wkv7Inputs {
        Operand sequences, r, w, k, v, kk, a, state;
    };
    Operand wkv7(const std::string& name, const Wkv7Inputs& inputs, uint32_t heads);
    struct Wkv4Inputs {
        Operand sequences, k, v, decay, first, numerator, denominator, maximum;
    };
    Operand wkv4(const std::string& name, const Wkv4Inputs& inputs);
    Operand bonus(const std::string& name, Operand z, Operand r, Operand k, Operand v, Operand r_k,
                  uint32_t heads);
    /// The planes of x that the parameters name. Returns plane 0 of as many.
    Operand round(const std::string& name, Operand x, const RoundParams& params);
    /// `matrices` is [rows, width of x * width of y].
    Operand row_matrix(const std::string& name, Operand x, Operand matrices);
    Operand take_rows(const std::string& name, Operand x, Operand numbers);

    uint32_t width(Operand operand) const { return program_.tensors[operand.tensor].width; }

    /// Makes the tensor outlive the run.
    void carry(Operand operand) { program_.tensors[operand.tensor].kind = TensorKind::carried; }

    Program finish();

  private:
    Operand add_tensor(Tensor tensor);
    Operand step(Op op, const std::string& name, std::vector<Operand> inputs, uint32_t width, Params params,
                 uint32_t planes = 1);
    Operand elementwise(Op op, const std::string& name, std::vector<Operand> inputs);

    Program program_;
    std::unordered_map<std::string, uint32_t> numbers_;  // of the tensors, by name
};

}  // namespace rwkvk
