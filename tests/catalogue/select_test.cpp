// Kernel selection and layout are pure: tested without a device.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "runtime/catalogue/select.h"
#include "runtime/gpu/device_weights.h"
#include "runtime/gpu/packing.h"
#include "runtime/gpu/schedule.h"
#include "runtime/graph/memory_plan.h"
#include "runtime/model/model.h"
#include "runtime/synthetic/synthetic_model.h"

namespace rwkvk {
namespace {

vk::DeviceFacts facts_with(bool subgroup, uint32_t size, bool narrow) {
    vk::DeviceFacts facts;
    facts.subgroup = subgroup;
    facts.subgroup_size = size;
    facts.narrow = narrow;
    facts.max_invocations = 1024;
    facts.max_group_size = {1024, 1024, 64};
    return facts;
}

TEST_CASE("the matrix kernel follows subgroups and the narrow fact") {
    const LinearParams params{1, 768, 768, 0, 768, ACT_NONE, ADD_NOTHING};
    const auto kernel = [&](const vk::DeviceFacts& facts) {
        return choose_kernel(Op::linear, params, facts).kernel;
    };
    CHECK(kernel(facts_with(true, 32, false)) == KernelId::linear_subgroup);
    CHECK(kernel(facts_with(true, 32, true)) == KernelId::linear_narrow);
    CHECK(kernel(facts_with(false, 0, false)) == KernelId::linear_narrow);
}

TEST_CASE("matrices of blocks are multiplied by dot products where those are fast, mixed ones first") {
    const auto choice = [&](const vk::DeviceFacts& facts) {
        return choose_kernel(Op::linear_blocks, LinearParams{1, 768, 768, 0, 768, ACT_NONE, ADD_NOTHING},
                             facts);
    };
    vk::DeviceFacts facts = facts_with(true, 32, false);
    CHECK(choice(facts).kernel == KernelId::blocks_subgroup);
    facts.integer_dot = true;
    CHECK(choice(facts).kernel == KernelId::blocks_subgroup);
    facts.fast_signed_dot = true;
    CHECK(choice(facts).kernel == KernelId::blocks_dot);
    CHECK(choice(facts).constants.back() == 0);
    facts.fast_mixed_dot = true;
    CHECK(choice(facts).constants.back() == 1);
    CHECK(choice(vk::masked(facts, "-integer-dot")).kernel == KernelId::blocks_subgroup);
    CHECK(choice(vk::masked(facts, "-subgroup")).kernel == KernelId::blocks_narrow);
    facts.narrow = true;
    CHECK(choice(facts).kernel == KernelId::blocks_narrow);
}

TEST_CASE("prompts of blocks are multiplied by cooperative matrices where those are") {
    const auto choice = [&](const vk::DeviceFacts& facts, uint32_t rows, Op op = Op::linear_blocks) {
        return choose_kernel(op, LinearParams{rows, 768, 768, 0, 768, ACT_NONE, ADD_NOTHING}, facts);
    };
    vk::DeviceFacts facts = facts_with(true, 32, false);
    facts.cooperative_matrix = true;
    facts.matrix_shape = {16, 16, 16};
    CHECK(choice(facts, 512).kernel == KernelId::blocks_shared);  // the kernel wants more shared memory
    facts.shared_bytes = 32768;
    if (!compiled(KernelId::blocks_matrix)) return;
    CHECK(choice(facts, 512).kernel == KernelId::blocks_matrix);
    CHECK(choice(facts, 512).items == std::array<uint32_t, 3>{128, 64, 1});
    CHECK(choice(facts, 512).constants[0] == 256);
    CHECK(choice(facts, 1).kernel == KernelId::blocks_subgroup);
    CHECK(choice(facts, 512, Op::linear).kernel == KernelId::linear_shared);
    CHECK(choice(vk::masked(facts, "-cooperative-matrix"), 512).kernel == KernelId::blocks_shared);
    // As many subgroups as a workgroup can have.
    facts.max_invocations = 128;
    CHECK(choice(facts, 512).items == std::array<uint32_t, 3>{64, 64, 1});
    CHECK(choice(facts, 512).constants[0] == 128);
    facts.matrix_shape = {8, 8, 8};
    CHECK(choice(facts, 512).items == std::array<uint32_t, 3>{16, 64, 1});
    CHECK(choice(facts, 512).constants[0] == 128);
    facts.subgroup_size = 64;
    CHECK(choice(facts, 512).items == std::array<uint32_t, 3>{16, 32, 1});
    CHECK(choice(facts, 512).constants[0] == 128);
}

struct Sizes {
    uint32_t vendor, reported, least, most;  // 0: none can be demanded
};

TEST_CASE("subgroups have the size that suits the vendor's chips where it can be demanded") {
    const std::pair<Sizes, uint32_t> expected[] = {
        {{vk::vendor::intel, 32, 8, 32}, 16},   // Xe1
        {{vk::vendor::intel, 32, 16, 32}, 16},  // Xe2
        {{vk::vendor::intel, 32, 0, 0}, 32},    // an old driver
        {{vk::vendor::amd, 64, 32, 64}, 32},    // RDNA
        {{vk::vendor::amd, 64, 64, 64}, 64},    // GCN
        {{vk::vendor::amd, 64, 0, 0}, 64},     {{0x10de, 32, 32, 32}, 32}, {{0x5143, 64, 64, 128}, 64}};
    for (const auto& [sizes, size] : expected) {
        vk::DeviceFacts facts = facts_with(true, sizes.reported, false);
        facts.vendor_id = sizes.vendor;
        facts.subgroup_size_control = sizes.most > 0;
        facts.subgroup_size_min = sizes.least;
        facts.subgroup_size_max = sizes.most;
        INFO("vendor ", sizes.vendor, ", ", sizes.least, " to ", sizes.most);
        CHECK(vk::masked(facts, "-subgroup-size-control").subgroup_size == sizes.reported);
        CHECK(subgroup_size_for(vk::masked(facts, "-subgroup-size-control")) == sizes.reported);
        CHECK(subgroup_size_for(facts) == size);
        const KernelChoice choice =
            choose_kernel(Op::linear, LinearParams{1, 768, 768, 0, 768, ACT_NONE, ADD_NOTHING}, facts);
        CHECK(choice.subgroup_size == size);
        CHECK(choice.constants[0] % size == 0);
    }
}

TEST_CASE("which kernel multiplies matrices is told, and why when it is the slower one") {
    CHECK(matrix_kernel_text(facts_with(true, 32, false)) == "linear_subgroup at 32 lanes");
    vk::DeviceFacts dots = facts_with(true, 32, false);
    dots.integer_dot = dots.fast_signed_dot = true;
    CHECK(matrix_kernel_text(dots) == "linear_subgroup at 32 lanes, those of blocks by integer dot products");
    CHECK(matrix_kernel_text(facts_with(true, 8, true)) == "linear_narrow, which suits such a device");
    CHECK(matrix_kernel_text(facts_with(false, 0, false)) ==
          "linear_narrow, since there are no subgroup operations");
    CHECK(matrix_kernel_text(vk::masked(facts_with(true, 32, false), "minimum")) ==
          "linear_narrow, since there are no subgroup operations");
}

TEST_CASE("whatever is chosen for a number of rows is tested beforehand") {
    std::vector<vk::DeviceFacts> devices;
    for (const bool software : {false, true}) {
        for (const bool subgroup : {false, true}) {
            vk::DeviceFacts facts = facts_with(subgroup, subgroup ? 8 : 0, software);
            if (software) facts.type = vk::DeviceType::software;
            devices.push_back(facts);
            facts.fast_mixed_dot = subgroup;
            devices.push_back(facts);
        }
    }
    for (const vk::DeviceFacts& facts : devices) {
        for (const Op op : {Op::linear, Op::linear_blocks}) {
            const std::vector<KernelChoice> tested = possible_choices(op, facts);
            for (uint32_t rows = 1; rows <= 512; ++rows) {
                for (const uint32_t in : {768u, 64u}) {
                    const LinearParams params{rows, in, 768, 0, 768, ACT_NONE, ADD_NOTHING};
                    const KernelChoice choice = choose_kernel(op, params, facts);
                    INFO(info(op).name, ", ", rows, " rows of ", in);
                    CHECK(std::any_of(tested.begin(), tested.end(), [&](const KernelChoice& other) {
                        return other.kernel == choice.kernel && other.constants == choice.constants;
                    }));
                }
            }
        }
    }
}

TEST_CASE("every choice fits the smallest device and covers its work") {
    for (const vk::DeviceFacts& facts :
         {vk::DeviceFacts{}, facts_with(true, 64, false), facts_with(true, 4, true)}) {
        for (size_t op = 0; op < all_ops().size(); ++op) {
            for (const KernelChoice& choice : all_choices(static_cast<Op>(op), facts)) {
                CHECK(choice.constants[0] <= facts.max_invocations);
                const bool per_group = choice.items[0] == 1;  // a workgroup per head or row: never as many
                for (const uint32_t x : {1u, 31u, per_group ? 1024u : 65536u}) {
                    const auto groups = group_counts(choice, {x, 5, 1});
                    CHECK(uint64_t{groups[0]} * choice.items[0] >= x);
                    CHECK(groups[0] <= facts.max_group_count[0]);
                    CHECK(uint64_t{groups[1]} * choice.items[1] >= 5);
                }
            }
        }
    }
}

TEST_CASE(
    "every kernel of the tables is a choice on a device that has all it needs, none that needs more is") {
    vk::DeviceFacts none = facts_with(false, 0, false), teams = facts_with(true, 32, false), dots = teams;
    dots.integer_dot = true;
    vk::DeviceFacts matrices = dots;
    matrices.cooperative_matrix = true;
    matrices.matrix_shape = {16, 16, 16};
    matrices.shared_bytes = 32768;
    for (const vk::DeviceFacts& facts : {none, teams, dots, matrices}) {
        std::set<KernelId> chosen;
        for (size_t op = 0; op < all_ops().size(); ++op) {
            for (const KernelChoice& choice : all_choices(static_cast<Op>(op), facts)) {
                CHECK(info(choice.kernel).op == static_cast<Op>(op));
                chosen.insert(choice.kernel);
            }
        }
        for (size_t k = 0; k < all_kernels().size(); ++k) {
            const auto kernel = static_cast<KernelId>(k);
            const std::map<KernelNeeds, bool> has = {
                {KernelNeeds::nothing, true},
                {KernelNeeds::subgroup, facts.subgroup},
                {KernelNeeds::integer_dot, facts.integer_dot},
                {KernelNeeds::cooperative_matrix, facts.cooperative_matrix}};
            INFO(info(kernel).name);
            CHECK(chosen.contains(kernel) == (compiled(kernel) && has.at(info(kernel).needs)));
        }
    }
}

TEST_CASE("kernels of joined steps are no choice where steps are not joined") {
    vk::DeviceFacts facts = facts_with(true, 32, false);
    for (const bool joins : {true, false}) {
        facts.joins = joins;
        for (size_t i = 0; i < all_ops().size(); ++i) {
            const auto op = static_cast<Op>(i);
            INFO(info(op).name);
            CHECK(all_choices(op, facts).empty() == (is_join(op) && !joins));
            CHECK(possible_choices(op, facts).empty() == (is_join(op) && !joins));
        }
    }
}

TEST_CASE("the packing does not depend on the number of rows") {
    for (const bool narrow : {false, true}) {
        const vk::DeviceFacts facts = facts_with(true, 32, narrow);
        for (const uint32_t rows : {1u, 3u, 4u, 500u}) {
            for (const Op op : {Op::linear, Op::linear_blocks}) {
                for (const uint32_t out : {64u, 768u}) {
                    const LinearParams params{rows, 64, out, 0, out, ACT_NONE, ADD_NOTHING};
                    CHECK(choose_kernel(op, params, facts).packing == choose_packing(op, out, 64, facts));
                }
            }
        }
    }
}

TEST_CASE("every packing holds every element once, and else zeros") {
    for (const WeightFormat format : {WeightFormat::f32, WeightFormat::f16}) {
        const uint32_t element = info(format).block_bytes;
        for (const uint32_t in : {8u, 32u, 45u, 768u, 1100u, 2560u}) {
            for (const Packing packing : {Packing::rows, Packing::tiles, Packing::ranges}) {
                const uint32_t count = 7;
                std::vector<std::byte> rows(uint64_t{count} * in * element);
                for (uint64_t i = 0; i < uint64_t{count} * in; ++i) {
                    const auto number = static_cast<uint32_t>(i % 60000 + 1);
                    std::memcpy(rows.data() + i * element, &number, element);
                }
                std::vector<std::byte> packed(packed_bytes(packing, format, count, in), std::byte{0xff});
                gpu::pack_tile(packing, format, in, count, rows.data(), packed.data());
                std::vector<uint32_t> times(60001, 0);
                for (uint64_t i = 0; i < packed.size() / element; ++i) {
                    uint32_t number = 0;
                    std::memcpy(&number, packed.data() + i * element, element);
                    REQUIRE(number <= 60000);
                    ++times[number];
                }
                INFO(in, " columns, packing ", static_cast<int>(packing));
                for (uint64_t n = 1; n <= uint64_t{count} * in; ++n) REQUIRE(times[n] == 1);
            }
        }
    }
}

TEST_CASE(
    "blocks are packed as block_planes.h says: quants, then codes, then what codes are multiplied with") {
    // Q4_K, a row of 9 blocks: group g has the quants (e + g) % 16, scale and minimum g % 8 and g % 8 + 8.
    constexpr uint32_t groups = 72, in = groups * ROUND_GROUP;
    std::vector<std::byte> row(stored_bytes(WeightFormat::q4_k, in));
    for (uint32_t b = 0; b < groups / 8; ++b) {
        std::byte* block = row.data() + b * 144;
        const uint16_t halves[] = {static_cast<uint16_t>(0x3c00 + b), 0x4000};
        std::memcpy(block, halves, sizeof halves);
        for (uint32_t g = 0; g < 4; ++g) {
            block[4 + g] = static_cast<std::byte>(g);
            block[8 + g] = static_cast<std::byte>(g + 8);
            block[12 + g] = static_cast<std::byte>((g + 4) | (g + 12) << 4);
        }
        for (uint32_t e = 0; e < 256; ++e) {
            const uint32_t g = b * 8 + e / 32, quant = (e % 32 + g) % 16;
            block[16 + e / 64 * 32 + e % 32] |= static_cast<std::byte>(quant << 4 * (e / 32 % 2));
        }
    }
    for (const Packing packing : {Packing::block_rows, Packing::block_tiles}) {
        const uint32_t tile = tile_rows(packing);
        std::vector<uint32_t> packed(packed_bytes(packing, WeightFormat::q4_k, 1, in) / 4, 0xffffffff);
        gpu::pack_tile(packing, WeightFormat::q4_k, in, 1, row.data(),
                       reinterpret_cast<std::byte*>(packed.data()));
        for (uint32_t g = 0; g < groups; ++g) {
            // Of nine groups to a chain.
            const uint32_t place = packing == Packing::block_rows ? g : g % 8 * 9 + g / 8;
            INFO("group ", g, ", rows of a tile ", tile);
            for (uint32_t e = 0; e < ROUND_GROUP; ++e) {
                const uint32_t word = packed[place * tile * 4 + e / 4 % 4];
                CHECK((word >> (e % 4 * 8 + e / 16 * 4) & 15) == (e + g) % 16);
            }
            const uint32_t code = packed[(groups * 4 + place / 2) * tile] >> (place % 2 * 16) & 0xffff;
            CHECK(code == ((g % 8) | (g % 8 + 8) << 8));
            CHECK(packed[(groups * 4 + groups / 2 + g / 8) * tile] == (0x40003c00 | g / 8));
        }
    }
}

TEST_CASE("a matrix larger than a binding is split by rows") {
    const auto pieces = gpu::split_matrix(Packing::tiles, WeightFormat::f16, 65536, 2048, 128ull << 20);
    REQUIRE(pieces.size() == 2);
    uint32_t next = 0;
    for (const auto& piece : pieces) {
        CHECK(piece.first == next);
        CHECK(piece.bytes <= 128ull << 20);
        next += piece.outs;
    }
    CHECK(next == 65536);
}

TEST_CASE("tensors that live at the same time do not overlap, and memory is reused") {
    const auto programs = synthetic_model("v7:3x64x264:f16")->programs();
    const Program& program = programs.body;
    const MemoryPlan plan = plan_memory(program, 5, false), all = plan_memory(program, 5, true);
    CHECK(plan.arena_bytes * 3 < all.arena_bytes);
    std::vector<std::pair<size_t, size_t>> life(program.tensors.size(), {SIZE_MAX, 0});
    for (size_t s = 0; s < program.steps.size(); ++s) {
        for (const Operand& operand : program.steps[s].operands) {
            life[operand.tensor].first = std::min(life[operand.tensor].first, s);
            life[operand.tensor].second = std::max(life[operand.tensor].second, s);
        }
    }
    for (size_t a = 0; a < program.tensors.size(); ++a) {
        for (size_t b = a + 1; b < program.tensors.size(); ++b) {
            if (program.tensors[a].kind != TensorKind::activation ||
                program.tensors[b].kind != TensorKind::activation)
                continue;
            const bool together = life[a].first <= life[b].second && life[b].first <= life[a].second;
            const uint64_t end_a = plan.offsets[a] + plan.plane_bytes[a] * program.tensors[a].planes;
            const uint64_t end_b = plan.offsets[b] + plan.plane_bytes[b] * program.tensors[b].planes;
            if (together) CHECK((end_a <= plan.offsets[b] || end_b <= plan.offsets[a]));
        }
    }
}

TEST_CASE("the first submissions are as long as the kind of device lets hope, later ones as was measured") {
    using vk::DeviceType;
    CHECK(gpu::Speed(DeviceType::software).cost_within(50) == 50'000'000);
    CHECK(gpu::Speed(DeviceType::integrated).cost_within(50) == 500'000'000);
    CHECK(gpu::Speed(DeviceType::other).cost_within(50) == 500'000'000);
    gpu::Speed speed(DeviceType::discrete);
    CHECK(speed.cost_within(50) == 5'000'000'000);
    speed.at_least(1'000'000'000, std::chrono::seconds(1));  // a slow first run says nothing
    CHECK(speed.cost_within(50) == 5'000'000'000);
    for (int i = 0; i < 40; ++i) speed.measured(2'000'000'000, std::chrono::seconds(1));
    CHECK(speed.cost_within(50) == 100'000'000);
}

TEST_CASE("submissions stay within their budget where a dispatch does") {
    const std::vector<uint64_t> costs = {3, 4, 5, 100, 1, 1};
    CHECK(gpu::cut_by_cost(costs, 8) == std::vector<size_t>{2, 3, 4, 6});
    CHECK(gpu::cut_by_cost({}, 8).empty());
}

}  // namespace
}  // namespace rwkvk
