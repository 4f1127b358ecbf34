#include "tensor_pickle.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

using Value = PickleValue;
using Pointer = PickleValue::Pointer;

[[noreturn]] void refuse(const std::string& why) { throw InputError("pickle: " + why); }

int levels_of(const Value::Sequence& values) {
    int levels = 0;
    for (const auto& value : values) levels = std::max(levels, value->levels);
    return levels;
}

/// Containers that hold others; ending such a value recurses into it.
Pointer nested(Value value, int levels) {
    value.levels = levels + 1;
    if (value.levels > limits::weights_levels)
        refuse("is nested deeper than " + std::to_string(limits::weights_levels) + " levels");
    return std::make_shared<Value>(std::move(value));
}

template <typename Part> Pointer leaf(Part part) {
    Value value;
    value.value = std::move(part);
    return std::make_shared<Value>(std::move(value));
}

Pointer sequence(Value::Sequence values) {
    Value value;
    const int levels = levels_of(values);
    value.value = std::move(values);
    return nested(std::move(value), levels);
}

template <typename Part> const Part& as(const Pointer& value, const char* what) {
    const auto* const part = std::get_if<Part>(&value->value);
    if (part == nullptr) refuse(std::string("has something else where it needs ") + what);
    return *part;
}

/// The machine that a pickle is a program for. It makes values and nothing else.
class Machine {
public:
    Machine(std::string_view pickle, PickleContent content) : rest_(pickle), content_(content) {}

    Pointer run() {
        for (std::size_t operations = 0; !rest_.empty(); ++operations) {
            if (operations == most_operations) refuse("is too long");
            const char operation = take(1).front();
            if (operation == '.') {
                if (stack_.size() != 1 || !marks_.empty()) refuse("leaves more than one value");
                return stack_.back();
            }
            obey(operation);
        }
        refuse("is cut off");
    }

private:
    std::string_view take(std::uint64_t count) {
        if (count > rest_.size()) refuse("is cut off");
        const auto bytes = rest_.substr(0, static_cast<std::size_t>(count));
        rest_.remove_prefix(bytes.size());
        return bytes;
    }

    std::string_view line() {
        const auto end = rest_.find('\n');
        if (end == std::string_view::npos) refuse("is cut off");
        return take(end + 1).substr(0, end);
    }

    std::uint64_t number(int bytes) {
        std::uint64_t value = 0;
        const auto digits = take(static_cast<std::uint64_t>(bytes));
        for (std::size_t i = digits.size(); i-- > 0;)
            value = value << 8 | static_cast<unsigned char>(digits[i]);
        return value;
    }

    /// LONG1: little-endian, two's complement, up to eight bytes.
    std::int64_t long_number() {
        const int bytes = static_cast<int>(number(1));
        if (bytes > 8) refuse("has an integer of " + std::to_string(bytes) + " bytes");
        if (bytes == 0) return 0;
        const std::uint64_t value = number(bytes);
        const int unused = 64 - 8 * bytes;
        return static_cast<std::int64_t>(value << unused) >> unused;
    }

    double real_number() {
        std::uint64_t bits = 0;
        for (const char c : take(8)) bits = bits << 8 | static_cast<unsigned char>(c);
        return std::bit_cast<double>(bits);
    }

    void push(Pointer value) { stack_.push_back(std::move(value)); }

