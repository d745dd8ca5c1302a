#include "runtime/load/pth/pickle.h"

#include <bit>
#include <cstdio>
#include <cstring>
#include <utility>

#include "runtime/load/pth/pickle_globals.h"
#include "runtime/load/pth/pickle_ops.h"
#include "runtime/load/pth/pickle_stack.h"

namespace rwkvk::load {
namespace {

class Machine {
  public:
    Machine(ByteReader& in, size_t max_objects) : in_(in), max_objects_(max_objects), stack_(in) {}
    Pickle run();

  private:
    // Each runs the opcodes of one kind and hands others to the next.
    void step(uint8_t op) { push_literal(op); }
    void push_literal(uint8_t op);
    void build_container(uint8_t op);
    void move_values(uint8_t op);
    void refer(uint8_t op);
    [[noreturn]] void refuse(uint8_t op) const;

    void charge(size_t objects);
    void put(uint64_t index);
    void get(uint64_t index);

    void push_container(Kind kind);
    void make_tuple(size_t first_item);
    void append_from(size_t first_item);
    void set_items_from(size_t first_item);

    void push_text(uint64_t size_bytes);
    void push_long1();
    void push_float();

    void push_global(std::string_view module, std::string_view name);
    void push_global_from_lines();
    void push_global_from_stack();
    void push_storage();
    void reduce();
    void build();
    void check_frame();

