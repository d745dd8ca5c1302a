#include "runtime/load/pth/pickle_globals.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace rwkvk::load {
namespace {

constexpr Global globals[] = {
    {"collections", "OrderedDict", Role::ordered_dict},
    {"torch._utils", "_rebuild_tensor", Role::tensor},
    {"torch._utils", "_rebuild_tensor_v2", Role::tensor_v2},
    {"torch._utils", "_rebuild_tensor_v3", Role::tensor_v3},
    {"torch._utils", "_rebuild_parameter", Role::parameter},
    {"torch", "FloatStorage", Role::storage, DType::f32},
    {"torch", "HalfStorage", Role::storage, DType::f16},
    {"torch", "BFloat16Storage", Role::storage, DType::bf16},
    {"torch", "DoubleStorage", Role::storage, DType::f64},
    {"torch", "ByteStorage", Role::storage, DType::u8},
    {"torch", "CharStorage", Role::storage, DType::i8},
    {"torch", "ShortStorage", Role::storage, DType::i16},
    {"torch", "IntStorage", Role::storage, DType::i32},
    {"torch", "LongStorage", Role::storage, DType::i64},
    {"torch", "BoolStorage", Role::storage, DType::boolean},
    {"torch.storage", "UntypedStorage", Role::storage, DType::u8},
    {"torch", "float32", Role::dtype, DType::f32},
    {"torch", "float16", Role::dtype, DType::f16},
    {"torch", "bfloat16", Role::dtype, DType::bf16},
    {"torch", "float64", Role::dtype, DType::f64},
    {"torch", "uint8", Role::dtype, DType::u8},
    {"torch", "int8", Role::dtype, DType::i8},
    {"torch", "int16", Role::dtype, DType::i16},
    {"torch", "int32", Role::dtype, DType::i32},
    {"torch", "int64", Role::dtype, DType::i64},
    {"torch", "bool", Role::dtype, DType::boolean},
};

}  // namespace

std::optional<uint32_t> find_global(std::string_view module, std::string_view name) {
    for (uint32_t i = 0; i < std::size(globals); ++i) {
        if (globals[i].module == module && globals[i].name == name) return i;
    }
    return std::nullopt;
}

const Global& global_at(uint32_t index) { return globals[index]; }

bool is_of_quantised_weights(std::string_view module, std::string_view name) {
    const auto is_any = [](std::string_view text, std::span<const std::string_view> beginnings) {
        return std::ranges::any_of(beginnings,
                                   [&](std::string_view begin) { return text.starts_with(begin); });
    };
    constexpr std::string_view programs[] = {"rwkv_quant", "bitsandbytes", "torchao", "hqq"};
    constexpr std::string_view types[] = {"float8_", "float4_", "quint", "qint", "Float8_", "QUInt", "QInt"};
    return is_any(module, programs) || (module == "torch" && is_any(name, types));
}

}  // namespace rwkvk::load
