#include "host/vk/spirv.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "host/error.h"
#include "host/vk/spirv_words.h"

namespace rwkvk::vk {
namespace {

using namespace spirv;

constexpr uint32_t on_itself = UINT32_MAX;  // a decoration of an id rather than of one of its members

// What a module says, by id. Ids come from the file, so they are looked up and never used as indices.
class Index {
  public:
    explicit Index(const Module& module);

    const Instruction& definition(uint32_t id) const {
        const auto found = definitions_.find(id);
        if (found == definitions_.end()) refuse(concat("id ", id, " is used but not defined"));
        return found->second;
    }
    /// The literal of a decoration (0 for one without), or nothing.
    std::optional<uint32_t> decoration(uint32_t id, Decoration which, uint32_t member = on_itself) const {
        const auto found = decorations_.find({id, member, which});
        if (found == decorations_.end()) return std::nullopt;
        return found->second;
    }
    struct Key {
        uint32_t id, member;
        Decoration which;
        auto operator<=>(const Key&) const = default;
    };
    const std::map<Key, uint32_t>& decorations() const { return decorations_; }

    std::vector<Instruction> variables, entry_points, modes, arithmetic;
    std::vector<uint32_t> capabilities;
    bool complete = false;  // the last instruction ends a function, as that of a whole module does

