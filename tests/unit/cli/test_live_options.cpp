#include <doctest/doctest.h>

#include <filesystem>

#include "ekya/cli/live_options.hpp"
#include "ekya/core/errors.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using Words = std::vector<std::string>;

namespace {

/// Options for a list of one stream, completed.
cli::LiveToolOptions chosen(const std::string& teacher, const std::string& annotations,
                            const std::string& objects = "auto", const Words& ingest = {},
                            const Words& label = {}) {
    const test::Scratch scratch;
    test::write(scratch / "streams.json",
                R"({"schema":"ekya.streams/1","classes":["car","person"],"streams":[{"id":"gate",)"
                R"("source":"gate.mp4")" +
                    (annotations.empty() ? "" : R"(,"annotations":")" + annotations + '"') + "}]}");
    cli::LiveToolOptions options;
    options.window.streams.list = scratch / "streams.json";
    options.window.stages.teacher = teacher;
    options.window.stages.label_options = label;
    if (teacher != "annotations") {
        test::write(scratch / teacher, "");
        options.window.stages.teacher = scratch / teacher;
    }
    options.objects = objects;
    options.ingest_options = ingest;
    cli::complete(options);
    cli::require_golden_model(options);
    for (auto& word : options.ingest_options)  // where it lies is of no interest
        if (word == options.window.stages.teacher) word = teacher;
    return options;
}

/// complete() wants the programs beside this one, which builds of the tests alone do not have.
bool no_programs() {
    if (std::filesystem::exists(std::filesystem::read_symlink("/proc/self/exe").parent_path() /
                                "ekya-infer"))
        return false;
    MESSAGE("skipped: this build has no programs");
    return true;
}

}  // namespace

TEST_CASE("complete: a golden detector finds the objects where annotations do not") {
    if (no_programs()) return;
    const auto bare = chosen("golden.onnx", "");
    CHECK(bare.objects == "detector");
    CHECK(bare.ingest_options ==
          Words{"--objects", "detector", "--detector", "golden.onnx", "--keep-frames", "jpg"});
    CHECK(bare.base.ingest_options.size() == 6);
    const Words as_ever{"--objects", "auto"};
    CHECK(chosen("golden.onnx", "gate.csv").ingest_options == as_ever);
    CHECK(chosen("golden.pt", "").ingest_options == as_ever);
    CHECK(chosen("annotations", "gate.csv").ingest_options == as_ever);
    CHECK(chosen("golden.onnx", "", "auto", {}, {"--teacher-kind", "classifier"}).ingest_options ==
          as_ever);
    CHECK(chosen("golden.onnx", "", "auto", {}, {"--names=ours.names"}).ingest_options == as_ever);
}

TEST_CASE("complete: what users say themselves counts") {
    if (no_programs()) return;
    const auto named =
        chosen("golden.onnx", "", "detector", {"--detector=other.onnx", "--keep-frames", "png"});
    CHECK(named.ingest_options ==
          Words{"--objects", "detector", "--detector=other.onnx", "--keep-frames", "png"});
    CHECK(chosen("golden.onnx", "gate.csv", "detector").ingest_options.size() == 6);
    CHECK(chosen("golden.onnx", "", "motion").ingest_options == Words{"--objects", "motion"});
    CHECK_THROWS_WITH_AS((void)chosen("annotations", ""),
                         "--teacher: stream gate has no annotations; name a golden model",
                         ConfigError);
}
