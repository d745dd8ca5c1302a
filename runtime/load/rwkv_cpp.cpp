#include "runtime/load/rwkv_cpp.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/load/bytes.h"
#include "runtime/load/joined_mixes.h"
#include "runtime/load/limits.h"

namespace rwkvk::load {
namespace {

constexpr uint32_t magic = 0x67676d66;
constexpr int32_t first_version = 100;
constexpr int32_t last_version = 101;

struct Type {
    const char* name;
    std::optional<DType> dtype;  // nothing: only for activations
};
// By number, which is not GGUF's; no name for the retired ones.
constexpr std::array<Type, 17> types = {{
    {"F32", DType::f32},
    {"F16", DType::f16},
    {"Q4_0", DType::q4_0},
    {"Q4_1", DType::q4_1},
    {nullptr, {}},
    {nullptr, {}},
    {nullptr, {}},
    {"Q5_0", DType::q5_0},
    {"Q5_1", DType::q5_1},
    {"Q8_0", DType::q8_0},
    {"Q8_1", {}},
    {"Q2_K", DType::q2_k},
    {"Q3_K", DType::q3_k},
    {"Q4_K", DType::q4_k},
    {"Q5_K", DType::q5_k},
    {"Q6_K", DType::q6_k},
    {"Q8_K", {}},
}};

// Returns the version; the sizes only repeat what the tensors' shapes say.
int32_t read_header(ByteReader& in) {
    in.seek(sizeof magic);
    const auto version = in.read<int32_t>("version");
    if (version < first_version || version > last_version) {
        throw Error(Code::unsupported,
                    concat(in.where(), ": rwkv.cpp file version ", version, ", expected ", first_version,
                           " or ", last_version, ": convert the model again"));
    }
    in.take(16, "header");
    return version;
}

DType dtype_of(int32_t number, std::string_view name, int32_t version, const std::string& path) {
    const bool known = number >= 0 && number < static_cast<int32_t>(types.size());
    const Type type = known ? types[static_cast<size_t>(number)] : Type{nullptr, {}};
    if (!type.name) throw damaged(path, concat("tensor ", quote(name), " has the unknown type ", number));
    if (!type.dtype) {
        throw Error(Code::unsupported, concat(path, ": tensor ", quote(name), " is ", type.name,
                                              ", which no weights have: quantise the original again"));
    }
    const bool quantised = block_of(*type.dtype).elements > 1;
    if (quantised && version == first_version) {
        throw Error(Code::unsupported, concat(path, ": tensor ", quote(name), " is ", type.name,
                                              ", in the block layout of old files (version 100): quantise "
                                              "the original again"));
    }
    return *type.dtype;
}

// Dimensions come fastest first.
std::vector<uint64_t> read_shape(ByteReader& in, int32_t dim_count) {
    std::vector<uint64_t> shape(static_cast<size_t>(dim_count));
    for (size_t dim = shape.size(); dim-- > 0;) {
        const auto size = in.read<int32_t>("dimension");
        if (size <= 0)
            throw damaged(in.where(), concat("a dimension of ", size, " at byte ", in.position() - 4));
        shape[dim] = static_cast<uint64_t>(size);
    }
    return shape;
}

std::pair<std::string, TensorView> read_tensor(ByteReader& in, int32_t version) {
    const auto dim_count = in.read<int32_t>("dimension count");
    const auto name_bytes = in.read<int32_t>("name length");
    const auto type = in.read<int32_t>("data type");
    if (dim_count < 1 || dim_count > 3 || name_bytes < 1 || name_bytes > int32_t{max_name_bytes}) {
        throw damaged(in.where(), concat("no tensor at byte ", in.position() - 12, ": ", dim_count,
                                         " dimensions and a name of ", name_bytes, " bytes"));
    }
    TensorView view;
    view.shape = read_shape(in, dim_count);
    std::string name(in.take_text(static_cast<uint64_t>(name_bytes), "tensor name"));
    view.dtype = dtype_of(type, name, version, in.where());
    const uint32_t block = block_of(view.dtype).elements;
    if (view.shape.back() % block != 0) {
        throw damaged(in.where(),
                      concat("tensor ", quote(name), " has rows of ", view.shape.back(),
                             " elements, expected a multiple of ", block, " for ", name_of(view.dtype)));
    }
    const auto elements = checked_product(view.shape);
    const auto size_bytes = elements ? stored_bytes(view.dtype, *elements) : std::nullopt;
    if (!size_bytes || *size_bytes > in.left()) {
        throw damaged(in.where(),
                      concat("tensor ", quote(name), " of ", view.shape_text(), " ", name_of(view.dtype),
                             " needs more than the ", in.left(), " bytes left"));
    }
    view.strides = row_major_strides(view.shape);
    view.data = in.take(*size_bytes, "tensor").data();
    return {std::move(name), std::move(view)};
}

// Their converter joins the six token-shift mixes, each officially [1,1,D].
constexpr std::string_view joined_mixes = "att.x_rwkvag", mix_letters = "rwkvag";

bool has_tensor(const Checkpoint& checkpoint, std::string_view ending) {
    return std::ranges::any_of(checkpoint.tensors,
                               [&](const auto& entry) { return entry.first.ends_with(ending); });
}

// Their converter stores decays as the recurrence uses them, -exp(time_decay) in version 4 and
// exp(-exp(time_decay)) in version 5, and in version 5 without a gate the exponential of time_first, which is
// what time_faaaa is. Such tensors must not have the official names of others.
struct Renaming {
    std::string_view official, used;
};
constexpr Renaming decay = {".att.time_decay", ".att.decay"};
constexpr Renaming bonus = {".att.time_first", ".att.time_faaaa"};

void rename(Checkpoint& checkpoint, size_t file_size_bytes, const Renaming& change) {
    auto tensors = std::exchange(checkpoint.tensors, {});
    for (auto& [name, view] : tensors) {
        const std::string_view rest = std::string_view(name).substr(
            0, name.ends_with(change.official) ? name.size() - change.official.size() : name.size());
        const bool changes = rest.size() < name.size();
        add_tensor(checkpoint, file_size_bytes, changes ? concat(rest, change.used) : name, std::move(view));
    }
}

void use_final_names(Checkpoint& checkpoint, size_t file_size_bytes) {
    const bool from_v6 = has_tensor(checkpoint, ".att.r_k") || has_tensor(checkpoint, ".att.time_maa_x");
    if (from_v6) return;
    if (!has_tensor(checkpoint, decay.official)) {
        throw Error(Code::unsupported,
                    concat(checkpoint.path,
                           ": an rwkv.cpp file without 'att.r_k', 'att.time_maa_x' and "
                           "'att.time_decay': expected an RWKV from 4 to 7, use the .pth"));
    }
    rename(checkpoint, file_size_bytes, decay);
    const bool v5 = has_tensor(checkpoint, ".att.ln_x.weight");
    if (v5 && !has_tensor(checkpoint, ".att.gate.weight")) rename(checkpoint, file_size_bytes, bonus);
}

}  // namespace

bool is_rwkv_cpp(std::span<const std::byte> file) {
    uint32_t found = 0;
    if (file.size() >= sizeof found) std::memcpy(&found, file.data(), sizeof found);
    return found == magic;
}

Checkpoint read_rwkv_cpp(std::span<const std::byte> file, const std::string& path) {
    ByteReader in(file, path);
    const int32_t version = read_header(in);
    Checkpoint checkpoint{.format = "rwkv.cpp", .path = path, .tensors = {}, .storage = {}};
    while (in.left() > 0) {
        auto [name, view] = read_tensor(in, version);
        if (name.ends_with(joined_mixes)) {
            const std::string prefix = name.substr(0, name.size() - mix_letters.size());
            add_split_mixes(checkpoint, file.size(), name, prefix, view);
        } else {
            add_tensor(checkpoint, file.size(), std::move(name), std::move(view));
        }
    }
    use_final_names(checkpoint, file.size());
    return checkpoint;
}

}  // namespace rwkvk::load
