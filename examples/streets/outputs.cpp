#include "outputs.hpp"

#include <array>
#include <string_view>
#include <system_error>

#include "errors.hpp"

namespace ekya::streets {
namespace {

constexpr std::array<std::string_view, 5> class_names{"car", "truck", "bicycle", "pedestrian",
                                                      "sign"};
constexpr const char* manifest = "streams.json";

void finish_file(std::ofstream& out, const std::filesystem::path& path) {
    out.close();
    if (!out) throw WorkError(path.string() + ": cannot write");
}

}  // namespace

Outputs::Outputs(std::filesystem::path directory, const std::vector<std::string>& streams,
                 bool overwrite)
    : directory_(std::move(directory)), streams_(streams) {
    for (const auto& stream : streams_) {
        names_.push_back(stream + ".mp4");
        names_.push_back(stream + ".csv");
    }
    names_.emplace_back(manifest);  // last: once it is there, all it names is there
    std::error_code error;
    if (std::filesystem::exists(directory_, error) &&
        !std::filesystem::is_directory(directory_, error)) {
        throw UsageError("--output: " + directory_.string() + " is not a directory");
    }
    for (const auto& name : names_) {
        if (!overwrite && std::filesystem::exists(directory_ / name, error)) {
            throw UsageError((directory_ / name).string() +
                             ": exists already; expected a new directory or --overwrite");
        }
    }
    std::filesystem::create_directories(directory_, error);
    if (error) throw WorkError(directory_.string() + ": cannot create: " + error.message());
}

Outputs::~Outputs() {
    if (committed_) return;
    std::error_code ignored;  // nothing better to do with a failure here
    for (const auto& name : names_) std::filesystem::remove(aside(name), ignored);
}

std::filesystem::path Outputs::aside(const std::string& name) const {
    return directory_ / (name + ".part");
}

void Outputs::write_manifest() const {
    std::ofstream out(aside(manifest));
    out << R"({"schema":"ekya.streams/1","classes":[)";
    for (std::size_t i = 0; i < class_names.size(); ++i)
        out << (i > 0 ? "," : "") << '"' << class_names[i] << '"';
    out << R"(],"streams":[)";
    for (std::size_t i = 0; i < streams_.size(); ++i) {
        const auto& name = streams_[i];
        out << (i > 0 ? "," : "") << R"({"id":")" << name << R"(","source":")" << name
            << R"(.mp4","annotations":")" << name << R"(.csv"})";
    }
    out << "]}\n";
    finish_file(out, aside(manifest));
}

void Outputs::commit() {
    write_manifest();
    for (const auto& name : names_) {
        std::error_code error;
        std::filesystem::rename(aside(name), directory_ / name, error);
        if (error)
            throw WorkError((directory_ / name).string() + ": cannot rename: " + error.message());
    }
    committed_ = true;
}

AnnotationWriter::AnnotationWriter(std::filesystem::path file)
    : path_(std::move(file)), out_(path_) {
    out_ << "frame,class,x0,y0,x1,y1\n";
    if (!out_) throw WorkError(path_.string() + ": cannot open for writing");
}

void AnnotationWriter::write(long frame, const std::vector<Annotation>& annotations) {
    for (const auto& box : annotations) {
        out_ << frame << ',' << class_names[static_cast<std::size_t>(box.kind)] << ',' << box.x0
             << ',' << box.y0 << ',' << box.x1 << ',' << box.y1 << '\n';
    }
}

void AnnotationWriter::finish() { finish_file(out_, path_); }

}  // namespace ekya::streets
