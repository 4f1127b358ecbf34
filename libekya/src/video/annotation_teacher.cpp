#include "ekya/video/annotation_teacher.hpp"

namespace ekya {

std::optional<std::string> annotated_class(const AnnotationTable& table, std::int64_t frame,
                                           std::size_t index, const Box& box) {
    const auto rows = table.of(frame);
    if (index < rows.size() && rows[index].box == box) return rows[index].class_name;
    const Annotation* best = nullptr;
    double most = 0.3;
    for (const auto& row : rows)
        if (const double overlap = iou(row.box, box);
            overlap >= most && !(best && overlap == most)) {
            most = overlap;
            best = &row;
        }
    return best ? std::optional(best->class_name) : std::nullopt;
}

}  // namespace ekya
