#include "apps/rwkvk/npy.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "host/error.h"

namespace rwkvk::app {

NpyWriter::NpyWriter(const std::string& path, uint64_t rows, uint64_t columns)
    : path_(path), temporary_(path + ".part"), file_(temporary_, std::ios::binary) {
    // NumPy's format 1.0: magic, version, length of the header, a Python literal padded to 64 bytes with a
    // line end.
    std::string header =
        concat("{'descr': '<f4', 'fortran_order': False, 'shape': (", rows, ", ", columns, "), }");
    header.append(63 - (10 + header.size()) % 64, ' ');
    header += '\n';
    const auto length = static_cast<uint16_t>(header.size());
    file_ << "\x93NUMPY" << '\x01' << '\x00' << static_cast<char>(length & 0xff)
          << static_cast<char>(length >> 8) << header;
    if (!file_) throw Error(Code::io, concat(path_, ": cannot be written: ", std::strerror(errno)));
}

NpyWriter::~NpyWriter() {
    file_.close();
    std::remove(temporary_.c_str());
}

void NpyWriter::write(std::span<const float> row) {
    file_.write(reinterpret_cast<const char*>(row.data()), static_cast<std::streamsize>(row.size_bytes()));
    if (!file_) throw Error(Code::io, concat(path_, ": cannot be written: ", std::strerror(errno)));
}

void NpyWriter::finish() {
    file_.close();
    if (!file_ || std::rename(temporary_.c_str(), path_.c_str()) != 0) {
        throw Error(Code::io, concat(path_, ": cannot be written: ", std::strerror(errno)));
    }
}

}  // namespace rwkvk::app
