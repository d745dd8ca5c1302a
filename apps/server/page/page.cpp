#include "page.h"

#include "fingerprint.h"

#define PAGE_FILE(symbol, path, file, type) \
    extern "C" const char rwkvk_page_##symbol##_begin[], rwkvk_page_##symbol##_end[];
#include "files.def"
#undef PAGE_FILE

namespace rwkvk::server {
namespace {

// Whatever a model writes, nothing of it becomes a script, a style or a request to somebody else.
constexpr const char* policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'";

std::string tag_of(std::string_view text) {
    app::Fingerprint print;
    print.add(text.data(), text.size());
    return '"' + print.hex() + '"';
}

PageFile file_of(std::string_view path, std::string_view type, const char* begin, const char* end) {
    const std::string_view text(begin, end);
    return {path, type, text, tag_of(text)};
}

const std::vector<PageFile>& files() {
    static const std::vector<PageFile> files = {
#define PAGE_FILE(symbol, path, file, type) \
    file_of(path, type, rwkvk_page_##symbol##_begin, rwkvk_page_##symbol##_end),
#include "files.def"
#undef PAGE_FILE
    };
    return files;
}

}  // namespace

const PageFile* page_file(std::string_view path) {
    for (const PageFile& file : files())
        if (file.path == path) return &file;
    return nullptr;
}

void send_page_file(const PageFile& file, const http::Head& head, http::Responder& client) {
    std::vector<http::Header> headers = {{"ETag", file.tag},
                                         {"Cache-Control", "no-cache"},
                                         {"Content-Security-Policy", policy},
                                         {"X-Content-Type-Options", "nosniff"},
                                         {"Referrer-Policy", "no-referrer"},
                                         {"Cross-Origin-Opener-Policy", "same-origin"},
                                         {"Cross-Origin-Resource-Policy", "same-origin"}};
    // It may be a list of tags, and "W/" before one where a proxy has compressed the text.
    const bool is_known = head.if_none_match.find(file.tag) != std::string::npos;
    client.send(is_known ? 304 : 200, file.type, is_known ? "" : std::string(file.text), std::move(headers));
}

}  // namespace rwkvk::server
