#include "runtime/text/text_stream.h"

namespace rwkvk::text {

std::string TextStream::push(std::string_view bytes) {
    std::string text = utf8_.push(filter_.push(bytes));
    if (filter_.stopped()) text += utf8_.flush();
    return text;
}

std::string TextStream::finish() {
    std::string text = utf8_.push(filter_.finish());
    return text + utf8_.flush();
}

}  // namespace rwkvk::text
