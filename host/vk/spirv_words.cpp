#include "host/vk/spirv_words.h"

#include "host/error.h"

namespace rwkvk::vk::spirv {

void refuse(const std::string& what) {
    throw Error(Code::bad_file, concat("SPIR-V module: ", what, "; build the shaders again"));
}

uint32_t Instruction::operator[](size_t index) const {
    if (index >= words_.size()) {
        refuse(concat("instruction ", op(), " has ", words_.size(), " words, expected at least ", index + 1));
    }
    return words_[index];
}

std::string Instruction::string_at(size_t index) const {
    std::string result;
    for (;; ++index) {
        const uint32_t word = (*this)[index];
        for (int shift = 0; shift < 32; shift += 8) {
            const char c = static_cast<char>(word >> shift & 0xff);
            if (c == '\0') return result;
            result += c;
        }
    }
}

Module::Module(std::span<const uint32_t> words) : words_(words) {
    if (words.size() < header_words) {
        refuse(concat("it has ", words.size(), " words, expected a header of ", header_words));
    }
    if (words[0] != magic) {
        refuse(concat("it starts with 0x", std::hex, words[0], ", expected 0x", magic,
                    " in this machine's byte order"));
    }
}

Instruction Module::Iterator::operator*() const {
    const size_t count = rest_[0] >> 16;
    if (count == 0 || count > rest_.size()) {
        refuse(concat("instruction ", rest_[0] & 0xffff, " claims ", count, " words, expected 1 to the ",
                    rest_.size(), " left"));
    }
    return Instruction(rest_.first(count));
}

Module::Iterator& Module::Iterator::operator++() {
    rest_ = rest_.subspan((**this).size());
    return *this;
}

}  // namespace rwkvk::vk::spirv