  private:
    void add(const Instruction& instruction);
    std::map<uint32_t, Instruction> definitions_;
    std::map<Key, uint32_t> decorations_;
};

Index::Index(const Module& module) {
    for (const Instruction instruction : module) add(instruction);
}

void Index::add(const Instruction& in) {
    complete = in.op() == op_function_end;
    switch (in.op()) {
        case op_capability:
            capabilities.push_back(in[1]);
            break;
        case op_entry_point:
            entry_points.push_back(in);
            break;
        case op_execution_mode:
        case op_execution_mode_id:
            modes.push_back(in);
            break;
        case op_decorate:
            decorations_[{in[1], on_itself, static_cast<Decoration>(in[2])}] = in.size() > 3 ? in[3] : 0;
            break;
        case op_member_decorate:
            decorations_[{in[1], in[2], static_cast<Decoration>(in[3])}] = in.size() > 4 ? in[4] : 0;
            break;
        case op_type_int:
        case op_type_float:
        case op_type_vector:
        case op_type_array:
        case op_type_runtime_array:
        case op_type_struct:
        case op_type_pointer:
            definitions_.insert_or_assign(in[1], in);
            break;
        case op_variable:
            variables.push_back(in);
            break;
        case op_constant:
        case op_constant_composite:
        case op_spec_constant:
        case op_spec_constant_composite:
            definitions_.insert_or_assign(in[2], in);
            break;
        case op_f_negate:
        case op_f_add:
        case op_f_sub:
        case op_f_mul:
            arithmetic.push_back(in);
            break;
        default:
            break;
    }
}

/// Bytes of a type as it lies in a push-constant block. `budget` bounds the types visited, whatever a damaged
/// module nests.
uint64_t size_of(const Index& index, uint32_t id, int& budget) {
    if (--budget < 0) refuse("the push-constant block has too many members");
    const Instruction& type = index.definition(id);
    switch (type.op()) {
        case op_type_int:
        case op_type_float:
            return type[2] / 8;
        case op_type_vector:
            return size_of(index, type[2], budget) * std::min(type[3], 4u);
        case op_type_array: {
            const auto stride = index.decoration(id, array_stride);
            if (!stride) refuse("an array in the push-constant block has no stride");
            const Instruction& length = index.definition(type[3]);
            if (length.op() != op_constant) refuse("an array in the push-constant block has no fixed length");
            return uint64_t{*stride} * length[3];
        }
        case op_type_struct: {
            uint64_t end = 0;
            for (uint32_t member = 0; member + 2 < type.size(); ++member) {
                const auto offset = index.decoration(id, member_offset, member);
                if (!offset) refuse(concat("member ", member, " of the push-constant block has no offset"));
                end = std::max(end, *offset + size_of(index, type[member + 2], budget));
            }
            return end;
        }
        default:
            refuse("the push-constant block holds something other than scalars, vectors, arrays and structs");
    }
}

/// Whether the variable, or else every member of its struct, is decorated so.
bool all_decorated(const Index& index, uint32_t variable, const Instruction& block, Decoration which) {
    if (index.decoration(variable, which)) return true;
    const auto members = static_cast<uint32_t>(block.size() - 2);
    for (uint32_t member = 0; member < members; ++member) {
        if (!index.decoration(block[1], which, member)) return false;
    }
    return members > 0;
}

Reflection::Binding storage_binding(const Index& index, uint32_t variable, const Instruction& block) {
    const auto set = index.decoration(variable, descriptor_set), number = index.decoration(variable, binding);
    if (!set || !number)
        refuse(concat("storage buffer %", variable, " has no descriptor set or no binding number"));
    if (*set != 0) refuse(concat("binding ", *number, " is in descriptor set ", *set, ", expected 0"));
    return {.binding = *number,
            .readonly = all_decorated(index, variable, block, non_writable),
            .writeonly = all_decorated(index, variable, block, non_readable)};
}

void reflect_variable(const Index& index, const Instruction& variable, Reflection& result) {
    const uint32_t id = variable[2], storage = variable[3];
    const bool resource = storage == uniform_constant || storage == uniform || storage == storage_buffer;
    if (!resource && storage != push_constant) return;
    const Instruction& pointer = index.definition(variable[1]);
    if (pointer.op() != op_type_pointer) refuse(concat("variable %", id, " has no pointer type"));
    if (storage == push_constant) {
        int budget = 1000;
        const uint64_t bytes = (size_of(index, pointer[3], budget) + 3) & ~3ull;  // ranges go by words
        if (bytes > 65536) refuse(concat("the push-constant block takes ", bytes, " bytes"));
        result.push_bytes = static_cast<uint32_t>(bytes);
        return;
    }
    // Before SPIR-V 1.3 a storage buffer was a uniform decorated as a buffer block.
    const bool is_buffer =
        storage == storage_buffer || (storage == uniform && index.decoration(pointer[3], buffer_block));
    if (!is_buffer) refuse(concat("resource %", id, " is not a storage buffer, expected nothing else"));
    const Instruction& block = index.definition(pointer[3]);
    if (block.op() != op_type_struct)
        refuse(concat("resource %", id, " is not one storage buffer but an array"));
    result.bindings.push_back(storage_binding(index, id, block));
}

void reflect_local_size(const Index& index, Reflection& result) {
    for (const Instruction& mode : index.modes) {
        if (mode[2] == mode_local_size_id) {
            refuse("it uses LocalSizeId, which Vulkan 1.1 does not know; compile for SPIR-V 1.3");
        }
        if (mode[2] == mode_local_size) result.local_size = {mode[3], mode[4], mode[5]};
    }
    // A constant decorated as the workgroup size overrides the execution mode.
    for (const auto& [key, value] : index.decorations()) {
        if (key.which != built_in || value != built_in_workgroup_size || key.member != on_itself) continue;
        const Instruction& size = index.definition(key.id);
        for (uint32_t i = 0; i < 3; ++i) {
            const Instruction& component = index.definition(size[3 + i]);
            result.local_size[i] = component[3];
            const auto constant = index.decoration(component[2], spec_id);
            result.local_size_ids[i] = constant ? int64_t{*constant} : -1;
        }
    }
}

void reflect_arithmetic(const Index& index, Reflection& result) {
    result.float_arithmetic = static_cast<uint32_t>(index.arithmetic.size());
    for (const Instruction& operation : index.arithmetic) {
        if (index.decoration(operation[2], no_contraction)) ++result.decorated;
    }
}

/// A read-only buffer may be declared twice, to be read by elements of two sizes; what is written may not.
void sort_bindings(std::vector<Reflection::Binding>& bindings) {
    std::sort(bindings.begin(), bindings.end(),
              [](const auto& a, const auto& b) { return a.binding < b.binding; });
    for (size_t i = 1; i < bindings.size(); ++i) {
        const bool same = bindings[i].binding == bindings[i - 1].binding;
        if (same && !(bindings[i].readonly && bindings[i - 1].readonly)) {
            refuse(concat("two storage buffers have binding ", bindings[i].binding,
                          " and are not both read-only"));
        }
    }
    const auto repeated = std::unique(bindings.begin(), bindings.end(),
                                      [](const auto& a, const auto& b) { return a.binding == b.binding; });
    bindings.erase(repeated, bindings.end());
}

}  // namespace

Reflection reflect(std::span<const uint32_t> words) {
    const Index index{Module(words)};
    if (!index.complete) refuse("its last function does not end: truncated");
    if (index.entry_points.size() != 1)
        refuse(concat("it has ", index.entry_points.size(), " entry points, expected 1"));
    if (index.entry_points[0][1] != model_compute) refuse("its entry point is not a compute shader");
    if (index.entry_points[0].string_at(3) != "main") refuse("its entry point is not called 'main'");
    Reflection result;
    result.capabilities = index.capabilities;
    for (const Instruction& variable : index.variables) reflect_variable(index, variable, result);
    sort_bindings(result.bindings);
    std::set<uint32_t> constants;
    for (const auto& [key, value] : index.decorations()) {
        if (key.which == spec_id && key.member == on_itself) constants.insert(value);
    }
    result.specialisation_ids.assign(constants.begin(), constants.end());
    reflect_local_size(index, result);
    for (const Instruction& mode : index.modes) {
        result.keeps_signed_zero |= mode[2] == mode_keep_signed_zero && mode[3] == 32;
    }
    reflect_arithmetic(index, result);
    return result;
}

}  // namespace rwkvk::vk
