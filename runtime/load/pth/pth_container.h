#pragma once
// The two containers of .pth files: the zip archive, and the row of pickles that PyTorch wrote before 1.6.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/load/pth/pickle.h"
#include "runtime/load/pth/pth_tensor.h"

namespace rwkvk::load {

/// The object that was saved and its storages. Both refer to the file, which the caller keeps mapped.
struct PthContents {
    Pickle object;
    StorageLookup storage;
};

bool is_legacy_pth(std::span<const std::byte> file);
/// Whether it begins as either of them, or as another zip archive.
bool is_pth(std::span<const std::byte> file);

/// Errors: Code::bad_file (damaged, or a zip archive without a model); Code::unsupported (compressed,
/// big-endian, a pickle of something other than tensors).
PthContents open_zip_pth(std::span<const std::byte> file, const std::string& path);
PthContents open_legacy_pth(std::span<const std::byte> file, const std::string& path);

/// What a zip archive of PyTorch holds under this name beside its object; nothing for other files.
/// Errors: as open_zip_pth.
std::optional<std::string_view> find_pth_member(std::span<const std::byte> file, const std::string& path,
                                                std::string_view name);

}  // namespace rwkvk::load
