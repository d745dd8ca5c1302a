#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "host/replaced_file.h"

namespace rwkvk {

/// Writes a float32 .npy array [rows, columns] row by row; the file takes its name only when it is whole.
/// Errors of all members: Code::io.
class NpyWriter {
  public:
    NpyWriter(const std::string& path, uint64_t rows, uint64_t columns);
    void write(std::span<const float> row) { file_.write(std::as_bytes(row)); }
    void finish() { file_.finish(); }

  private:
    ReplacedFile file_;
};

}  // namespace rwkvk
