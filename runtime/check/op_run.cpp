#include "runtime/check/op_run.h"

#include <algorithm>
#include <cstring>
#include <iomanip>

#include "host/vk/buffer.h"
#include "host/vk/device.h"
#include "host/vk/recorder.h"
#include "runtime/check/draw_run.h"
#include "runtime/check/fused_run.h"
#include "runtime/cpu/call.h"
#include "runtime/gpu/dispatches.h"
#include "runtime/gpu/packing.h"
#include "runtime/gpu/products.h"
#include "runtime/graph/fused.h"

namespace rwkvk::check {
namespace {

constexpr uint64_t guard_bytes = 256;
constexpr uint64_t enough_values = 16;                                 // fewer may all be zero by chance
constexpr uint32_t guard_word = 0xfeedfaceu, unwritten = 0x7fc0deadu;  // the latter is a NaN

class CaseSource final : public WeightSource {
  public:
    explicit CaseSource(const OpCase::Matrix& matrix) : matrix_(matrix) {}
    std::optional<Shape> find(const std::string&) const override {
        return Shape{matrix_.out, matrix_.in, matrix_.format};
    }
    std::vector<std::string> names() const override { return {"matrix"}; }
    void read_rows(const std::string&, uint32_t first, uint32_t rows, std::byte* stored) const override {
        const uint64_t row_bytes = stored_bytes(matrix_.format, matrix_.in);
        std::memcpy(stored, matrix_.stored.data() + first * row_bytes, rows * row_bytes);
    }
    std::vector<float> read_vector(const std::string&) const override { return {}; }

  private:
    const OpCase::Matrix& matrix_;
};

std::vector<std::byte> pack(const OpCase::Matrix& m, Packing packing) {
    std::vector<std::byte> packed(packed_bytes(packing, m.format, m.out, m.in));
    const uint64_t row_bytes = stored_bytes(m.format, m.in);
    for (uint32_t row = 0; row < m.out; row += gpu::rows_per_tile) {
        gpu::pack_tile(packing, m.format, m.in, std::min(gpu::rows_per_tile, m.out - row),
                       m.stored.data() + row * row_bytes,
                       packed.data() + packed_bytes(packing, m.format, row, m.in));
    }
    return packed;
}

/// A slot on the device between two guard zones: `copies` of its contents, each before another zone.
struct DeviceSlot {
    std::unique_ptr<vk::Buffer> buffer;
    uint64_t bytes;  // of one copy
    uint32_t copies;

