#include "runtime/gpu/device_weights.h"

#include <algorithm>

#include "host/log.h"
#include "host/stopwatch.h"
#include "host/vk/device.h"
#include "runtime/gpu/packing.h"

namespace rwkvk::gpu {
namespace {

constexpr uint64_t alignment = 256;
constexpr uint64_t largest_block = 256ull << 20;

uint64_t aligned(uint64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

/// Bytes of weights that the device's memory takes of those that are `needed`; `limit` 0: no other limit.
uint64_t room_for_weights(const vk::Device& device, uint64_t needed, uint64_t limit) {
    const uint64_t free = device.free_bytes();
    if (limit != 0 && limit < needed && limit < free) return limit;
    if (needed <= free) return needed;
    const uint64_t room = free - free / 16;  // the rest is for others on this machine
    log(LogLevel::warning,
        concat(
            device.facts().name, ": the weights take ", needed / 1000000, " MB, and ", free / 1000000,
            " MB of its memory are free: what does not fit stays in the host's memory, from which the device "
            "reads more slowly; use a smaller model or weight format, or leave layers to the CPU "
            "(--gpu-layers)"));
    return room;
}

/// Packs the tiles of a piece and sends them: as many at a time as fit in a piece of the transfer.
void upload_piece(const WeightSource& source, const MatrixRequest& request, const MatrixRecord& matrix,
                  const MatrixRecord::Piece& piece, vk::Transfer& transfer, ThreadPool& pool,
                  ProgressMeter& meter) {
    const uint64_t row_bytes = stored_bytes(matrix.format, matrix.in);
    const uint64_t tile_bytes = packed_bytes(matrix.packing, matrix.format, rows_per_tile, matrix.in);
    const uint32_t tiles = (piece.outs + rows_per_tile - 1) / rows_per_tile;
    const uint64_t step_bytes = std::min(transfer.piece_bytes(), meter.step_bytes());
    const auto tiles_at_once = static_cast<uint32_t>(std::max<uint64_t>(1, step_bytes / tile_bytes));
    for (uint32_t first = 0; first < tiles; first += tiles_at_once) {
        const uint64_t begin = first * tile_bytes;
        const uint64_t end = std::min(piece.bytes, begin + tiles_at_once * tile_bytes);
        const std::span<std::byte> packed = transfer.open(*piece.buffer, piece.offset + begin, end - begin);
        pool.parallel_for(std::min(tiles_at_once, tiles - first), [&](uint64_t from, uint64_t to) {
            std::vector<std::byte> rows(rows_per_tile * row_bytes);
            for (uint64_t t = from; t < to; ++t) {
                const auto row = static_cast<uint32_t>((first + t) * rows_per_tile);
                const uint32_t count = std::min(rows_per_tile, piece.outs - row);
                source.read_rows(request.name, request.first + piece.first + row, count, rows.data());
                pack_tile(matrix.packing, matrix.format, matrix.in, count, rows.data(),
                          packed.data() + t * tile_bytes);
            }
        });
        transfer.commit();
        meter.add(end - begin);
    }
}

}  // namespace

std::vector<MatrixRecord::Piece> split_matrix(Packing packing, WeightFormat format, uint32_t out, uint32_t in,
                                              uint64_t max_bytes) {
    const uint64_t tile_bytes = packed_bytes(packing, format, rows_per_tile, in);
    // Two at least: results of a piece begin at a multiple of 256 bytes.
    const uint64_t tiles = max_bytes / tile_bytes / 2 * 2;
    if (tiles == 0) {
        throw Error(Code::unsupported,
                    concat(2 * rows_per_tile, " rows of a matrix with ", in, " columns take ", 2 * tile_bytes,
                           " bytes, more than the device can bind at once (", max_bytes, ")"));
    }
    std::vector<MatrixRecord::Piece> pieces;
    const uint64_t rows = std::min<uint64_t>(tiles * rows_per_tile, out);
    for (uint64_t first = 0; first < out; first += rows) {
        const auto outs = static_cast<uint32_t>(std::min<uint64_t>(rows, out - first));
        pieces.push_back(
            {nullptr, 0, packed_bytes(packing, format, outs, in), static_cast<uint32_t>(first), outs});
    }
    return pieces;
}

DeviceWeights::DeviceWeights(vk::Device& device, const std::vector<const Program*>& programs,
                             const WeightSource& source, uint64_t limit, const Progress& progress) {
    const Stopwatch watch;
    std::vector<MatrixUse> uses;
    for (const Program* program : programs) {
        for (const MatrixRequest& request : program->matrices) check_shape(source, request);
        std::vector<MatrixUse> more = matrix_uses(*program);
        std::ranges::stable_sort(more, {}, &MatrixUse::phase);
        uses.insert(uses.end(), more.begin(), more.end());
    }
    place_matrices(device, uses, source, limit);
    vk::Transfer transfer(device, std::max(vk::Transfer::usual_piece_bytes, largest_tile()));
    place_vectors(device, transfer, programs, source);
    ThreadPool pool;
    ProgressMeter meter(progress, matrix_bytes());
    for (const auto& [request, matrix] : matrices_) {
        for (const MatrixRecord::Piece& piece : matrix.pieces)
            upload_piece(source, request, matrix, piece, transfer, pool, meter);
    }
    transfer.finish();
    meter.finish();
    log(LogLevel::info, concat("weights: ", matrix_bytes() / 1000000, " MB in ", watch.seconds(), " s"));
}

uint64_t DeviceWeights::largest_tile() const {
    uint64_t largest = 0;
    for (const auto& [request, matrix] : matrices_)
        largest = std::max(largest, packed_bytes(matrix.packing, matrix.format, rows_per_tile, matrix.in));
    return largest;
}

uint64_t DeviceWeights::matrix_bytes() const {
    uint64_t bytes = 0;
    for (const auto& [request, matrix] : matrices_) {
        for (const MatrixRecord::Piece& piece : matrix.pieces) bytes += piece.bytes;
    }
    return bytes;
}

void DeviceWeights::describe_matrices(const vk::DeviceFacts& facts, const std::vector<MatrixUse>& uses,
                                      const WeightSource& source) {
    const uint64_t largest_piece = std::min(facts.max_binding_bytes, facts.max_allocation_bytes);
    for (const MatrixUse& use : uses) {
        const auto [out, in] = std::pair(use.request->out, use.request->in);
        const WeightFormat format = source.find(use.request->name)->format;
        const Packing packing = choose_packing(use.op, out, in, facts);
        matrices_.push_back(
            {*use.request,
             {format, packing, out, in, split_matrix(packing, format, out, in, largest_piece)}});
    }
}

/// What is multiplied in one phase shares a block, so that it can share a dispatch.
struct DeviceWeights::Group {
    size_t begin, end;  // of matrices_
    uint64_t bytes = 0;
    bool looked_up;  // of which a run reads single rows
    bool on_device = true;
};

std::vector<DeviceWeights::Group> DeviceWeights::groups_of(const std::vector<MatrixUse>& uses) const {
    std::vector<Group> groups;
    for (size_t n = 0; n < uses.size(); ++n) {
        if (n == 0 || uses[n].phase != uses[n - 1].phase)
            groups.push_back({.begin = n, .end = n, .looked_up = looks_up(uses[n].op)});
        groups.back().end = n + 1;
        for (const MatrixRecord::Piece& piece : matrices_[n].second.pieces)
            groups.back().bytes += aligned(piece.bytes);
    }
    return groups;
}

void DeviceWeights::choose_places(std::vector<Group>& groups, uint64_t room) {
    for (const bool looked_up : {false, true}) {  // single rows cost least to read from elsewhere
        for (Group& group : groups) {
            if (group.looked_up != looked_up) continue;
            group.on_device = group.bytes <= room;
            if (group.on_device) room -= group.bytes;
        }
    }
}

void DeviceWeights::make_blocks(vk::Device& device, const std::vector<Group>& groups, bool on_device) {
    const uint64_t limit = std::min(largest_block, device.facts().max_allocation_bytes);
    std::vector<MatrixRecord::Piece*> open;  // pieces of the block being filled
    uint64_t used = 0;
    const auto close_block = [&] {
        if (used == 0) return;
        buffers_.push_back(std::make_unique<vk::Buffer>(
            device, used, on_device ? vk::Memory::device : vk::Memory::upload, "weights"));
        for (MatrixRecord::Piece* piece : open) piece->buffer = buffers_.back().get();
        (on_device ? device_bytes_ : host_bytes_) += used;
        open.clear();
        used = 0;
    };
    for (const Group& group : groups) {
        if (group.on_device != on_device) continue;
        if (used + group.bytes > limit) close_block();
        for (size_t n = group.begin; n < group.end; ++n) {
            for (MatrixRecord::Piece& piece : matrices_[n].second.pieces) {
                if (used + piece.bytes > limit) close_block();
                piece.offset = used;
                used += aligned(piece.bytes);
                open.push_back(&piece);
            }
        }
    }
    close_block();
}

void DeviceWeights::place_matrices(vk::Device& device, const std::vector<MatrixUse>& uses,
                                   const WeightSource& source, uint64_t limit) {
    describe_matrices(device.facts(), uses, source);
    uint64_t needed = 0;
    std::vector<Group> groups = groups_of(uses);
    for (const Group& group : groups) needed += group.bytes;
    choose_places(groups, room_for_weights(device, needed, limit));
    for (const bool on_device : {true, false}) make_blocks(device, groups, on_device);
    if (host_bytes_ == 0) return;
    log(LogLevel::info, concat(device.facts().name, ": ", host_bytes_ / 1000000, " of ", needed / 1000000,
                               " MB of weights stay in the host's memory"));
}

void DeviceWeights::place_vectors(vk::Device& device, vk::Transfer& transfer,
                                  const std::vector<const Program*>& programs, const WeightSource& source) {
    std::vector<std::byte> bytes;
    for (const Program* program : programs) {
        const std::vector<std::vector<float>> values = load_vectors(*program, source);
        for (size_t i = 0; i < values.size(); ++i) {
            const auto part = std::as_bytes(std::span(values[i]));
            vectors_.push_back({program->vectors[i], {nullptr, bytes.size(), part.size()}});
            bytes.insert(bytes.end(), part.begin(), part.end());
            bytes.resize(aligned(bytes.size()));
        }
    }
    buffers_.push_back(std::make_unique<vk::Buffer>(device, bytes.size(), vk::Memory::device, "vectors"));
    for (auto& [request, vector] : vectors_) vector.buffer = buffers_.back().get();
    transfer.write(*buffers_.back(), 0, bytes);
}

const MatrixRecord& DeviceWeights::matrix(const MatrixRequest& request) const {
    const auto at = std::find_if(matrices_.begin(), matrices_.end(), [&](const auto& entry) {
        return entry.first.name == request.name && entry.first.first == request.first;
    });
    RWKVK_ASSERT(at != matrices_.end());
    return at->second;
}

const DeviceWeights::Vector& DeviceWeights::vector(const VectorRequest& request) const {
    const auto at = std::ranges::find(vectors_, request, &std::pair<VectorRequest, Vector>::first);
    RWKVK_ASSERT(at != vectors_.end());
    return at->second;
}

}  // namespace rwkvk::gpu
