// exactify IN.spv OUT.spv OUT.inc: turns a compute module into an exact one at build time, or refuses it.
//
// * Every float operation gets the decoration NoContraction; `precise` in the source is not relied on, since
//   glslang loses it in many patterns.
// * Lines of the source are left out, and names but those of functions: a sixth of the bytes.
// * RelaxedPrecision, with which glslang marks some built-in variables, is removed.
// * SignedZeroInfNanPreserve 32 is declared, without which drivers fold x + 0, x * 0 and x - x.
// * A white list of opcodes: an instruction outside it that makes floats is named and refused, and so are
//   those of GLSL.std.450 that turn floats into something else. Comparisons and conversions to integers are
//   exact.
// * Floats of 16 bits and cooperative matrices are made of integers, moved and multiplied into sums of 32
// bits,
//   which is exact where those stay below 2^24; elements of matrices alone are computed with, since drivers
//   lose the decoration of arithmetic on whole ones.
//
// OUT.inc holds the words as text, ready to be included in an array. Exit status: 0 done, 1 refused, 2 usage.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Word = uint32_t;
using Instruction = std::vector<Word>;

enum Op : Word {
    OpName = 5,
    OpExtension = 10,
    OpExtInstImport = 11,
    OpExtInst = 12,
    OpMemoryModel = 14,
    OpEntryPoint = 15,
    OpExecutionMode = 16,
    OpCapability = 17,
    OpTypeFloat = 22,
    OpTypeVector = 23,
    OpTypeMatrix = 24,
    OpTypeCooperativeMatrix = 4456,
    OpCooperativeMatrixMulAdd = 4459,
    OpFunction = 54,
    OpFunctionEnd = 56,
    OpDecorate = 71,
};
constexpr Word magic = 0x07230203, header_words = 5;
constexpr Word relaxed_precision = 0, no_contraction = 42;
constexpr Word signed_zero_mode = 4461, signed_zero_capability = 4466;
constexpr const char* float_controls = "SPV_KHR_float_controls";

// FNegate, FAdd, FSub, FMul: what exact code may compute with.
const std::set<Word> arithmetic = {127, 129, 131, 133};
// What may have a float result besides: undef, function, parameter, call, load, composite construction,
// extract, insert, copy, int to float, bit cast, select, phi.
const std::set<Word> moves = {1, 54, 55, 57, 61, 79, 80, 81, 82, 83, 111, 112, 124, 169, 245};
// Besides moves, what may have a cooperative matrix as its result: load, multiply and add.
const std::set<Word> matrix_moves = {4457, OpCooperativeMatrixMulAdd};
// Sources, names of members, strings, lines, and what processed the module.
const std::set<Word> debug_information = {2, 3, 4, 6, 7, 8, 317, 330};
constexpr Word saturating = 16;  // an operand of the latter
// GLSL.std.450: trunc, abs, floor, ceil.
const std::set<Word> allowed_extended = {3, 4, 8, 9};
// GLSL.std.450 that eats floats and has another result: modf and frexp with a structure, packSnorm4x8 ..
// packDouble2x32.
const std::set<Word> packing_extended = {36, 52, 54, 55, 56, 57, 58, 59};

Word opcode(const Instruction& instruction) { return instruction[0] & 0xffff; }

Instruction make(Word code, std::vector<Word> operands) {
    operands.insert(operands.begin(), static_cast<Word>((operands.size() + 1) << 16 | code));
    return operands;
}

std::string literal(const Instruction& instruction, size_t at) {
    std::string result;
    for (size_t i = at; i < instruction.size(); ++i) {
        for (int byte = 0; byte < 4; ++byte) {
            const char c = static_cast<char>(instruction[i] >> (8 * byte));
            if (c == 0) return result;
            result += c;
        }
    }
    return result;
}

std::vector<Word> encode(const std::string& string) {
    std::vector<Word> words(string.size() / 4 + 1, 0);
    for (size_t i = 0; i < string.size(); ++i)
        words[i / 4] |= static_cast<Word>(static_cast<unsigned char>(string[i])) << (8 * (i % 4));
    return words;
}

struct Module {
    std::vector<Word> header;
    std::vector<Instruction> instructions;
};

Module parse(const std::vector<Word>& words) {
    if (words.size() < header_words || words[0] != magic) throw std::runtime_error("not a SPIR-V module");
    Module module{{words.begin(), words.begin() + header_words}, {}};
    for (size_t i = header_words; i < words.size();) {
        const size_t length = words[i] >> 16;
        if (length == 0 || i + length > words.size()) throw std::runtime_error("truncated SPIR-V module");
        module.instructions.emplace_back(words.begin() + static_cast<long>(i),
                                         words.begin() + static_cast<long>(i + length));
        i += length;
    }
    return module;
}

