#include "runtime/write/npy.h"

#include "host/error.h"

namespace rwkvk {

NpyWriter::NpyWriter(const std::string& path, uint64_t rows, uint64_t columns) : file_(path) {
    // NumPy's format 1.0: magic, version, length of the header, a Python literal padded to 64 bytes with a
    // line end.
    std::string dictionary =
        concat("{'descr': '<f4', 'fortran_order': False, 'shape': (", rows, ", ", columns, "), }");
    dictionary.append(63 - (10 + dictionary.size()) % 64, ' ');
    dictionary += '\n';
    std::string header("\x93NUMPY\x01\x00", 8);
    header += static_cast<char>(dictionary.size() & 0xff);
    header += static_cast<char>(dictionary.size() >> 8);
    header += dictionary;
    file_.write(std::as_bytes(std::span(header)));
}

}  // namespace rwkvk
