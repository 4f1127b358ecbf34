#include <doctest/doctest.h>
#include <sys/resource.h>
#include <torch/script.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/errors.hpp"
#include "synthetic.hpp"
#include "tensor_file.hpp"

using namespace ekya;
using namespace std::string_literals;

namespace {

std::string little(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i, value >>= 8) text += static_cast<char>(value & 0xff);
    return text;
}

std::uint32_t crc_of(const std::string& bytes) {
    std::uint32_t crc = ~0U;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? 0xedb88320U ^ crc >> 1 : crc >> 1;
    }
    return ~crc;
}

/// A member of an archive, with what its headers claim.
struct Member {
    std::string name, bytes;
    std::uint64_t method = 0;
    std::optional<std::uint64_t> claims_size = {}, claims_stored = {};  ///< none = what it has
    std::optional<std::uint64_t> offset = {};  ///< of its local header; none = where it is
    std::uint32_t crc_change = 0;
};

struct Archive {
    std::vector<Member> members;
    std::uint64_t claims_entries = 0, claims_directory = 0;  ///< 0 = what is there
    std::string behind_entries;

    [[nodiscard]] std::string bytes() const {
        std::string file, directory;
        for (const auto& m : members) {
            const std::string name = "archive/" + m.name;
            const auto crc = crc_of(m.bytes) ^ m.crc_change;
            const auto size = m.claims_size.value_or(m.bytes.size());
            const auto stored = m.claims_stored.value_or(m.bytes.size());
            const std::string head = little(20, 2) + little(0, 2) + little(m.method, 2) +
                                     little(0, 4) + little(crc, 4) + little(stored, 4) +
                                     little(size, 4) + little(name.size(), 2) + little(0, 2);
            directory += "PK\1\2" + little(20, 2) + head + little(0, 10) +
                         little(m.offset.value_or(file.size()), 4) + name;
            file += "PK\3\4" + head + name + m.bytes;
        }
        directory += behind_entries;
        const auto entries = claims_entries > 0 ? claims_entries : members.size();
        const auto at = claims_directory > 0 ? claims_directory : file.size();
        return file + directory + "PK\5\6" + little(0, 4) + little(entries, 2) +
               little(entries, 2) + little(directory.size(), 4) + little(at, 4) + little(0, 2);
    }
};

// Pickles, operation by operation.

std::string global(const std::string& module, const std::string& name) {
    return "c" + module + "\n" + name + "\n";
}
std::string text(const std::string& value) { return "X" + little(value.size(), 4) + value; }
std::string number(std::int64_t value) {
    return "\x8a\x08"s + little(static_cast<std::uint64_t>(value), 8);
}
std::string tuple(const std::vector<std::string>& parts) {
    std::string all = "(";
    for (const auto& part : parts) all += part;
    return all + "t";
}

struct TensorText {
    std::string sizes = tuple({number(2)}), strides = tuple({number(1)});
    std::int64_t offset = 0, count = 2;
    std::string type = "FloatStorage", key = "0";
    [[nodiscard]] std::string pickle() const {
        return global("torch._utils", "_rebuild_tensor_v2") + "((" + text("storage") +
               global("torch", type) + text(key) + text("cpu") + number(count) + "tQ" +
               number(offset) + sizes + strides + "\x89" + global("collections", "OrderedDict") +
               ")RtR";
    }
};

std::string dictionary(const std::string& key, const std::string& value) {
    return "\x80\x02}"s + "(" + key + value + "u.";
}

Archive archive_of(const std::string& pickle) {
    Archive archive;
    archive.members.push_back({"data.pkl", pickle, 0, {}, {}, {}, 0});
    archive.members.push_back(
        {"data/0", little(0x3f800000, 4) + little(0x40000000, 4), 0, {}, {}, {}, 0});
    return archive;
}

std::string file_of(const std::string& pickle) { return archive_of(pickle).bytes(); }
std::string file_of(const TensorText& tensor) {
    return file_of(dictionary(text("w"), tensor.pickle()));
}

std::string repeated(const std::string& part, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += part;
    return all;
}

Archive sound() { return archive_of(dictionary(text("w"), TensorText{}.pickle())); }

template <typename Change> std::string changed(Change change) {
    auto archive = sound();
    change(archive);
    return archive.bytes();
}

TensorText shaped(const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& strides,
                  std::int64_t offset = 0) {
    TensorText tensor;
    std::vector<std::string> a, b;
    for (const auto size : sizes) a.push_back(number(size));
    for (const auto stride : strides) b.push_back(number(stride));
    tensor.sizes = tuple(a);
    tensor.strides = tuple(b);
    tensor.offset = offset;
    return tensor;
}

