// A receipt; what is read is written and read again.

#include "runtime/session/receipt.h"
#include "host/error.h"
#include "tests/fuzz/input.h"

void rwkvk::fuzz::read_input(std::string_view input) {
    const Receipt receipt = parse_receipt(input, "fuzz");
    RWKVK_ASSERT(parse_receipt(to_json(receipt), "fuzz") == receipt);
}
