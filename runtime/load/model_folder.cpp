#include "runtime/load/model_folder.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <vector>

#include "host/error.h"
#include "host/paths.h"
#include "runtime/load/shards.h"

namespace rwkvk::load {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view endings[] = {".pth", ".pt", ".safetensors", ".st", ".gguf", ".bin"};

/// Files with such endings that trainers leave beside a model.
constexpr std::string_view others[] = {"adapter",   "optimizer",     "scheduler",     "training_args",
                                       "rng_state", "random_states", "trainer_state", "scaler"};
constexpr size_t most_shown = 12;

/// Of the folder's files, sorted. Errors: Code::io.
std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        std::error_code ignored;
        const std::string name = at->path().filename().string();
        const bool hidden = name.starts_with('.');  // "._model.pth" is what macOS leaves on other disks
        if (!hidden && at->is_regular_file(ignored)) names.push_back(name);
    }
    if (error) throw Error(Code::io, concat(folder.string(), ": cannot be read: ", error.message()));
    std::ranges::sort(names);
    return names;
}

bool begins_with_any(std::string_view name, std::span<const std::string_view> beginnings) {
    return std::ranges::any_of(beginnings, [&](std::string_view begin) { return name.starts_with(begin); });
}

bool is_model_name(std::string_view name) {
    return !begins_with_any(name, others) &&
           std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

bool is_model_index(std::string_view name) {
    return !begins_with_any(name, others) && !name_of_index(name).empty();
}

std::string list_of(const std::vector<std::string>& names) {
    std::string list;
    for (size_t i = 0; i < std::min(names.size(), most_shown); ++i)
        list += concat(list.empty() ? "" : ", ", quote(names[i]));
    return names.size() > most_shown ? concat(list, " and ", names.size() - most_shown, " more") : list;
}

/// Of all parts of a model; the name itself of a whole one.
std::string key_of(const std::string& name) {
    const auto shard = shard_name(name, endings);
    return shard ? concat(shard->stem, '-', shard->count, shard->ending) : name;
}

/// The files to open, one for each model: the index or the first part of those in several files.
std::vector<std::string> models_among(const std::vector<std::string>& names) {
    std::vector<std::string> indices;
    std::ranges::copy_if(names, std::back_inserter(indices), is_model_index);
    const auto is_indexed = [&](const std::string& name) {
        const auto shard = shard_name(name, endings);
        return shard && std::ranges::any_of(indices, [&](const std::string& index) {
                   return name_of_index(index) == concat(shard->stem, shard->ending);
               });
    };
    std::vector<std::string> models = indices;
    std::set<std::string> seen;
    for (const std::string& name : names) {
        if (!is_model_name(name) || is_indexed(name)) continue;
        if (seen.insert(key_of(name)).second) models.push_back(name);
    }
    return models;
}

/// The one among `found`. `what`: "model".
std::string only(const std::string& path, const char* what, const std::vector<std::string>& found,
                 const std::vector<std::string>& names) {
    if (found.size() == 1) return (to_path(path) / to_path(found.front())).string();
    if (found.empty()) {
        throw Error(Code::bad_argument, concat(path, ": a folder, expected one ", what, " in it, found ",
                                               names.empty() ? "no files" : list_of(names), ": give a file"));
    }
    throw Error(Code::bad_argument, concat(path, ": a folder, expected one ", what, " in it, found ",
                                           found.size(), ": give one of ", list_of(found)));
}

bool is_folder(const std::string& path) {
    std::error_code ignored;
    return fs::is_directory(to_path(path), ignored);
}

}  // namespace

std::string model_file(const std::string& path) {
    if (!is_folder(path)) return path;
    const std::vector<std::string> names = names_in(to_path(path));
    return only(path, "model", models_among(names), names);
}

std::string adapter_file(const std::string& path) {
    if (!is_folder(path)) return path;
    const std::vector<std::string> names = names_in(to_path(path));
    std::vector<std::string> adapters;
    for (const std::string& name : names) {
        const bool is_tensors = name.ends_with(".safetensors") || name.ends_with(".bin") ||
                                name.ends_with(".pth") || name.ends_with(".gguf");
        if (name.starts_with("adapter") && is_tensors) adapters.push_back(name);
    }
    return only(path, "adapter", adapters, names);
}

}  // namespace rwkvk::load