    Pointer pop() {
        if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) refuse("is damaged");
        auto value = std::move(stack_.back());
        stack_.pop_back();
        return value;
    }

    Value::Sequence pop_to_mark() {
        if (marks_.empty()) refuse("is damaged");
        if (marks_.back() > stack_.size()) refuse("is damaged");
        const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
        Value::Sequence values(std::make_move_iterator(begin),
                               std::make_move_iterator(stack_.end()));
        stack_.erase(begin, stack_.end());
        marks_.pop_back();
        return values;
    }

    void push_tuple(std::size_t count) {
        Value::Sequence values(count);
        for (std::size_t i = count; i-- > 0;) values[i] = pop();
        push(sequence(std::move(values)));
    }

    // Containers are filled after they were made and remembered. So that no container can hold
    // itself, values are never changed: the filled one takes the place of the empty one, on the
    // stack and in the memory.
    void replace_top(const Pointer& old, Pointer value) {
        pop();
        const auto remembered = places_.find(old.get());
        if (remembered != places_.end()) {
            const auto places = std::move(remembered->second);
            places_.erase(remembered);
            for (const auto place : places) memory_[place] = value;
            places_[value.get()] = places;
        }
        push(std::move(value));
    }

    void fill_sequence(Value::Sequence added) {
        const auto top = pop();
        push(top);
        auto values = as<Value::Sequence>(top, "a list");
        count_work(values.size() + added.size());
        values.insert(values.end(), added.begin(), added.end());
        replace_top(top, sequence(std::move(values)));
    }

    void fill_dictionary(Value::Sequence added) {
        if (added.size() % 2 != 0) refuse("has a key without a value");
        const auto top = pop();
        push(top);
        auto values = as<Value::Dictionary>(top, "a dictionary");
        count_work(values.size() + added.size());
        const int levels = std::max(top->levels - 1, levels_of(added));
        for (std::size_t i = 0; i < added.size(); i += 2)
            values.emplace_back(std::move(added[i]), std::move(added[i + 1]));
        Value value;
        value.value = std::move(values);
        replace_top(top, nested(std::move(value), levels));
    }

    /// Filling copies what is there; a pickle that fills a large container one by one is none that
    /// PyTorch writes for long.
    void count_work(std::size_t copies) {
        work_ += copies;
        if (work_ > most_copies) refuse("fills its containers in too many steps");
    }

    void remember(std::uint64_t place) {
        if (stack_.empty()) refuse("is damaged");
        const auto key = static_cast<std::size_t>(place);
        const auto old = memory_.find(key);
        if (old != memory_.end()) std::erase(places_[old->second.get()], key);
        memory_[key] = stack_.back();
        places_[stack_.back().get()].push_back(key);
    }

    void recall(std::uint64_t place) {
        const auto found = memory_.find(static_cast<std::size_t>(place));
        if (found == memory_.end()) refuse("refers to a value that it does not have");
        push(found->second);
    }

    void push_global(std::string name) {
        constexpr std::array<std::string_view, 5> known{
            "collections.OrderedDict", "torch._utils._rebuild_tensor_v2",
            "torch._utils._rebuild_parameter", "torch.jit._pickle.restore_type_tag",
            "torch._utils._rebuild_tensor"};
        const bool storage = name.starts_with("torch.") && name.ends_with("Storage") &&
                             std::ranges::count(name, '.') == 1;
        if (content_ == PickleContent::tensors && !storage &&
            std::ranges::find(known, name) == known.end())
            refuse("names " + printable(name, limits::quoted_bytes) +
                   "; weights are tensors and nothing else");
        push(leaf(Value::Global{std::move(name)}));
    }

    void push_storage(const Pointer& id) {
        const auto& parts = as<Value::Sequence>(id, "a storage");
        if (parts.size() != 5 || as<std::string>(parts[0], "a storage") != "storage")
            refuse("has a damaged storage");
        const auto& type = as<Value::Global>(parts[1], "the type of a storage").name;
        push(leaf(Value::Storage{type.substr(type.rfind('.') + 1),
                                 as<std::string>(parts[2], "the key of a storage"),
                                 as<std::int64_t>(parts[4], "the size of a storage")}));
    }

    static std::vector<std::int64_t> integers(const Pointer& value) {
        std::vector<std::int64_t> numbers;
        for (const auto& part : as<Value::Sequence>(value, "the shape of a tensor"))
            numbers.push_back(as<std::int64_t>(part, "the shape of a tensor"));
        return numbers;
    }

    static Pointer tensor(const Value::Sequence& arguments) {
        if (arguments.size() < 4) refuse("has a damaged tensor");
        const auto& storage = as<Value::Storage>(arguments[0], "the storage of a tensor");
        return leaf(Value::Tensor{storage.type, storage.key,
                                  as<std::int64_t>(arguments[1], "the place of a tensor"),
                                  integers(arguments[2]), integers(arguments[3])});
    }

    void call() {
        const auto arguments = pop(), function = pop();
        const auto& name = as<Value::Global>(function, "a function").name;
        const auto& values = as<Value::Sequence>(arguments, "arguments");
        if (name == "collections.OrderedDict") {
            push(made_of_pairs(values));
        } else if (name.starts_with("torch._utils._rebuild_tensor")) {
            push(tensor(values));
        } else if (name == "torch._utils._rebuild_parameter" ||
                   name == "torch.jit._pickle.restore_type_tag") {
            if (values.empty()) refuse("has a call without its arguments");
            push(values.front());
        } else if (content_ == PickleContent::script) {
            push(leaf(Value::Unread{}));
        } else {
            refuse("calls " + printable(name, limits::quoted_bytes));
        }
    }

    /// OrderedDict(), or OrderedDict([[key, value], ...]) as protocol 2 has it for some.
    static Pointer made_of_pairs(const Value::Sequence& arguments) {
        Value::Dictionary made;
        Value::Sequence all;
        if (!arguments.empty())
            for (const auto& item : as<Value::Sequence>(arguments.front(), "items")) {
                const auto& pair = as<Value::Sequence>(item, "an item");
                if (pair.size() != 2) refuse("has a key without a value");
                made.emplace_back(pair[0], pair[1]);
                all.insert(all.end(), pair.begin(), pair.end());
            }
        Value value;
        value.value = std::move(made);
        return nested(std::move(value), levels_of(all));
    }

    /// An object of a class: its attributes follow with BUILD.
    void make_object() {
        pop();
        (void)as<Value::Global>(pop(), "a class");
        if (content_ != PickleContent::script) refuse("makes an object");
        push(leaf(Value::Dictionary{}));
    }

    /// An OrderedDict's attributes (`_metadata`) say nothing about tensors. An object becomes its
    /// attributes; one whose class has a state of its own (`__setstate__`) is not read.
    void build() {
        const auto attributes = pop(), object = pop();
        push(object);
        const auto* const made = std::get_if<Value::Dictionary>(&object->value);
        if (content_ != PickleContent::script || (made != nullptr && !made->empty())) return;
        replace_top(object, std::holds_alternative<Value::Dictionary>(attributes->value)
                                ? std::make_shared<Value>(*attributes)
                                : leaf(Value::Unread{}));
    }

    void obey(char operation) {
        switch (static_cast<unsigned char>(operation)) {
            case 0x80:  // PROTO
                if (number(1) > 5) refuse("is of an unknown protocol");
                return;
            case 0x95:  // FRAME
                (void)number(8);
                return;
            case '(':
                return marks_.push_back(stack_.size());
            case '0':
                (void)pop();
                return;
            case '1':
                (void)pop_to_mark();
                return;
            case '}':
                return push(leaf(Value::Dictionary{}));
            case ']':
            case ')':
                return push(leaf(Value::Sequence{}));
            case 't':
            case 'l':
                return push(sequence(pop_to_mark()));
            case 'd': {
                auto items = pop_to_mark();
                push(leaf(Value::Dictionary{}));
                return fill_dictionary(std::move(items));
            }
            case 0x85:
            case 0x86:
            case 0x87:
                return push_tuple(static_cast<unsigned char>(operation) - 0x84U);
            case 'a':
                return fill_sequence({pop()});
            case 'e':
                return fill_sequence(pop_to_mark());
            case 's': {
                auto value = pop(), key = pop();
                return fill_dictionary({std::move(key), std::move(value)});
            }
            case 'u':
                return fill_dictionary(pop_to_mark());
            case 'q':
                return remember(number(1));
            case 'r':
                return remember(number(4));
            case 0x94:  // MEMOIZE
                return remember(memory_.size());
            case 'h':
                return recall(number(1));
            case 'j':
                return recall(number(4));
            case 'c': {
                const auto module = line(), name = line();
                return push_global(std::string(module) + "." + std::string(name));
            }
            case 0x93: {  // STACK_GLOBAL
                const auto name = pop(), module = pop();
                return push_global(as<std::string>(module, "a module") + "." +
                                   as<std::string>(name, "a name"));
            }
            case 'R':
                return call();
            case 0x81:
                return make_object();
            case 'b':
                return build();
            case 'Q':
                return push_storage(pop());
            default:
                return push(constant(operation));
        }
    }

    Pointer constant(char operation) {
        switch (static_cast<unsigned char>(operation)) {
            case 'N':
                return leaf(std::monostate{});
            case 0x88:
                return leaf(true);
            case 0x89:
                return leaf(false);
            case 'J':
                return leaf(static_cast<std::int64_t>(static_cast<std::int32_t>(number(4))));
            case 'K':
                return leaf(static_cast<std::int64_t>(number(1)));
            case 'M':
                return leaf(static_cast<std::int64_t>(number(2)));
            case 0x8a:
                return leaf(long_number());
            case 'G':
                return leaf(real_number());
            case 'X':
            case 'B':
            case 'T':
                return leaf(std::string(take(number(4))));
            case 0x8c:
            case 'C':
            case 'U':
                return leaf(std::string(take(number(1))));
            default:
                refuse("has an operation " + std::to_string(static_cast<unsigned char>(operation)) +
                       " that no weights need");
        }
    }

    // An operation makes one value at most, of some 100 bytes; a tensor needs some 40.
    static constexpr std::size_t most_operations = 10 * limits::weights_tensors;
    static constexpr std::size_t most_copies = std::size_t{16} << 20;
    std::string_view rest_;
    PickleContent content_;
    std::vector<Pointer> stack_;
    std::vector<std::size_t> marks_;  ///< heights of the stack
    std::map<std::size_t, Pointer> memory_;
    std::map<const Value*, std::vector<std::size_t>> places_;  ///< where a value is remembered
    std::size_t work_ = 0;
};

}  // namespace

Pointer read_pickle(std::string_view pickle, PickleContent content) {
    return Machine(pickle, content).run();
}

}  // namespace ekya