/// What exact mode does not allow in the module, each with the number of its occurrences.
std::map<std::string, int> forbidden(const Module& module) {
    std::set<Word> float_types, moved_types, glsl;  // moved: 16 bits, cooperative matrices
    std::map<std::string, int> found;
    bool in_function = false;
    for (const Instruction& x : module.instructions) {
        const Word op = opcode(x);
        if (op == OpTypeFloat) {
            float_types.insert(x[1]);
            if (x[2] == 16) moved_types.insert(x[1]);
            if (x[2] != 16 && x[2] != 32) ++found["float" + std::to_string(x[2])];
        }
        if (op == OpTypeVector || op == OpTypeMatrix) {
            if (float_types.contains(x[2])) float_types.insert(x[1]);
            if (moved_types.contains(x[2])) moved_types.insert(x[1]);
        }
        if (op == OpTypeCooperativeMatrix) {
            float_types.insert(x[1]);
            moved_types.insert(x[1]);
        }
        if (op == OpExtInstImport && literal(x, 2) == "GLSL.std.450") glsl.insert(x[1]);
        if (op == OpFunction) in_function = true;
        if (op == OpFunctionEnd) in_function = false;
        if (!in_function || x.size() < 3) continue;
        if (op == OpExtInst && glsl.contains(x[3]) && packing_extended.contains(x[4]))
            ++found["ext " + std::to_string(x[4])];
        if (!float_types.contains(x[1])) continue;
        if (moved_types.contains(x[1])) {
            const bool saturates = op == OpCooperativeMatrixMulAdd && x.size() > 6 && (x[6] & saturating);
            if ((!moves.contains(op) && !matrix_moves.contains(op)) || saturates)
                ++found["op " + std::to_string(op) + " of 16 bits or matrices"];
        } else if (op == OpExtInst) {
            if (!glsl.contains(x[3]) || !allowed_extended.contains(x[4]))
                ++found["ext " + std::to_string(x[4])];
        } else if (!arithmetic.contains(op) && !moves.contains(op)) {
            ++found["op " + std::to_string(op)];
        }
    }
    return found;
}

std::vector<Instruction> missing_decorations(const Module& module) {
    std::set<Word> decorated;
    for (const Instruction& x : module.instructions) {
        if (opcode(x) == OpDecorate && x[2] == no_contraction) decorated.insert(x[1]);
    }
    std::vector<Instruction> result;
    for (const Instruction& x : module.instructions) {
        if (arithmetic.contains(opcode(x)) && !decorated.contains(x[2]))
            result.push_back(make(OpDecorate, {x[2], no_contraction}));
    }
    return result;
}

/// Puts `added` in front of the first instruction whose opcode is not in `before`: SPIR-V's sections come in
/// a fixed order.
void insert_after_sections(Module& module, const std::set<Word>& before, std::vector<Instruction> added) {
    auto at = std::find_if(module.instructions.begin(), module.instructions.end(),
                           [&](const Instruction& x) { return !before.contains(opcode(x)); });
    module.instructions.insert(at, std::make_move_iterator(added.begin()),
                               std::make_move_iterator(added.end()));
}

void make_exact(Module& module) {
    std::set<Word> functions;
    for (const Instruction& x : module.instructions)
        if (opcode(x) == OpFunction) functions.insert(x[2]);
    std::erase_if(module.instructions, [&](const Instruction& x) {
        if (opcode(x) == OpName) return !functions.contains(x[1]);
        return debug_information.contains(opcode(x)) ||
               (opcode(x) == OpDecorate && x[2] == relaxed_precision);
    });
    std::vector<Instruction> modes;
    for (const Instruction& x : module.instructions) {
        if (opcode(x) == OpEntryPoint) modes.push_back(make(OpExecutionMode, {x[2], signed_zero_mode, 32}));
    }
    std::set<Word> sections = {OpCapability};
    insert_after_sections(module, sections, {make(OpCapability, {signed_zero_capability})});
    sections.insert(OpExtension);
    insert_after_sections(module, sections, {make(OpExtension, encode(float_controls))});
    sections.insert({OpExtInstImport, OpMemoryModel, OpEntryPoint});
    insert_after_sections(module, sections, modes);
    // Execution modes (16, 331), then names, then decorations.
    sections.insert({OpExecutionMode, 331, OpName});
    insert_after_sections(module, sections, missing_decorations(module));
}

std::vector<Word> flatten(const Module& module) {
    std::vector<Word> words = module.header;
    for (const Instruction& x : module.instructions) words.insert(words.end(), x.begin(), x.end());
    return words;
}

std::vector<Word> read_words(const char* path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (!file || bytes.size() % 4 != 0) throw std::runtime_error("cannot be read as SPIR-V");
    std::vector<Word> words(bytes.size() / 4);
    std::memcpy(words.data(), bytes.data(), bytes.size());
    return words;
}

void write(const std::vector<Word>& words, const char* binary_path, const char* text_path) {
    std::ofstream binary(binary_path, std::ios::binary);
    binary.write(reinterpret_cast<const char*>(words.data()), static_cast<std::streamsize>(words.size() * 4));
    std::ofstream list(text_path);
    for (size_t i = 0; i < words.size(); ++i) list << words[i] << (i % 12 == 11 ? "u,\n" : "u,");
    list << '\n';
    if (!binary.flush() || !list.flush()) throw std::runtime_error("the result cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: exactify IN.spv OUT.spv OUT.inc\n";
        return 2;
    }
    try {
        Module module = parse(read_words(argv[1]));
        if (const auto found = forbidden(module); !found.empty()) {
            std::cerr << argv[1] << ": not exact:";
            for (const auto& [name, count] : found) std::cerr << ' ' << name << " x" << count;
            std::cerr << "; exact kernels use only what shaders/exact_math.h uses (docs/NUMERICS.md)\n";
            return 1;
        }
        make_exact(module);
        write(flatten(module), argv[2], argv[3]);
    } catch (const std::exception& error) {
        std::cerr << argv[1] << ": " << error.what() << '\n';
        return 1;
    }
    return 0;
}
