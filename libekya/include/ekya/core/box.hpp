#pragma once

namespace ekya {

/// An axis-aligned box in pixels of the frame, origin top left; x1 and y1 are exclusive.
struct Box {
    double x0 = 0, y0 = 0, x1 = 0, y1 = 0;

    [[nodiscard]] double width() const { return x1 - x0; }
    [[nodiscard]] double height() const { return y1 - y0; }
    /// Pixels squared; 0 for an empty or inverted box.
    [[nodiscard]] double area() const;
    friend bool operator==(const Box&, const Box&) = default;
};

/// Intersection over union, in [0, 1]; 0 if both are empty.
[[nodiscard]] double iou(const Box& a, const Box& b);

/// The part of `box` inside a frame of the given size.
[[nodiscard]] Box clip(const Box& box, double frame_width, double frame_height);

}  // namespace ekya
