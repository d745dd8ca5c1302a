#include "runtime/model/fingerprint.h"

#include <xxhash.h>

#include <bit>
#include <cstdio>
#include <new>

namespace rwkvk {

static_assert(std::endian::native == std::endian::little, "fingerprints are over little-endian bytes");

Fingerprint::Fingerprint() : state_(XXH3_createState()) {
    if (!state_) throw std::bad_alloc();
    XXH3_64bits_reset(static_cast<XXH3_state_t*>(state_));
}

Fingerprint::~Fingerprint() { XXH3_freeState(static_cast<XXH3_state_t*>(state_)); }

void Fingerprint::add(std::span<const std::byte> bytes) {
    XXH3_64bits_update(static_cast<XXH3_state_t*>(state_), bytes.data(), bytes.size());
}

uint64_t Fingerprint::value() const { return XXH3_64bits_digest(static_cast<const XXH3_state_t*>(state_)); }

std::string Fingerprint::hex() const {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(value()));
    return digits;
}

}  // namespace rwkvk
