// The checks bite: faults put into every kernel are found. RWKVK_THOROUGH=1 flips every sign of every module;
// by default the modules of a few weight formats stand for those of the others. RWKVK_MODULES takes only
// those whose names it is part of.
#include <doctest/doctest.h>

#include <cstdlib>

#include "runtime/check/op_run.h"
#include "runtime/check/self_test.h"
#include "shaders/spirv_modules.h"
#include "tests/support/mutate_spirv.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

bool thorough() { return std::getenv("RWKVK_THOROUGH") != nullptr; }

struct Module {
    KernelId kernel;
    WeightFormat format;
    std::span<const uint32_t> words;
    std::string name;
};

/// One format of single elements; of products with blocks, one with an offset and one with halves, of which
/// the kernels that make tiles, and take long to compile, have one each.
bool stands_for_others(KernelId kernel, WeightFormat format) {
    if (info(kernel).weights != KernelWeights::blocks) return format == WeightFormat::f16;
    if (kernel == KernelId::blocks_shared || kernel == KernelId::blocks_matrix)
        return format == WeightFormat::q4_k;
    if (kernel == KernelId::blocks_shared_dot) return format == WeightFormat::q6_k;
    return format == WeightFormat::q4_k || format == WeightFormat::q6_k;
}

std::vector<Module> modules() {
    const char* const wanted = std::getenv("RWKVK_MODULES");
    std::vector<Module> result;
    for (size_t k = 0; k < all_kernels().size(); ++k) {
        const auto kernel = static_cast<KernelId>(k);
        const bool one = info(kernel).weights == KernelWeights::one;
        for (size_t f = 0; f < (one ? 1 : all_weights().size()); ++f) {
            const auto format = static_cast<WeightFormat>(f);
            if (!one && !has_variant(kernel, format)) continue;
            if (!one && !thorough() && !stands_for_others(kernel, format)) continue;
            for (const SpirvModule& module : spirv_modules()) {
                const std::string name = module_name(kernel, format);
                if (name.find(wanted ? wanted : "") == std::string::npos) continue;
                if (module.name == name) result.push_back({kernel, format, module.words, name});
            }
        }
    }
    return result;
}

/// Writes outside its buffers count, too.
bool differs(const check::OpCase& c, const KernelChoice& choice, const check::Slots& expected,
             gpu::KernelStore& kernels) {
    try {
        return !check::compare(c, choice, expected, check::run_on_device(c, choice, kernels)).empty();
    } catch (const Error& error) {
        if (!check::tells_of_kernel(error.code())) throw;
        return true;
    }
}

/// Whether the quick cases see that this module is not what it should be.
bool noticed(const Module& module, test::Words words, gpu::KernelStore& kernels, ThreadPool& pool,
             uint64_t seeds) {
    kernels.replace_module(module.name, std::move(words));
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
        for (const check::OpCase& c :
             check::make_cases(info(module.kernel).op, check::CaseSet::quick, seed)) {
            if (c.matrix && c.matrix->format != module.format) continue;
            std::vector<KernelChoice> choices = all_choices(c.op, kernels.device().facts());
            std::erase_if(choices, [&](const KernelChoice& choice) {
                return choice.kernel != module.kernel || !check::has_rows_for(c, choice);
            });
            if (choices.empty()) continue;
            const check::Slots expected = check::run_on_cpu(c, pool);
            for (const KernelChoice& choice : choices) {
                if (differs(c, choice, expected, kernels)) return true;
            }
        }
    }
    return false;
}

/// The module as glslang made it: neither NoContraction nor the signed-zero mode.
test::Words undecorated(const Module& module) {
    return vk::without_signed_zero_mode(test::without_no_contraction(module.words));
}

TEST_CASE("the unchanged kernels pass") {
    const auto device = test::open_device("-narrow");
    if (!device) return;
    ThreadPool pool(1);
    for (const Module& module : modules()) {
        INFO(module.name);
        CHECK_FALSE(noticed(module, test::Words(module.words.begin(), module.words.end()), *device->kernels,
                            pool, 3));
    }
}

TEST_CASE("a flipped sign in any kernel is noticed") {
    const auto device = test::open_device("-narrow");
    if (!device) return;
    ThreadPool pool(1);
    size_t flipped = 0;
    for (const Module& module : modules()) {
        size_t number = 0;
        for (const size_t place : test::signs(module.words)) {
            const size_t addition = number++;
            INFO(module.name, ", addition ", addition);
            CHECK(noticed(module, test::with_flipped_sign(module.words, place), *device->kernels, pool, 1));
            ++flipped;
        }
    }
    CHECK(flipped > (std::getenv("RWKVK_MODULES") ? 0 : 100));
    MESSAGE("flipped signs: ", flipped);
}

TEST_CASE("a dropped digit and a wrong scale in any kernel of blocks are noticed") {
    const auto device = test::open_device("-narrow");
    if (!device) return;
    ThreadPool pool(1);
    size_t changed = 0;
    for (const Module& module : modules()) {
        const Op op = info(module.kernel).op;
        if (op != Op::round && op != Op::linear_blocks) continue;
        size_t number = 0;
        for (const size_t place : test::steps(module.words)) {
            const size_t step = number++;
            INFO(module.name, ", step ", step, ", instruction ", module.words[place] & 0xffff);
            CHECK(noticed(module, test::with_other_step(module.words, place), *device->kernels, pool, 1));
            ++changed;
        }
    }
    CHECK(changed > (std::getenv("RWKVK_MODULES") ? 0 : 100));
    MESSAGE("changed steps: ", changed);
}

TEST_CASE("a kernel built without the decorating step is refused before it runs") {
    for (const Module& module : modules()) {
        if (test::signs(module.words).empty()) continue;
        const vk::Reflection reflection = vk::reflect(undecorated(module));
        INFO(module.name);
        CHECK_THROWS_AS(gpu::check_module(info(module.kernel), reflection), Error);
        CHECK_NOTHROW(gpu::check_module(info(module.kernel), vk::reflect(module.words)));
    }
}

TEST_CASE("and where it runs all the same, the bits give it away or it is listed") {
    const auto device = test::open_device("-narrow");
    if (!device) return;
    ThreadPool pool(1);
    std::string uncaught;
    size_t caught = 0;
    for (const Module& module : modules()) {
        if (test::signs(module.words).empty()) continue;
        if (noticed(module, undecorated(module), *device->kernels, pool, 3)) {
            ++caught;
        } else {
            uncaught += " " + module.name;
        }
    }
    // The driver decides what it rearranges; docs/NUMERICS.md lists what was seen.
    MESSAGE("told by their bits: ", caught, "; same bits on this device:", uncaught);
    if (device->device->facts().driver.find("llvmpipe") != std::string::npos) CHECK(caught > 0);
}

}  // namespace
}  // namespace rwkvk
