#include "runtime/catalogue/select.h"

#include <algorithm>

#include "runtime/catalogue/block_planes.h"
#include "runtime/catalogue/product_place.h"

namespace rwkvk {
namespace {

uint32_t lanes_for(const vk::DeviceFacts& facts, uint32_t wanted) {
    return std::min({wanted, facts.max_invocations, facts.max_group_size[0]});
}

uint32_t element_lanes(const vk::DeviceFacts& facts) { return lanes_for(facts, 64); }

// On a software device a workgroup is one vector of lanes; more would only add loop overhead.
uint32_t narrow_lanes(const vk::DeviceFacts& facts) {
    return facts.type == vk::DeviceType::software ? std::clamp(facts.subgroup_size, 8u, 16u) : 32;
}

KernelChoice lane_per_item(KernelId kernel, const vk::DeviceFacts& facts) {
    const uint32_t lanes = element_lanes(facts);
    return {.kernel = kernel, .constants = {lanes}, .items = {lanes, 1, 1}};
}

// Rows that share what an invocation loads and decodes. Software devices gain most from many, and take long
// to compile each kernel: two must do.
uint32_t narrow_tokens(const vk::DeviceFacts& facts, uint32_t rows) {
    if (rows < 4) return 1;
    return facts.type == vk::DeviceType::software ? 8 : 4;
}

// A few outputs per lane hide latency where a core runs few lanes. A software device pays for every input an
// invocation loads, so eight outputs share it.
uint32_t narrow_outs(const vk::DeviceFacts& facts, uint32_t tokens) {
    return facts.type == vk::DeviceType::software ? 8 : tokens > 1 ? 2 : 1;
}

// Newer versions of llvmpipe load once what is the same for all lanes (docs/PERFORMANCE.md).
bool loads_once(const vk::DeviceFacts& facts) {
    constexpr uint32_t llvmpipe = 13, mesa_24 = 24u << 22;  // VkDriverId and Vulkan's packed form
    return facts.driver_id == llvmpipe && facts.driver_version >= mesa_24;
}

// Blocks need three sums per output and row. Where loads are cheap, those of four outputs stay near; older
// llvmpipe spills all the same and gains by fewer loads.
uint32_t narrow_block_outs(const vk::DeviceFacts& facts, uint32_t tokens) {
    if (facts.type != vk::DeviceType::software || tokens == 1) return narrow_outs(facts, tokens);
    return loads_once(facts) ? 4 : 16;
}

KernelChoice narrow_blocks(bool fetch, const vk::DeviceFacts& facts, uint32_t rows) {
    const uint32_t lanes = narrow_lanes(facts);
    const uint32_t tokens = narrow_tokens(facts, rows);
    const uint32_t outs = narrow_block_outs(facts, tokens);
    return {.kernel = KernelId::blocks_narrow,
            .packing = Packing::block_tiles,
            .constants = {lanes, outs, tokens, fetch},
            .items = {lanes * outs, tokens, 1}};
}

KernelChoice narrow(Op op, const vk::DeviceFacts& facts, uint32_t rows) {
    const uint32_t tokens = narrow_tokens(facts, rows);
    if (op == Op::linear_blocks) return narrow_blocks(tokens == 1 && loads_once(facts), facts, rows);
    const uint32_t lanes = narrow_lanes(facts);
    const uint32_t outs = narrow_outs(facts, tokens);
    return {.kernel = KernelId::linear_narrow,
            .packing = Packing::tiles,
            .constants = {lanes, outs, tokens},
            .items = {lanes * outs, tokens, 1}};
}

// A team of a subgroup has a lane for each range of the sums of single elements, or chain of those of blocks.
KernelChoice subgroups(KernelId kernel, const vk::DeviceFacts& facts, uint32_t rows) {
    const bool blocks = info(kernel).op == Op::linear_blocks;
    const uint32_t size = subgroup_size_for(facts);
    const uint32_t lanes = std::max(size, lanes_for(facts, 128) / size * size);
    const uint32_t teams = lanes / std::min(size, blocks ? CHAINS : 32u);
    const uint32_t tokens = rows >= 4 ? 4 : 1;
    const uint32_t outs = 2;
    return {.kernel = kernel,
            .packing = blocks ? Packing::block_rows : Packing::ranges,
            .constants = {lanes, outs, tokens, size},
            .items = {teams * outs, tokens, 1},
            .subgroup_size = size};
}

KernelChoice dots(bool mixed, const vk::DeviceFacts& facts, uint32_t rows) {
    KernelChoice choice = subgroups(KernelId::blocks_dot, facts, rows);
    choice.constants.push_back(mixed);
    return choice;
}

// The upper halves of low-rank pairs: many outputs of short rows, of which most lanes of a team would have
// nothing.
bool is_low_rank(uint32_t out, uint32_t in) { return in <= 512 && out > 4 * in; }

// Prompts: from so many rows on, a tile of them and of outputs shares what it loads and decodes.
constexpr uint32_t many_rows = 32;

// An invocation makes four outputs of so many rows: Intel's registers hold the sums of two.
uint32_t tile_rows_each(const vk::DeviceFacts& facts) { return facts.vendor_id == vk::vendor::intel ? 2 : 4; }

// tiles.glsl: 16 invocations stand side by side.
KernelChoice by_tiles(KernelId kernel, Packing packing, uint32_t rows, const vk::DeviceFacts& facts) {
    constexpr uint32_t across = 16;
    const bool software = facts.type == vk::DeviceType::software;
    const uint32_t down = lanes_for(facts, software ? 64 : 256) / across;
    return {.kernel = kernel,
            .packing = packing,
            .constants = {across * down, rows, down, tile_rows(packing)},
            .items = {4 * across, rows * down, 1},
            .subgroup_size = facts.subgroup ? subgroup_size_for(facts) : 0};
}

KernelChoice tiles_by_dots(bool mixed, Packing packing, uint32_t rows, const vk::DeviceFacts& facts) {
    KernelChoice choice = by_tiles(KernelId::blocks_shared_dot, packing, rows, facts);
    choice.constants.push_back(mixed);
    return choice;
}

KernelChoice choose_tiles(Op op, Packing packing, const vk::DeviceFacts& facts) {
    const uint32_t rows = tile_rows_each(facts);
    if (op == Op::linear) return by_tiles(KernelId::linear_shared, packing, rows, facts);
    if (by_dots(facts)) return tiles_by_dots(facts.fast_mixed_dot, packing, rows, facts);
    return by_tiles(KernelId::blocks_shared, packing, rows, facts);
}

KernelChoice choose_few_rows(Op op, bool low_rank, uint32_t rows, const vk::DeviceFacts& facts) {
    if (!by_subgroups(facts) || low_rank) return narrow(op, facts, rows);
    if (op == Op::linear) return subgroups(KernelId::linear_subgroup, facts, rows);
    if (by_dots(facts)) return dots(facts.fast_mixed_dot, facts, rows);
    return subgroups(KernelId::blocks_subgroup, facts, rows);
}

KernelChoice choose_product(Op op, bool low_rank, uint32_t rows, const vk::DeviceFacts& facts) {
    KernelChoice choice = choose_few_rows(op, low_rank, rows, facts);
    return !facts.narrow && rows >= many_rows ? choose_tiles(op, choice.packing, facts) : choice;
}

Op product_of(Op mix) { return mix == Op::linear_mix ? Op::linear : Op::linear_blocks; }

KernelChoice choose_product_mix(Op op, const ProductMixParams& p, const vk::DeviceFacts& facts) {
    const ProductAt product = unpacked(p.product[0], p.outs);
    return then_mix(
        choose_few_rows(product_of(op), is_low_rank(product.outs, product.in_width), p.rows, facts));
}

std::vector<KernelChoice> all_linear(const vk::DeviceFacts& facts, uint32_t rows) {
    std::vector<KernelChoice> choices = {narrow(Op::linear, facts, rows)};
    if (facts.subgroup) choices.push_back(subgroups(KernelId::linear_subgroup, facts, rows));
    return choices;
}

std::vector<KernelChoice> all_linear_blocks(const vk::DeviceFacts& facts, uint32_t rows) {
    std::vector<KernelChoice> choices = {narrow_blocks(false, facts, rows)};
    if (rows == 1) choices.push_back(narrow_blocks(true, facts, rows));
    if (!facts.subgroup) return choices;
    choices.push_back(subgroups(KernelId::blocks_subgroup, facts, rows));
    if (!facts.integer_dot) return choices;
    for (const bool mixed : {false, true}) choices.push_back(dots(mixed, facts, rows));
    return choices;
}

std::vector<KernelChoice> all_tiles(Op op, const vk::DeviceFacts& facts) {
    const bool blocks = op == Op::linear_blocks;
    const uint32_t rows = tile_rows_each(facts), other = rows == 2 ? 4 : 2;
    const Packing teams = blocks ? Packing::block_rows : Packing::ranges;
    const Packing narrow = blocks ? Packing::block_tiles : Packing::tiles;
    std::vector<KernelChoice> choices;
    for (const auto& [packing, each] : {std::pair{teams, rows}, {narrow, rows}, {teams, other}}) {
        choices.push_back(
            by_tiles(blocks ? KernelId::blocks_shared : KernelId::linear_shared, packing, each, facts));
        if (!blocks || !facts.integer_dot) continue;
        for (const bool mixed : {false, true}) choices.push_back(tiles_by_dots(mixed, packing, each, facts));
    }
    return choices;
}

std::vector<KernelChoice> all_products(Op op, const vk::DeviceFacts& facts) {
    const auto all = op == Op::linear ? all_linear : all_linear_blocks;
    std::vector<KernelChoice> choices = all(facts, 1);
    for (const auto& more : {all(facts, 4), all_tiles(op, facts)})
        choices.insert(choices.end(), more.begin(), more.end());
    return choices;
}

std::vector<KernelChoice> all_product_mixes(Op op, const vk::DeviceFacts& facts) {
    std::vector<KernelChoice> choices =
        op == Op::linear_mix ? all_linear(facts, 1) : all_linear_blocks(facts, 1);
    std::ranges::transform(choices, choices.begin(), then_mix);
    return choices;
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

KernelChoice choose_product(Op op, const LinearParams& p, const vk::DeviceFacts& facts) {
    return choose_product(op, is_low_rank(p.out_width, p.in_width), p.rows, facts);
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

bool by_subgroups(const vk::DeviceFacts& facts) { return facts.subgroup && !facts.narrow; }
bool by_dots(const vk::DeviceFacts& facts) {
    return by_subgroups(facts) && (facts.fast_signed_dot || facts.fast_mixed_dot);
}

// Intel: at its default of 32 lanes kernels spill registers (docs/PERFORMANCE.md). AMD: RDNA executes 32
// lanes, and RADV reports 64; GCN cannot do 32.
uint32_t subgroup_size_for(const vk::DeviceFacts& facts) {
    constexpr std::pair<uint32_t, uint32_t> best[] = {{vk::vendor::intel, 16}, {vk::vendor::amd, 32}};
    for (const auto& [vendor, size] : best) {
        if (facts.vendor_id == vendor && size >= facts.subgroup_size_min && size <= facts.subgroup_size_max)
            return size;
    }
    return facts.subgroup_size;
}

std::string matrix_kernel_text(const vk::DeviceFacts& facts) {
    if (by_subgroups(facts))
        return concat(info(KernelId::linear_subgroup).name, " at ", subgroup_size_for(facts), " lanes",
                      by_dots(facts) ? ", those of blocks by integer dot products" : "");
    return concat(info(KernelId::linear_narrow).name, facts.subgroup
                                                          ? ", which suits such a device"
                                                          : ", since there are no subgroup operations");
}

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
    return multiplies(op) ? choose_product(op, is_low_rank(out, in), 1, facts).packing : Packing::rows;
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
    if (multiplies_and_mixes(op) && facts.joins)
        return {then_mix(choose_few_rows(product_of(op), false, 1, facts))};
    if (!multiplies(op)) return all_choices(op, facts);
    std::vector<KernelChoice> choices;
    for (const bool low_rank : {false, true}) {
        for (const uint32_t rows : {1u, 4u, many_rows})
            choices.push_back(choose_product(op, low_rank, rows, facts));
        if (!by_subgroups(facts)) break;  // then it is the same
    }
    return choices;
}

KernelChoice then_mix(KernelChoice choice) {
    constexpr std::pair<KernelId, KernelId> mixing[] = {
        {KernelId::linear_narrow, KernelId::linear_narrow_mix},
        {KernelId::linear_subgroup, KernelId::linear_subgroup_mix},
        {KernelId::blocks_narrow, KernelId::blocks_narrow_mix},
        {KernelId::blocks_subgroup, KernelId::blocks_subgroup_mix},
        {KernelId::blocks_dot, KernelId::blocks_dot_mix}};
    const auto at = std::ranges::find(mixing, choice.kernel, &std::pair<KernelId, KernelId>::first);
    RWKVK_ASSERT(at != std::end(mixing));  // a kernel that makes few rows
    choice.kernel = at->second;
    return choice;
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
