// The files of a run: written aside, renamed together at the end, removed when the run fails.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "compositor.hpp"

namespace ekya::streets {

class Outputs {
public:
    /// @throws UsageError if a file is there already and may not be replaced
    Outputs(std::filesystem::path directory, const std::vector<std::string>& streams,
            bool overwrite);
    ~Outputs();  ///< removes what was not committed
    Outputs(const Outputs&) = delete;
    Outputs& operator=(const Outputs&) = delete;

    /// Where to write the file of that final name until commit().
    [[nodiscard]] std::filesystem::path aside(const std::string& name) const;
    /// Writes streams.json and gives every file its name.
    void commit();

private:
    void write_manifest() const;

    std::filesystem::path directory_;
    std::vector<std::string> streams_;
    std::vector<std::string> names_;
    bool committed_ = false;
};

/// The boxes of one stream as CSV.
class AnnotationWriter {
public:
    explicit AnnotationWriter(std::filesystem::path file);
    void write(long frame, const std::vector<Annotation>& annotations);
    void finish();

private:
    std::filesystem::path path_;
    std::ofstream out_;
};

}  // namespace ekya::streets
