#pragma once

#include <cstdint>
#include <fstream>
#include <span>
#include <string>

namespace rwkvk::app {

/// Writes a float32 .npy array [rows, columns] row by row, first to a temporary file beside it, so that a
/// full disk or an interruption never leaves half a file under the name.
class NpyWriter {
  public:
    /// Errors: Code::io.
    NpyWriter(const std::string& path, uint64_t rows, uint64_t columns);
    ~NpyWriter();
    NpyWriter(const NpyWriter&) = delete;
    NpyWriter& operator=(const NpyWriter&) = delete;

    void write(std::span<const float> row);
    /// Gives the file its name. Errors: Code::io.
    void finish();

  private:
    std::string path_, temporary_;
    std::ofstream file_;
};

}  // namespace rwkvk::app
