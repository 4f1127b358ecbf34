#pragma once
#include <string>
#include <vector>

#include "ekya/report/picture.hpp"

namespace ekya::report {

/// A picture that has been drawn.
struct DrawnPicture {
    Picture picture;
    std::string svg;
};

/// One HTML file of a report that needs nothing but itself. Its Content-Security-Policy lets a
/// browser load nothing and run nothing but the script that it names by its hash; without scripts
/// all pictures are there as SVG.
/// @param title what the report is of, as people know it
[[nodiscard]] std::string html_page(const std::string& title, const History& history,
                                    const std::vector<DrawnPicture>& pictures);

}  // namespace ekya::report
