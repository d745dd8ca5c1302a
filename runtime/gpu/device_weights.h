#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/thread_pool.h"
#include "host/vk/buffer.h"
#include "runtime/catalogue/select.h"
#include "runtime/graph/program.h"
#include "runtime/graph/progress.h"
#include "runtime/graph/weight_requests.h"
#include "runtime/graph/weight_source.h"

namespace rwkvk::vk {
class Device;
}

namespace rwkvk::gpu {

/// Where a matrix lies on the device: programs refer to it through this record only.
struct MatrixRecord {
    /// Outputs first .. first + outs - 1, within one storage-buffer binding.
    struct Piece {
        vk::Buffer* buffer;
        uint64_t offset, bytes;
        uint32_t first, outs;
    };
    WeightFormat format;
    Packing packing;
    uint32_t out, in;
    std::vector<Piece> pieces;
};

/// All weights of a model in few big buffers: on the device, and, where its memory does not hold them, in the
/// host's, from which the device reads them.
class DeviceWeights {
  public:
    /// `limit`: bytes of matrices on the device, at most; 0: what fits.
    /// Errors: Code::bad_shape, Code::out_of_memory; Code::cancelled by `progress`.
    DeviceWeights(vk::Device& device, const std::vector<const Program*>& programs, const WeightSource& source,
                  uint64_t limit = 0, const Progress& progress = {});

    const MatrixRecord& matrix(const MatrixRequest& request) const;
    /// A request's vectors, one after the other.
    struct Vector {
        vk::Buffer* buffer;
        uint64_t offset, bytes;
    };
    const Vector& vector(const VectorRequest& request) const;
    /// Of matrices.
    uint64_t device_bytes() const { return device_bytes_; }
    uint64_t host_bytes() const { return host_bytes_; }

  private:
    struct Group;
    void describe_matrices(const vk::DeviceFacts& facts, const std::vector<MatrixUse>& uses,
                           const WeightSource& source);
    std::vector<Group> groups_of(const std::vector<MatrixUse>& uses) const;
    static void choose_places(std::vector<Group>& groups, uint64_t room);
    void make_blocks(vk::Device& device, const std::vector<Group>& groups, bool on_device);
    void place_matrices(vk::Device& device, const std::vector<MatrixUse>& uses, const WeightSource& source,
                        uint64_t limit);
    void place_vectors(vk::Device& device, vk::Transfer& transfer,
                       const std::vector<const Program*>& programs, const WeightSource& source);
    uint64_t matrix_bytes() const;
    uint64_t largest_tile() const;

    std::vector<std::unique_ptr<vk::Buffer>> buffers_;
    uint64_t device_bytes_ = 0, host_bytes_ = 0;
    std::vector<std::pair<MatrixRequest, MatrixRecord>> matrices_;
    std::vector<std::pair<VectorRequest, Vector>> vectors_;
};

/// Splits a matrix into pieces of whole tiles, each at most `max_bytes`; buffers are left null.
std::vector<MatrixRecord::Piece> split_matrix(Packing packing, WeightFormat format, uint32_t out, uint32_t in,
                                              uint64_t max_bytes);

}  // namespace rwkvk::gpu