std::string why_refused(const std::string& bytes) {
    return test::message_of<InputError>([&] { static_cast<void>(tensors_of(bytes)); });
}

long peak_kilobytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

struct Attack {
    const char* name;
    std::string bytes;
    const char* message;
};

std::vector<Attack> attacks_on_the_archive() {
    return {
        {"no directory", "PK\3\4 and nothing else", "no directory"},
        {"cut in its middle", sound().bytes().substr(0, 100), "no directory"},
        {"the directory lies behind the end",
         changed([](auto& a) { a.claims_directory = 1'000'000; }), "cut off"},
        {"the directory lies elsewhere", changed([](auto& a) { a.claims_directory = 7; }),
         "damaged directory"},
        {"65,535 members that are not there", changed([](auto& a) { a.claims_entries = 65535; }),
         "damaged directory"},
        {"an entry cut off", changed([](auto& a) {
             a.claims_entries = 3;
             a.behind_entries = "PK\1\2";
         }),
         "cut off"},
        {"a member's header lies behind the end",
         changed([](auto& a) { a.members[0].offset = 0x7fffffff; }), "cut off"},
        {"a member's header is none", changed([](auto& a) { a.members[1].offset = 5; }),
         "no header"},
        {"a pickle that claims to be deflated", changed([](auto& a) { a.members[0].method = 8; }),
         "is compressed"},
        {"deflated weights that claim 4 GB", changed([](auto& a) {
             a.members[1].method = 8;
             a.members[1].claims_size = 0xfffffff0;
         }),
         "is compressed"},
        {"stored weights that claim more than they have",
         changed([](auto& a) { a.members[1].claims_size = 1 << 30; }), "is compressed"},
        {"a thousand members with the same bytes", changed([](auto& a) {
             a.members[0].bytes += std::string(1'000'000, 'x');
             for (int i = 0; i < 1000; ++i)
                 a.members.push_back({"m" + std::to_string(i), "", 0, 1'000'000, 1'000'000, 0, 0});
         }),
         "members that overlap"},
        {"two members of one name", changed([](auto& a) { a.members[1].name = "data.pkl"; }),
         "two members data.pkl"},
        {"a wrong checksum", changed([](auto& a) { a.members[1].crc_change = 1; }), "wrong CRC-32"},
        {"no pickle", changed([](auto& a) { a.members[0].name = "other.pkl"; }),
         "no member data.pkl"},
        {"no storage", changed([](auto& a) { a.members[1].name = "data/1"; }), "no member data/0"},
        {"big-endian", changed([](auto& a) {
             a.members.push_back({"byteorder", "big", 0, {}, {}, {}, 0});
         }),
         "byte order"},
    };
}

std::vector<Attack> attacks_on_tensors() {
    TensorText quantised, odd, repeats_type, no_text;
    quantised.type = "QUInt8Storage";
    odd.type = "BoolStorage";
    no_text.sizes = text("all of it");
    repeats_type.type = "DoubleStorage";
    repeats_type.sizes = tuple({number(2)});
    constexpr std::int64_t huge = std::int64_t{1} << 40;
    return {
        {"larger than its storage", file_of(shaped({3}, {1})), "2 are stored"},
        {"ends behind its storage", file_of(shaped({2}, {2})), "2 are stored"},
        {"begins behind its storage", file_of(shaped({1}, {1}, 2)), "2 are stored"},
        {"begins before its storage", file_of(shaped({1}, {1}, -1)), "begins before"},
        {"a terabyte by a stride of 0", file_of(shaped({huge}, {0})), "2 are stored"},
        {"a product that overflows", file_of(shaped({huge, huge}, {0, 0})), "damaged shape"},
        {"strides that overflow", file_of(shaped({3, 1}, {INT64_MAX, 1})), "damaged shape"},
        {"a negative size", file_of(shaped({-2}, {1})), "damaged shape"},
        {"a negative stride", file_of(shaped({2}, {-1})), "damaged shape"},
        {"more sizes than strides", file_of(shaped({2, 1}, {1})), "damaged shape"},
        {"a hundred dimensions",
         file_of(shaped(std::vector<std::int64_t>(100, 1), std::vector<std::int64_t>(100, 1))),
         "damaged shape"},
        {"sizes that are text", file_of(no_text), "shape of a tensor"},
        {"quantised", file_of(quantised), "are not read"},
        {"booleans of any value", file_of(odd), "are not read"},
        {"eight bytes as two doubles", file_of(repeats_type), "1 are stored"},
        {"seven bytes", changed([](auto& a) { a.members[1].bytes.pop_back(); }),
         "no whole numbers"},
        {"the same name twice",
         file_of("\x80\x02}("s + text("w") + TensorText{}.pickle() + text("w") +
                 TensorText{}.pickle() + "u."),
         "two tensors w"},
        {"a number instead of a tensor", file_of(dictionary(text("w"), number(1))),
         "something else than named tensors"},
        {"a number instead of a name", file_of(dictionary(number(1), TensorText{}.pickle())),
         "something else than named tensors"},
        {"a tensor alone", file_of("\x80\x02"s + TensorText{}.pickle() + "."), "no dictionary"},
    };
}

