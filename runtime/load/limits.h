#pragma once
// What keeps reading a hostile file within 4 x its size + 16 MiB of memory and linear time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/load/tensor.h"

namespace rwkvk::load {

/// A tensor in a map takes up to 600 bytes, its entry in a file as few as eight. A model of 100 layers has
/// 4000 tensors.
constexpr size_t max_tensors(size_t file_size_bytes) { return 8192 + file_size_bytes / 1024; }

/// Cells, containers and memo entries of a pickle, at most 40 bytes each. A tensor takes about 30.
constexpr size_t max_pickle_objects(size_t file_size_bytes) {
    return (size_t{1} << 17) + file_size_bytes / 16;
}

/// Values or marks on a pickle's stack; writers empty it every 1000 dictionary entries.
inline constexpr size_t max_pickle_stack = size_t{1} << 15;

/// Dictionaries in dictionaries; also what ends a dictionary that contains itself.
inline constexpr size_t max_nesting = 32;

inline constexpr size_t max_name_bytes = 256;

/// Tokens of a vocabulary, and the bytes they take in a file. The World vocabulary has 65536 in 2.5 MB.
inline constexpr size_t max_vocabulary = size_t{1} << 20;
inline constexpr size_t max_vocabulary_bytes = size_t{1} << 24;

/// Errors: Code::bad_file unless `name` is 1 to 256 printable ASCII characters.
void check_name(const std::string& path, std::string_view name);

/// Errors: Code::bad_file for a bad or second name, or more tensors than a file of this size can mean.
void add_tensor(Checkpoint& checkpoint, size_t file_size_bytes, std::string name, TensorView tensor);

}  // namespace rwkvk::load
