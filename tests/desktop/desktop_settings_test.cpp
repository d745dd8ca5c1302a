// What is remembered, and ways to draw answers.
#include <doctest/doctest.h>

#include <stdexcept>

#include "folders.h"
#include "settings.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace rwkvk::desktop;

TEST_CASE("settings come back as they were") {
    Settings settings;
    settings.model = "/models/a.gguf";
    settings.remember("/models/b.gguf");
    settings.remember("/models/a.gguf");
    settings.device = "0";
    settings.theme = Theme::light;
    settings.text_scale = 1.2f;
    settings.sampling = {.preset = Preset::custom,
                         .seed = 9,
                         .temperature = 0.5f,
                         .top_p = 0.25f,
                         .top_k = 40,
                         .presence = 0.1f,
                         .frequency = 0.2f};
    settings.thinking = 2;
    settings.max_tokens = 77;
    const Settings read = settings_from_json(to_json(settings), "here");
    CHECK(read.model == settings.model);
    CHECK(read.recent == std::vector<std::string>{"/models/a.gguf", "/models/b.gguf"});
    CHECK(read.device == "0");
    CHECK(read.theme == Theme::light);
    CHECK(read.text_scale == 1.2f);
    CHECK(read.sampling.preset == Preset::custom);
    CHECK(read.sampling.seed == 9);
    CHECK(read.sampling.temperature == 0.5f);
    CHECK(read.sampling.top_p == 0.25f);
    CHECK(read.sampling.top_k == 40);
    CHECK(read.sampling.presence == 0.1f);
    CHECK(read.sampling.frequency == 0.2f);
    CHECK(read.thinking == 2);
    CHECK(read.max_tokens == 77);
}

TEST_CASE("values that make no sense take their defaults") {
    const Settings read = settings_from_json(
        R"({"thinking": 17, "max_tokens": 0, "text_scale": "large", "theme": "purple", "model": 3,
            "recent": [1, "/a"], "sampling": {"preset": "Wild", "temperature": -1}, "unknown": null})",
        "here");
    CHECK(read.thinking == 0);
    CHECK(read.max_tokens == 2048);
    CHECK(read.text_scale == 1);
    CHECK(read.theme == Theme::dark);
    CHECK(read.model.empty());
    CHECK(read.recent == std::vector<std::string>{"/a"});
    CHECK(read.sampling.preset == Preset::model);
    CHECK(read.sampling.temperature == 1);
}

TEST_CASE("a damaged file costs the settings, not the start") {
    const rwkvk::test::TemporaryFolder folder;
    CHECK(load_settings(folder.path() / "none.json").warning.empty());
    write_whole(folder.path() / "damaged.json", "{ \"model\": ");
    const LoadedSettings loaded = load_settings(folder.path() / "damaged.json");
    CHECK(loaded.warning.find("damaged.json: expected a JSON object") != std::string::npos);
    CHECK(loaded.settings.max_tokens == 2048);
}

TEST_CASE("the newest ten models are remembered, each once") {
    Settings settings;
    for (int i = 0; i < 12; ++i) settings.remember(std::to_string(i));
    settings.remember("5");
    CHECK(settings.recent.size() == 10);
    CHECK(settings.recent[0] == "5");
    CHECK(settings.recent[1] == "11");
    CHECK(settings.recent[9] == "2");
}

TEST_CASE("presets change the stages, never the seed, and the model's own changes nothing") {
    rwkvk_sampler_params own;
    rwkvk_sampler_params_default(&own, sizeof own);
    own.seed = 42;
    own.min_p = 0.125f;
    CHECK(sampler_of({}, own).min_p == 0.125f);
    for (const Preset preset : presets()) {
        CHECK(sampler_of({.preset = preset}, own).seed == 42);
        CHECK(preset_called(name_of(preset)) == preset);
        CHECK(*purpose_of(preset) != '\0');
    }
    CHECK(sampler_of({.preset = Preset::precise}, own).temperature == 0);
    CHECK(sampler_of({.preset = Preset::creative}, own).temperature >
          sampler_of({.preset = Preset::balanced}, own).temperature);
    CHECK(sampler_of({.preset = Preset::custom, .top_k = 3}, own).top_k == 3);
    CHECK(preset_called("none of them") == Preset::model);
}

}  // namespace
