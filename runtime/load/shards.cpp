#include "runtime/load/shards.h"

#include <filesystem>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "host/mapped_file.h"
#include "host/number_in.h"
#include "runtime/load/bytes.h"
#include "runtime/load/json.h"
#include "runtime/load/limits.h"
#include "runtime/load/safetensors/safetensors_model.h"

namespace rwkvk::load {
namespace {

constexpr std::string_view index_ending = ".safetensors.index.json", part_ending = ".safetensors",
                           between = "-of-";
constexpr size_t digits = 5, most_parts = 1000;

std::string beside(const std::string& path, const std::string& name) {
    return (std::filesystem::path(path).parent_path() / name).string();
}

std::vector<std::string> parts_of_index(std::span<const std::byte> file, const std::string& path) {
    std::set<std::string> names;
    const Json json(as_text(file), path, 4 * max_tensors(file.size()));
    json.root().member("weight_map").for_each_member([&](const JsonValue&, const JsonValue& value) {
        const std::string name = value.text();
        if (!name.ends_with(part_ending) || name.find_first_of("/\\") != name.npos ||
            name.size() > max_name_bytes) {
            throw damaged(path,
                          concat("expected the names of .safetensors files beside it, found ", quote(name)));
        }
        names.insert(name);
        if (names.size() > most_parts) throw damaged(path, concat("more than ", most_parts, " parts"));
    });
    if (names.empty()) throw damaged(path, "expected the names of files in 'weight_map', found none");
    std::vector<std::string> parts;
    for (const std::string& name : names) parts.push_back(beside(path, name));
    return parts;
}

/// Five digits; 0 for anything else.
size_t part_number(std::string_view text) {
    return text.size() == digits ? number_in<size_t>(text).value_or(0) : 0;
}

std::string five_digits(size_t number) {
    const std::string text = std::to_string(number);
    return std::string(digits - text.size(), '0') + text;
}

std::vector<std::string> parts_of_name(const std::string& path) {
    const std::string name = std::filesystem::path(path).filename().string();
    constexpr size_t tail = 1 + digits + between.size() + digits + part_ending.size();  // "-00001-of-00002…"
    if (name.size() < tail || !name.ends_with(part_ending)) return {};
    const std::string_view numbers = std::string_view(name).substr(name.size() - tail);
    const size_t own = part_number(numbers.substr(1, digits));
    const size_t all = part_number(numbers.substr(1 + digits + between.size(), digits));
    const bool is_part = numbers.front() == '-' && numbers.substr(1 + digits, between.size()) == between;
    if (!is_part || own == 0 || own > all || all < 2 || all > most_parts) return {};
    std::vector<std::string> parts;
    for (size_t i = 1; i <= all; ++i) {
        parts.push_back(beside(path, concat(name.substr(0, name.size() - tail), '-', five_digits(i), between,
                                            five_digits(all), part_ending)));
    }
    return parts;
}

std::shared_ptr<const MappedFile> map_part(const std::string& part, const std::string& path) {
    if (!std::filesystem::exists(part)) {
        throw Error(Code::io,
                    concat(path, ": the part ", quote(std::filesystem::path(part).filename().string()),
                           " of this model is missing: put it beside the others"));
    }
    return std::make_shared<const MappedFile>(part);
}

}  // namespace

std::vector<std::string> shards_of(std::span<const std::byte> file, const std::string& path) {
    if (path.ends_with(index_ending)) return parts_of_index(file, path);
    return parts_of_name(path);
}

Checkpoint open_shards(const std::vector<std::string>& parts, const std::string& path) {
    auto files = std::make_shared<std::vector<std::shared_ptr<const MappedFile>>>();
    Safetensors all{.contents = {"safetensors", path, {}, {}}, .metadata = {}};
    size_t size_bytes = 0;
    for (const std::string& part : parts) {
        files->push_back(map_part(part, path));
        size_bytes += files->back()->bytes().size();
        Safetensors read = read_safetensors(files->back()->bytes(), part);
        for (auto& [name, view] : read.contents.tensors)
            add_tensor(all.contents, size_bytes, name, std::move(view));
        all.metadata.merge(read.metadata);
    }
    Checkpoint model = to_model(std::move(all), size_bytes);
    model.storage = std::move(files);
    return model;
}

}  // namespace rwkvk::load
