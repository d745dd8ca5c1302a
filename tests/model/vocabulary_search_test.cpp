// Which vocabulary file is taken for a model whose own file holds none.

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "host/cache_folder.h"
#include "runtime/model/model_tokenizer.h"
#include "runtime/model/vocabulary_search.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/bpe_vocabulary.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace rwkvk;
using test::check_contains;
using test::refusal_of;
using test::TemporaryFolder;

void write(const std::string& path, const std::string& contents) { std::ofstream(path) << contents; }

/// A vocabulary whose largest id is `last`.
std::string lines_to(uint32_t last) {
    std::string lines;
    for (uint32_t byte = 'a'; byte <= 'z'; ++byte)
        lines += std::to_string(byte) + " '" + static_cast<char>(byte) + "' 1\n";
    return lines + std::to_string(last) + " 'the' 3\n";
}

std::string found(const TemporaryFolder& model, const TemporaryFolder& data, uint32_t rows) {
    const FoundVocabulary result = find_vocabulary(model / "", data / "", rows);
    CHECK((result.tokenizer == nullptr) == result.path.empty());
    return std::filesystem::path(result.path).filename().string();
}

TEST_CASE("the vocabulary of the model's size is taken, beside the model first, then from the data folder") {
    const TemporaryFolder model, data;
    const std::string world = "rwkv_vocab_v20230424.txt";
    CHECK(found(model, data, 65536) == "");
    write(data / world, lines_to(65529));
    CHECK(find_vocabulary(model / "", data / "", 65536).path == data / "" + world);
    write(model / world, lines_to(65529));
    CHECK(find_vocabulary(model / "", data / "", 65536).path == model / "" + world);
    CHECK(find_vocabulary("", "", 65536).path.empty());
    CHECK(find_vocabulary("no such folder", "", 65536).path.empty());
    CHECK(found(model, data, 50277) == "");
    CHECK(found(model, data, 300) == "");
}

TEST_CASE("small vocabularies are taken by their names where they fit") {
    const TemporaryFolder model, data;
    write(data / "vocab.txt", lines_to(130));  // of which model?
    CHECK(found(model, data, 131) == "");
    write(model / "sudoku_vocab.txt", lines_to(130));
    CHECK(found(model, data, 131) == "sudoku_vocab.txt");
    CHECK(found(model, data, 200) == "sudoku_vocab.txt");
    CHECK(found(model, data, 65536) == "");  // far too few
    CHECK(found(model, data, 130) == "");
    check_contains(find_vocabulary(model / "", data / "", 130).refused, "131 ids for 130 rows");
    write(model / "othello_vocab.txt", lines_to(180));
    CHECK(found(model, data, 150) == "sudoku_vocab.txt");
    check_contains(refusal_of([&] { found(model, data, 200); }, Code::bad_argument), "give one as --vocab");
    write(model / "vocab.json", R"({"0": "a"})");
    CHECK(found(model, data, 200) == "vocab.json");
    write(model / "tokenizer.json", test::bpe_json());
    CHECK(found(model, data, 265) == "tokenizer.json");
    CHECK(found(model, data, 264) == "vocab.json");
}

TEST_CASE("what cannot be read is passed over, and said") {
    const TemporaryFolder model, data;
    write(model / "tokenizer.json", "{}");
    const FoundVocabulary result = find_vocabulary(model / "", data / "", 300);
    CHECK(result.tokenizer == nullptr);
    check_contains(result.refused, "tokenizer.json");
    write(model / "vocab.txt", lines_to(130));
    CHECK(found(model, data, 300) == "vocab.txt");
    CHECK(find_vocabulary(model / "", data / "", 300).refused.empty());
}

TEST_CASE("a model's tokenizer: bytes, a file from the data folder, or how to get one") {
    const TemporaryFolder data;
    REQUIRE(::setenv("XDG_DATA_HOME", (data / "").c_str(), 1) == 0);
    CHECK(make_model_tokenizer(*synthetic_model("v7:1x32x256:f32")).tokenizer->name() == "bytes");
    const auto world = synthetic_model("v7:1x32:f32");
    check_contains(refusal_of([&] { make_model_tokenizer(*world); }, Code::bad_argument),
                   "scripts/get-vocab");
    std::filesystem::create_directory(data_folder());
    write(data_folder() + "/rwkv_vocab_v20230424.txt", lines_to(65529));
    const ModelTokenizer found = make_model_tokenizer(*world);
    CHECK(found.tokenizer->vocabulary() == 65530);
    CHECK(found.source.ends_with(".txt"));
    const auto small = synthetic_model("v7:1x32x131:f32");
    write(data / "v.txt", lines_to(130));
    CHECK(make_model_tokenizer(*small, data / "v.txt")->vocabulary() == 131);
    write(data / "v.txt", lines_to(131));
    check_contains(refusal_of([&] { make_model_tokenizer(*small, data / "v.txt"); }, Code::bad_argument),
                   "at most 131 ids for v7:1x32x131:f32, found 132");
}

}  // namespace