    uint64_t distance() const { return (bytes + guard_bytes - 1) / guard_bytes * guard_bytes + guard_bytes; }
    /// Of what lies between the first and the last zone.
    uint64_t used() const { return (copies - 1) * distance() + bytes; }
};

std::vector<std::byte> as_bytes(const std::vector<uint32_t>& words) {
    const auto bytes = std::as_bytes(std::span(words));
    return {bytes.begin(), bytes.end()};
}

DeviceSlot make_slot(vk::Device& device, vk::Transfer& transfer, std::span<const std::byte> contents,
                     uint32_t copies) {
    DeviceSlot slot{nullptr, (contents.size() + 3) / 4 * 4, copies};
    std::vector<std::byte> all(guard_bytes + slot.used() + guard_bytes);
    auto* words = reinterpret_cast<uint32_t*>(all.data());
    std::fill_n(words, all.size() / 4, guard_word);
    for (uint32_t n = 0; n < copies; ++n)
        std::memcpy(all.data() + guard_bytes + n * slot.distance(), contents.data(), contents.size());
    slot.buffer = std::make_unique<vk::Buffer>(device, all.size(), vk::Memory::device, "test slot");
    transfer.write(*slot.buffer, 0, all);
    return slot;
}

/// One copy: the first, or one that is not as that one is.
std::vector<uint32_t> read_slot(vk::Transfer& transfer, const DeviceSlot& slot, const std::string& what) {
    std::vector<uint32_t> all((2 * guard_bytes + slot.used()) / 4);
    transfer.read(*slot.buffer, 0, std::as_writable_bytes(std::span(all)));
    const auto copy = [&](uint32_t n) {
        return std::span(all).subspan((guard_bytes + n * slot.distance()) / 4, slot.bytes / 4);
    };
    uint32_t shown = 0;
    for (uint32_t n = slot.copies - 1; n > 0; --n) {
        if (!std::ranges::equal(copy(n), copy(0))) shown = n;
    }
    std::vector<uint32_t> result(copy(shown).begin(), copy(shown).end());
    for (uint32_t n = 0; n < slot.copies; ++n) std::ranges::fill(copy(n), guard_word);
    if (!std::ranges::all_of(all, [](uint32_t word) { return word == guard_word; }))
        throw Error(Code::bad_shape, concat(what, ": wrote outside its buffers"));
    return result;
}

/// Small products run several times in one dispatch, as those of a program do.
uint32_t copies_of(const OpCase& c) {
    constexpr uint64_t small = 1 << 20;
    return multiplies(c.op) && uint64_t{c.matrix->out} * c.matrix->in <= small ? PRODUCTS : 1;
}

/// What the kernel takes for that: product n works on copy n of every slot.
Params push_constants(const OpCase& c, std::span<const DeviceSlot> slots) {
    if (!multiplies(c.op)) return c.params;
    auto p = gpu::one_product(c.params.as<LinearParams>());
    p.products = copies_of(c);
    ProductAt at = unpacked(p.product[0], p.outs);
    for (uint32_t n = 0; n < p.products && p.products > 1; ++n) {
        at.x = n * slots[0].distance();
        at.matrix = n * slots[1].distance();
        at.addend = n * slots[2].distance();
        at.y = n * slots[3].distance();
        p.product[n] = packed(at, false).value();
    }
    return p;
}

/// The slots as both sides find them: what a step writes holds NaN, so that nothing unwritten looks right.
Slots before(const OpCase& c) {
    Slots slots = c.slots;
    for (size_t i = 0; i < slots.size(); ++i) {
        if (info(c.op).slots[i] == 'w') std::fill(slots[i].begin(), slots[i].end(), unwritten);
    }
    return slots;
}

}  // namespace

cpu::Matrix load_case_matrix(const OpCase::Matrix& m, cpu::Matrix::Layout layout, ThreadPool& pool) {
    return cpu::load_matrix(CaseSource(m), {"matrix", m.out, m.in, 0, m.out}, layout, pool);
}

Slots run_on_cpu(const OpCase& c, ThreadPool& pool, cpu::InstructionSet set) {
    Slots slots = before(c);
    if (draws_tokens(c.op)) {
        const FloatModeScope mode(pool.denormals());
        run_draw(c, slots);
        return slots;
    }
    if (find_fused(c.op)) {
        const FloatModeScope mode(pool.denormals());
        run_parts(c, slots, pool, set);
        return slots;
    }
    cpu::Call call{.params = c.params, .slots = {}, .matrix = nullptr, .pool = &pool, .set = set};
    cpu::Matrix matrix;
    if (c.matrix) {
        matrix = load_case_matrix(*c.matrix, cpu::layout_for(c.op), pool);
        call.matrix = &matrix;
    }
    for (size_t i = 0; i < slots.size(); ++i) call.slots[i] = reinterpret_cast<std::byte*>(slots[i].data());
    const FloatModeScope mode(pool.denormals());
    cpu::run(c.op, call);
    return slots;
}

Slots run_on_device(const OpCase& c, const KernelChoice& choice, gpu::KernelStore& kernels) {
    vk::Device& device = kernels.device();
    const std::string_view letters = info(c.op).slots;
    std::vector<DeviceSlot> slots;
    vk::Transfer transfer(device);  // after the slots: it waits for what is under way to them, then they go
    for (const std::vector<uint32_t>& contents : before(c)) {
        slots.push_back(make_slot(device, transfer,
                                  contents.empty() ? pack(*c.matrix, choice.packing) : as_bytes(contents),
                                  copies_of(c)));
    }
    transfer.finish();

    std::vector<vk::Binding> bindings;
    for (size_t i = 0; i < slots.size(); ++i) {
        bindings.push_back({slots[i].buffer.get(), guard_bytes, slots[i].used(), gpu::access_of(letters[i])});
    }
    vk::Recorder recorder(device);
    const WeightFormat format = c.matrix ? c.matrix->format : WeightFormat::f32;
    auto groups = group_counts(choice, work_of(c.op, c.params));
    const Params push = push_constants(c, slots);
    groups[0] *= copies_of(c);
    recorder.dispatch(kernels.get(choice, format), bindings, push.bytes(), groups);
    const auto commands = recorder.finish();
    vk::Timeline timeline(device);
    timeline.wait(timeline.submit(*commands));

    Slots result = c.slots;
    for (size_t i = 0; i < slots.size(); ++i) {
        std::vector<uint32_t> after = read_slot(transfer, slots[i], c.description);
        if (letters[i] != 'r') result[i] = std::move(after);
    }
    return result;
}

std::string compare(const OpCase& c, const KernelChoice& choice, const Slots& expected, const Slots& found) {
    const std::string_view letters = info(c.op).slots;
    for (size_t slot = 0; slot < expected.size(); ++slot) {
        if (letters[slot] == 'r') continue;
        uint64_t differing = 0, first = 0, written = 0;
        for (uint64_t i = 0; i < expected[slot].size(); ++i) {
            written += expected[slot][i] != 0 && expected[slot][i] != unwritten;
            if (expected[slot][i] != found[slot][i] && differing++ == 0) first = i;
        }
        const std::string where = concat(c.description, " with ", info(choice.kernel).name, ", slot ", slot);
        if (differing > 0) {
            return concat(where, ": ", differing, " of ", expected[slot].size(), " values differ, first at ",
                          first, ": expected ", std::hex, expected[slot][first], ", found ",
                          found[slot][first]);
        }
        if (written == 0 && expected[slot].size() >= enough_values)
            return concat(where, ": all results are zero, which tests nothing");
    }
    return "";
}

bool tells_of_kernel(Code code) { return code == Code::unsupported || code == Code::bad_shape; }

bool has_rows_for(const OpCase& c, const KernelChoice& choice) {
    if (!multiplies(c.op)) return true;
    const uint32_t rows = c.params.as<LinearParams>().rows, at_once = choice.items[1];
    return at_once < 16 ? rows <= at_once * 32 : rows >= 8;
}

std::vector<std::string> check_case(const OpCase& c, const std::vector<KernelChoice>& choices,
                                    gpu::KernelStore& kernels, ThreadPool& pool) {
    std::vector<std::string> failures;
    const Slots expected = run_on_cpu(c, pool);
    for (const KernelChoice& choice : choices) {
        if (!has_rows_for(c, choice)) continue;
        try {
            const std::string failure = compare(c, choice, expected, run_on_device(c, choice, kernels));
            if (!failure.empty()) failures.push_back(failure);
        } catch (const Error& error) {
            if (!tells_of_kernel(error.code())) throw;
            failures.push_back(error.what());
        }
    }
    return failures;
}

std::vector<std::string> check_op(Op op, CaseSet set, uint64_t seed, gpu::KernelStore& kernels,
                                  ThreadPool& pool) {
    std::vector<std::string> failures;
    const std::vector<KernelChoice> choices = all_choices(op, kernels.device().facts());
    for (const OpCase& c : make_cases(op, set, seed)) {
        for (std::string& failure : check_case(c, choices, kernels, pool))
            failures.push_back(std::move(failure));
    }
    return failures;
}

}  // namespace rwkvk::check
