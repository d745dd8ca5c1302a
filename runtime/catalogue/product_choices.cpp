#include "runtime/catalogue/product_choices.h"

#include <algorithm>

#include "runtime/catalogue/product_place.h"

namespace rwkvk {
namespace {

// Newer versions of llvmpipe load once what is the same for all lanes (docs/PERFORMANCE.md).
bool loads_once(const vk::DeviceFacts& facts) {
    constexpr uint32_t llvmpipe = 13, mesa_24 = 24u << 22;  // VkDriverId and Vulkan's packed form
    return facts.driver_id == llvmpipe && facts.driver_version >= mesa_24;
}

// Rows of the input and outputs per lane that share what an invocation loads and decodes. A few hide latency
// where a core runs few lanes. A software device gains most from many, and takes long to compile each kernel.
struct Shared {
    uint32_t tokens, outs;
};

Shared narrow_shared(const vk::DeviceFacts& facts, uint32_t rows) {
    const bool software = facts.type == vk::DeviceType::software;
    if (rows < 4) return {.tokens = 1, .outs = software ? 8u : 1u};
    if (!software) return {.tokens = 4, .outs = 2};
    if (rows >= 16 && loads_once(facts)) return {.tokens = 16, .outs = 4};
    return {.tokens = 8, .outs = 8};
}

// Blocks need three sums per output and row. Where loads are cheap, those of four outputs stay near; older
// llvmpipe spills all the same and gains by fewer loads.
Shared narrow_shared_blocks(const vk::DeviceFacts& facts, uint32_t rows) {
    if (facts.type != vk::DeviceType::software || rows < 4) return narrow_shared(facts, rows);
    return {.tokens = 8, .outs = loads_once(facts) ? 4u : 16u};
}

KernelChoice narrow_blocks(bool fetch, const vk::DeviceFacts& facts, uint32_t rows) {
    const uint32_t lanes = narrow_lanes(facts);
    const auto [tokens, outs] = narrow_shared_blocks(facts, rows);
    return {.kernel = KernelId::blocks_narrow,
            .packing = Packing::block_tiles,
            .constants = {lanes, outs, tokens, fetch},
            .items = {lanes * outs, tokens, 1}};
}

KernelChoice narrow(Op op, const vk::DeviceFacts& facts, uint32_t rows) {
    if (op == Op::linear_blocks) return narrow_blocks(rows < 4 && loads_once(facts), facts, rows);
    const uint32_t lanes = narrow_lanes(facts);
    const auto [tokens, outs] = narrow_shared(facts, rows);
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

// A tile of 64 rows and 128 outputs, less where a workgroup cannot have as many subgroups. Intel's registers
// hold two matrices of sums.
KernelChoice tiles_by_matrices(Packing packing, const vk::DeviceFacts& facts) {
    constexpr uint32_t rows = 64, outs = 128, stacked = 2;  // `stacked`: of blocks_matrix.comp
    const uint32_t abreast = facts.vendor_id == vk::vendor::intel ? 1 : 2;
    const uint32_t size = subgroup_size_for(facts);
    const auto [m, n, k] = facts.matrix_shape;
    const uint32_t subgroups = std::max(1u, lanes_for(facts, 256) / size);
    const uint32_t down = std::min(subgroups, rows / (stacked * m));
    const uint32_t across = std::min(subgroups / down, outs / (abreast * n));
    return {.kernel = KernelId::blocks_matrix,
            .packing = packing,
            .constants = {size * across * down, across, down, tile_rows(packing), m, n, k, abreast},
            .items = {abreast * n * across, stacked * m * down, 1},
            .subgroup_size = size};
}

KernelChoice choose_tiles(Op op, Packing packing, const vk::DeviceFacts& facts) {
    const uint32_t rows = tile_rows_each(facts);
    if (op == Op::linear) return by_tiles(KernelId::linear_shared, packing, rows, facts);
    if (by_matrices(facts)) return tiles_by_matrices(packing, facts);
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
    const Packing lanes = blocks ? Packing::block_tiles : Packing::tiles;
    std::vector<KernelChoice> choices;
    for (const auto& [packing, each] : {std::pair{teams, rows}, {lanes, rows}, {teams, other}}) {
        choices.push_back(
            by_tiles(blocks ? KernelId::blocks_shared : KernelId::linear_shared, packing, each, facts));
        if (!blocks || !facts.integer_dot) continue;
        for (const bool mixed : {false, true}) choices.push_back(tiles_by_dots(mixed, packing, each, facts));
    }
    if (blocks && by_matrices(facts))
        for (const Packing packing : {teams, lanes}) choices.push_back(tiles_by_matrices(packing, facts));
    if (!blocks && loads_once(facts)) choices.push_back(narrow(op, facts, many_rows));
    return choices;
}

}  // namespace

uint32_t lanes_for(const vk::DeviceFacts& facts, uint32_t wanted) {
    return std::min({wanted, facts.max_invocations, facts.max_group_size[0]});
}

// On a software device a workgroup is one vector of lanes; more would only add loop overhead.
uint32_t narrow_lanes(const vk::DeviceFacts& facts) {
    return facts.type == vk::DeviceType::software ? std::clamp(facts.subgroup_size, 8u, 16u) : 32;
}

KernelChoice choose_product(Op op, const LinearParams& p, const vk::DeviceFacts& facts) {
    return choose_product(op, is_low_rank(p.out_width, p.in_width), p.rows, facts);
}

KernelChoice choose_product_mix(Op op, const ProductMixParams& p, const vk::DeviceFacts& facts) {
    const ProductAt product = unpacked(p.product[0], p.outs);
    return then_mix(
        choose_few_rows(product_of(op), is_low_rank(product.outs, product.in_width), p.rows, facts));
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

std::vector<KernelChoice> possible_products(Op op, const vk::DeviceFacts& facts) {
    std::vector<KernelChoice> choices;
    for (const bool low_rank : {false, true}) {
        for (const uint32_t rows : {1u, 4u, many_rows})
            choices.push_back(choose_product(op, low_rank, rows, facts));
        if (!by_subgroups(facts)) break;  // then it is the same
    }
    return choices;
}

std::vector<KernelChoice> possible_product_mixes(Op op, const vk::DeviceFacts& facts) {
    return {then_mix(choose_few_rows(product_of(op), false, 1, facts))};
}

bool by_subgroups(const vk::DeviceFacts& facts) { return facts.subgroup && !facts.narrow; }
bool by_dots(const vk::DeviceFacts& facts) {
    return by_subgroups(facts) && (facts.fast_signed_dot || facts.fast_mixed_dot);
}

// The kernel's shared memory is 27 KB.
bool by_matrices(const vk::DeviceFacts& facts) {
    return facts.cooperative_matrix && facts.shared_bytes >= 32768 && compiled(KernelId::blocks_matrix);
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
                      by_dots(facts) ? ", those of blocks by integer dot products" : "",
                      by_matrices(facts) ? ", prompts by cooperative matrices" : "");
    return concat(info(KernelId::linear_narrow).name, facts.subgroup
                                                          ? ", which suits such a device"
                                                          : ", since there are no subgroup operations");
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

}  // namespace rwkvk
