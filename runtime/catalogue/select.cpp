#include "runtime/catalogue/select.h"

#include <algorithm>

#include "runtime/catalogue/block_planes.h"
#include "runtime/catalogue/product_choices.h"

namespace rwkvk {
namespace {

uint32_t element_lanes(const vk::DeviceFacts& facts) { return lanes_for(facts, 64); }

KernelChoice lane_per_item(KernelId kernel, const vk::DeviceFacts& facts) {
    const uint32_t lanes = element_lanes(facts);
    return {.kernel = kernel, .constants = {lanes}, .items = {lanes, 1, 1}};
}

// What a software device loads for a key index serves eight value rows.
KernelChoice state_rows(KernelId kernel, const vk::DeviceFacts& facts) {
    if (facts.type != vk::DeviceType::software) {
        const uint32_t lanes = element_lanes(facts);
        return {.kernel = kernel, .constants = {lanes, 1}, .items = {lanes, 1, 1}};
    }
    const uint32_t lanes = narrow_lanes(facts);
    return {.kernel = kernel, .constants = {lanes, 8}, .items = {lanes * 8, 1, 1}};
}

// A lane per element, in workgroups of whole groups that are rounded together.
KernelChoice whole_groups(KernelId kernel, const vk::DeviceFacts& facts) {
    const uint32_t lanes = facts.type == vk::DeviceType::software ? ROUND_GROUP : element_lanes(facts);
    return {.kernel = kernel, .constants = {lanes}, .items = {lanes, 1, 1}};
}

// A workgroup per head, of at most `largest_head` channels.
KernelChoice workgroup_per_head(KernelId kernel, const vk::DeviceFacts& facts) {
    const bool software = facts.type == vk::DeviceType::software;
    const uint32_t lanes = software ? narrow_lanes(facts) : element_lanes(facts);
    return {.kernel = kernel, .constants = {lanes, largest_head / lanes, largest_head}, .items = {1, 1, 1}};
}

// A workgroup of 32 for each row and group, a lane for each range of its sums.
KernelChoice lane_per_range(KernelId kernel) {
    return {.kernel = kernel, .constants = {32}, .items = {1, 1, 1}};
}

// Of 32 lanes or more: the sums have so many ranges.
KernelChoice workgroup_per_row(KernelId kernel, const vk::DeviceFacts& facts) {
    const uint32_t lanes = facts.type == vk::DeviceType::software ? 32 : lanes_for(facts, 256);
    return {.kernel = kernel, .constants = {lanes}, .items = {1, 1, 1}};
}

// Many lanes also on a software device: lavapipe ends loops that turn too often (shaders/draw.comp).
KernelChoice workgroup_per_vocabulary(const vk::DeviceFacts& facts) {
    const uint32_t lanes = lanes_for(facts, facts.type == vk::DeviceType::software ? 256 : 512);
    return {.kernel = KernelId::draw, .constants = {lanes}, .items = {1, 1, 1}};
}

KernelChoice choose_norm(const Params& params, const vk::DeviceFacts& facts) {
    return params.as<NormParams>().width > 128 ? lane_per_range(KernelId::norm_group)
                                               : lane_per_item(KernelId::norm_lane, facts);
}

KernelId only_kernel_of(Op op) {
    const auto rows = all_kernels();
    const auto at =
        std::find_if(rows.begin(), rows.end(), [&](const KernelInfo& row) { return row.op == op; });
    RWKVK_ASSERT(at != rows.end());
    return static_cast<KernelId>(at - rows.begin());
}

using Work = std::array<uint32_t, 3>;

// The shapes of work that ops.def names.
template <typename P>
Work work_elements(const P& p) {
    return {p.width, p.rows, 1};
}
template <typename P>
Work work_groups(const P& p) {
    return {p.groups, p.rows, 1};
}
template <typename P>
Work work_plane_groups(const P& p) {
    return {p.groups, p.rows, p.planes};
}
template <typename P>
Work work_outputs(const P& p) {
    return {p.outs, p.rows, 1};
}
Work work_outputs(const ProductMixParams& p) { return {p.outs, p.rows, 1}; }
template <typename P>
Work work_token_rows(const P& p) {
    return {1, p.rows, 1};
}
template <typename P>
Work work_sequence_heads(const P& p) {
    return {p.heads, p.rows, 1};
}
template <typename P>
Work work_heads(const P& p) {
    return {p.heads, p.rows, 1};
}
template <typename P>
Work work_state_rows(const P& p) {
    return {p.head_size, p.heads, p.rows};
}

}  // namespace

// Software devices may end loops that turn too often. A draw goes through the vocabulary at most 5 x 13
// times.
bool can_draw(const vk::DeviceFacts& facts, uint32_t vocabulary) {
    constexpr uint32_t most_turns = 65535 - 8192, times = 65;  // the others: of searches in bins
    const bool counts_turns = facts.type == vk::DeviceType::software;
    const uint32_t lanes = workgroup_per_vocabulary(facts).constants[0];
    return facts.sampling && !facts.slow_sampling &&
           (!counts_turns || vocabulary / lanes < most_turns / times);
}

Work work_of(Op op, const Params& params) {
    switch (op) {
#define OP(name, slots, parameters, work) \
    case Op::name:                        \
        return work_##work(params.as<parameters>());
#include "runtime/catalogue/ops.def"
#undef OP
    }
    RWKVK_ASSERT(!"no such op");
    return {};
}

KernelChoice choose_kernel(Op op, const Params& params, const vk::DeviceFacts& facts) {
    switch (op) {
        case Op::linear:
        case Op::linear_blocks:
            return choose_product(op, params.as<LinearParams>(), facts);
        case Op::linear_mix:
        case Op::blocks_mix:
            return choose_product_mix(op, params.as<ProductMixParams>(), facts);
        case Op::norm:
            return choose_norm(params, facts);
        case Op::rms_norm:
            return lane_per_range(KernelId::rms_norm);
        case Op::wkv6:
        case Op::gla:
        case Op::wkv7:
            return state_rows(only_kernel_of(op), facts);
        case Op::norm_mix:
        case Op::take_norm:
        case Op::embed_mix:
            return workgroup_per_row(only_kernel_of(op), facts);
        case Op::draw:
            return workgroup_per_vocabulary(facts);
        case Op::head6:
        case Op::head7:
            return workgroup_per_head(only_kernel_of(op), facts);
        case Op::head7_up:
            return with_ups(workgroup_per_head(KernelId::head7, facts));
        case Op::head4:
            return whole_groups(KernelId::head4, facts);
        default:
            return lane_per_item(only_kernel_of(op), facts);
    }
}

Packing choose_packing(Op op, uint32_t out, uint32_t in, const vk::DeviceFacts& facts) {
    if (!multiplies(op)) return Packing::rows;
    return choose_product(op, LinearParams{1, in, out, 0, out, ACT_NONE, ADD_NOTHING}, facts).packing;
}

std::vector<KernelChoice> all_choices(Op op, const vk::DeviceFacts& facts) {
    if ((is_join(op) && !facts.joins) || (draws_tokens(op) && !facts.sampling)) return {};
    switch (op) {
        case Op::linear:
        case Op::linear_blocks:
            return all_products(op, facts);
        case Op::linear_mix:
        case Op::blocks_mix:
            return all_product_mixes(op, facts);
        case Op::norm:
            return {lane_per_item(KernelId::norm_lane, facts), lane_per_range(KernelId::norm_group)};
        case Op::rms_norm:
            return {lane_per_range(KernelId::rms_norm)};
        case Op::wkv6:
        case Op::gla:
        case Op::wkv7:
            return {state_rows(only_kernel_of(op), facts)};
        case Op::norm_mix:
        case Op::take_norm:
        case Op::embed_mix:
            return {workgroup_per_row(only_kernel_of(op), facts)};
        case Op::draw:
            return {workgroup_per_vocabulary(facts)};
        case Op::head6:
        case Op::head7:
            return {workgroup_per_head(only_kernel_of(op), facts)};
        case Op::head7_up:
            return {with_ups(workgroup_per_head(KernelId::head7, facts))};
        case Op::head4:
            return {whole_groups(KernelId::head4, facts)};
        default:
            return {lane_per_item(only_kernel_of(op), facts)};
    }
}

std::vector<KernelChoice> possible_choices(Op op, const vk::DeviceFacts& facts) {
    if (multiplies_and_mixes(op) && facts.joins) return possible_product_mixes(op, facts);
    return multiplies(op) ? possible_products(op, facts) : all_choices(op, facts);
}

KernelChoice with_embedding(KernelChoice choice) {
    RWKVK_ASSERT(choice.kernel == KernelId::norm_mix);
    choice.kernel = KernelId::embed_mix;
    return choice;
}

KernelChoice with_ups(KernelChoice choice) {
    RWKVK_ASSERT(choice.kernel == KernelId::head7);
    choice.kernel = KernelId::head7_up;
    choice.packing = Packing::tiles;
    return choice;
}

std::array<uint32_t, 3> group_counts(const KernelChoice& choice, const std::array<uint32_t, 3>& work) {
    std::array<uint32_t, 3> groups;
    for (size_t i = 0; i < 3; ++i) groups[i] = (work[i] + choice.items[i] - 1) / choice.items[i];
    return groups;
}

DeviceBlock device_block(WeightFormat format) {
    const WeightInfo& row = info(format);
    if (row.block_elements == 1) return {16 / row.block_bytes, 16};
    const uint32_t blocks = row.block_bytes % 4 == 0 ? 1 : 2;
    return {blocks * row.block_elements, blocks * row.block_bytes};
}

uint64_t packed_bytes(Packing packing, WeightFormat format, uint32_t out, uint32_t in) {
    const auto whole = [](uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; };
    if (packing == Packing::block_tiles || packing == Packing::block_rows) {
        const uint64_t row_words = block_planes(format).row_words(in / ROUND_GROUP);
        return whole(out, tile_rows(packing)) * row_words * 4;
    }
    const DeviceBlock block = device_block(format);
    const uint64_t padded_in = whole(in, packing == Packing::ranges ? UNIT_MATRIX : block.elements);
    return whole(out, tile_rows(packing)) * (padded_in / block.elements * block.bytes);
}

}  // namespace rwkvk
