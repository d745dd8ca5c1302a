#include "runtime/load/gguf/gguf_parts.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "host/mapped_file.h"
#include "host/paths.h"
#include "runtime/load/bytes.h"
#include "runtime/load/gguf/gguf.h"

namespace rwkvk::load {
namespace {

constexpr uint64_t most_parts = 99999;  // five digits in the names

/// "-00002-of-00003.gguf"
std::string name_ending(const GgufPart& part) {
    char text[64];
    std::snprintf(text, sizeof text, "-%05llu-of-%05llu.gguf",
                  static_cast<unsigned long long>(part.number + 1),
                  static_cast<unsigned long long>(part.count));
    return text;
}

/// What the names of all parts begin with.
std::string common_beginning(const std::string& path, const GgufPart& part) {
    const std::string ending = name_ending(part);
    if (part.count <= most_parts && path.ends_with(ending))
        return path.substr(0, path.size() - ending.size());
    throw damaged(path, concat("part ", part.number + 1, " of ", part.count,
                               " of a split model, expected a name that ends in ", quote(ending),
                               ": give all parts the names they were made with"));
}

std::unique_ptr<const MappedFile> open_part(const std::string& path, const GgufPart& part) {
    std::error_code ignored;
    if (std::filesystem::exists(to_path(path), ignored)) return std::make_unique<const MappedFile>(path);
    throw Error(Code::io, concat(path, ": part ", part.number + 1, " of ", part.count,
                                 " of the model is missing: put all parts into one folder"));
}

}  // namespace

Checkpoint open_gguf_parts(const std::string& path, const GgufPart& part) {
    const std::string beginning = common_beginning(path, part);
    const auto maps = std::make_shared<std::vector<std::unique_ptr<const MappedFile>>>();
    std::vector<GgufFile> files;
    for (uint64_t number = 0; number < part.count; ++number) {
        const GgufPart one{number, part.count};
        const std::string name = beginning + name_ending(one);
        maps->push_back(open_part(name, one));
        files.push_back({maps->back()->bytes(), name});
    }
    Checkpoint checkpoint = read_gguf(files);
    checkpoint.storage = maps;
    return checkpoint;
}

}  // namespace rwkvk::load
