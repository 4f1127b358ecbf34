#include <doctest/doctest.h>

#include <cstdlib>
#include <set>

#include "ekya/report/escape.hpp"
#include "ekya/report/gnuplot.hpp"
#include "ekya/report/page.hpp"
#include "pictures.hpp"
#include "plot.hpp"
#include "stored_run.hpp"

using namespace ekya;
using namespace ekya::report;
using doctest::Approx;

namespace {

const std::string hostile = "</script><img src=x onerror=alert(1)>'\"`touch pwned`%s $(id)";

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

const Picture& named(const std::vector<Picture>& pictures, const std::string& name) {
    for (const auto& picture : pictures)
        if (picture.name == name) return picture;
    throw Error("no picture " + name);
}

}  // namespace

TEST_CASE("escape: HTML, gnuplot, CSV and JSON in a script keep text from becoming anything else") {
    CHECK(html_text("<b a=\"1\" c='2'>&") == "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
    CHECK(html_text("a\x1b[31m") == "a\\x1b[31m");
    CHECK(gnuplot_text("it's `id` @x $y") == "'it''s `id` @x $y'");
    CHECK(gnuplot_text("a\nset output 'b'") == "'a\\x0aset output ''b'''");
    CHECK(gnuplot_text("a]]>b") == "'a]] >b'");
    CHECK(gnuplot_mark("50 %") == "'50 %%'");
    CHECK(csv_field("a,b \"c\"") == "\"a,b \"\"c\"\"\"");
    CHECK(csv_field("=cmd()") == "'=cmd()");
    CHECK(csv_field("-0.25") == "-0.25");
    CHECK(json_in_html("[\"</script>\"]") == "[\"\\u003c/script>\"]");
}

TEST_CASE("mean_shares: a stretch counts in each part by how long it lies in it") {
    JobHistory job;
    job.stretches = {{0, 1.5, 0.4, 0.4}, {1.5, 2, 0.8, 0.8}, {5, 9, 1, 1}};
    const auto means = mean_shares(job, 0, 6, 6);
    REQUIRE(means.size() == 6);
    CHECK(means[0] == Approx(0.4));
    CHECK(means[1] == Approx(0.6));
    CHECK(means[2] == 0);
    CHECK(means[5] == Approx(1));
    const auto late = mean_shares(job, 8, 10, 1);
    CHECK(late[0] == Approx(0.5));
}

TEST_CASE("spread: labels keep their order and distance, and stay inside") {
    const auto places = spread({0.5, 0.52, 0.1, 0.99}, 0.1, 0, 1);
    CHECK(places[0] == Approx(0.5));
    CHECK(places[1] == Approx(0.6));
    CHECK(places[2] == Approx(0.1));
    CHECK(places[3] == Approx(0.99));
    const auto high = spread({1, 1, 1}, 0.1, 0, 1);
    CHECK(std::set<double>(high.begin(), high.end()).size() == 3);
    CHECK(high[2] == Approx(1));
    CHECK(high[0] == Approx(0.8));
}

TEST_CASE("windows_at_once: few windows are drawn one by one") {
    CHECK(windows_at_once(0) == 1);
    CHECK(windows_at_once(400) == 1);
    CHECK(windows_at_once(401) == 2);
    CHECK(windows_at_once(1000) == 3);
}

TEST_CASE("pictures: of a service nothing is called accuracy, and all numbers are in the tables") {
    const test::Scratch scratch;
    test::write_service(scratch.path());
    const auto history = read_history(scratch.path());
    const auto pictures = pictures_of(history);
    const auto& agreement = named(pictures, "accuracy");
    CHECK(agreement.title == "Agreement with the golden model over time");
    CHECK(test::contains(agreement.script, "gate: agrees 75 % (65-83, n 80)"));
    CHECK_FALSE(test::contains(agreement.script, "accuracy"));
    REQUIRE(agreement.table.rows.size() == 2);
    CHECK(agreement.table.rows[1][2] == "2025-12-01T00:00:40Z");
    CHECK(agreement.table.rows[1].back() == "w1");
    REQUIRE(agreement.chart);
    CHECK(agreement.chart->intervals);
    CHECK(agreement.chart->triangles.size() == 1);
    CHECK(agreement.chart->bars.at(0).filled);
    const auto csv = csv_of(named(pictures, "allocation").table);
    CHECK(test::contains(csv, "2025-12-01T00:00:30Z,10,inference,gate,0.4,0.2,"));
    CHECK(test::contains(csv, ",retraining,gate,0.25,"));
    CHECK(test::contains(csv_of(named(pictures, "labels").table), "gate,3,100,60,20,10,10"));
}

TEST_CASE("pictures: an experiment's policies stand side by side, the others in grey behind one") {
    const test::Scratch scratch;
    test::write_experiment(scratch.path());
    const auto history = read_history(scratch.path());
    const auto pictures = pictures_of(history);
    CHECK(pictures[0].name == "policies");
    CHECK(test::contains(csv_of(pictures[0].table), "best,,0.85,"));
    CHECK(test::contains(named(pictures, "accuracy-best").script, "'none' at graph 1.01"));
    CHECK_NOTHROW((void)named(pictures, "accuracy-none"));
    const auto only = pictures_of(history, {{"none"}, {}});
    CHECK_THROWS((void)named(only, "accuracy-best"));
}

TEST_CASE("page: nothing in it runs, loads or ends a tag but its own") {
    const test::Scratch scratch;
    test::write_service(scratch.path(), hostile);
    test::write(scratch / "streams/gate/results/00007.json", hostile);
    auto history = read_history(scratch.path());
    history.damaged.push_back(hostile);
    std::vector<DrawnPicture> drawn;
    for (const auto& picture : pictures_of(history)) drawn.push_back({picture, "<svg/>"});
    drawn[0].picture.chart->curves[0].name = hostile;
    const auto page = html_page(hostile, history, drawn);
    CHECK_FALSE(test::contains(page, "<img src=x"));
    CHECK(test::contains(page, "&lt;img src=x"));
    // Each script that is begun is ended by itself.
    CHECK(count(page, "<script") == count(page, "</script>"));
    CHECK(test::contains(page, "default-src 'none'; img-src data:; style-src 'sha256-"));
    CHECK_FALSE(test::contains(page, "unsafe"));
    CHECK_FALSE(test::contains(page, "src=\"http"));
    CHECK_FALSE(test::contains(page, "sourceMappingURL"));
}

TEST_CASE("draw: hostile names are text in the picture, and gnuplot runs nothing") {
    if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) {
        MESSAGE("skipped: no gnuplot");
        return;
    }
    const test::Scratch scratch;
    test::write_service(scratch.path(), hostile);
    const auto history = read_history(scratch.path());
    const auto pictures = pictures_of(history);
    std::filesystem::remove("pwned");
    const auto svg = draw(named(pictures, "classes"), PictureFormat::svg);
    CHECK(test::contains(svg, "&lt;/script>"));
    CHECK_FALSE(test::contains(svg, "<script"));
    CHECK_FALSE(test::contains(svg, "<img"));
    CHECK_FALSE(std::filesystem::exists("pwned"));
    for (const auto& picture : pictures)
        CHECK_MESSAGE(!draw(picture, PictureFormat::svg).empty(), picture.name);
    CHECK(draw(named(pictures, "labels"), PictureFormat::png).starts_with("\x89PNG"));
}

TEST_CASE("draw: a script that gnuplot refuses is an error with what it said") {
    if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) {
        MESSAGE("skipped: no gnuplot");
        return;
    }
    Picture picture;
    picture.name = "broken";
    picture.script = "set nosuch\n";
    const auto message = test::message_of<Error>([&] { (void)draw(picture, PictureFormat::svg); });
    CHECK(test::contains(message, "picture broken failed"));
    CHECK(test::contains(message, "nosuch"));
}
