// What programs leave in files and other programs, or their next run, read. The first byte of the
// parameters chooses the file: 0 a job's uses, 1 its record, 2 the answers of live inference.
#include "ekya/live/answer_file.hpp"
#include "ekya/window/job_files.hpp"
#include "ekya/wire/records.hpp"
#include "input.hpp"
#include "unit/support/scratch.hpp"

using namespace ekya;

namespace {

void check_uses(const test::Scratch& scratch, const std::string& text, std::size_t most) {
    test::write(scratch / "use.jsonl", text);
    const JobFiles files(scratch.path());
    const auto all = files.uses(), newest = files.newest_uses(most);
    fuzz::require(newest.size() <= most && newest.size() <= all.size(), "more uses than asked for");
    fuzz::require(most == 0 || all.empty() == newest.empty() || text.size() > 512,
                  "the newest uses are none of all");
}

void check_record(const test::Scratch& scratch, const std::string& text) {
    test::write(scratch / "job.json", text);
    const JobFiles files(scratch.path());
    const auto record = files.record();
    if (record)
        fuzz::require(fuzz::accepts([&] { (void)decode<JobRecord>(encode(*record), "again"); }),
                      "a job that was read cannot be read again");
    fuzz::require(!files.running() || record, "a job runs that has no record");
}

/// Another run goes on with the answers of the one before, whose last line was cut off.
void check_answers(const test::Scratch& scratch, const std::string& text) {
    const auto file = scratch / "answers.jsonl";
    test::write(file, text);
    std::size_t count = 0;
    if (!fuzz::accepts([&] { count = read_answers(file, true).size(); })) return;
    (void)answers_to_resume(file);
    mend_cut_line(file);
    fuzz::require(fuzz::accepts([&] {
                      fuzz::require(read_answers(file, true).size() <= count,
                                    "more answers than before");
                  }),
                  "a mended file cannot be read");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const test::Scratch scratch;
    fuzz::Input input(data, size);
    switch (input.byte() % 3) {
        case 0:
            check_uses(scratch, input.text(), input.byte());
            break;
        case 1:
            check_record(scratch, input.text());
            break;
        case 2:
            check_answers(scratch, input.text());
            break;
    }
    return 0;
}