    ByteReader& in_;
    const size_t max_objects_;
    PickleStack stack_;
    std::deque<Value> memo_;
    Pickle pickle_;
};

Pickle Machine::run() {
    const auto first = in_.read<uint8_t>("pickle protocol");
    const auto protocol = in_.read<uint8_t>("pickle protocol");
    if (first != op_proto || protocol < 2 || protocol > 5) {
        throw damaged_before(in_, "expected a pickle of protocol 2 to 5");
    }
    for (auto op = in_.read<uint8_t>("opcode"); op != op_stop; op = in_.read<uint8_t>("opcode")) step(op);
    pickle_.root = stack_.pop();
    if (!stack_.empty()) throw damaged_before(in_, "values left over at the end");
    return std::move(pickle_);
}

void Machine::push_literal(uint8_t op) {
    switch (op) {
        case op_none:
            return stack_.push(Value(Kind::none));
        case op_newtrue:
            return stack_.push(Value::of_boolean(true));
        case op_newfalse:
            return stack_.push(Value::of_boolean(false));
        case op_binint:
            return stack_.push(Value::of_integer(in_.read<int32_t>("integer")));
        case op_binint1:
            return stack_.push(Value::of_integer(in_.read<uint8_t>("integer")));
        case op_binint2:
            return stack_.push(Value::of_integer(in_.read<uint16_t>("integer")));
        case op_long1:
            return push_long1();
        case op_binfloat:
            return push_float();
        case op_binunicode:
        case op_binbytes:
            return push_text(in_.read<uint32_t>("text length"));
        case op_short_binunicode:
        case op_short_binbytes:
            return push_text(in_.read<uint8_t>("text length"));
        case op_long_binunicode:
            return push_text(in_.read<uint64_t>("text length"));
        default:
            return build_container(op);
    }
}

void Machine::build_container(uint8_t op) {
    switch (op) {
        case op_empty_tuple:
            return push_container(Kind::tuple);
        case op_empty_list:
            return push_container(Kind::list);
        case op_empty_dict:
            return push_container(Kind::dict);
        case op_tuple:
            return make_tuple(stack_.pop_mark());
        case op_tuple1:
        case op_tuple2:
        case op_tuple3:
            return make_tuple(stack_.last(op - op_tuple1 + size_t{1}));
        case op_append:
            return append_from(stack_.last(1));
        case op_appends:
            return append_from(stack_.pop_mark());
        case op_setitem:
            return set_items_from(stack_.last(2));
        case op_setitems:
            return set_items_from(stack_.pop_mark());
        default:
            return move_values(op);
    }
}

void Machine::move_values(uint8_t op) {
    switch (op) {
        case op_mark:
            return stack_.push_mark();
        case op_pop:
            return stack_.drop_from(stack_.last(1));
        case op_dup:
            return stack_.push(Value(stack_.top()));
        case op_binput:
            return put(in_.read<uint8_t>("memo index"));
        case op_long_binput:
            return put(in_.read<uint32_t>("memo index"));
        case op_memoize:
            return put(memo_.size());
        case op_binget:
            return get(in_.read<uint8_t>("memo index"));
        case op_long_binget:
            return get(in_.read<uint32_t>("memo index"));
        default:
            return refer(op);
    }
}

void Machine::refer(uint8_t op) {
    switch (op) {
        case op_global:
            return push_global_from_lines();
        case op_stack_global:
            return push_global_from_stack();
        case op_binpersid:
            return push_storage();
        case op_reduce:
            return reduce();
        case op_build:
            return build();
        case op_frame:
            return check_frame();
        default:
            refuse(op);
    }
}

void Machine::refuse(uint8_t op) const {
    char code[8];
    std::snprintf(code, sizeof code, "0x%02x", unsigned{op});
    throw Error(Code::unsupported,
                concat(in_.where(), ": pickle opcode ", code, " at byte ", in_.position() - 1,
                       " is none of a state dict (nothing was run): save only the state dict"));
}

void Machine::charge(size_t objects) {
    if (objects > max_objects_ - pickle_.objects) {
        throw damaged_before(in_, concat("more than ", max_objects_, " objects"));
    }
    pickle_.objects += objects;
}

void Machine::put(uint64_t index) {
    const Value& value = stack_.top();
    if (index >= memo_.size()) {
        // Writers number the memo without gaps; a gap is paid for, so that a huge index is refused.
        if (index >= max_objects_)
            throw damaged_before(in_, concat("memo index ", index, " is out of range"));
        charge(index + 1 - memo_.size());
        memo_.resize(index + 1);
    }
    memo_[index] = value;
}

void Machine::get(uint64_t index) {
    if (index >= memo_.size() || memo_[index].kind == Kind::unset) {
        throw damaged_before(in_, concat("memo entry ", index, " was never stored"));
    }
    stack_.push(memo_[index]);
}

void Machine::push_container(Kind kind) {
    charge(1);
    stack_.push(Value(kind, pickle_.heap.add_container()));
}

void Machine::make_tuple(size_t first_item) {
    const auto items = stack_.from(first_item);
    charge(1 + items.size());
    const uint32_t tuple = pickle_.heap.add_container();
    for (const Value& item : items) pickle_.heap.append(tuple, {}, item);
    stack_.drop_from(first_item);
    stack_.push(Value(Kind::tuple, tuple));
}

void Machine::append_from(size_t first_item) {
    const uint32_t list = stack_.below(first_item, Kind::list).index;
    const auto items = stack_.from(first_item);
    charge(items.size());
    for (const Value& item : items) pickle_.heap.append(list, {}, item);
    stack_.drop_from(first_item);
}

void Machine::set_items_from(size_t first_item) {
    const uint32_t dict = stack_.below(first_item, Kind::dict).index;
    const auto items = stack_.from(first_item);
    if (items.size() % 2 != 0) throw damaged_before(in_, "a dictionary key without a value");
    charge(items.size() / 2);
    for (size_t i = 0; i < items.size(); i += 2) pickle_.heap.append(dict, items[i], items[i + 1]);
    stack_.drop_from(first_item);
}

void Machine::push_text(uint64_t size_bytes) {
    const std::string_view contents = in_.take_text(size_bytes, "text");
    if (contents.size() > ~uint32_t{0}) throw damaged_before(in_, "text of more than 4 GiB");
    stack_.push(Value::of_text(contents));
}

void Machine::push_long1() {
    const auto size_bytes = in_.read<uint8_t>("integer length");
    const auto bytes = in_.take(size_bytes, "integer");
    if (bytes.size() > sizeof(int64_t))
        throw damaged_before(in_, concat("an integer of ", bytes.size(), " bytes"));
    const bool negative = !bytes.empty() && (bytes.back() & std::byte{0x80}) != std::byte{0};
    int64_t integer = negative ? -1 : 0;
    std::memcpy(&integer, bytes.data(), bytes.size());
    stack_.push(Value::of_integer(integer));
}

void Machine::push_float() {
    // The one big-endian field of the format.
    const uint64_t bits = __builtin_bswap64(in_.read<uint64_t>("float"));
    stack_.push(Value::of_real(std::bit_cast<double>(bits)));
}

void Machine::push_global(std::string_view module, std::string_view name) {
    const auto index = find_global(module, name);
    if (!index) {
        // From the stack they can be as long as the file.
        constexpr size_t shown = 40;
        const std::string full_name = concat(module.substr(0, shown), ".", name.substr(0, shown));
        const bool is_quantised = is_of_quantised_weights(module, name);
        throw Error(
            Code::unsupported,
            concat(in_.where(), ": it refers to ", quote(full_name), " before byte ", in_.position(),
                   is_quantised ? ": weights that another program quantised are not read: use the "
                                  "original .pth, which rwkvk quantises itself"
                                : ", which no model needs (nothing was run): save only the state dict"));
    }
    stack_.push(Value(Kind::global, *index));
}

void Machine::push_global_from_lines() {
    constexpr size_t longest_name = 256;
    const std::string_view module = in_.take_line(longest_name, "a module name");
    push_global(module, in_.take_line(longest_name, "a class name"));
}

void Machine::push_global_from_stack() {
    const Value name = stack_.pop(Kind::text);
    push_global(stack_.pop(Kind::text).text(), name.text());
}

void Machine::push_storage() {
    const Value id = stack_.pop(Kind::tuple);
    charge(1);
    pickle_.storages.push_back(id.index);
    stack_.push(Value(Kind::persistent, id.index));
}

// The only "calls" there are: an empty dictionary, a labelled tensor, or the tensor inside a parameter.
void Machine::reduce() {
    const Value arguments = stack_.pop(Kind::tuple);
    const Value callable = stack_.pop(Kind::global);
    const Global& global = global_at(callable.index);
    switch (global.role) {
        case Role::ordered_dict:
            if (pickle_.heap.size(arguments.index) != 0)
                throw damaged_before(in_, "OrderedDict with arguments");
            return push_container(Kind::dict);
        case Role::tensor:
        case Role::tensor_v2:
        case Role::tensor_v3: {
            Value tensor(Kind::tensor, arguments.index);
            tensor.integer = callable.index;
            return stack_.push(tensor);
        }
        case Role::parameter: {
            const auto* first = pickle_.heap.first(arguments.index);
            if (!first || first->value.kind != Kind::tensor) {
                throw damaged_before(in_, "a parameter without a tensor");
            }
            return stack_.push(first->value);
        }
        case Role::storage:
        case Role::dtype:
            break;
    }
    throw damaged_before(in_, concat(quote(global.name), " used as a function"));
}

// An OrderedDict's attributes (PyTorch's _metadata) say nothing about tensors.
void Machine::build() {
    stack_.pop();
    stack_.top(Kind::dict);
}

// Frames only group bytes for the writer's buffer; the contents follow as if there were none.
void Machine::check_frame() {
    const auto frame_bytes = in_.read<uint64_t>("frame length");
    if (frame_bytes > in_.left()) throw damaged_before(in_, concat("a frame of ", frame_bytes, " bytes"));
}

}  // namespace

Pickle read_pickle(ByteReader& in, size_t max_objects) { return Machine(in, max_objects).run(); }

}  // namespace rwkvk::load