std::vector<Attack> attacks_on_the_pickle() {
    const std::string begin = "\x80\x02";
    const auto call = [&](const std::string& module, const std::string& name) {
        return file_of(begin + global(module, name) + tuple({text("touch pwned")}) + "R.");
    };
    return {
        {"os.system", call("os", "system"), "names os.system"},
        {"posix.system", call("posix", "system"), "names posix.system"},
        {"builtins.eval", call("builtins", "eval"), "names builtins.eval"},
        {"subprocess.Popen", call("subprocess", "Popen"), "names subprocess.Popen"},
        {"torch.load", call("torch", "load"), "names torch.load"},
        {"a storage outside torch", call("evil", "FloatStorage"), "names evil.FloatStorage"},
        {"a storage deep in torch", call("torch.x", "FloatStorage"), "names torch.x.FloatStorage"},
        {"STACK_GLOBAL", file_of(begin + text("os") + text("system") + "\x93."), "names os.system"},
        {"an escape sequence as a name", call("\x1b[2J", "x"), "names \\x1b[2J.x"},
        {"a storage is called", file_of(begin + global("torch", "FloatStorage") + ")R."),
         "calls torch.FloatStorage"},
        {"an object", file_of(begin + global("collections", "OrderedDict") + ")\x81."),
         "makes an object"},
        {"400,000 nested tuples", file_of(begin + ")" + repeated("\x85", 400'000) + "."),
         "nested deeper"},
        {"nested lists", file_of(begin + repeated("]", 100'000) + repeated("a", 99'999) + "."),
         "nested deeper"},
        {"nested dictionaries",
         file_of(begin + repeated("}" + text("k"), 10'000) + "}" + repeated("s", 10'000) + "."),
         "nested deeper"},
        {"ten million values", file_of(begin + "(" + std::string(10'000'000, '}') + "t."),
         "too long"},
        {"a list that grows one by one", file_of(begin + "]" + repeated("Na", 400'000) + "."),
         "too many steps"},
        {"text of 4 GB", file_of(begin + "X\xff\xff\xff\xff" + "x."), "cut off"},
        {"an integer of 200 bytes", file_of(begin + "\x8a\xc8" + std::string(200, '\1') + "."),
         "200 bytes"},
        {"no end", file_of(begin + "}"), "cut off"},
        {"nothing", file_of(std::string()), "cut off"},
        {"two values", file_of(begin + "}}."), "more than one"},
        {"no value", file_of(begin + "."), "more than one"},
        {"takes from an empty stack", file_of(begin + "0."), "is damaged"},
        {"takes behind a mark", file_of(begin + "}(s."), "is damaged"},
        {"no mark", file_of(begin + "t."), "is damaged"},
        {"refers to nothing", file_of(begin + "h\x07."), "does not have"},
        {"a key without a value", file_of(begin + "}(Nu."), "without a value"},
        {"fills a number", file_of(begin + "K\1Na."), "needs a list"},
        {"an unknown protocol", file_of("\x80\x4d}."), "unknown protocol"},
        {"a persistent id as text", file_of(begin + "P0\n."), "operation 80"},
        {"INST", file_of(begin + "(ios\nsystem\n."), "operation 105"},
        {"an extension", file_of(begin + "\x82\x01."), "operation 130"},
        {"a storage of three parts", file_of(begin + tuple({text("storage"), "N", "N"}) + "Q."),
         "damaged storage"},
    };
}

/// A module whose `__setstate__` does something when libtorch loads it.
std::filesystem::path module_with_setstate(const test::TemporaryDirectory& directory,
                                           const std::string& deed) {
    torch::jit::Module module("Hostile");
    module.register_attribute("weight", c10::TensorType::get(), torch::ones({2}));
    module.register_attribute("training", c10::BoolType::get(), false);
    module.define("def __getstate__(self):\n    return (self.weight, self.training)\n");
    module.define("def __setstate__(self, state: Tuple[Tensor, bool]):\n" + deed +
                  "    self.weight = state[0]\n    self.training = state[1]\n");
    const auto path = directory / "hostile.pt";
    module.save(path.string());
    return path;
}

}  // namespace

TEST_CASE("read_tensors: a dictionary made by hand is read, so that attacks on it are attacks") {
    const auto tensors = tensors_of(sound().bytes());
    REQUIRE(tensors.size() == 1);
    CHECK(torch::equal(tensors.at("w"), torch::tensor({1.0F, 2.0F})));
    CHECK(torch::equal(tensors_of(file_of(shaped({1, 2}, {2, 1}))).at("w"),
                       torch::tensor({{1.0F, 2.0F}})));
}

TEST_CASE("read_tensors: hostile archives, tensors and pickles are refused, at no cost") {
    const long before = peak_kilobytes();
    for (const auto& attacks :
         {attacks_on_the_archive(), attacks_on_tensors(), attacks_on_the_pickle()})
        for (const auto& attack : attacks) {
            CAPTURE(attack.name);
            const auto why = why_refused(attack.bytes);
            CHECK_MESSAGE(test::contains(why, attack.message), why);
        }
#ifndef EKYA_SANITIZED
    CHECK(peak_kilobytes() - before < 500'000);
#endif
}

TEST_CASE("read_tensors: a list that holds itself is one that is empty") {
    CHECK(test::contains(why_refused(file_of("\x80\x02]q\1h\1a.")), "no dictionary"));
}

TEST_CASE("read_tensors: every cut and many flipped bytes of a file end in tensors or a message") {
    const auto whole = sound().bytes();
    int read = 0;
    const auto attempt = [&](const std::string& bytes) {
        try {
            (void)tensors_of(bytes);
            ++read;
        } catch (const InputError&) {
            return;
        }
    };
    for (std::size_t length = 0; length < whole.size(); ++length) attempt(whole.substr(0, length));
    CHECK(read == 0);
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (const int change : {1, 0x80, 0xff}) {
            auto bytes = whole;
            bytes[at] = static_cast<char>(bytes[at] ^ change);
            attempt(bytes);
        }
    CHECK(read > 0);  // some bytes mean nothing
}

TEST_CASE("read_tensors: code of a TorchScript archive is not run, which torch::jit::load does") {
    const test::TemporaryDirectory directory;
    const auto written = directory / "written-by-the-script";
    const auto path =
        module_with_setstate(directory, "    torch.save(state[0], \"" + written.string() + "\")\n");
    CHECK_THROWS_AS((void)read_tensors(path), InputError);  // a state of its own holds no names
    CHECK_FALSE(std::filesystem::exists(written));
    (void)torch::jit::load(path.string());
    CHECK(std::filesystem::exists(written));
}

TEST_CASE("read_tensors: an endless script does not keep anybody waiting") {
    const test::TemporaryDirectory directory;
    const auto path =
        module_with_setstate(directory, "    while True:\n        print(\"still here\")\n");
    CHECK_THROWS_AS((void)read_tensors(path), InputError);
}

TEST_CASE("read_tensors: parameters, buffers and those of inner modules of a TorchScript") {
    const test::TemporaryDirectory directory;
    torch::jit::Module inner("Inner"), outer("Outer");
    inner.register_parameter("weight", torch::rand({2, 3}), false);
    inner.register_buffer("mean", torch::rand({3}));
    outer.register_module("layer", inner);
    outer.register_parameter("bias", torch::rand({4}), false);
    outer.define("def forward(self, x):\n    return x + self.bias\n");
    const auto path = directory / "script.pt";
    outer.save(path.string());
    const auto tensors = read_tensors(path);
    CHECK(tensors.size() == 3);
    CHECK(torch::equal(tensors.at("layer.weight"), inner.attr("weight").toTensor()));
    CHECK(torch::equal(tensors.at("layer.mean"), inner.attr("mean").toTensor()));
    CHECK(torch::equal(tensors.at("bias"), outer.attr("bias").toTensor()));
}

TEST_CASE("write_tensors: types and shapes come back") {
    const test::TemporaryDirectory directory;
    NamedTensors tensors;
    for (const auto type :
         {torch::kFloat32, torch::kFloat64, torch::kFloat16, torch::kBFloat16, torch::kInt64,
          torch::kInt32, torch::kInt16, torch::kInt8, torch::kUInt8})
        tensors.insert(torch::toString(type), torch::ones({2, 3}, type));
    tensors.insert("scalar", torch::tensor(7));
    tensors.insert("empty", torch::empty({0, 3}));
    write_tensors(tensors, directory / "all.pt");
    const auto read = read_tensors(directory / "all.pt");
    CHECK(read.size() == tensors.size());
    for (const auto& entry : tensors) {
        CAPTURE(entry.key());
        CHECK((read.at(entry.key()).scalar_type() == entry.value().scalar_type()));
        CHECK(torch::equal(read.at(entry.key()), entry.value()));
    }
}
