#pragma once
// The page that people talk to the model with: files of this folder, part of the program.

#include "http/server.h"

namespace rwkvk::server {

struct PageFile {
    std::string_view path, type, text;
    std::string tag;  // ETag: the XXH3-64 of the text, in quotation marks
};

/// Null where there is none. No file of a computer is ever opened for a request.
const PageFile* page_file(std::string_view path);

/// 304 to who has it already.
void send_page_file(const PageFile& file, const http::Head& head, http::Responder& client);

}  // namespace rwkvk::server
