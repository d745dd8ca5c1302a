// The C border against careless callers: structs of any size, from older and newer versions.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <rwkvk_receipt.hpp>
#include <string>
#include <vector>

#include "tests/support/border_handles.h"

namespace {

using rwkvk::test::Handles, rwkvk::test::model_file, rwkvk::test::on_cpu;

/// A struct at the end of its memory: what goes beyond it is found by AddressSanitizer.
template <typename Struct>
struct Exact {
    std::vector<unsigned char> bytes;
    explicit Exact(const Struct& value, size_t size = sizeof(Struct)) : bytes(size) {
        std::memcpy(bytes.data(), &value, std::min(size, sizeof value));
    }
    Struct* get() { return reinterpret_cast<Struct*>(bytes.data()); }
    void set_size(uint32_t size) { std::memcpy(bytes.data(), &size, sizeof size); }
};

/// What a function that takes a struct makes of each size: those a version can have are taken, and of the
/// struct no more is read than that.
template <typename Params>
void check_params(const Params& defaults, const std::function<rwkvk_status(const Params*)>& use) {
    for (const uint32_t size :
         {0u, 1u, 3u, 4u, 7u, 9u, 12u, uint32_t{sizeof(Params)} - 1, uint32_t{sizeof(Params)} + 1}) {
        Exact<Params> params(defaults);
        params.set_size(size);
        CHECK_MESSAGE(use(params.get()) == RWKVK_BAD_ARGUMENT, "size ", size);
    }
    for (uint32_t size = alignof(Params); size <= sizeof(Params); size += alignof(Params)) {
        Exact<Params> params(defaults, size);  // an older version's
        params.set_size(size);
        CHECK_MESSAGE(use(params.get()) == RWKVK_OK, "size ", size);
        Exact<Params> with_rubbish(defaults);
        std::fill(with_rubbish.bytes.begin() + size, with_rubbish.bytes.end(), 0xff);
        with_rubbish.set_size(size);
        CHECK_MESSAGE(use(with_rubbish.get()) == RWKVK_OK, "size ", size);
    }
    for (const uint32_t size : {uint32_t{2 * sizeof(Params)}, UINT32_MAX - 7}) {  // a later version's
        Exact<Params> params(defaults);
        params.set_size(size);
        CHECK_MESSAGE(use(params.get()) == RWKVK_OK, "size ", size);
    }
}

/// A default-maker fills as much as there is room for, and notes the size that it was given.
template <typename Params>
void check_defaults(void (*set_defaults)(Params*, uint32_t)) {
    for (uint32_t size = 0; size <= 2 * sizeof(Params); ++size) {
        const size_t written = size < 4 ? 0 : std::min<size_t>(size, sizeof(Params));
        std::vector<unsigned char> first(std::max<size_t>(size, 4), 0xaa), second(first.size(), 0x55);
        set_defaults(reinterpret_cast<Params*>(first.data()), size);
        set_defaults(reinterpret_cast<Params*>(second.data()), size);
        for (size_t i = 0; i < first.size(); ++i) {
            const bool kept = first[i] == 0xaa && second[i] == 0x55;
            CHECK_MESSAGE(kept == (i >= written), "size ", size, ", byte ", i);
        }
        if (size >= 4) CHECK(std::memcmp(first.data(), &size, sizeof size) == 0);
    }
}

TEST_CASE("parameter structs of any size") {
    Handles h;
    rwkvk_runtime_params runtime;
    rwkvk_runtime_params_default(&runtime, sizeof runtime);
    check_defaults(rwkvk_runtime_params_default);
    check_params<rwkvk_runtime_params>(runtime, [](const auto* params) {
        rwkvk_runtime* made = nullptr;
        const rwkvk_status status = rwkvk_runtime_create(params, &made);
        rwkvk_runtime_destroy(made);
        return status;
    });
    rwkvk_model_params model;
    rwkvk_model_params_default(&model, sizeof model);
    check_defaults(rwkvk_model_params_default);
    check_params<rwkvk_model_params>(model, [&](const auto* params) {
        rwkvk_model* made = nullptr;
        const rwkvk_status status = rwkvk_model_load(h.runtime.handle(), model_file.c_str(), params, &made);
        rwkvk_model_destroy(made);
        return status;
    });
    check_defaults(rwkvk_context_params_default);
    check_params<rwkvk_context_params>(on_cpu(), [&](const auto* params) {
        rwkvk_context* made = nullptr;
        const rwkvk_status status = rwkvk_context_create(h.model.handle(), params, &made);
        rwkvk_context_destroy(made);
        return status;
    });
    check_defaults(rwkvk_sampler_params_default);
    check_params<rwkvk_sampler_params>(rwkvk::sampler_params(), [&](const auto* params) {
        rwkvk_sampler* made = nullptr;
        const rwkvk_status status = rwkvk_sampler_create(h.runtime.handle(), params, &made);
        rwkvk_sampler_destroy(made);
        return status;
    });
    const auto make_chat = [&](const rwkvk_chat_params* params) {
        rwkvk_chat* made = nullptr;
        const rwkvk_status status =
            rwkvk_chat_create(h.context.handle(), h.tokenizer.handle(), params, &made);
        rwkvk_chat_destroy(made);
        return status;
    };
    check_defaults(rwkvk_chat_params_default);
    check_params<rwkvk_chat_params>(rwkvk::chat_params(), make_chat);
    check_params<rwkvk_sampler_params>(
        rwkvk::sampler_params(), [&](const auto* params) { return rwkvk_chat_sampling_set(h.chat, params); });
}

/// What a function that fills a struct makes of each size.
template <typename Info>
void check_info(const std::function<rwkvk_status(Info*)>& fill) {
    const auto filled = [&](uint32_t size, size_t room) {
        Exact<Info> info(Info{}, room);
        std::fill(info.bytes.begin(), info.bytes.end(), 0xaa);
        info.set_size(size);
        const rwkvk_status status = fill(info.get());
        CHECK_MESSAGE(status == (size >= 4 && size % alignof(Info) == 0 ? RWKVK_OK : RWKVK_BAD_ARGUMENT),
                      "size ", size);
        uint32_t size_after = 0;
        std::memcpy(&size_after, info.bytes.data(), sizeof size_after);
        CHECK(size_after == size);
        return info.bytes;
    };
    const auto whole = filled(sizeof(Info), sizeof(Info));
    CHECK(std::ranges::count(whole, 0xaa) < 4);
    for (uint32_t size = 0; size < sizeof(Info); size += size < 16 ? 1 : alignof(Info)) {
        const auto part = filled(size, std::max<size_t>(size, 4));
        const bool was_filled = size > 4 && size % alignof(Info) == 0;
        CHECK(std::equal(part.begin() + 4, part.end(), whole.begin() + 4) ==
              (was_filled || part.size() == 4));
    }
    for (const uint32_t size : {uint32_t{2 * sizeof(Info)}, UINT32_MAX - 7}) {
        const auto larger = filled(size, 2 * sizeof(Info));
        CHECK(std::count(larger.begin() + sizeof(Info), larger.end(), 0xaa) == sizeof(Info));
    }
}

TEST_CASE("output structs of any size") {
    Handles h;
    check_info<rwkvk_model_info>([&](auto* info) { return rwkvk_model_info_get(h.model.handle(), info); });
    check_info<rwkvk_sampler_params>([&](auto* info) { return rwkvk_chat_sampling_get(h.chat, info); });
    check_info<rwkvk_chat_info>([&](auto* info) { return rwkvk_chat_info_get(h.chat, info); });
    const rwkvk::Receipt receipt(h.context);
    check_info<rwkvk_receipt_info>(
        [&](auto* info) { return rwkvk_receipt_info_get(receipt.handle(), info); });
    check_info<rwkvk_replay_result>([&](auto* result) {
        return rwkvk_receipt_replay(receipt.handle(), h.context.handle(), nullptr, nullptr, result);
    });
    if (h.runtime.devices().empty()) {
        MESSAGE("no Vulkan device: skipped");
    } else {
        check_info<rwkvk_device_info>(
            [&](auto* info) { return rwkvk_runtime_device_info(h.runtime.handle(), 0, info); });
    }
}

TEST_CASE("a reply that cannot be filled is refused before anything is said") {
    Handles h;
    const auto position = [&] {
        rwkvk_chat_info info{};
        info.size = sizeof info;
        h.runtime.check(rwkvk_chat_info_get(h.chat, &info));
        return info.position;
    };
    const uint64_t before = position();
    rwkvk_chat_reply reply{};
    for (const uint32_t size : {0u, 3u, 9u}) {
        reply.size = size;
        CHECK(rwkvk_chat_say(h.chat, "Hi", nullptr, nullptr, &reply) == RWKVK_BAD_ARGUMENT);
        CHECK(h.last_error().find("size") != std::string::npos);
        CHECK(position() == before);
    }
    reply.size = sizeof reply;
    CHECK(rwkvk_chat_say(h.chat, "Hi", nullptr, nullptr, &reply) == RWKVK_OK);
    CHECK(reply.tokens == 2);
    const uint64_t after = position();
    reply.size = 2;
    CHECK(rwkvk_chat_regenerate(h.chat, nullptr, nullptr, &reply) == RWKVK_BAD_ARGUMENT);
    CHECK(position() == after);
}

}  // namespace
