#include "runtime/model/vocabulary_search.h"

#include <algorithm>
#include <vector>

#include "host/error.h"
#include "runtime/model/vocabulary_file.h"

namespace rwkvk {
namespace {

namespace fs = std::filesystem;

struct Kind {
    std::vector<const char*> names;  // of its files
    uint32_t fewest_ids;             // that a file for it has
};

Kind kind_of(uint32_t rows) {
    if (rows == 65536) return {{"rwkv_vocab_v20230424.txt", "rwkv_vocab_v20230424.json"}, 65000};
    if (rows == 50277 || rows == 50304) return {{"20B_tokenizer.json"}, 50000};
    return {{}, 1};
}

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

/// Those in a folder whose name ends in _vocab.txt, in order.
std::vector<fs::path> vocabularies_in(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code stopped;
    for (fs::directory_iterator at(folder, stopped), end; !stopped && at != end; at.increment(stopped)) {
        if (at->path().filename().string().ends_with("_vocab.txt") && is_file(at->path()))
            found.push_back(at->path());
    }
    std::ranges::sort(found);
    return found;
}

class Search {
  public:
    explicit Search(uint32_t rows) : rows_(rows), kind_(kind_of(rows)) {}

    FoundVocabulary run(const fs::path& model_folder, const fs::path& data_folder) {
        const bool found = try_names(model_folder, kind_.names) || try_names(data_folder, kind_.names) ||
                           try_names(model_folder, {"tokenizer.json", "vocab.json", "vocab.txt"}) ||
                           try_small(model_folder);
        if (found) result_.refused.clear();
        return std::move(result_);
    }

  private:
    bool try_names(const fs::path& folder, const std::vector<const char*>& names) {
        return !folder.empty() &&
               std::ranges::any_of(names, [&](const char* name) { return try_file(folder / name); });
    }

    bool try_small(const fs::path& folder) {
        if (folder.empty()) return false;
        for (const fs::path& path : vocabularies_in(folder)) {
            const std::string first = result_.path;
            if (!try_file(path) || first.empty()) continue;
            throw Error(Code::bad_argument, concat("both ", quote(first), " and ", quote(path.string()),
                                                   " fit the model: give one as --vocab"));
        }
        return result_.tokenizer != nullptr;
    }

    bool try_file(const fs::path& path) {
        if (!is_file(path)) return false;
        try {
            auto tokenizer = open_vocabulary(path.string());
            const uint32_t ids = tokenizer->vocabulary();
            if (ids > rows_ || ids < kind_.fewest_ids)
                throw Error(Code::bad_file, concat(path.string(), ": ", ids, " ids for ", rows_, " rows"));
            result_.tokenizer = std::move(tokenizer);
            result_.path = path.string();
            return true;
        } catch (const Error& error) {
            if (result_.refused.empty()) result_.refused = error.what();
            return false;
        }
    }

    const uint32_t rows_;
    const Kind kind_;
    FoundVocabulary result_;
};

}  // namespace

FoundVocabulary find_vocabulary(const fs::path& model_folder, const fs::path& data_folder, uint32_t rows) {
    return Search(rows).run(model_folder, data_folder);
}

}  // namespace rwkvk
