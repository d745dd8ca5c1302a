#include "runtime/load/shards.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "host/mapped_file.h"
#include "host/number_in.h"
#include "host/paths.h"
#include "runtime/load/bytes.h"
#include "runtime/load/json.h"
#include "runtime/load/limits.h"
#include "runtime/load/model_tensors.h"
#include "runtime/load/pth/pth.h"
#include "runtime/load/pth/pth_container.h"
#include "runtime/load/safetensors/safetensors.h"

namespace rwkvk::load {
namespace {

constexpr std::string_view index_ending = ".index.json", between = "-of-";
constexpr std::string_view part_endings[] = {".safetensors", ".bin"};
constexpr size_t digits = 5, most_parts = 1000;

/// Empty for none of them.
std::string_view ending_among(std::string_view name, std::span<const std::string_view> endings) {
    const auto found =
        std::ranges::find_if(endings, [&](std::string_view ending) { return name.ends_with(ending); });
    return found == endings.end() ? std::string_view{} : *found;
}

std::vector<std::string> parts_of_index(std::span<const std::byte> file, const std::string& path) {
    std::set<std::string> names;
    const Json json(as_text(file), path, 4 * max_tensors(file.size()));
    json.root().member("weight_map").for_each_member([&](const JsonValue&, const JsonValue& value) {
        const std::string name = value.text();
        if (ending_among(name, part_endings).empty() || name.find_first_of("/\\") != name.npos ||
            name.size() > max_name_bytes) {
            throw damaged(path, concat("expected the names of .safetensors or .bin files beside it, found ",
                                       quote(name)));
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
    const std::string name = to_path(path).filename().string();
    const auto own = shard_name(name, part_endings);
    if (!own || own->count < 2) return {};
    std::vector<std::string> parts;
    for (size_t i = 1; i <= own->count; ++i) {
        parts.push_back(beside(
            path, concat(own->stem, '-', five_digits(i), between, five_digits(own->count), own->ending)));
    }
    return parts;
}

std::shared_ptr<const MappedFile> map_part(const std::string& part, const std::string& path) {
    if (!std::filesystem::exists(to_path(part))) {
        throw Error(Code::io, concat(path, ": the part ", quote(to_path(part).filename().string()),
                                     " of this model is missing: put it beside the others"));
    }
    return std::make_shared<const MappedFile>(part);
}

/// The tensors of a part as they are named there; what a safetensors part says beside them goes to
/// `metadata`.
Checkpoint read_part(std::span<const std::byte> file, const std::string& path, Metadata& metadata) {
    if (is_pth(file)) return read_pth_tensors(file, path);
    Safetensors read = read_safetensors(file, path);
    metadata.merge(read.metadata);
    return std::move(read.contents);
}

}  // namespace

std::string beside(const std::string& path, const std::string& name) {
    return (to_path(path).parent_path() / to_path(name)).string();
}

std::optional<ShardName> shard_name(std::string_view name, std::span<const std::string_view> endings) {
    const std::string_view ending = ending_among(name, endings);
    constexpr size_t numbers_bytes = 1 + digits + between.size() + digits;  // "-00001-of-00002"
    if (ending.empty() || name.size() < numbers_bytes + ending.size()) return std::nullopt;
    name.remove_suffix(ending.size());
    const std::string_view numbers = name.substr(name.size() - numbers_bytes);
    const ShardName found{name.substr(0, name.size() - numbers_bytes), part_number(numbers.substr(1, digits)),
                          part_number(numbers.substr(numbers_bytes - digits)), ending};
    const bool is_part = numbers.front() == '-' && numbers.substr(1 + digits, between.size()) == between;
    if (!is_part || found.number == 0 || found.number > found.count || found.count > most_parts)
        return std::nullopt;
    return found;
}

std::string_view name_of_index(std::string_view name) {
    if (!name.ends_with(index_ending)) return {};
    name.remove_suffix(index_ending.size());
    return ending_among(name, part_endings).empty() ? std::string_view{} : name;
}

std::vector<std::string> shards_of(std::span<const std::byte> file, const std::string& path) {
    return name_of_index(path).empty() ? parts_of_name(path) : parts_of_index(file, path);
}

Checkpoint open_shards(const std::vector<std::string>& parts, const std::string& path) {
    auto files = std::make_shared<std::vector<std::shared_ptr<const MappedFile>>>();
    Checkpoint all{.format = {}, .path = path, .tensors = {}, .storage = {}};
    Metadata metadata;
    size_t size_bytes = 0;
    for (const std::string& part : parts) {
        files->push_back(map_part(part, path));
        size_bytes += files->back()->bytes().size();
        Checkpoint read = read_part(files->back()->bytes(), part, metadata);
        for (auto& [name, view] : read.tensors) add_tensor(all, size_bytes, name, std::move(view));
        all.format = read.format;
    }
    Checkpoint model = to_model(std::move(all), metadata, size_bytes);
    model.storage = std::move(files);
    return model;
}

}  // namespace rwkvk::load
