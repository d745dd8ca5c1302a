#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "host/error.h"
#include "host/vk/buffer.h"
#include "host/vk/device.h"
#include "host/vk/recorder.h"

namespace rwkvk::vk {
namespace {

// One side of the ring. The staging buffers are made when first needed: where all is mapped, never.
struct Piece {
    std::unique_ptr<Buffer> upload, readback;
    std::unique_ptr<Commands> commands;
    uint64_t ticket = 0;
};

}  // namespace

struct Transfer::Impl {
    Device& device;
    uint64_t piece_bytes;
    Path path;
    Timeline timeline{device};
    std::array<Piece, 2> ring{};
    size_t next = 0;
    uint64_t last_ticket = 0;

    // The piece that open() handed out.
    Piece* open_piece = nullptr;  // null: the target is written in place
    Buffer* open_target = nullptr;
    uint64_t open_offset = 0, open_bytes = 0;

    Piece& next_piece();
    Buffer& staging(std::unique_ptr<Buffer>& slot, Memory intent);
    void submit(Piece& piece, Recorder& recorder);
    void wait_for_device();
    bool writes_directly(const Buffer& buffer) const;
    bool reads_directly(const Buffer& buffer) const;
    void read_staged(Buffer& from, uint64_t offset, std::span<std::byte> bytes);
};

Piece& Transfer::Impl::next_piece() {
    RWKVK_ASSERT(!open_target);  // else the piece that is open could come round again
    Piece& piece = ring[next];
    next = (next + 1) % ring.size();
    timeline.wait(piece.ticket);
    piece.commands.reset();
    return piece;
}

Buffer& Transfer::Impl::staging(std::unique_ptr<Buffer>& slot, Memory intent) {
    if (!slot) slot = std::make_unique<Buffer>(device, piece_bytes, intent, "staging");
    return *slot;
}

void Transfer::Impl::submit(Piece& piece, Recorder& recorder) {
    piece.commands = recorder.finish();
    piece.ticket = last_ticket = timeline.submit(*piece.commands);
}

void Transfer::Impl::wait_for_device() {
    const Device::QueueLock locked = device.lock_queue();
    const VkResult result = device.fn().vkQueueWaitIdle(device.queue());
    if (result < 0) fail(result, concat("waiting for ", device.facts().name));
}

bool Transfer::Impl::writes_directly(const Buffer& buffer) const {
    return buffer.mapped() && path == Path::direct_where_mapped;
}

bool Transfer::Impl::reads_directly(const Buffer& buffer) const {
    return writes_directly(buffer) && buffer.host_cached();  // else a copy by the device is many times faster
}

// While the host empties one piece, the device fills the other.
void Transfer::Impl::read_staged(Buffer& from, uint64_t offset, std::span<std::byte> bytes) {
    Piece* full = nullptr;
    std::span<std::byte> full_to;
    const auto empty = [&] {
        if (!full) return;
        timeline.wait(full->ticket);
        std::memcpy(full_to.data(), full->readback->mapped(), full_to.size());
    };
    while (!bytes.empty()) {
        const uint64_t count = std::min<uint64_t>(bytes.size(), piece_bytes);
        Piece& piece = next_piece();
        Recorder recorder(device);
        recorder.copy(from, offset, staging(piece.readback, Memory::readback), 0, count);
        submit(piece, recorder);
        empty();
        full = &piece;
        full_to = bytes.first(count);
        bytes = bytes.subspan(count);
        offset += count;
    }
    empty();
}

Transfer::Transfer(Device& device, uint64_t piece_bytes, Path path)
    : impl_(new Impl{.device = device, .piece_bytes = piece_bytes, .path = path}) {
    RWKVK_ASSERT(piece_bytes > 0 && piece_bytes % 4 == 0);
}

Transfer::~Transfer() {
    try {
        finish();
    } catch (...) {
        // Only a lost device gets here: nothing is pending on it, and whoever uses it next is told.
    }
}

void Transfer::write(Buffer& to, uint64_t offset, std::span<const std::byte> bytes) {
    to.assert_range(offset, bytes.size());
    if (impl_->writes_directly(to)) {
        if (bytes.empty()) return;
        impl_->wait_for_device();
        std::memcpy(to.mapped() + offset, bytes.data(), bytes.size());
        return;
    }
    while (!bytes.empty()) {
        const uint64_t count = std::min<uint64_t>(bytes.size(), impl_->piece_bytes);
        std::memcpy(open(to, offset, count).data(), bytes.data(), count);
        commit();
        bytes = bytes.subspan(count);
        offset += count;
    }
}

std::span<std::byte> Transfer::open(Buffer& to, uint64_t offset, uint64_t bytes) {
    RWKVK_ASSERT(!impl_->open_target && bytes <= impl_->piece_bytes);
    to.assert_range(offset, bytes);
    const bool direct = impl_->writes_directly(to);
    std::byte* address = nullptr;
    if (direct) {
        impl_->wait_for_device();
        impl_->open_piece = nullptr;
        address = to.mapped() + offset;
    } else {
        impl_->open_piece = &impl_->next_piece();
        address = impl_->staging(impl_->open_piece->upload, Memory::upload).mapped();
    }
    impl_->open_target = &to;
    impl_->open_offset = offset;
    impl_->open_bytes = bytes;
    return {address, bytes};
}

void Transfer::commit() {
    RWKVK_ASSERT(impl_->open_target);
    Buffer& to = *std::exchange(impl_->open_target, nullptr);
    if (!impl_->open_piece) return;
    Recorder recorder(impl_->device);
    recorder.copy(*impl_->open_piece->upload, 0, to, impl_->open_offset, impl_->open_bytes);
    impl_->submit(*impl_->open_piece, recorder);
}

void Transfer::read(Buffer& from, uint64_t offset, std::span<std::byte> bytes) {
    from.assert_range(offset, bytes.size());
    if (bytes.empty()) return;
    if (!impl_->reads_directly(from)) return impl_->read_staged(from, offset, bytes);
    impl_->wait_for_device();
    std::memcpy(bytes.data(), from.mapped() + offset, bytes.size());
}

void Transfer::fill(Buffer& to, uint64_t offset, uint64_t bytes, uint32_t word) {
    Piece& piece = impl_->next_piece();
    Recorder recorder(impl_->device);
    recorder.fill(to, offset, bytes, word);
    impl_->submit(piece, recorder);
}

void Transfer::copy(std::span<const Copy> copies) {
    Piece& piece = impl_->next_piece();
    Recorder recorder(impl_->device);
    for (const Copy& copy : copies)
        recorder.copy(*copy.from, copy.from_offset, *copy.to, copy.to_offset, copy.bytes);
    impl_->submit(piece, recorder);
}

void Transfer::finish() { impl_->timeline.wait(impl_->last_ticket); }
uint64_t Transfer::piece_bytes() const { return impl_->piece_bytes; }

}  // namespace rwkvk::vk
