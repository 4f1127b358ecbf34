// Files that are inlined into pages, as the build has found them.
#pragma once
#include <string_view>

namespace ekya::report::assets {

std::string_view style();   ///< style.css
std::string_view script();  ///< page.js
/// dygraphs of Debian's libjs-dygraphs; empty if the build had none.
std::string_view dygraphs_script();
std::string_view dygraphs_style();

}  // namespace ekya::report::assets
