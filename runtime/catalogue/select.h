#pragma once
// Which kernel runs a step: pure functions of the op, its parameters, the weight format and the device's
// facts.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "host/vk/facts.h"
#include "runtime/catalogue/catalogue.h"

namespace rwkvk {

/// How a matrix lies in device memory.
enum class Packing : uint32_t {
    rows,         // [out][device block]: what `embed` reads
    tiles,        // [out / 32][16 bytes of a row][out % 32]: what `linear_narrow` reads
    ranges,       // [out][16 bytes], in the order of the lanes of a team: what `linear_subgroup` reads;
                  // `linear_shared` reads these two
    block_tiles,  // block_planes.h, 32 rows to a tile, groups in the order of the chains: what
                  // `blocks_narrow` reads
    block_rows,   // block_planes.h, a row to a tile: what `blocks_subgroup` reads
};

/// Rows that lie side by side in a packing.
constexpr uint32_t tile_rows(Packing packing) {
    return packing == Packing::tiles || packing == Packing::block_tiles ? 32 : 1;
}

struct KernelChoice {
    KernelId kernel;
    Packing packing = Packing::rows;
    std::vector<uint32_t> constants;         // specialisation constants 0, 1, ...; 0 is the workgroup's width
    std::array<uint32_t, 3> items{1, 1, 1};  // of the op's work that one workgroup does
    uint32_t subgroup_size = 0;              // to be demanded where the device can
};

/// Independent pieces of the step's work, as x, y, z.
std::array<uint32_t, 3> work_of(Op op, const Params& params);

/// Size of the subgroups that kernels run with: what suits the vendor's chips where it can be demanded, else
/// what the device reports.
uint32_t subgroup_size_for(const vk::DeviceFacts& facts);

/// Whether matrices are multiplied by teams of a subgroup, not by a lane per output.
bool by_subgroups(const vk::DeviceFacts& facts);
/// Whether those of blocks are by integer dot products.
bool by_dots(const vk::DeviceFacts& facts);
/// Whether, where there are many rows, those of blocks are by cooperative matrices.
bool by_matrices(const vk::DeviceFacts& facts);

/// Channels of the largest head that kernels with a workgroup per head take.
inline constexpr uint32_t largest_head = 64;

/// Which kernel multiplies matrices, which is most of the work, and why where that is not the fastest kind:
/// "linear_subgroup at 32 lanes", "linear_narrow, since there are no subgroup operations".
std::string matrix_kernel_text(const vk::DeviceFacts& facts);

/// Whether the device draws tokens of so large a vocabulary.
bool can_draw(const vk::DeviceFacts& facts, uint32_t vocabulary);

KernelChoice choose_kernel(Op op, const Params& params, const vk::DeviceFacts& facts);

/// The packing that `choose_kernel` will want for a matrix [out, in], whatever the number of rows it is
/// multiplied with.
Packing choose_packing(Op op, uint32_t out, uint32_t in, const vk::DeviceFacts& facts);

/// Every choice for the op that the device can run, `choose_kernel`'s included: what `kernels` and the op
/// tests go through.
std::vector<KernelChoice> all_choices(Op op, const vk::DeviceFacts& facts);

/// Of these, what `choose_kernel` can return on this device for some number of rows.
std::vector<KernelChoice> possible_choices(Op op, const vk::DeviceFacts& facts);

/// The kernel that goes on with norm_mix, of one that multiplies few rows.
KernelChoice then_mix(KernelChoice choice);

/// The kernel that makes the products before it, too, of one of head7.
KernelChoice with_ups(KernelChoice choice);

/// The kernel that begins with the embedding, of one of norm_mix.
KernelChoice with_embedding(KernelChoice choice);

/// Workgroups that cover `work`.
std::array<uint32_t, 3> group_counts(const KernelChoice& choice, const std::array<uint32_t, 3>& work);

/// What a kernel reads at once of a row: 16 bytes of single elements; for `embed`, whole words of a format of
/// blocks, which are one block of it, or two where a block has a half word to spare.
struct DeviceBlock {
    uint32_t elements, bytes;
};
DeviceBlock device_block(WeightFormat format);

/// Bytes of a matrix in a packing, padding included.
uint64_t packed_bytes(Packing packing, WeightFormat format, uint32_t out, uint32_t in);

}  // namespace rwkvk
